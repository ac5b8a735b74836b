/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.RST;
import static org.mtcp4j.wire.TcpSegment.SYN;
import static org.mtcp4j.wire.TcpSegment.URG;

import org.junit.jupiter.api.Test;

/** Text, reassembly, acknowledgement and window of the receiving side. */
class ReceiveScriptTest {
    // ---- delayed acknowledgement (RFC 9293 §3.8.6.3)
    // ------------------------------------------------------------------
    @Test
    void loneSegmentIsAcknowledgedWithin40Ms() {
        Script s = Script.established().inject(ACK, 1, 1, 500).nothingMore();
        s.pass(39).nothingMore().pass(1).ack(501).nothingMore();
        assertThat(s.stats.delayedAcks).isEqualTo(1);
    }

    @Test
    void secondFullSegmentIsAcknowledgedAtOnce() {
        Script.established()
                .inject(ACK, 1, 1, 1000)
                .nothingMore()
                .inject(ACK, 1001, 1, 1000)
                .ack(2001)
                .inject(ACK, 2001, 1, 1000)
                .nothingMore();
    }

    @Test
    void oneAcknowledgementAnswersARound() {
        Script s = Script.established();
        for (int i = 0; i < 6; i++) {
            s.arrive(ACK, 1 + 1000 * i, 1, 1000);
        }
        s.turn().ack(6001).nothingMore();
    }

    @Test
    void acknowledgementRidesOnData() {
        Script.established()
                .inject(ACK, 1, 1, 500)
                .write(100)
                .expect(ACK, 1, 501, 100)
                .pass(39)
                .nothingMore();
    }

    @Test
    void firstSegmentsAreAcknowledgedAtOnce() {
        Script s = Script.synSent()
                .inject(org.mtcp4j.wire.TcpSegment.SYN | ACK, 0, 1, 0)
                .ack(1);
        for (int i = 0; i < DelayedAck.QUICK_ACKS; i++) {
            s.inject(ACK, 1 + 10 * i, 1, 10).ack(11 + 10 * i);
        }
        s.inject(ACK, 161, 1, 10).nothingMore();
    }

    @Test
    void answeringApplicationEndsTheQuickPhase() {
        Script s = Script.synSent()
                .inject(org.mtcp4j.wire.TcpSegment.SYN | ACK, 0, 1, 0)
                .ack(1);
        s.inject(ACK, 1, 1, 10).ack(11).write(10).data(1, 10);
        s.inject(ACK, 11, 11, 10).nothingMore();
    }

    @Test
    void quickAckOptionAcknowledgesAtOnce() {
        Script s = Script.established();
        s.settings.quickAck = true;
        s.inject(ACK, 1, 1, 10).ack(11);
    }

    // ---- reassembly
    // ---------------------------------------------------------------------------------------------------
    @Test
    void eachSegmentAheadOfAGapIsAcknowledgedAlthoughInOneRound() {
        Script s = Script.established();
        s.arrive(ACK, 1001, 1, 1000).arrive(ACK, 2001, 1, 1000).arrive(ACK, 3001, 1, 1000);
        s.turn().ack(1).ack(1).ack(1).nothingMore();
        assertThat(s.c.hasOutOfOrderData()).isTrue();
        s.inject(ACK, 1, 1, 1000).ack(4001).nothingMore().received(4000);
        assertThat(s.c.hasOutOfOrderData()).isFalse();
    }

    @Test
    void progressNotYetAcknowledgedComesBeforeTheDuplicate() {
        Script.established()
                .inject(ACK, 1, 1, 500)
                .nothingMore()
                .inject(ACK, 1001, 1, 500)
                .ack(501)
                .ack(501)
                .nothingMore();
    }

    @Test
    void gapFilledInTheSameRoundLeavesOneAcknowledgement() {
        Script s = Script.established().arrive(ACK, 1001, 1, 1000).arrive(ACK, 1, 1, 1000);
        s.turn().ack(2001).nothingMore();
    }

    @Test
    void partOfAGapFilledIsAcknowledgedAtOnce() {
        Script.established()
                .inject(ACK, 2001, 1, 1000)
                .ack(1)
                .inject(ACK, 1, 1, 500)
                .ack(501)
                .nothingMore();
    }

    @Test
    void onlyMissingBytesArePlaced() {
        Script s = Script.established().inject(ACK, 501, 1, 500).ack(1);
        s.placed.clear();
        s.inject(ACK, 1, 1, 1000).ack(1001);
        assertThat(s.placed).containsExactly(new Script.Placed(0, 5000, 500));
        s.placed.clear();
        s.inject(ACK, 801, 1, 1000).received(1800);
        assertThat(s.placed).containsExactly(new Script.Placed(1000, 5200, 800));
    }

    @Test
    void segmentIsTrimmedToTheWindow() {
        Script s = Script.established().inject(ACK, -199, 1, 400).received(200);
        assertThat(s.placed).containsExactly(new Script.Placed(0, 5200, 200));
        s.placed.clear();
        s.inject(ACK, 9_501, 1, 1000);
        assertThat(s.placed).containsExactly(new Script.Placed(9_500, 5000, 500));
    }

    @Test
    void bytesWithoutStorageCountAsNotReceived() {
        Script s = Script.established();
        s.storageFull = true;
        s.inject(ACK, 1, 1, 1000).ack(1).received(0);
        s.inject(ACK, 2001, 1, 1000).ack(1);
        assertThat(s.c.hasOutOfOrderData()).isFalse();
        s.storageFull = false;
        s.inject(ACK, 1, 1, 1000).received(1000);
        assertThat(s.stats.noStorageDrop).isEqualTo(2);
    }

    @Test
    void gapsAreBounded() {
        Script s = Script.established();
        for (int i = 0; i < Reassembly.MAX_RANGES + 10; i++) {
            s.arrive(ACK, 10 + 2 * i, 1, 1);
        }
        assertThat(s.stats.ofoDrop).isEqualTo(10);
        s.arrive(ACK, 1, 1, 9).received(10);
    }

    // ---- window
    // -------------------------------------------------------------------------------------------------------
    @Test
    void windowShutsAndOpensByWorthwhileSteps() {
        Script s = Script.established().inject(ACK, 1, 1, 10_000);
        assertThat(s.next().window()).isZero();
        s.read(500).nothingMore().read(499).nothingMore().read(1);
        assertThat(s.next().window()).isEqualTo(1000);
        s.read(1000).nothingMore().read(1000);
        assertThat(s.next().window()).isEqualTo(3000);
    }

    @Test
    void noUpdateWhileHalfTheBufferIsOpen() {
        Script s = Script.established()
                .inject(ACK, 1, 1, 4000)
                .ack(4001)
                .read(4000)
                .nothingMore();
        s.inject(ACK, 4001, 1, 1000).nothingMore().inject(ACK, 5001, 1, 1000);
        assertThat(s.next().window()).isEqualTo(8000);
    }

    /** 64 KiB at most are told to such a peer, so a larger buffer that empties tells it nothing. */
    @Test
    void peerWithoutWindowScalingGetsNoAcknowledgementForEachRead() {
        Script s = new Script();
        s.settings.receiveBufferBytes = 512 * 1024;
        s.open().inject(SYN | ACK, 0, 1, 0).ack(1).nothingMore();
        s.c.quickAcksLeft = 0;
        s.c.pingPong = true;
        for (int i = 0; i < 20; i++) {
            s.inject(ACK, 1 + 500 * i, 1 + 10 * i, 500).write(10).data(1 + 10 * i, 10);
            s.inject(ACK, 1 + 500 * (i + 1), 1 + 10 * (i + 1), 0);
            s.read(500).nothingMore();
        }
    }

    @Test
    void optionsSetOnAFreshConnectionSendNothing() {
        Script s = new Script();
        s.settings.windowScaling = true;
        s.settings.receiveBufferBytes = 512 * 1024;
        s.fill(SYN, 0, 0, 0);
        s.in.windowScale = 7;
        s.c.openPassive(s.in, Script.ISS, s.nowNs);
        s.turn().next();
        s.inject(ACK, 1, 1, 0).nothingMore();
        s.c.settingsChanged(s.nowNs);
        s.turn().nothingMore();
        Script unscaled = new Script();
        unscaled.settings.receiveBufferBytes = 512 * 1024;
        unscaled.listen().inject(ACK, 1, 1, 0);
        unscaled.c.settingsChanged(unscaled.nowNs);
        unscaled.turn().nothingMore();
    }

    @Test
    void bufferThatGrowsOpensAWindowThatIsShut() {
        Script s = Script.established();
        for (int i = 0; i < 10; i++) {
            s.inject(ACK, 1 + 1000 * i, 1, 1000);
        }
        s.pass(100).sent.clear();
        assertThat(s.c.receiveWindow()).isZero();
        s.settings.receiveBufferBytes = 20_000;
        s.c.settingsChanged(s.nowNs);
        assertThat(s.turn().next().window()).isEqualTo(10_000);
    }

    @Test
    void rightEdgeNeverMovesLeft() {
        Script s = Script.established();
        s.settings.receiveBufferBytes = 2000;
        s.c.settingsChanged(s.nowNs);
        s.inject(ACK, 1, 1, 1500).inject(ACK, 1501, 1, 1500);
        assertThat(s.next().window()).isEqualTo(8500);
        assertThat(s.next().window()).isEqualTo(7000);
        s.nothingMore();
    }

    @Test
    void scaleRoundsTheWindowDownByLessThanAUnit() {
        Script s = new Script();
        s.settings.windowScaling = true;
        s.fill(org.mtcp4j.wire.TcpSegment.SYN, 0, 0, 0);
        s.in.windowScale = 0;
        s.c.openPassive(s.in, Script.ISS, s.nowNs);
        s.turn().next();
        s.inject(ACK, 1, 1, 0);
        s.c.quickAcksLeft = 100;
        int edge = s.c.rcvAdv;
        for (int i = 0; i < 50; i++) {
            s.inject(ACK, 1 + 7 * i, 1, 7);
            int right = Script.IRS + s.sent.peek().ack() + (s.next().window() << s.c.receiveScale);
            assertThat(right - edge).isBetween(-127, 0);
            assertThat(s.c.rcvAdv).isEqualTo(edge);
        }
    }

    @Test
    void probeOfAShutWindowIsAnswered() {
        Script s = Script.established().inject(ACK, 1, 1, 10_000).ack(10_001);
        s.inject(ACK, 10_001, 1, 1).ack(10_001).nothingMore().received(10_000);
    }

    @Test
    void acknowledgementIsHeardThoughTheWindowIsShut() {
        Script s = Script.established()
                .write(100)
                .data(1, 100)
                .inject(ACK, 1, 1, 10_000)
                .ack(10_001);
        s.inject(ACK, 10_001, 101, 5).ack(10_001).acked(100);
    }

    @Test
    void acknowledgementAtTheRightEdgeIsHeard() {
        Script.established()
                .write(100)
                .data(1, 100)
                .inject(ACK, 10_001, 101, 0)
                .nothingMore()
                .acked(100);
    }

    @Test
    void segmentBeyondTheWindowIsAnsweredAndDropped() {
        Script s = Script.established().inject(ACK, 10_001, 1, 10).ack(1).nothingMore();
        assertThat(s.placed).isEmpty();
        assertThat(s.stats.outOfWindow).isEqualTo(1);
    }

    // ---- RFC 5961, RFC 7323
    // -------------------------------------------------------------------------------------------
    @Test
    void challengeAcknowledgementsAreLimited() {
        Script s = Script.established();
        for (int i = 0; i < 100; i++) {
            s.inject(RST, 5, 0, 0);
        }
        assertThat(s.sent).hasSize(ChallengeAck.PER_SECOND);
        assertThat(s.stats.challengeAcksLimited).isEqualTo(98);
        s.sent.clear();
        s.pass(1000).inject(RST, 5, 0, 0).ack(1);
    }

    private static Script withTimestamps() {
        Script s = new Script();
        s.settings.timestamps = true;
        s.fill(org.mtcp4j.wire.TcpSegment.SYN, 0, 0, 0);
        stamp(s, 1000);
        s.c.openPassive(s.in, Script.ISS, s.nowNs);
        s.turn().next();
        s.fill(ACK, 1, 1, 0);
        stamp(s, 1001);
        return s.injectFilled().in(TcpState.ESTABLISHED);
    }

    private static void stamp(Script s, int tsVal) {
        s.in.timestamps = true;
        s.in.tsVal = tsVal;
        s.in.tsEcr = (int) (s.nowNs / Script.MS);
    }

    @Test
    void oldTimestampIsAnsweredAndDropped() {
        Script s = withTimestamps();
        s.fill(ACK, 1, 1, 100);
        stamp(s, 999);
        s.injectFilled().ack(1).received(0);
        assertThat(s.stats.pawsDrop).isEqualTo(1);
        s.fill(RST, 1, 0, 0);
        stamp(s, 999);
        s.injectFilled().closed(CloseReason.RESET);
    }

    @Test
    void timestampOlderThan24DaysIsForgotten() {
        Script s = withTimestamps();
        s.nowNs += 25L * 24 * 3_600_000 * Script.MS;
        s.fill(ACK, 1, 1, 100);
        stamp(s, 999);
        s.injectFilled().received(100);
    }

    @Test
    void segmentWithoutTheNegotiatedTimestampIsTakenAsLinuxDoes() {
        Script s = withTimestamps().inject(ACK, 1, 1, 100).received(100);
        assertThat(s.stats.missingTimestamps).isEqualTo(1);
        assertThat(s.next().tsEcr()).as("what was known before").isEqualTo(1001);
        s.inject(RST, 101, 0, 0).closed(CloseReason.RESET);
    }

    @Test
    void echoAnswersTheSegmentThatThePeerTimes() {
        Script s = withTimestamps();
        s.c.quickAcksLeft = 0;
        s.fill(ACK, 1, 1, 1000);
        stamp(s, 2000);
        s.injectFilled().nothingMore();
        s.fill(ACK, 1001, 1, 1000);
        stamp(s, 2005);
        Script.Sent ack = s.injectFilled().next();
        assertThat(ack.tsEcr()).as("the earlier of the two (RFC 7323 §4.3)").isEqualTo(2000);
        s.fill(ACK, 3001, 1, 1000);
        stamp(s, 2010);
        assertThat(s.injectFilled().next().tsEcr()).as("not one beyond a gap").isEqualTo(2000);
    }

    @Test
    void whenStorageRunsShortOnlyWhatIsInOrderIsKept() {
        Script s = Script.established();
        s.storageShort = true;
        s.inject(ACK, 101, 1, 100).ack(1).nothingMore();
        assertThat(s.stats.ofoPruned).isEqualTo(1);
        assertThat(s.placed).isEmpty();
        s.inject(ACK, 1, 1, 100).received(100);
        s.storageShort = false;
        s.inject(ACK, 201, 1, 100);
        assertThat(s.stats.ofoQueue).isEqualTo(1);
    }

    @Test
    void rfc9293_3_10_7_4_resetAndUrgentPointerAreHeardThoughTheWindowIsShut() {
        Script s = Script.established();
        int position = 1;
        for (; s.c.receiveWindow() > 0; position += 1_000) {
            s.inject(ACK, position, 1, 1_000);
        }
        s.sent.clear();
        s.fill(ACK | URG, position, 1, 0);
        s.in.urgentPointer = 5;
        s.injectFilled();
        assertThat(s.c.urgentPosition()).isEqualTo(position - 1 + 5 - 1);
        s.inject(RST, position, 0, 0).nothingMore().closed(CloseReason.RESET);
    }
}
