/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.FIN;
import static org.mtcp4j.wire.TcpSegment.RST;
import static org.mtcp4j.wire.TcpSegment.SYN;

import org.junit.jupiter.api.Test;

/** The ways down (RFC 9293 §3.6, §3.10.4, figure 5). */
class CloseScriptTest {
    @Test
    void ourCloseFirstEndsInTimeWait() {
        Script s = Script.timeWait();
        assertThat(s.c.finReceived()).isTrue();
        assertThat(s.c.finAcked()).isTrue();
        s.pass(59_999).in(TcpState.TIME_WAIT).pass(1).nothingMore().closed(CloseReason.NONE);
    }

    @Test
    void peersCloseFirstEndsAtTheLastAck() {
        Script.lastAck().inject(ACK, 2, 2, 0).nothingMore().closed(CloseReason.NONE);
    }

    @Test
    void bothAtOnceMeetInClosing() {
        Script.closing()
                .inject(ACK, 2, 2, 0)
                .nothingMore()
                .in(TcpState.TIME_WAIT)
                .pass(60_000)
                .closed(CloseReason.NONE);
    }

    @Test
    void finWithAckOfOurFinGoesStraightToTimeWait() {
        Script.finWait1().inject(FIN | ACK, 1, 2, 0).ack(2).nothingMore().in(TcpState.TIME_WAIT);
    }

    @Test
    void repeatedFinRestartsTimeWait() {
        Script.timeWait()
                .pass(50_000)
                .inject(FIN | ACK, 1, 2, 0)
                .ack(2)
                .pass(59_999)
                .in(TcpState.TIME_WAIT)
                .pass(1)
                .closed(CloseReason.NONE);
    }

    @Test
    void finRidesOnTheLastByte() {
        Script s = Script.established();
        s.c.sendLimit(1500, s.nowNs);
        s.c.shutdownOutput(s.nowNs);
        s.turn().data(1, 1000).expect(FIN | ACK, 1001, 1, 500).nothingMore();
        s.inject(ACK, 1, 1001, 0)
                .in(TcpState.FIN_WAIT_1)
                .inject(ACK, 1, 1502, 0)
                .acked(1500)
                .in(TcpState.FIN_WAIT_2);
    }

    /** As where each write sends at once: only what the windows hold back is lost. */
    @Test
    void abortSendsFirstWhatMayLeave() {
        Script s = Script.established();
        s.c.sendLimit(1500, s.nowNs);
        s.c.abort(s.nowNs);
        s.turn()
                .data(1, 1000)
                .expect(ACK, 1001, 1, 500)
                .expect(RST | ACK, 1501, 1)
                .nothingMore()
                .closed(CloseReason.ABORTED);
    }

    @Test
    void abortIsNotHeldUpByTheWindow() {
        Script s = Script.established();
        s.peerWindow = 1500;
        s.inject(ACK, 1, 1, 0).nothingMore();
        s.c.sendLimit(2500, s.nowNs);
        s.c.abort(s.nowNs);
        s.turn().data(1, 1000).expect(RST | ACK, 1001, 1).nothingMore().closed(CloseReason.ABORTED);
    }

    @Test
    void shutdownIsIdempotent() {
        Script.finWait1().shutdown().nothingMore().in(TcpState.FIN_WAIT_1);
        Script.finWait2().shutdown().nothingMore().in(TcpState.FIN_WAIT_2);
        Script.timeWait().shutdown().nothingMore().in(TcpState.TIME_WAIT);
    }

    @Test
    void nothingWrittenAfterShutdownIsSent() {
        Script.finWait1().write(100).nothingMore();
    }

    @Test
    void halfClosedConnectionStillReceives() {
        Script s = Script.finWait2();
        s.inject(ACK, 1, 2, 1000)
                .received(1000)
                .inject(ACK, 1001, 2, 1000)
                .ack(2001)
                .read(2000);
        s.pass(3_600_000).in(TcpState.FIN_WAIT_2);
    }

    @Test
    void halfClosedByThePeerStillSends() {
        Script.closeWait()
                .write(1000)
                .data(1, 1000)
                .inject(ACK, 2, 1001, 0)
                .acked(1000)
                .in(TcpState.CLOSE_WAIT);
    }

    @Test
    void finBeyondAGapWaitsForIt() {
        Script s = Script.established().inject(FIN | ACK, 501, 1, 500).ack(1).in(TcpState.ESTABLISHED);
        assertThat(s.c.finReceived()).isFalse();
        s.inject(ACK, 1, 1, 500).ack(1002).received(1000).in(TcpState.CLOSE_WAIT);
    }

    @Test
    void bareFinBeyondAGapWaitsForIt() {
        Script.established()
                .inject(FIN | ACK, 501, 1, 0)
                .ack(1)
                .in(TcpState.ESTABLISHED)
                .inject(ACK, 1, 1, 500)
                .ack(502)
                .in(TcpState.CLOSE_WAIT);
    }

    @Test
    void finBeyondTheWindowIsCutOff() {
        Script.established()
                .inject(FIN | ACK, 1, 1, 10_001)
                .ack(10_001)
                .received(10_000)
                .in(TcpState.ESTABLISHED);
    }

    @Test
    void bareFinIsTakenThoughTheWindowIsShut() {
        Script.established()
                .inject(ACK, 1, 1, 10_000)
                .ack(10_001)
                .inject(FIN | ACK, 10_001, 1, 0)
                .ack(10_002)
                .in(TcpState.CLOSE_WAIT);
    }

    // ---- close of the handle
    // ------------------------------------------------------------------------------------------
    @Test
    void closeWithUnreadDataResets() {
        Script s = Script.established().inject(ACK, 1, 1, 100);
        s.close().reset(1).nothingMore().closed(CloseReason.ABORTED);
        assertThat(s.stats.abortOnClose).isEqualTo(1);
    }

    @Test
    void closeWithDataBeyondAGapResets() {
        Script.established()
                .inject(ACK, 500, 1, 100)
                .ack(1)
                .close()
                .reset(1)
                .nothingMore()
                .closed(CloseReason.ABORTED);
    }

    @Test
    void closeWithEverythingReadSendsFin() {
        Script.established()
                .inject(ACK, 1, 1, 100)
                .read(100)
                .ack(101)
                .close()
                .expect(FIN | ACK, 1, 101)
                .in(TcpState.FIN_WAIT_1);
    }

    @Test
    void dataAfterCloseIsReset() {
        Script s = Script.established().close().expect(FIN | ACK, 1, 1);
        s.inject(ACK, 1, 2, 100).reset(2).nothingMore().closed(CloseReason.ABORTED);
        assertThat(s.stats.abortOnData).isEqualTo(1);
        assertThat(s.placed).isEmpty();
    }

    @Test
    void oldDataAfterCloseIsOnlyAcknowledged() {
        Script.established()
                .inject(ACK, 1, 1, 100)
                .read(100)
                .ack(101)
                .close()
                .expect(FIN | ACK, 1, 101)
                .inject(ACK, 1, 1, 100)
                .ack(101)
                .in(TcpState.FIN_WAIT_1);
    }

    @Test
    void orphanDoesNotWaitInFinWait2ForEver() {
        Script.established()
                .close()
                .expect(FIN | ACK, 1, 1)
                .inject(ACK, 1, 2, 0)
                .in(TcpState.FIN_WAIT_2)
                .pass(59_999)
                .in(TcpState.FIN_WAIT_2)
                .pass(1)
                .nothingMore()
                .closed(CloseReason.NONE);
    }

    @Test
    void closeAfterShutdownLimitsFinWait2() {
        Script.finWait2().close().nothingMore().pass(60_000).closed(CloseReason.NONE);
    }

    @Test
    void closeInCloseWaitSendsFinAndLastAckEnds() {
        Script.closeWait().close().expect(FIN | ACK, 1, 2).inject(ACK, 2, 2, 0).closed(CloseReason.NONE);
    }

    @Test
    void closeInTimeWaitWaitsOn() {
        Script.timeWait().close().nothingMore().in(TcpState.TIME_WAIT);
    }

    @Test
    void callsOnAClosedConnectionDoNothing() {
        Script s = Script.established().abort().reset(1);
        s.abort().close().shutdown().write(10).read(10).nothingMore();
        s.c.settingsChanged(s.nowNs);
        s.c.icmpError(CloseReason.HOST_UNREACHABLE, Script.ISS, s.nowNs);
        s.inject(ACK, 1, 1, 5).pass(1_000_000).nothingMore().closed(CloseReason.ABORTED);
    }

    @Test
    void resetOfAnAbortIsSentNextTurnWhenRefused() {
        Script s = Script.established();
        s.refuse = true;
        s.abort();
        assertThat(s.c.wantsOutput()).isTrue();
        s.refuse = false;
        s.turn().reset(1).nothingMore();
    }

    // ---- TIME-WAIT reuse (RFC 6191)
    // -----------------------------------------------------------------------------------
    @Test
    void timeWaitMayBeReusedByAHigherSequenceNumber() {
        Script s = Script.timeWait();
        s.fill(SYN, 3, 0, 0);
        assertThat(s.c.mayReuse(s.in)).isTrue();
        s.fill(SYN, 2, 0, 0);
        assertThat(s.c.mayReuse(s.in)).isFalse();
        s.fill(SYN | ACK, 3, 0, 0);
        assertThat(s.c.mayReuse(s.in)).isFalse();
    }

    @Test
    void onlyTimeWaitMayBeReused() {
        Script s = Script.established();
        s.fill(SYN, 3, 0, 0);
        assertThat(s.c.mayReuse(s.in)).isFalse();
    }

    @Test
    void timeWaitMayBeReusedByALaterTimestamp() {
        Script s = Script.timeWait();
        s.c.timestamps = true;
        s.c.tsRecent = 100;
        s.fill(SYN, -5000, 0, 0);
        s.in.timestamps = true;
        s.in.tsVal = 101;
        assertThat(s.c.mayReuse(s.in)).isTrue();
        s.in.tsVal = 99;
        assertThat(s.c.mayReuse(s.in)).isFalse();
        s.in.tsVal = 100;
        assertThat(s.c.mayReuse(s.in)).as("then the sequence number decides").isFalse();
    }
}
