/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.SYN;

import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.mtcp4j.wire.TcpSegment;

/** SACK blocks that no receiver can mean, and what holds whatever loss recovery believes. */
class SackValidityTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Ten segments of 1,000 bytes in flight: 1 to 10,001. */
    private static Script tenInFlight() {
        Script s = Script.synSent();
        s.peerWindow = 60_000;
        s.pass(20);
        s.fill(SYN | ACK, 0, 1, 0);
        s.in.sackPermitted = true;
        s.injectFilled();
        s.c.quickAcksLeft = 0;
        s.write(10_000).nothingDue();
        assertThat(s.c.sndMax - s.c.sndUna).isEqualTo(10_000);
        s.sent.clear();
        return s;
    }

    private static void sack(Script s, int ack, int... edges) {
        s.fill(ACK, 1, ack, 0);
        s.in.sackBlocks = edges.length / 2;
        for (int i = 0; i < edges.length; i++) {
            s.in.sackEdges[i] = Script.ISS + edges[i];
        }
        Assertions.assertTimeoutPreemptively(PATIENCE, s::injectFilled);
    }

    private static void isDiscarded(int ack, int... edges) {
        Script s = tenInFlight();
        sack(s, ack, edges);
        assertThat(s.stats.sackDiscard).isEqualTo(1);
        assertThat(s.stats.dsackRecv).isZero();
        assertThat(s.sent).isEmpty();
        assertThat(s.c.recovery == null ? 0 : s.c.recovery.leftNetworkBytes()).isZero();
        s.inject(ACK, 1, 10_001, 0).acked(10_000).nothingMore();
    }

    @Test
    void blockWhoseLeftEdgeIsNotBelowItsRightEdgeIsDiscarded() {
        isDiscarded(1, 5001, 5001);
        isDiscarded(1, 5001, 3001);
    }

    @Test
    void blockBeyondWhatWasSentIsDiscarded() {
        isDiscarded(1, 9001, 10_002);
        isDiscarded(1, 10_001, 11_001);
        isDiscarded(1, 20_001, 21_001);
    }

    @Test
    void blockThatBeginsBeyondWhatWasSentAndEndsWithinIsDiscarded() {
        isDiscarded(1, 30_001, 5001);
        isDiscarded(1, 1 + 0x7000_0000, 5001);
        isDiscarded(1, Integer.MIN_VALUE + 5000, 5001);
        isDiscarded(1, Integer.MAX_VALUE, Integer.MIN_VALUE + 4000);
    }

    @Test
    void blockOfWhatTheSameSegmentAcknowledgesInPartIsDiscarded() {
        isDiscarded(1, 1, 2001);
        isDiscarded(1, -999, 2001);
    }

    @Test
    void blockBelowTheAcknowledgementIsHeardAsADuplicateWhereItStandsFirstAlone() {
        Script s = tenInFlight();
        sack(s, 3001, 4001, 5001, 1001, 2001);
        assertThat(s.stats.sackDiscard).isEqualTo(1);
        assertThat(s.stats.dsackRecv).isZero();
        sack(s, 3001, 1001, 2001);
        assertThat(s.stats.dsackRecv).isEqualTo(1);
        assertThat(s.stats.sackDiscard).isEqualTo(1);
    }

    @Test
    void whatALateAcknowledgementToldIsNoFaultOfThePeer() {
        Script s = tenInFlight();
        s.inject(ACK, 1, 6001, 0);
        sack(s, 1, 2001, 4001);
        assertThat(s.stats.sackDiscard).isZero();
    }

    @Test
    void goodBlocksBesideABadOneAreHeard() {
        Script s = tenInFlight();
        sack(s, 1, 50_001, 5001, 4001, 5001, 7001, 6001);
        assertThat(s.stats.sackDiscard).isEqualTo(2);
        assertThat(s.c.recovery.leftNetworkBytes()).isEqualTo(1000);
    }

    @Test
    void scoreboardCountsNothingThatWasNotSent() {
        Scoreboard board = new Scoreboard();
        board.clear(1000);
        assertThat(board.sack(3000, 2000, 5000, 1, 1)).isFalse();
        assertThat(board.sack(4000, 5001, 5000, 1, 1)).isFalse();
        assertThat(board.sack(9000, 4000, 5000, 1, 1)).isFalse();
        board.scan(1, 0);
        assertThat(board.lostBytes()).isZero();
        assertThat(board.sackedBytes()).isZero();
    }

    /** Asks for ever for the same. */
    private static LossRecovery broken(int seq, int length) {
        return new LossRecovery() {
            @Override
            public void duplicateAck(Connection c, TcpSegment s, long nowNs) {}

            @Override
            public void newAck(Connection c, TcpSegment s, int ackedBytes, int inFlightBytes, long nowNs) {}

            @Override
            public void timedOut(Connection c) {}

            @Override
            public void tooLong(Connection c) {}

            @Override
            public boolean isRecovering() {
                return true;
            }

            @Override
            public int flightBytes(Connection c) {
                return c.sndMax - c.sndUna;
            }

            @Override
            public int leftNetworkBytes() {
                return 0;
            }

            @Override
            public boolean wantsRetransmit(Connection c) {
                return true;
            }

            @Override
            public int retransmitSeq(Connection c) {
                return seq;
            }

            @Override
            public int retransmitLength(Connection c) {
                return length;
            }

            @Override
            public void retransmitted(Connection c, int from, int bytes, long nowNs) {}

            @Override
            public void sentNew(int lengthBytes) {}
        };
    }

    @Test
    void turnEndsThoughTheRecoveryIsBroken() {
        Script s = tenInFlight();
        s.c.recovery = broken(s.c.sndUna, 1000);
        s.c.due |= ControlBlock.DUE_DATA;
        Assertions.assertTimeoutPreemptively(PATIENCE, s::turn);
        assertThat(s.sent).hasSize(Output.MAX_EMISSIONS);
        assertThat(s.stats.outputCut).isEqualTo(1);
        assertThat(s.c.wantsOutput()).as("goes on in the next round").isTrue();
    }

    @Test
    void abortEndsThoughTheRecoveryIsBroken() {
        Script s = tenInFlight();
        s.c.recovery = broken(s.c.sndUna, 1000);
        Assertions.assertTimeoutPreemptively(PATIENCE, s::abort);
        assertThat(s.sent).hasSize(Output.MAX_EMISSIONS + 1);
        s.closed(CloseReason.ABORTED);
    }

    @Test
    void sinkIsNeverAskedForLessThanAByte() {
        for (int beyond : new int[] {0, 1, 1000}) {
            for (int length : new int[] {0, -1, 1000}) {
                Script s = tenInFlight();
                s.c.recovery = broken(s.c.sndMax + beyond, length);
                s.c.due |= ControlBlock.DUE_DATA;
                Assertions.assertTimeoutPreemptively(PATIENCE, s::turn);
                assertThat(s.sent).isEmpty();
                assertThat(s.stats.recoveryBroken).isEqualTo(1);
                assertThat(s.c.nextDeadlineNs()).isLessThan(Long.MAX_VALUE);
                s.inject(ACK, 1, 10_001, 0).acked(10_000).nothingMore();
            }
        }
    }
}
