/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.FIN;
import static org.mtcp4j.wire.TcpSegment.SYN;

import org.junit.jupiter.api.Test;
import org.mtcp4j.wire.Seq;

/** Selective acknowledgements, both ways: what is told, what is made of it. */
class SackScriptTest {
    /** Established with SACK; ten segments may be in flight. */
    private static Script established() {
        return establishedAfter(20);
    }

    private static Script establishedAfter(int ms) {
        Script s = Script.synSent();
        s.peerWindow = 60_000;
        s.pass(ms).sent.clear();
        s.fill(SYN | ACK, 0, 1, 0);
        s.in.sackPermitted = true;
        s.injectFilled().ack(1).nothingMore();
        s.c.quickAcksLeft = 0;
        return s;
    }

    private static Script withTimestamps() {
        Script s = new Script();
        s.settings.timestamps = true;
        s.c.openActive(Script.ISS, s.nowNs);
        s.turn();
        int ts = s.next().tsVal();
        s.peerWindow = 60_000;
        s.pass(20);
        s.fill(SYN | ACK, 0, 1, 0);
        s.in.sackPermitted = true;
        s.in.timestamps = true;
        s.in.tsVal = 1;
        s.in.tsEcr = ts;
        s.injectFilled().ack(1).nothingMore();
        return s;
    }

    /** Sends so many full segments. */
    private static Script sending(int segments) {
        Script s = established();
        return sent(s, segments);
    }

    private static Script sent(Script s, int segments) {
        int bytes = s.c.sendMss;
        s.write(segments * bytes);
        for (int i = 0; i < segments; i++) {
            s.data(1 + i * bytes, bytes);
        }
        return s.nothingMore();
    }

    private static Script sack(Script s, int ack, int... edges) {
        fillSack(s, ack, edges);
        return s.injectFilled();
    }

    private static void fillSack(Script s, int ack, int... edges) {
        s.fill(ACK, 1, ack, 0);
        s.in.sackBlocks = edges.length / 2;
        for (int i = 0; i < edges.length; i++) {
            s.in.sackEdges[i] = Script.ISS + edges[i];
        }
    }

    // ---- agreement (RFC 2018 §2)
    // --------------------------------------------------------------------------------------
    @Test
    void rfc2018_2_synOffersSack() {
        Script s = new Script();
        s.c.openActive(Script.ISS, s.nowNs);
        s.turn();
        assertThat(s.next().sackPermitted()).isTrue();
    }

    @Test
    void rfc2018_2_synAckAnswersOnlyAnOffer() {
        Script s = new Script();
        s.fill(SYN, 0, 0, 0);
        s.c.openPassive(s.in, Script.ISS, s.nowNs);
        s.turn();
        assertThat(s.next().sackPermitted()).isFalse();
        Script offered = new Script();
        offered.fill(SYN, 0, 0, 0);
        offered.in.sackPermitted = true;
        offered.c.openPassive(offered.in, Script.ISS, offered.nowNs);
        offered.turn();
        assertThat(offered.next().sackPermitted()).isTrue();
    }

    @Test
    void rfc2018_3_noBlocksToAPeerWithoutTheOption() {
        Script s = Script.established().inject(ACK, 1001, 1, 1000);
        assertThat(s.next().sack()).isEmpty();
    }

    // ---- what the receiver tells (RFC 2018 §4)
    // --------------------------------------------------------------------------
    @Test
    void rfc2018_4_latestBlockComesFirst() {
        Script s = established();
        s.inject(ACK, 2001, 1, 1000);
        assertThat(s.next().sack()).containsExactly(2001, 3001);
        s.inject(ACK, 6001, 1, 1000);
        assertThat(s.next().sack()).containsExactly(6001, 7001, 2001, 3001);
        s.inject(ACK, 4001, 1, 1000);
        assertThat(s.next().sack()).containsExactly(4001, 5001, 6001, 7001, 2001, 3001);
        s.inject(ACK, 3001, 1, 500);
        assertThat(s.next().sack()).containsExactly(2001, 3501, 4001, 5001, 6001, 7001);
    }

    @Test
    void rfc2018_4_partlyFilledGapStillTellsWhatIsBeyond() {
        Script s = established();
        s.inject(ACK, 2001, 1, 1000).next();
        s.inject(ACK, 1, 1, 1000);
        assertThat(s.next().sack()).containsExactly(2001, 3001);
        s.inject(ACK, 1001, 1, 1000);
        Script.Sent all = s.next();
        assertThat(all.ack()).isEqualTo(3001);
        assertThat(all.sack()).isEmpty();
    }

    @Test
    void burstBeyondAGapIsAnsweredByFewAcksThatNameAllBlocks() {
        Script s = established();
        for (int i = 0; i < 8; i++) {
            s.arrive(ACK, 1001 + 1000 * i, 1, 500);
        }
        s.turn();
        assertThat(s.sent).hasSize(SackBlocks.MOST_ACKS_A_TURN);
        assertThat(s.sent.stream().flatMap(x -> x.sack().stream()))
                .contains(1001, 2001, 3001, 4001, 5001, 6001, 7001, 8001);
        assertThat(s.sent.getLast().sack().get(0)).isEqualTo(8001);
    }

    // ---- duplicates (RFC 2883)
    // ------------------------------------------------------------------------------------------
    @Test
    void rfc2883_4_1_duplicateBelowTheGapIsToldOnce() {
        Script s = established().inject(ACK, 1, 1, 1000).pass(50).ack(1001);
        s.inject(ACK, 1, 1, 1000);
        assertThat(s.next().sack()).containsExactly(1, 1001);
        s.inject(ACK, 2001, 1, 1000);
        assertThat(s.next().sack()).containsExactly(2001, 3001);
        assertThat(s.stats.dsackOldSent).isEqualTo(1);
    }

    @Test
    void rfc2883_4_2_duplicateBeyondTheGapNamesItsBlockBehind() {
        Script s = established();
        s.inject(ACK, 1001, 1, 1000).next();
        s.inject(ACK, 2001, 1, 1000).next();
        s.inject(ACK, 5001, 1, 1000).next();
        s.inject(ACK, 1001, 1, 1000);
        assertThat(s.next().sack()).containsExactly(1001, 2001, 1001, 3001, 5001, 6001);
        assertThat(s.stats.dsackOfoSent).isEqualTo(1);
    }

    @Test
    void rfc2883_4_2_1_partialDuplicateIsTold() {
        Script s = established().inject(ACK, 1, 1, 1000).pass(50).ack(1001);
        s.inject(ACK, 501, 1, 1000);
        assertThat(s.pass(50).next().sack()).containsExactly(501, 1001);
    }

    // ---- loss (RFC 6675, RFC 8985)
    // --------------------------------------------------------------------------------------
    @Test
    void rfc6675_5_thirdSackedSegmentStartsRecovery() {
        Script s = sending(10);
        sack(s, 1, 1001, 2001).nothingMore();
        sack(s, 1, 1001, 3001).nothingMore();
        sack(s, 1, 1001, 4001).data(1, 1000).nothingMore();
        assertThat(s.stats.sackRecovery).isEqualTo(1);
        assertThat(s.c.congestion.slowStartThresholdBytes()).isEqualTo(5000);
    }

    @Test
    void rfc3042_sackedSegmentsLetNewOnesOut() {
        Script s = sending(10);
        s.write(2000).nothingMore();
        sack(s, 1, 1001, 2001).data(10_001, 1000).nothingMore();
        sack(s, 1, 1001, 3001).data(11_001, 1000).nothingMore();
    }

    @Test
    void rfc6675_4_everyHoleIsRepairedInOneRoundTrip() {
        Script s = sending(10);
        sack(s, 1, 1001, 2001, 3001, 4001, 5001, 6001);
        s.data(1, 1000).nothingMore();
        sack(s, 1, 1001, 2001, 3001, 4001, 5001, 7001).data(2001, 1000);
        sack(s, 1, 1001, 2001, 3001, 4001, 5001, 8001).data(4001, 1000);
        sack(s, 1, 1001, 2001, 3001, 4001, 5001, 9001).nothingMore();
        s.inject(ACK, 1, 10_001, 0).nothingMore();
        assertThat(s.stats.retransSegs).isEqualTo(3);
        assertThat(s.stats.timeouts).isZero();
        assertThat(s.c.congestion.windowBytes()).isEqualTo(5000);
    }

    @Test
    void rfc8985_6_2_fewerThanThreeAreJudgedByTime() {
        Script s = sending(2);
        sack(s, 1, 1001, 2001).nothingMore();
        s.pass(4).nothingMore();
        // A quarter of the least round trip, 20 ms.
        s.pass(1).data(1, 1000).nothingMore();
    }

    @Test
    void rfc8985_6_2_reorderedSegmentWithinTheWindowIsNotLost() {
        Script s = sending(10).pass(20);
        sack(s, 1, 1001, 2001);
        s.pass(2).inject(ACK, 1, 2001, 0).nothingMore();
        assertThat(s.c.reorderingSeen).isTrue();
        sack(s, 2001, 3001, 7001).nothingMore();
        s.pass(2).inject(ACK, 1, 7001, 0).nothingMore();
        assertThat(s.stats.retransSegs).isZero();
    }

    @Test
    void rfc8985_lostRetransmissionIsSentAgainWithoutTimeout() {
        Script s = sending(10);
        s.write(3000);
        sack(s, 1, 1001, 4001).data(1, 1000);
        s.sent.clear();
        s.pass(25);
        for (int edge = 5001; edge <= 10_001; edge += 1000) {
            sack(s, 1, 1001, edge);
        }
        assertThat(s.sent).extracting(Script.Sent::seq).containsOnly(10_001, 11_001, 12_001);
        s.sent.clear();
        s.pass(25);
        sack(s, 1, 1001, 11_001).data(1, 1000);
        assertThat(s.stats.lostRetransmit).isEqualTo(1);
        assertThat(s.stats.timeouts).isZero();
    }

    @Test
    void rfc6937_windowShrinksInProportion() {
        Script s = sending(10);
        s.write(20_000);
        sack(s, 1, 1001, 4001);
        s.sent.clear();
        for (int edge = 5001; edge <= 10_001; edge += 1000) {
            sack(s, 1, 1001, edge);
        }
        // Half of what is delivered comes in as new data: no silence, no burst.
        assertThat(s.sent.size()).isBetween(2, 4);
    }

    // ---- tail (RFC 8985 §7)
    // ---------------------------------------------------------------------------------------------
    @Test
    void rfc8985_7_probeRepairsALostTail() {
        Script s = sending(3).pass(39).nothingMore();
        s.pass(2).data(2001, 1000).nothingMore();
        assertThat(s.stats.lossProbes).isEqualTo(1);
        sack(s, 1, 2001, 3001);
        s.pass(6).data(1, 1000).nothingMore();
        sack(s, 1001, 2001, 3001).data(1001, 1000).nothingMore();
        assertThat(s.stats.timeouts).isZero();
    }

    /** 2 SRTT and 200 ms for a delayed acknowledgement would be 240 ms; the timeout is 220 ms. */
    @Test
    void rfc8985_7_2_loneSegmentIsProbedForInThePlaceOfTheTimeout() {
        Script s = sending(1).pass(219).nothingMore().pass(1).data(1, 1000).nothingMore();
        assertThat(s.stats.lossProbes).isEqualTo(1);
        assertThat(s.stats.timeouts).isZero();
        assertThat(s.c.congestion.windowBytes()).isEqualTo(10_000);
        s.pass(219).nothingMore().pass(1).data(1, 1000).nothingMore();
        assertThat(s.stats.timeouts).isEqualTo(1);
        assertThat(s.c.congestion.windowBytes()).isEqualTo(1000);
        s.pass(439).nothingMore().pass(1).data(1, 1000).nothingMore();
    }

    @Test
    void rfc8985_7_2_loneSegmentIsProbedForBeforeATimeoutThatIsFar() {
        Script s = establishedAfter(400);
        s.write(100).data(1, 100).pass(999).nothingMore().pass(1).data(1, 100).nothingMore();
        assertThat(s.stats.lossProbes).isEqualTo(1);
    }

    @Test
    void rfc8985_7_2_loneFinIsProbedForToo() {
        Script s = sending(1).inject(ACK, 1, 1001, 0).shutdown().expect(FIN | ACK, 1001, 1);
        s.pass(220).expect(FIN | ACK, 1001, 1).nothingMore();
        assertThat(s.stats.lossProbes).isEqualTo(1);
        s.inject(ACK, 1, 1002, 0).nothingMore().in(TcpState.FIN_WAIT_2);
    }

    @Test
    void rfc8985_7_2_withoutARoundTripTheProbeWaitsASecond() {
        Script s = establishedAfter(1500);
        assertThat(s.c.rtt.srttNs()).isZero();
        s.write(2000).data(1, 1000).data(1001, 1000);
        s.pass(999).nothingMore().pass(1).data(1001, 1000).nothingMore();
    }

    @Test
    void rfc8985_7_4_probeThatRepairedALoneLossCutsTheWindowWithTheNextNews() {
        Script s = sending(1).pass(220).data(1, 1000);
        s.inject(ACK, 1, 1001, 0);
        assertThat(s.c.congestion.windowBytes()).isEqualTo(10_000);
        s.write(1000).data(1001, 1000).inject(ACK, 1, 2001, 0);
        assertThat(s.stats.lossProbeRecovery).isEqualTo(1);
        assertThat(s.c.congestion.windowBytes()).isEqualTo(5000);
        assertThat(s.c.recovery).isNull();
    }

    /** It says nothing of whether the probe and the original both came (RFC 5681 §2). */
    @Test
    void rfc8985_7_4_dataOrAnotherWindowIsNoDuplicateThatEndsTheProbe() {
        Script s = sending(3).pass(41).data(2001, 1000);
        s.inject(ACK, 1, 3001, 0);
        s.inject(ACK, 1, 3001, 100);
        s.peerWindow = 50_000;
        s.inject(ACK, 101, 3001, 0);
        s.pass(50).sent.clear();
        s.write(1000).data(3001, 1000).inject(ACK, 101, 4001, 0);
        assertThat(s.stats.lossProbeRecovery).isEqualTo(1);
    }

    @Test
    void rfc8985_7_3_probeTakesNewDataFirst() {
        Script s = sending(10);
        s.write(1000).nothingMore().pass(41).data(10_001, 1000).nothingMore();
    }

    @Test
    void rfc8985_7_onlyOneProbeThenTheTimeout() {
        Script s = sending(3).pass(41).data(2001, 1000).pass(199).nothingMore();
        s.pass(25).data(1, 1000).nothingMore();
        assertThat(s.stats.timeouts).isEqualTo(1);
    }

    @Test
    void rfc8985_7_4_probeThatRepairedALossCutsTheWindow() {
        Script s = sending(3).pass(41).data(2001, 1000);
        s.inject(ACK, 1, 3001, 0).write(1000).data(3001, 1000);
        s.inject(ACK, 1, 4001, 0);
        assertThat(s.stats.lossProbeRecovery).isEqualTo(1);
        assertThat(s.c.congestion.slowStartThresholdBytes()).isLessThan(20_000);
    }

    @Test
    void rfc8985_7_4_probeOfWhatHadArrivedCostsNothing() {
        Script s = sending(3).pass(41).data(2001, 1000);
        s.inject(ACK, 1, 3001, 0);
        sack(s, 3001, 2001, 3001);
        s.write(1000).data(3001, 1000).inject(ACK, 1, 4001, 0);
        assertThat(s.stats.lossProbeRecovery).isZero();
        assertThat(s.c.recovery).isNull();
    }

    // ---- timeouts
    // -------------------------------------------------------------------------------------------------------
    @Test
    void rfc6675_5_1_timeoutSendsOnlyWhatThePeerLacks() {
        Script s = sending(2);
        s.c.reorderingSeen = true;
        s.c.reorderMultiplier = 100;
        sack(s, 1, 1001, 2001);
        s.pass(15);
        s.sent.clear();
        s.pass(250);
        assertThat(s.stats.timeouts).isLessThanOrEqualTo(1);
        assertThat(s.sent).isNotEmpty().allMatch(x -> x.seq() == 1);
        s.sent.clear();
        s.inject(ACK, 1, 2001, 0).nothingMore();
    }

    /** Nine are outstanding then, of which seven are given up. */
    @Test
    void rfc5681_3_1_thresholdOfASecondTimeoutCountsWhatWasSentSinceTheFirst() {
        Script s = sending(10).pass(41);
        s.sent.clear();
        s.pass(220).data(1, 1000).nothingMore();
        assertThat(s.c.congestion.slowStartThresholdBytes()).isEqualTo(5000);
        s.inject(ACK, 1, 1001, 0).data(1001, 1000).data(2001, 1000).nothingMore();
        s.pass(1000);
        assertThat(s.stats.timeouts).isGreaterThan(1);
        assertThat(s.c.congestion.slowStartThresholdBytes()).isEqualTo(2000);
    }

    @Test
    void rfc2018_8_renegedDataIsSentAgainAfterATimeout() {
        Script s = sending(4);
        sack(s, 1, 1001, 4001).data(1, 1000);
        // The peer has the first byte again, but no longer what it had reported.
        s.inject(ACK, 1, 1001, 0);
        s.sent.clear();
        s.pass(1000);
        assertThat(s.stats.sackReneging).isEqualTo(1);
        assertThat(s.sent.getFirst().seq()).isEqualTo(1001);
    }

    // ---- undo
    // -----------------------------------------------------------------------------------------------------------
    @Test
    void rfc3522_recoveryForReorderingIsUndoneByTheEcho() {
        Script s = sent(withTimestamps(), 10);
        int mss = s.c.sendMss;
        int ts = 1;
        s.pass(5);
        int now = Timestamps.value(s.c, s.nowNs);
        fillSack(s, 1, 1 + mss, 1 + 4 * mss);
        echo(s, ++ts, now - 5);
        s.injectFilled();
        assertThat(s.c.congestion.windowBytes()).isLessThan(10 * mss);
        s.pass(2);
        s.fill(ACK, 1, 1 + 4 * mss, 0);
        echo(s, ++ts, now - 5);
        s.injectFilled();
        assertThat(s.stats.timestampUndo).isEqualTo(1);
        assertThat(s.c.congestion.windowBytes()).isGreaterThanOrEqualTo(10 * mss);
        assertThat(s.c.reorderingSeen).isTrue();
    }

    @Test
    void rfc3522_originalThatComesInTheSameRoundAsWhatOvertookItUndoes() {
        Script s = sending(10);
        fillSack(s, 1, 1001, 4001);
        s.c.arrives(s.in, s.nowNs);
        assertThat(s.stats.sackRecovery).isEqualTo(1);
        s.inject(ACK, 1, 4001, 0);
        assertThat(s.sent).as("sent again").isEmpty();
        assertThat(s.c.congestion.windowBytes()).isGreaterThanOrEqualTo(10_000);
        assertThat(s.c.reorderingSeen).isTrue();
    }

    @Test
    void rfc5681_3_1_whatTheSameRoundAcknowledgedBeforeWasInFlight() {
        Script s = sending(10);
        s.arrive(ACK, 1, 6001, 0);
        sack(s, 6001, 7001, 10_001);
        assertThat(s.stats.sackRecovery).isEqualTo(1);
        assertThat(s.c.congestion.slowStartThresholdBytes()).isEqualTo(5000);
    }

    @Test
    void rfc3522_spuriousTimeoutIsUndone() {
        Script s = sent(withTimestamps(), 10);
        int mss = s.c.sendMss;
        int original = Timestamps.value(s.c, s.nowNs);
        s.pass(700);
        assertThat(s.stats.timeouts).isPositive();
        s.sent.clear();
        s.fill(ACK, 1, 1 + 2 * mss, 0);
        echo(s, 2, original);
        s.injectFilled();
        assertThat(s.stats.spuriousRtos).isEqualTo(1);
        assertThat(s.c.congestion.windowBytes()).isGreaterThanOrEqualTo(10 * mss);
    }

    private static void echo(Script s, int tsVal, int tsEcr) {
        s.in.timestamps = true;
        s.in.tsVal = tsVal;
        s.in.tsEcr = tsEcr;
    }

    @Test
    void rfc3708_duplicateReportOfAllRetransmissionsUndoes() {
        Script s = sending(10);
        sack(s, 1, 1001, 4001).data(1, 1000);
        s.pass(10);
        sack(s, 4001, 1, 1001);
        assertThat(s.stats.dsackUndo).isEqualTo(1);
        assertThat(s.c.congestion.windowBytes()).isGreaterThanOrEqualTo(10_000);
    }

    // ---- nonsense
    // -------------------------------------------------------------------------------------------------------
    @Test
    void blocksBeyondWhatWasSentAreCountedAndIgnored() {
        Script s = sending(3);
        sack(s, 1, 2001, 3002).nothingMore();
        assertThat(s.stats.sackDiscard).isEqualTo(1);
    }

    @Test
    void blocksOfEveryOtherByteStayWithinTheCap() {
        Script s = established();
        s.c.congestion.windowBytes(60_000);
        s.write(50_000).sent.clear();
        for (int i = 0; i < 10_000; i++) {
            int at = 2 + 4 * i;
            fillSack(s, 1, at, at + 1);
            s.c.arrives(s.in, s.nowNs);
        }
        assertThat(s.stats.sackDiscard).isGreaterThan(7000);
        s.turn().sent.clear();
        s.inject(ACK, 1, 50_001, 0);
        assertThat(s.c.ackedPosition()).isEqualTo(50_000);
        assertThat(s.c.recovery == null || !Seq.lt(s.c.sndUna, s.c.sndMax)).isTrue();
    }

    @Test
    void quietConnectionHoldsNoScoreboard() {
        Script s = sending(10);
        sack(s, 1, 1001, 4001).data(1, 1000);
        s.inject(ACK, 1, 10_001, 0).nothingMore();
        assertThat(s.c.recovery).isNull();
    }
}
