/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.SYN;

import org.junit.jupiter.api.Test;

/** What loss recovery makes of SACK blocks, clause by clause: each was broken once and seen by no test. */
class SackRecoveryScriptTest {
    /** Established with SACK after a round trip of 20 ms, with so many segments of 1,000 bytes in flight. */
    private static Script sending(int segments) {
        Script s = Script.synSent();
        s.peerWindow = 60_000;
        s.pass(20).sent.clear();
        s.fill(SYN | ACK, 0, 1, 0);
        s.in.sackPermitted = true;
        s.injectFilled().ack(1).nothingMore();
        s.c.quickAcksLeft = 0;
        s.write(segments * 1000);
        s.sent.clear();
        return s;
    }

    private static Script sack(Script s, int ack, int... edges) {
        s.fill(ACK, 1, ack, 0);
        s.in.sackBlocks = edges.length / 2;
        for (int i = 0; i < edges.length; i++) {
            s.in.sackEdges[i] = Script.ISS + edges[i];
        }
        return s.injectFilled();
    }

    @Test
    void rfc2883_4_aFirstBlockWithinTheSecondReportsADuplicateAndNoOther() {
        Script s = sending(6);
        sack(s, 1, 4001, 5001, 2001, 3001);
        sack(s, 1, 2001, 4001, 4001, 5001);
        assertThat(s.stats.dsackRecv).isZero();
        sack(s, 1, 2001, 3001, 2001, 5001);
        assertThat(s.stats.dsackRecv).isEqualTo(1);
        sack(s, 1, 4001, 5001, 2001, 5001);
        assertThat(s.stats.dsackRecv).isEqualTo(2);
    }

    @Test
    void blocksThatComeTogetherInAnyOrderAreNoReordering() {
        Script s = sending(8);
        sack(s, 1, 4001, 5001, 2001, 3001);
        assertThat(s.stats.sackReorder).isZero();
        assertThat(s.c.reorderingSeen).isFalse();
        sack(s, 1, 3001, 4001);
        assertThat(s.stats.sackReorder).isEqualTo(1);
        assertThat(s.c.reorderingSeen).isTrue();
    }

    /** One after another, as each of them overlaps the one before. */
    @Test
    void blocksThatOverlapAreHeardOnce() {
        Script s = sending(8);
        sack(s, 1, 2001, 5001, 3001, 6001, 1001, 4001);
        int sackedBytes = 6001;
        assertThat(((SackRecovery) s.c.recovery).highestSacked()).isEqualTo(Script.ISS + sackedBytes);
        assertThat(s.stats.sackDiscard).isZero();
        assertThat(s.c.recovery.leftNetworkBytes()).isEqualTo(5000);
    }

    @Test
    void rfc8985_6_2_aWidenedReorderingWindowLastsForSoManyRecoveries() {
        Script s = sending(10);
        s.c.reorderMultiplier = 5;
        s.c.reorderPersist = 2;
        sack(s, 1, 1001, 4001);
        assertThat(s.stats.fastRetransmits).isEqualTo(1);
        s.inject(ACK, 1, 10_001, 0);
        assertThat(s.c.reorderPersist).isEqualTo((byte) 1);
        assertThat(s.c.reorderMultiplier).isEqualTo((byte) 5);
        s.write(6000);
        sack(s, 10_001, 11_001, 14_001);
        s.inject(ACK, 1, s.c.sndMax - Script.ISS, 0);
        assertThat(s.stats.fastRetransmits).isEqualTo(2);
        assertThat(s.c.reorderPersist).isZero();
        assertThat(s.c.reorderMultiplier).isZero();
    }

    /** A window that has shrunk over what is lost: beyond the first segment nothing is sent outside of it. */
    @Test
    void rfc9293_3_8_6_whatIsSentAgainStaysWithinThePeersWindow() {
        for (int window : new int[] {1999, 2000}) {
            Script s = sending(10);
            s.peerWindow = window;
            sack(s, 1, 2001, 5001).data(1, 1000);
            for (int edge = 6001; edge <= 10_001; edge += 1000) {
                sack(s, 1, 2001, edge);
            }
            assertThat(s.sent.stream().anyMatch(x -> x.seq() == 1001)).isEqualTo(window == 2000);
        }
    }

    /** Perhaps the peer has dropped what it had reported: after two timeouts in a row all of it is sent again. */
    @Test
    void rfc2018_8_reportsAreNotBelievedAfterASecondTimeoutInARow() {
        for (int timeouts = 1; timeouts <= 2; timeouts++) {
            Script s = sending(4);
            sack(s, 1, 1001, 4001).data(1, 1000);
            while (s.stats.timeouts < timeouts) {
                s.pass(1);
            }
            s.sent.clear();
            s.inject(ACK, 1, 1001, 0);
            assertThat(s.sent.stream().anyMatch(x -> x.seq() == 1001)).isEqualTo(timeouts == 2);
        }
    }

    @Test
    void rfc5681_3_1_aTimeoutInRecoveryKeepsTheThresholdAndNothingIsProbedForMeanwhile() {
        Script s = sending(10);
        sack(s, 1, 1001, 4001).data(1, 1000);
        int threshold = s.c.congestion.slowStartThresholdBytes();
        s.pass(1000);
        assertThat(s.stats.timeouts).isPositive();
        assertThat(s.stats.lossProbes).isZero();
        assertThat(s.c.congestion.slowStartThresholdBytes()).isEqualTo(threshold);
    }

    @Test
    void rfc8985_7_4_1_anAcknowledgementBelowTheProbeDoesNotEndIt() {
        Script s = sending(3).pass(41).data(2001, 1000);
        s.inject(ACK, 1, 1001, 0);
        assertThat(((SackRecovery) s.c.recovery).isProbeOut(s.c)).isTrue();
        s.pass(41).nothingMore();
        s.inject(ACK, 1, 3001, 0);
        assertThat(((SackRecovery) s.c.recovery).isProbeOut(s.c)).isFalse();
    }
}
