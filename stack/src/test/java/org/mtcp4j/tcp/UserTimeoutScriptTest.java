/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.SYN;

import org.junit.jupiter.api.Test;

/** The user timeout (RFC 9293 §3.8.3, RFC 5482), as Linux's TCP_USER_TIMEOUT. */
class UserTimeoutScriptTest {
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
