/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.ECE;
import static org.mtcp4j.wire.TcpSegment.PSH;
import static org.mtcp4j.wire.TcpSegment.SYN;
import static org.mtcp4j.wire.TcpSegment.URG;

import org.junit.jupiter.api.Test;

/** Whose timestamps are believed (RFC 7323), and what else a segment tells that is not taken. */
class TimestampScriptTest {
    /** Established, passive, TS.Recent 1001. */
    private static Script established() {
        Script s = new Script();
        s.settings.timestamps = true;
        s.settings.ecnAnswered = true;
        s.fill(SYN | ECE | org.mtcp4j.wire.TcpSegment.CWR, 0, 0, 0);
        stamp(s, 1000);
        s.c.openPassive(s.in, Script.ISS, s.nowNs);
        s.turn().next();
        s.fill(ACK, 1, 1, 0);
        stamp(s, 1001);
        s.injectFilled().in(TcpState.ESTABLISHED);
        s.sent.clear();
        return s;
    }

    private static void stamp(Script s, int tsVal) {
        s.in.timestamps = true;
        s.in.tsVal = tsVal;
    }

    /** From somebody who guesses the window, but not the acknowledgement; its timestamp is far ahead. */
    private static void guess(Script s, int flags, int ack, int bytes) {
        s.fill(flags, 1, ack, bytes);
        stamp(s, 1001 + 0x4000_0000);
        s.in.congestionExperienced = true;
        s.injectFilled();
        s.sent.clear();
    }

    private static void allGuesses(Script s) {
        guess(s, ACK, 2, 0);
        guess(s, ACK, 100_000, 10);
        guess(s, ACK | PSH | URG, -1_000_000, 10);
        guess(s, PSH, 0, 10);
        guess(s, 0, 0, 0);
    }

    @Test
    void rfc7323_4_3_timestampIsTakenOnlyAfterTheAcknowledgementIsAccepted() {
        Script s = established();
        allGuesses(s);
        assertThat(s.c.tsRecent).isEqualTo(1001);
        s.fill(ACK, 1, 1, 100);
        stamp(s, 1002);
        s.injectFilled().received(100);
        assertThat(s.stats.pawsDrop).isZero();
        assertThat(s.c.tsRecent).isEqualTo(1002);
    }

    @Test
    void rfc3168_markOfASegmentThatIsRefusedIsNotEchoed() {
        Script s = established();
        allGuesses(s);
        assertThat(s.stats.inCePackets).isZero();
        assertThat(s.write(10).next().flags() & ECE).isZero();
    }

    @Test
    void keepAliveIsNotPutOffByWhatIsRefused() {
        Script s = established();
        s.settings.keepAlive = true;
        s.settings.keepIdleNs = 10_000 * Script.MS;
        s.c.settingsChanged(s.nowNs);
        s.pass(9_000);
        allGuesses(s);
        s.pass(999).nothingMore();
        s.pass(1).expect(ACK, 0, 1);
        allGuesses(s);
        assertThat(s.c.keepAliveUnanswered).isEqualTo((byte) 1);
    }
}
