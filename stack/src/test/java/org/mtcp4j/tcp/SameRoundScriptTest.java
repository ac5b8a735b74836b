/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.SYN;

import org.junit.jupiter.api.Test;

/** A context takes a burst of acknowledgements before it sends: that must not cost what taking them one by one would not. */
class SameRoundScriptTest {
    private static final int MSS = Script.MSS;

    /** Ten segments are in flight, with SACK, and more wait. */
    private static Script sending() {
        Script s = Script.synSent();
        s.peerWindow = 60_000;
        s.pass(20);
        s.fill(SYN | ACK, 0, 1, 0);
        s.in.sackPermitted = true;
        s.injectFilled().ack(1).nothingMore();
        s.c.quickAcksLeft = 0;
        s.write(100 * MSS);
        for (int i = 0; i < 10; i++) {
            s.data(1 + i * MSS, MSS);
        }
        return s.nothingMore();
    }

    /** An acknowledgement, with at most one SACK block; more of the round follows. */
    private static void arrive(Script s, int ack, int from, int to) {
        s.fill(ACK, 1, ack, 0);
        if (to > from) {
            s.in.sackBlocks = 1;
            s.in.sackEdges[0] = Script.ISS + from;
            s.in.sackEdges[1] = Script.ISS + to;
        }
        s.c.arrives(s.in, s.nowNs);
    }

    @Test
    void rfc5681_3_1_slowStartDoublesThoughAllAcknowledgementsComeInOneRound() {
        Script s = sending();
        for (int i = 1; i <= 10; i++) {
            arrive(s, 1 + i * MSS, 0, 0);
        }
        s.turn();
        assertThat(s.sent).hasSize(20);
        assertThat(s.c.congestion.windowBytes()).isEqualTo(20 * MSS);
    }

    @Test
    void rfc5681_3_1_congestionAvoidanceCountsAllAcknowledgementsOfARound() {
        Script s = sending();
        s.c.congestion.ssthresh = 10 * MSS;
        for (int i = 1; i <= 10; i++) {
            arrive(s, 1 + i * MSS, 0, 0);
        }
        s.turn();
        assertThat(s.c.congestion.windowBytes()).isEqualTo(11 * MSS);
    }

    @Test
    void rfc7661_4_1_windowThatIsNotUsedDoesNotGrow() {
        Script s = sending();
        for (int i = 1; i <= 10; i++) {
            arrive(s, 1 + i * MSS, 0, 0);
        }
        s.turn().inject(ACK, 1, 1 + 30 * MSS, 0).inject(ACK, 1, 1 + 70 * MSS, 0).inject(ACK, 1, 1 + 100 * MSS, 0);
        s.sent.clear();
        int window = s.c.congestion.windowBytes();
        for (int i = 101; i <= 110; i++) {
            s.write(MSS).data(1 + (i - 1) * MSS, MSS);
        }
        for (int i = 101; i <= 110; i++) {
            arrive(s, 1 + i * MSS, 0, 0);
        }
        s.turn();
        assertThat(s.c.congestion.windowBytes()).isEqualTo(window);
    }

    @Test
    void whatIsOvertakenAndComesInTheSameRoundIsNotLost() {
        Script s = sending();
        arrive(s, 1, 1 + MSS, 1 + 2 * MSS);
        arrive(s, 1, 1 + MSS, 1 + 5 * MSS);
        arrive(s, 1 + 6 * MSS, 0, 0);
        s.turn();
        assertThat(s.stats.retransSegs).isZero();
        assertThat(s.stats.timestampUndo).isEqualTo(1);
        assertThat(s.c.congestion.windowBytes()).isGreaterThanOrEqualTo(10 * MSS);
        assertThat(s.c.reorderingSeen).isTrue();
    }

    @Test
    void rfc5681_3_2_lossFoundBehindAcknowledgementsOfTheRoundHalvesWhatTheWindowAllowed() {
        Script s = sending();
        for (int i = 1; i <= 4; i++) {
            arrive(s, 1 + i * MSS, 0, 0);
        }
        arrive(s, 1 + 4 * MSS, 1 + 5 * MSS, 1 + 9 * MSS);
        s.turn();
        assertThat(s.c.congestion.slowStartThresholdBytes()).isEqualTo(7 * MSS);
        s.data(1 + 4 * MSS, MSS);
    }

    @Test
    void rfc8985_6_2_whatTheNetworkDoublesWidensNoReorderingWindow() {
        Script s = sending();
        arrive(s, 1, 1 + MSS, 1 + 4 * MSS);
        s.turn().data(1, MSS);
        s.pass(20);
        arrive(s, 1 + 8 * MSS, 1 + 6 * MSS, 1 + 7 * MSS);
        assertThat(s.stats.dsackRecv).isEqualTo(1);
        assertThat(s.c.reorderMultiplier).as("sent once").isZero();
        assertThat(s.stats.dsackUndo).isZero();
        arrive(s, 1 + 8 * MSS, 1, 1 + MSS);
        assertThat(s.c.reorderMultiplier).as("sent twice").isEqualTo((byte) 1);
    }
}
