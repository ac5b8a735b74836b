/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.SYN;

import org.junit.jupiter.api.Test;
import org.mtcp4j.tcp.TcpSettings.Algorithm;

/** The congestion window from acknowledgement to acknowledgement: what leaves, and how much of it, as Linux has it. */
class LossScriptTest {
    private static final int MSS = Script.MSS;

    /** Established with SACK after a round trip of so many milliseconds; the peer's window is far open. */
    private static Script established(Algorithm algorithm, int rttMs) {
        Script s = new Script(algorithm);
        s.open();
        s.peerWindow = 60_000;
        s.pass(rttMs);
        s.fill(SYN | ACK, 0, 1, 0);
        s.in.sackPermitted = true;
        s.injectFilled().ack(1).nothingMore();
        s.c.quickAcksLeft = 0;
        return s;
    }

    private static Script sending(Algorithm algorithm, int segments) {
        Script s = established(algorithm, 100).write(segments * MSS);
        s.sent.clear();
        return s;
    }

    private static Script sack(Script s, int ack, int from, int to) {
        s.fill(ACK, 1, ack, 0);
        s.in.sackBlocks = 1;
        s.in.sackEdges[0] = Script.ISS + from;
        s.in.sackEdges[1] = Script.ISS + to;
        return s.injectFilled();
    }

    private static int window(Script s) {
        return s.c.congestion.windowBytes();
    }

    // ---- proportional rate reduction (RFC 9937)
    // -------------------------------------------------------------------------
    /** What is in flight equals the threshold all the while. */
    @Test
    void rfc9937_6_2_oneSegmentForEachThatArrives() {
        Script s = sending(Algorithm.CUBIC, 10).pass(90);
        sack(s, 1, 1001, 2001);
        sack(s, 1, 1001, 3001).nothingMore();
        sack(s, 1, 1001, 4001).data(1, MSS).nothingMore();
        assertThat(window(s)).isEqualTo(7 * MSS);
        assertThat(s.c.congestion.slowStartThresholdBytes()).isEqualTo(7 * MSS);
        s.write(7 * MSS).nothingMore();
        for (int i = 0; i < 6; i++) {
            sack(s, 1, 1001, 5001 + i * MSS).data(10_001 + i * MSS, MSS).nothingMore();
        }
        s.inject(ACK, 1, 10_001, 0).data(16_001, MSS).nothingMore();
        assertThat(window(s)).isEqualTo(7 * MSS);
    }

    /** Four are lost, so that less is in flight than the threshold: still no more leaves than arrives, since nothing is repaired yet. */
    @Test
    void rfc9937_6_2_belowTheThresholdNoMoreLeavesThanArrivesWhileNothingIsRepaired() {
        Script s = sending(Algorithm.CUBIC, 10).pass(90);
        sack(s, 1, 4001, 5001).nothingMore();
        sack(s, 1, 4001, 6001).nothingMore();
        for (int i = 0; i < 4; i++) {
            sack(s, 1, 4001, 7001 + i * MSS).data(1 + i * MSS, MSS).nothingMore();
        }
        sack(s, 1001, 4001, 10_001).nothingMore();
        sack(s, 2001, 4001, 10_001).nothingMore();
        sack(s, 3001, 4001, 10_001).nothingMore();
        s.inject(ACK, 1, 10_001, 0).nothingMore().write(10 * MSS);
        assertThat(s.sent).hasSize(7);
    }

    /** Once SND.UNA advances and nothing more is lost, the flight catches up by a segment more for each acknowledgement. */
    @Test
    void rfc9937_6_2_aRepairThatArrivesLetsOneMoreLeave() {
        Script s = sending(Algorithm.CUBIC, 10).pass(90);
        s.write(20 * MSS).nothingMore();
        sack(s, 1, 4001, 7001);
        s.sent.clear();
        sack(s, 1, 4001, 8001);
        assertThat(s.sent).hasSize(1);
        s.sent.clear();
        sack(s, 1001, 4001, 8001);
        assertThat(s.sent).hasSize(2);
    }

    // ---- limited transmit (RFC 3042)
    // ----------------------------------------------------------------------------------
    /** It was reordering: of the three that are acknowledged, two have let others out when they arrived. */
    @Test
    void rfc3042_whatLetAnotherOutDoesNotLetTheWindowGrowAgain() {
        for (boolean sack : new boolean[] {true, false}) {
            Script s = new Script(Algorithm.CUBIC);
            s.open();
            s.peerWindow = 60_000;
            s.pass(100).fill(SYN | ACK, 0, 1, 0);
            s.in.sackPermitted = sack;
            s.injectFilled().ack(1).nothingMore().write(20 * MSS);
            s.sent.clear();
            s.pass(110);
            for (int i = 0; i < 2; i++) {
                if (sack) {
                    sack(s, 1, 1001, 2001 + i * MSS);
                } else {
                    s.inject(ACK, 1, 1, 0);
                }
                s.data(10_001 + i * MSS, MSS).nothingMore();
            }
            s.inject(ACK, 1, 3001, 0);
            assertThat(window(s)).isEqualTo(11 * MSS);
            assertThat(s.sent).as("SACK %s", sack).hasSize(2);
        }
    }

    // ---- after a timeout (RFC 5681 §3.1)
    // --------------------------------------------------------------------------------
    @Test
    void rfc5681_3_1_repairOfALoneSegmentOpensTheWindowAgain() {
        for (Algorithm algorithm : new Algorithm[] {Algorithm.NEW_RENO, Algorithm.CUBIC}) {
            for (int bytes : new int[] {MSS, 100}) {
                Script s = established(algorithm, 10).write(bytes);
                s.sent.clear();
                while (s.stats.timeouts == 0) {
                    s.pass(10);
                }
                assertThat(window(s)).isEqualTo(MSS);
                s.inject(ACK, 1, 1 + bytes, 0);
                assertThat(window(s)).isEqualTo(2 * MSS);
                s.sent.clear();
                s.write(4 * MSS);
                assertThat(s.sent).as("%s, %d bytes", algorithm, bytes).hasSize(2);
            }
        }
    }

    @Test
    void rfc5681_3_1_acknowledgementThatEndsTheRepairLetsTheWindowGrow() {
        Script s = sending(Algorithm.NEW_RENO, 10);
        s.pass(5000);
        assertThat(s.stats.timeouts).isPositive();
        s.inject(ACK, 1, 10_001, 0);
        assertThat(window(s)).isEqualTo(s.c.congestion.slowStartThresholdBytes());
    }

    // ---- slow start of who does not always have something to send (RFC 7661 §4)
    // ---------------------------------------------
    /** Sends a burst that is acknowledged two segments at a time, each in a round of its own. */
    private static Script burst(Algorithm algorithm, int segments) {
        Script s = established(algorithm, 100).write(segments * MSS);
        for (int acked = 2; acked < segments + 2; acked += 2) {
            s.inject(ACK, 1, 1 + Math.min(acked, segments) * MSS, 0);
        }
        s.sent.clear();
        return s;
    }

    @Test
    void rfc7661_4_2_burstThatFillsTheWindowDoublesIt() {
        for (Algorithm algorithm : new Algorithm[] {Algorithm.NEW_RENO, Algorithm.CUBIC}) {
            assertThat(window(burst(algorithm, 10))).as("%s", algorithm).isEqualTo(20 * MSS);
        }
    }

    @Test
    void rfc7661_4_2_windowGrowsToTwiceWhatWasInFlight() {
        assertThat(window(burst(Algorithm.CUBIC, 9))).isEqualTo(18 * MSS);
        assertThat(window(burst(Algorithm.CUBIC, 6))).isEqualTo(12 * MSS);
        assertThat(window(burst(Algorithm.CUBIC, 5))).isEqualTo(10 * MSS);
    }

    @Test
    void rfc7661_4_2_burstCountsForItsOwnWindowOfDataOnly() {
        Script s = burst(Algorithm.CUBIC, 10);
        for (int i = 0; i < 20; i++) {
            int end = 10_001 + (i + 1) * MSS;
            s.write(MSS).data(end - MSS, MSS).inject(ACK, 1, end, 0);
        }
        assertThat(window(s)).isEqualTo(20 * MSS);
    }

    // ---- HyStart++ without timestamps (RFC 9406)
    // ------------------------------------------------------------------------
    /** Thirty segments; the second round trip of twenty is so much longer, and told by an acknowledgement for each two. */
    private static Script secondRound(int ms) {
        Script s = established(Algorithm.CUBIC, 200).write(30 * MSS);
        s.pass(200).inject(ACK, 1, 10 * MSS + 1, 0);
        assertThat(window(s)).isEqualTo(20 * MSS);
        s.pass(ms);
        for (int acked = 12; acked <= 26; acked += 2) {
            s.inject(ACK, 1, acked * MSS + 1, 0).pass(1);
        }
        return s;
    }

    @Test
    void rfc9406_4_2_roundTripThatGrowsSlowsTheStartDownWithoutTimestamps() {
        Script s = secondRound(240);
        assertThat(s.stats.hyStartDelayDetect).isEqualTo(1);
        int before = window(s);
        s.inject(ACK, 1, 28 * MSS + 1, 0);
        assertThat(window(s) - before).as("a quarter of two segments").isEqualTo(MSS / 2);
        Script same = secondRound(205);
        assertThat(same.stats.hyStartDelayDetect).isZero();
        assertThat(window(same)).isEqualTo(36 * MSS);
    }

    /** Of what is sent twice nobody knows which was acknowledged (Karn). */
    @Test
    void whatIsInFlightWhileSomethingIsSentAgainTellsNoRoundTrip() {
        Script s = established(Algorithm.CUBIC, 200).write(30 * MSS);
        s.pass(200).inject(ACK, 1, 10 * MSS + 1, 0);
        s.pass(401);
        assertThat(s.stats.lossProbes).isEqualTo(1);
        for (int acked = 12; acked <= 28; acked += 2) {
            s.inject(ACK, 1, acked * MSS + 1, 0);
        }
        assertThat(s.stats.hyStartDelayDetect).isZero();
    }
}
