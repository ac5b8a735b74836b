/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.CWR;
import static org.mtcp4j.wire.TcpSegment.ECE;
import static org.mtcp4j.wire.TcpSegment.SYN;

import org.junit.jupiter.api.Test;

/** Explicit congestion notification (RFC 3168 §6.1). */
class EcnScriptTest {
    private static Script established() {
        Script s = new Script();
        s.settings.ecnAsked = true;
        s.c.openActive(Script.ISS, s.nowNs);
        s.turn().expect(SYN | ECE | CWR, 0, null);
        s.inject(SYN | ACK | ECE, 0, 1, 0).expect(ACK, 1, 1).nothingMore();
        s.c.quickAcksLeft = 0;
        return s.in(TcpState.ESTABLISHED);
    }

    @Test
    void rfc3168_6_1_1_bothEndsAgree() {
        assertThat(established().stats.ecnConnections).isEqualTo(1);
    }

    @Test
    void rfc3168_6_1_1_synAckWithoutEceOrWithBothMeansNo() {
        for (int flags : new int[] {0, ECE | CWR, CWR}) {
            Script s = new Script();
            s.settings.ecnAsked = true;
            s.c.openActive(Script.ISS, s.nowNs);
            s.turn().expect(SYN | ECE | CWR, 0, null).inject(SYN | ACK | flags, 0, 1, 0);
            assertThat(s.c.ecn).isNull();
            s.ack(1).write(Script.MSS);
            assertThat(s.next().ecnCapable()).isFalse();
        }
    }

    @Test
    void rfc3168_6_1_1_passiveOpenAnswersWhatItIsAsked() {
        Script s = new Script();
        s.settings.ecnAnswered = true;
        s.fill(SYN | ECE | CWR, 0, 0, 0);
        s.c.openPassive(s.in, Script.ISS, s.nowNs);
        s.turn().expect(SYN | ACK | ECE, 0, 1).inject(ACK, 1, 1, 0).nothingMore();
        Script off = new Script();
        off.fill(SYN | ECE | CWR, 0, 0, 0);
        off.c.openPassive(off.in, Script.ISS, off.nowNs);
        off.turn().expect(SYN | ACK, 0, 1);
        Script unasked = new Script();
        unasked.settings.ecnAnswered = true;
        unasked.fill(SYN, 0, 0, 0);
        unasked.c.openPassive(unasked.in, Script.ISS, unasked.nowNs);
        unasked.turn().expect(SYN | ACK, 0, 1);
    }

    @Test
    void rfc3168_6_1_1_1_synRepeatedAsksNoMore() {
        Script s = new Script();
        s.settings.ecnAsked = true;
        s.c.openActive(Script.ISS, s.nowNs);
        s.turn()
                .expect(SYN | ECE | CWR, 0, null)
                .pass(1000)
                .expect(SYN, 0, null)
                .nothingMore();
    }

    @Test
    void rfc3168_6_1_2_onlyNewDataIsEcnCapable() {
        Script s = established().write(Script.MSS);
        assertThat(s.next().ecnCapable()).isTrue();
        s.pass(200);
        Script.Sent again = s.next();
        assertThat(again.seq()).isEqualTo(1);
        assertThat(again.ecnCapable()).as("RFC 3168 §6.1.5").isFalse();
        s.inject(ACK, 1, 1001, Script.MSS).pass(40);
        assertThat(s.next().ecnCapable()).as("RFC 3168 §6.1.4").isFalse();
    }

    @Test
    void rfc3168_6_1_3_markIsEchoedUntilTheSenderHasCut() {
        Script s = established();
        s.fill(ACK, 1, 1, Script.MSS);
        s.in.congestionExperienced = true;
        s.injectFilled().expect(ACK | ECE, 1, 1001);
        s.inject(ACK, 1001, 1, Script.MSS).expect(ACK | ECE, 1, 2001);
        s.inject(ACK | CWR, 2001, 1, Script.MSS).inject(ACK, 3001, 1, Script.MSS);
        s.expect(ACK, 1, 4001).nothingMore();
        assertThat(s.stats.inCePackets).isEqualTo(1);
    }

    @Test
    void rfc3168_6_1_2_echoCutsTheWindowOnceAWindowAndTheNextDataSaysSo() {
        Script s = established().write(8 * Script.MSS);
        s.sent.clear();
        int before = s.c.congestion.windowBytes();
        s.inject(ACK | ECE, 1, 1001, 0);
        int after = s.c.congestion.windowBytes();
        assertThat(after).isLessThan(before);
        s.inject(ACK | ECE, 1, 2001, 0).inject(ACK | ECE, 1, 3001, 0);
        assertThat(s.c.congestion.windowBytes()).isGreaterThanOrEqualTo(after);
        assertThat(s.stats.ecnCuts).isEqualTo(1);
        s.inject(ACK | ECE, 1, 8001, 0).write(2 * Script.MSS);
        assertThat(s.next().flags() & CWR).isEqualTo(CWR);
        assertThat(s.next().flags() & CWR).isZero();
        assertThat(s.stats.retransSegs).isZero();
    }

    /** Ten segments are in flight, nothing waits. */
    private static Script tenInFlight() {
        Script s = established();
        s.write(10 * Script.MSS);
        s.sent.clear();
        return s;
    }

    private static void duplicates(Script s, int count, int flags) {
        for (int i = 0; i < count; i++) {
            s.inject(ACK | flags, 1, 1, 0);
        }
    }

    @Test
    void rfc3168_6_1_2_lossInAWindowThatWasCutForAMarkIsNotCutForAgain() {
        Script s = tenInFlight();
        duplicates(s, 3, ECE);
        assertThat(s.stats.ecnCuts).isEqualTo(1);
        assertThat(s.stats.fastRetransmits).isEqualTo(1);
        assertThat(s.c.congestion.slowStartThresholdBytes()).isEqualTo(5 * Script.MSS);
        assertThat(s.c.congestion.windowBytes()).isEqualTo(5 * Script.MSS);
    }

    @Test
    void rfc3168_6_1_2_markInAWindowThatWasCutForALossIsNotCutForAgain() {
        Script s = tenInFlight();
        duplicates(s, 3, 0);
        duplicates(s, 3, ECE);
        s.inject(ACK | ECE, 1, 5001, 0);
        assertThat(s.stats.ecnCuts).isZero();
        assertThat(s.c.congestion.slowStartThresholdBytes()).isEqualTo(5 * Script.MSS);
    }

    @Test
    void rfc3168_6_1_2_timeoutInAWindowThatWasCutForAMarkKeepsTheThreshold() {
        Script s = tenInFlight();
        duplicates(s, 1, ECE);
        s.pass(300);
        assertThat(s.stats.timeouts).isEqualTo(1);
        assertThat(s.c.congestion.windowBytes()).isEqualTo(Script.MSS);
        assertThat(s.c.congestion.slowStartThresholdBytes()).isEqualTo(5 * Script.MSS);
    }

    @Test
    void rfc3168_6_1_2_cutForALossIsToldByTheNextNewData() {
        Script s = tenInFlight();
        duplicates(s, 3, 0);
        assertThat(s.next().flags() & CWR).as("sent again").isZero();
        s.write(Script.MSS).inject(ACK, 1, 10_001, 0);
        assertThat(s.next().flags() & CWR).isEqualTo(CWR);
        s.inject(ACK, 1, 11_001, 0).write(2 * Script.MSS).sent.clear();
        s.pass(1000);
        assertThat(s.stats.timeouts).isPositive();
        s.sent.clear();
        s.inject(ACK, 1, 13_001, 0).write(Script.MSS);
        assertThat(s.next().flags() & CWR).as("after a timeout").isEqualTo(CWR);
    }

    @Test
    void rfc3168_6_1_2_echoDoesNotLetTheWindowGrow() {
        Script s = tenInFlight();
        s.inject(ACK | ECE, 1, 1001, 0);
        int window = s.c.congestion.windowBytes();
        for (int ack = 2001; ack <= 10_001; ack += 1000) {
            s.inject(ACK | ECE, 1, ack, 0);
        }
        assertThat(s.c.congestion.windowBytes()).isEqualTo(window);
    }

    /** The loss was none, but the mark was one. */
    @Test
    void undoOfALossKeepsTheCutForAMark() {
        Script s = new Script();
        s.settings.ecnAsked = true;
        s.c.openActive(Script.ISS, s.nowNs);
        s.turn().sent.clear();
        s.pass(20).fill(SYN | ACK | ECE, 0, 1, 0);
        s.in.sackPermitted = true;
        s.injectFilled().sent.clear();
        s.write(10 * Script.MSS).inject(ACK | ECE, 1, 1001, 0);
        sack(s, 1001, 2001, 5001);
        assertThat(s.stats.sackRecovery).isEqualTo(1);
        s.pass(10);
        sack(s, 5001, 1001, 2001);
        assertThat(s.stats.dsackUndo).isEqualTo(1);
        assertThat(s.c.congestion.windowBytes()).isLessThanOrEqualTo(6 * Script.MSS);
        assertThat(s.c.congestion.slowStartThresholdBytes()).isEqualTo(5 * Script.MSS);
    }

    private static void sack(Script s, int ack, int from, int to) {
        s.fill(ACK, 1, ack, 0);
        s.in.sackBlocks = 1;
        s.in.sackEdges[0] = Script.ISS + from;
        s.in.sackEdges[1] = Script.ISS + to;
        s.injectFilled();
    }

    @Test
    void echoOfWhoDidNotAgreeIsIgnored() {
        Script s = Script.established().write(4 * Script.MSS);
        int before = s.c.congestion.windowBytes();
        s.inject(ACK | ECE, 1, 1001, 0);
        assertThat(s.c.congestion.windowBytes()).isGreaterThanOrEqualTo(before);
    }
}
