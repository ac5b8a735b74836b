/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.SYN;

import org.junit.jupiter.api.Test;

/** The user timeout (RFC 9293 §3.8.3, RFC 5482), as Linux's TCP_USER_TIMEOUT. */
class UserTimeoutScriptTest {
    /** A probe that repaired what was lost still waits for one acknowledgement more (RFC 8985 §7.4.2), but nothing is unanswered. */
    @Test
    void idleTimeAfterAProbeHasRepairedALossDoesNotCount() {
        Script s = patience(withSack(), 30_000).write(100).data(1, 100);
        untilProbed(s)
                .pass(20)
                .inject(ACK, 1, 101, 0)
                .pass(60_000)
                .write(100)
                .pass(1)
                .in(TcpState.ESTABLISHED);
    }

    @Test
    void aCloseLongAfterAProbeHasRepairedALossIsNotTakenForSilence() {
        Script s = withSack().write(100).data(1, 100);
        untilProbed(s).pass(20).inject(ACK, 1, 101, 0).pass(150_000).shutdown();
        s.c.close(s.nowNs);
        s.pass(1).in(TcpState.FIN_WAIT_1);
    }

    private static Script untilProbed(Script s) {
        while (s.sent.isEmpty()) {
            s.pass(1);
        }
        s.sent.clear();
        return s;
    }

    private static Script patience(Script s, long ms) {
        s.settings.userTimeoutNs = ms * Script.MS;
        return s;
    }

    @Test
    void dataUnansweredForSoLongEndsTheConnection() {
        Script s = patience(Script.established(), 1000).write(100).data(1, 100);
        s.pass(999).in(TcpState.ESTABLISHED).pass(1).closed(CloseReason.TIMED_OUT);
    }

    @Test
    void anAnswerBeginsTheTimeAnew() {
        Script s = patience(Script.established(), 1000).write(2 * Script.MSS).data(1, 1000);
        s.pass(900).inject(ACK, 1, 1001, 0).pass(900).in(TcpState.ESTABLISHED);
    }

    @Test
    void itTakesThePlaceOfTheCountOfRetries() {
        Script s = patience(Script.established(), 600_000);
        s.settings.retries = 1;
        s.write(100).pass(300_000).in(TcpState.ESTABLISHED).pass(300_000).closed(CloseReason.TIMED_OUT);
    }

    @Test
    void handshakeIsNoLongerThanThat() {
        Script s = patience(new Script(), 2500);
        s.c.openActive(Script.ISS, s.nowNs);
        s.turn().expect(SYN, 0, null).pass(2499).in(TcpState.SYN_SENT).pass(1).closed(CloseReason.TIMED_OUT);
    }

    @Test
    void silentPeerOfAShutWindowIsGivenUp() {
        Script s = patience(Script.established(), 3000);
        s.peerWindow = 0;
        s.inject(ACK, 1, 1, 0).write(10).pass(2900).in(TcpState.ESTABLISHED);
        s.pass(400).closed(CloseReason.TIMED_OUT);
    }

    /** Established with SACK, the round trip known. */
    private static Script withSack() {
        Script s = Script.synSent();
        s.pass(20).fill(SYN | ACK, 0, 1, 0);
        s.in.sackPermitted = true;
        s.injectFilled().ack(1);
        return s;
    }

    @Test
    void dataUnansweredForSoLongEndsAConnectionWithSackAsWell() {
        for (long ms : new long[] {300, 1000, 3100, 20_000}) {
            Script s = patience(withSack(), ms).write(100).data(1, 100);
            s.pass(ms - 1).in(TcpState.ESTABLISHED).pass(1).closed(CloseReason.TIMED_OUT);
            Script several = patience(withSack(), ms).write(3000);
            several.pass(ms - 1).in(TcpState.ESTABLISHED);
            several.pass(1).closed(CloseReason.TIMED_OUT);
        }
    }

    @Test
    void shutWindowIsGivenUpThoughThePeerAnswersEveryProbe() {
        Script s = patience(Script.established(), 10_000);
        s.peerWindow = 0;
        s.inject(ACK, 1, 1, 0).write(10);
        for (int ms = 0; ms < 10_000; ms += 10) {
            s.pass(10).in(TcpState.ESTABLISHED);
            if (!s.sent.isEmpty()) {
                s.sent.clear();
                s.inject(ACK, 1, 1, 0);
            }
        }
        s.pass(210).closed(CloseReason.TIMED_OUT);
    }

    @Test
    void windowThatOpensBeginsTheTimeAnew() {
        Script s = patience(Script.established(), 10_000);
        s.peerWindow = 0;
        s.inject(ACK, 1, 1, 0).write(10).pass(9_000);
        s.sent.clear();
        s.peerWindow = 5000;
        s.inject(ACK, 1, 1, 0).data(1, 10).pass(100);
        s.peerWindow = 0;
        s.inject(ACK, 1, 11, 0).write(10).pass(9_000).in(TcpState.ESTABLISHED);
        s.pass(1_500).closed(CloseReason.TIMED_OUT);
    }

    @Test
    void shutWindowIsNotGivenUpWhereTheUserHasNoLimit() {
        Script s = Script.established();
        s.peerWindow = 0;
        s.inject(ACK, 1, 1, 0).write(10);
        for (int i = 0; i < 3600; i++) {
            s.pass(1000);
            if (!s.sent.isEmpty()) {
                s.sent.clear();
                s.inject(ACK, 1, 1, 0);
            }
        }
        s.in(TcpState.ESTABLISHED);
    }

    // ---- orphans
    // --------------------------------------------------------------------------------------------------------
    private static final long ORPHAN_MS = UserTimeout.ORPHAN_NS / Script.MS;

    @Test
    void orphanWithADeadPeerIsGivenUpAsLinuxDoes() {
        for (Script s : new Script[] {Script.established(), withSack(), Script.closeWait()}) {
            s.close().pass(ORPHAN_MS - 1);
            assertThat(s.c.state()).isNotEqualTo(TcpState.CLOSED);
            s.pass(1).closed(CloseReason.TIMED_OUT);
        }
        Script.established().shutdown().pass(500_000).in(TcpState.FIN_WAIT_1);
    }

    @Test
    void orphanWhosePeerStillTakesDataIsNotGivenUp() {
        Script s = Script.established().write(5000).close();
        for (int i = 1; i <= 4; i++) {
            s.pass(90_000).inject(ACK, 1, 1 + 1000 * i, 0).in(TcpState.FIN_WAIT_1);
        }
        s.sent.clear();
        s.inject(ACK, 1, 5002, 0).in(TcpState.FIN_WAIT_2);
    }

    @Test
    void orphanThatWasSilentBeforeItsCloseIsGivenUpAtTheNextTimeout() {
        Script s = Script.established().write(100).pass(150_000).close().in(TcpState.FIN_WAIT_1);
        s.pass(120_000).closed(CloseReason.TIMED_OUT);
    }

    @Test
    void orphanAtAShutWindowOfASilentPeerIsGivenUp() {
        Script s = Script.established();
        s.peerWindow = 0;
        s.inject(ACK, 1, 1, 0).write(10).close().pass(110_000).in(TcpState.CLOSED);
        assertThat(s.c.closeReason()).isEqualTo(CloseReason.TIMED_OUT);
    }

    @Test
    void deadPeerOfKeepAliveIsGivenUp() {
        Script s = patience(Script.established(), 30_000);
        s.settings.keepAlive = true;
        s.settings.keepIdleNs = 10_000 * Script.MS;
        s.settings.keepIntervalNs = 5_000 * Script.MS;
        s.settings.keepCount = 100;
        s.c.settingsChanged(s.nowNs);
        s.pass(29_000).in(TcpState.ESTABLISHED).pass(2_000).in(TcpState.CLOSED);
    }
}
