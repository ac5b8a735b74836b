/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.FIN;
import static org.mtcp4j.wire.TcpSegment.RST;
import static org.mtcp4j.wire.TcpSegment.SYN;

import org.junit.jupiter.api.Test;

/** Both opens (RFC 9293 §3.5, §3.10.7.2 to 3.10.7.4). */
class HandshakeScriptTest {
    // ---- SYN-SENT
    // -----------------------------------------------------------------------------------------------------
    @Test
    void activeOpenIsEstablishedBySynAck() {
        Script s = Script.established();
        assertThat(s.stats.activeOpens).isEqualTo(1);
    }

    @Test
    void synSentResetWithGoodAckIsRefused() {
        Script s = Script.synSent().inject(RST | ACK, 0, 1, 0).nothingMore().closed(CloseReason.REFUSED);
        assertThat(s.stats.attemptFails).isEqualTo(1);
    }

    @Test
    void synSentResetWithBadOrNoAckIsDropped() {
        Script.synSent()
                .inject(RST | ACK, 0, 0, 0)
                .inject(RST | ACK, 0, 2, 0)
                .inject(RST, 0, 0, 0)
                .nothingMore()
                .in(TcpState.SYN_SENT);
    }

    @Test
    void synSentUnacceptableAckIsReset() {
        Script.synSent()
                .inject(ACK, 0, 0, 0)
                .expect(RST, 0, null)
                .inject(SYN | ACK, 0, 77, 0)
                .expect(RST, 77, null)
                .nothingMore()
                .in(TcpState.SYN_SENT)
                .inject(SYN | ACK, 0, 1, 0)
                .ack(1)
                .in(TcpState.ESTABLISHED);
    }

    @Test
    void synSentUnacceptableAckHasTheSynSentAgainSoonAndOnce() {
        Script.synSent()
                .inject(ACK, 0, 77, 0)
                .expect(RST, 77, null)
                .pass(1)
                .nothingMore()
                .pass(1)
                .expect(SYN, 0, null)
                .inject(ACK, 0, 77, 0)
                .expect(RST, 77, null)
                .pass(999)
                .nothingMore()
                .pass(1)
                .expect(SYN, 0, null);
    }

    @Test
    void synSentBareAckOrFinIsDropped() {
        Script.synSent()
                .inject(ACK, 0, 1, 0)
                .inject(FIN | ACK, 0, 1, 0)
                .inject(0, 0, 0, 20)
                .nothingMore()
                .in(TcpState.SYN_SENT);
    }

    @Test
    void synIsRepeatedFourTimesASecondApartThenWithBackOffThenGivenUp() {
        Script s = Script.synSent();
        for (long ms : new long[] {1000, 1000, 1000, 1000, 1000, 2000, 4000, 8000, 16_000, 32_000}) {
            s.pass(ms - 1).nothingMore().pass(1).expect(SYN, 0, null);
        }
        s.pass(63_999).in(TcpState.SYN_SENT).pass(1).nothingMore().closed(CloseReason.TIMED_OUT);
        assertThat(s.stats.synRetrans).isEqualTo(10);
    }

    @Test
    void synAckIsRepeatedWithBackOffFromTheStart() {
        Script s = Script.synReceived();
        for (long ms = 1000; ms <= 16_000; ms *= 2) {
            s.pass(ms - 1).nothingMore().pass(1).expect(SYN | ACK, 0, 1);
        }
        s.pass(32_000).nothingMore().closed(CloseReason.TIMED_OUT);
    }

    @Test
    void rfc7323_2_2_windowOfAReceivedSynAckIsNotScaled() {
        Script s = new Script();
        s.settings.windowScaling = true;
        s.open();
        s.peerWindow = 1500;
        s.fill(SYN | ACK, 0, 1, 0);
        s.in.windowScale = 7;
        s.injectFilled().ack(1).nothingMore();
        assertThat(s.c.sndWnd).isEqualTo(1500);
        s.write(5000).data(1, 1000).nothingMore();
        s.peerWindow = 10;
        s.inject(ACK, 1, 1001, 0).data(1001, 1000).nothingMore();
        assertThat(s.c.sndWnd).as("but every later one").isEqualTo(10 << 7);
    }

    @Test
    void rfc7323_2_2_windowOfASynIsNotScaledEither() {
        Script s = new Script();
        s.settings.windowScaling = true;
        s.peerWindow = 1500;
        s.fill(SYN, 0, 0, 0);
        s.in.windowScale = 7;
        s.c.openPassive(s.in, Script.ISS, s.nowNs);
        s.turn().expect(SYN | ACK, 0, 1);
        assertThat(s.c.sndWnd).isEqualTo(1500);
        s.peerWindow = 12;
        s.inject(ACK, 1, 1, 0).in(TcpState.ESTABLISHED);
        assertThat(s.c.sndWnd).isEqualTo(12 << 7);
    }

    @Test
    void rfc6298_5_7_timeoutIsThreeSecondsWhereTheSynWasLostAndNoRoundTripIsKnown() {
        Script s = Script.synSent().pass(1000).expect(SYN, 0, null);
        s.inject(SYN | ACK, 0, 1, 0).ack(1).write(100).data(1, 100);
        s.pass(2999).nothingMore().pass(1).data(1, 100);
    }

    @Test
    void rfc6298_5_7_timeoutIsThreeSecondsWhereTheSynAckWasLost() {
        Script s = Script.synReceived().pass(1000).expect(SYN | ACK, 0, 1);
        s.inject(ACK, 1, 1, 0).write(100).data(1, 100);
        s.pass(2999).nothingMore().pass(1).data(1, 100);
    }

    @Test
    void echoOfASynThatWasSentAgainTellsTheRoundTrip() {
        Script s = new Script();
        s.settings.timestamps = true;
        s.open().pass(1000);
        int tsVal = s.next().tsVal();
        s.pass(50).fill(SYN | ACK, 0, 1, 0);
        s.in.timestamps = true;
        s.in.tsVal = 1;
        s.in.tsEcr = tsVal;
        s.injectFilled();
        assertThat(s.c.rtt.srttNs()).isEqualTo(50 * Script.MS);
    }

    @Test
    void cookieOverAHalfOpenConnectionTakesNothingFromTheSynBefore() {
        Script s = new Script();
        s.settings.windowScaling = true;
        s.settings.timestamps = true;
        s.settings.ecnAnswered = true;
        s.fill(SYN | org.mtcp4j.wire.TcpSegment.ECE | org.mtcp4j.wire.TcpSegment.CWR, 0, 0, 0);
        s.in.windowScale = 9;
        s.in.sackPermitted = true;
        s.in.timestamps = true;
        s.c.openPassive(s.in, Script.ISS, s.nowNs);
        s.turn().next();
        s.fill(SYN, 0, 0, 0);
        Handshake.openFromCookie(s.c, s.in, Script.ISS, s.nowNs);
        s.peerWindow = 1500;
        s.inject(ACK, 1, 1, 0).in(TcpState.ESTABLISHED);
        assertThat(s.c.sndWnd).isEqualTo(1500);
        assertThat(s.c.receiveScale).isZero();
        assertThat(s.c.sack).isFalse();
        assertThat(s.c.timestamps).isFalse();
        assertThat(s.c.ecn).isNull();
    }

    @Test
    void icmpErrorEndsSynSentOnlyIfItQuotesOurSyn() {
        Script s = Script.synSent();
        s.c.icmpError(CloseReason.HOST_UNREACHABLE, Script.ISS + 1, s.nowNs);
        s.in(TcpState.SYN_SENT);
        s.c.icmpError(CloseReason.HOST_UNREACHABLE, Script.ISS, s.nowNs);
        s.closed(CloseReason.HOST_UNREACHABLE).turn().nothingMore();
    }

    @Test
    void closeInSynSentForgetsTheConnection() {
        Script.synSent().close().nothingMore().closed(CloseReason.ABORTED);
        Script.synSent().abort().nothingMore().closed(CloseReason.ABORTED);
    }

    @Test
    void dataOfTheSynAckIsTaken() {
        Script s = Script.synSent().inject(SYN | ACK, 0, 1, 10).ack(11).received(10);
        s.nothingMore().in(TcpState.ESTABLISHED);
        assertThat(s.placed).containsExactly(new Script.Placed(0, 5000, 10));
    }

    @Test
    void bytesWrittenBeforeTheHandshakeFollowIt() {
        Script.synSent()
                .write(300)
                .nothingMore()
                .shutdown()
                .nothingMore()
                .inject(SYN | ACK, 0, 1, 0)
                .expect(FIN | ACK, 1, 1, 300)
                .nothingMore()
                .in(TcpState.FIN_WAIT_1);
    }

    @Test
    void refusedSynIsSentNextTurn() {
        Script s = new Script();
        s.refuse = true;
        s.c.openActive(Script.ISS, s.nowNs);
        s.turn();
        assertThat(s.c.wantsOutput()).isTrue();
        assertThat(s.c.nextDeadlineNs()).as("the clock runs from the call").isEqualTo(s.nowNs + 1_000_000_000L);
        s.refuse = false;
        s.turn().expect(SYN, 0, null).nothingMore();
    }

    // ---- simultaneous open (figure 8)
    // ---------------------------------------------------------------------------------
    @Test
    void simultaneousOpenEndsEstablished() {
        Script.synSent()
                .inject(SYN, 0, 0, 0)
                .expect(SYN | ACK, 0, 1)
                .in(TcpState.SYN_RECEIVED)
                .inject(SYN | ACK, 0, 1, 0)
                .expect(ACK, 1, 1)
                .nothingMore()
                .in(TcpState.ESTABLISHED);
    }

    @Test
    void simultaneousOpenResetIsRefused() {
        Script.synSent()
                .inject(SYN, 0, 0, 0)
                .expect(SYN | ACK, 0, 1)
                .inject(RST, 1, 0, 0)
                .nothingMore()
                .closed(CloseReason.REFUSED);
    }

    // ---- SYN-RECEIVED
    // -------------------------------------------------------------------------------------------------
    @Test
    void passiveOpenIsEstablishedByAckAndItsDataTaken() {
        Script s = Script.synReceived()
                .inject(ACK, 1, 1, 20)
                .in(TcpState.ESTABLISHED)
                .received(20);
        assertThat(s.stats.passiveOpens).isEqualTo(1);
    }

    @Test
    void synReceivedFinWithTheAckGoesToCloseWait() {
        Script.synReceived().inject(FIN | ACK, 1, 1, 20).ack(22).received(20).in(TcpState.CLOSE_WAIT);
    }

    @Test
    void synReceivedWrongAckIsResetAndWaits() {
        Script.synReceived()
                .inject(ACK, 1, 0, 0)
                .expect(RST, 0, null)
                .inject(ACK, 1, 9, 0)
                .expect(RST, 9, null)
                .nothingMore()
                .in(TcpState.SYN_RECEIVED);
    }

    @Test
    void synReceivedRepeatedSynGetsTheSynAckAgain() {
        Script.synReceived()
                .inject(SYN, 0, 0, 0)
                .expect(SYN | ACK, 0, 1)
                .nothingMore()
                .in(TcpState.SYN_RECEIVED);
    }

    @Test
    void synReceivedSynInTheWindowGoesBackToListen() {
        Script.synReceived().inject(SYN, 5, 0, 0).nothingMore().closed(CloseReason.RESET);
    }

    @Test
    void synReceivedResets() {
        Script.synReceived().inject(RST, 1, 0, 0).nothingMore().closed(CloseReason.RESET);
        Script.synReceived()
                .inject(RST, 2, 0, 0)
                .expect(ACK, 1, 1)
                .nothingMore()
                .in(TcpState.SYN_RECEIVED);
        Script.synReceived().inject(RST, 0, 0, 0).nothingMore().in(TcpState.SYN_RECEIVED);
    }

    @Test
    void synReceivedSegmentOutsideTheWindowIsAcknowledged() {
        Script.synReceived()
                .inject(ACK, 50_000, 1, 10)
                .expect(ACK, 1, 1)
                .nothingMore()
                .in(TcpState.SYN_RECEIVED);
    }

    @Test
    void synAckIsRepeatedThenGivenUp() {
        Script s = Script.synReceived();
        s.settings.synAckRetries = 2;
        s.pass(1000).expect(SYN | ACK, 0, 1).pass(2000).expect(SYN | ACK, 0, 1);
        s.pass(4000).nothingMore().closed(CloseReason.TIMED_OUT);
    }

    @Test
    void shutdownInSynReceivedWaitsForTheHandshake() {
        Script.synReceived()
                .shutdown()
                .nothingMore()
                .in(TcpState.SYN_RECEIVED)
                .inject(ACK, 1, 1, 0)
                .expect(FIN | ACK, 1, 1)
                .in(TcpState.FIN_WAIT_1);
    }

    @Test
    void abortInSynReceivedResets() {
        Script.synReceived().abort().reset(1).nothingMore().closed(CloseReason.ABORTED);
    }

    // ---- options
    // ------------------------------------------------------------------------------------------------------
    @Test
    void synAnnouncesMssScaleAndTimestamps() {
        Script s = new Script();
        s.settings.timestamps = true;
        s.settings.windowScaling = true;
        s.settings.receiveBufferBytes = 16 << 20;
        s.c.openActive(Script.ISS, s.nowNs);
        Script.Sent syn = s.turn().next();
        assertThat(syn.mss()).isEqualTo(Script.MSS);
        assertThat(syn.scale()).isEqualTo(9);
        assertThat(syn.tsVal()).isEqualTo(10_000);
        assertThat(syn.window()).as("never scaled (RFC 7323 §2.2)").isEqualTo(65_535);
    }

    @Test
    void optionsThatThePeerDoesNotNameAreNotUsed() {
        Script s = new Script();
        s.settings.timestamps = true;
        s.settings.windowScaling = true;
        s.listen();
        s.inject(ACK, 1, 1, 0).write(2000);
        Script.Sent data = s.next();
        assertThat(data.tsVal()).isZero();
        assertThat(data.bytes()).isEqualTo(1000);
        assertThat(s.c.receiveScale).isZero();
    }

    @Test
    void synAckAnswersOptionsInKind() {
        Script s = new Script();
        s.settings.timestamps = true;
        s.settings.windowScaling = true;
        s.fill(SYN, 0, 0, 0);
        s.in.timestamps = true;
        s.in.tsVal = 42;
        s.in.windowScale = 3;
        s.in.mss = 600;
        s.settings.maxEmitBytes = 1;
        s.c.openPassive(s.in, Script.ISS, s.nowNs);
        Script.Sent synAck = s.turn().next();
        assertThat(synAck.tsEcr()).isEqualTo(42);
        assertThat(synAck.scale()).isEqualTo(7);
        s.fill(ACK, 1, 1, 0);
        s.in.timestamps = true;
        s.in.tsVal = 43;
        s.injectFilled().write(1000);
        assertThat(s.c.sndWnd).isEqualTo(Script.WINDOW << 3);
        assertThat(s.next().bytes()).as("MSS less the timestamps").isEqualTo(588);
    }

    @Test
    void peerWithoutMssOptionGetsTheDefault() {
        Script s = Script.synSent();
        s.fill(SYN | ACK, 0, 1, 0);
        s.in.mss = 0;
        s.settings.maxEmitBytes = 1;
        s.injectFilled()
                .ack(1)
                .write(2000)
                .data(1, 536)
                .data(537, 536)
                .data(1073, 536)
                .data(1609, 392);
    }

    @Test
    void absurdMssIsBounded() {
        Script s = Script.synSent();
        s.fill(SYN | ACK, 0, 1, 0);
        s.in.mss = 1;
        s.injectFilled().ack(1).write(64).data(1, 64);
    }

    @Test
    void lostSynMeansOneSegmentToStartWith() {
        Script s = Script.synSent().pass(1000).expect(SYN, 0, null).pass(1000).expect(SYN, 0, null);
        s.inject(SYN | ACK, 0, 1, 0).ack(1).write(5000).data(1, 1000).nothingMore();
    }

    @Test
    void rfc9293_3_7_1_mssIsNamedInSynsOnly() {
        Script s = new Script();
        s.listen();
        s.inject(ACK, 1, 1, 0).write(10);
        assertThat(s.next().mss()).isZero();
        s.inject(ACK, 1, 11, 20).pass(100);
        assertThat(s.next().mss()).isZero();
    }

    @Test
    void rfc9293_3_8_6_windowsAreUnsigned() {
        Script s = new Script();
        s.peerWindow = 65_535;
        s.listen().inject(ACK, 1, 1, 0).in(TcpState.ESTABLISHED);
        assertThat(s.c.sndWnd).isEqualTo(65_535);
        s.write(1_000).data(1, 1_000);
    }
}
