/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.FIN;
import static org.mtcp4j.wire.TcpSegment.PSH;
import static org.mtcp4j.wire.TcpSegment.SYN;

import org.junit.jupiter.api.Test;

/** What leaves when: windows, Nagle, loss, probes, keep-alive. */
class SendScriptTest {
    private static Script established(int peerWindow) {
        Script s = Script.synSent();
        s.peerWindow = peerWindow;
        return s.inject(SYN | ACK, 0, 1, 0).ack(1);
    }

    /** Established, with so many segments acknowledged that the congestion window is far open. */
    private static Script open(int segments) {
        Script s = established(60_000);
        for (int i = 0; i < segments; i += 10) {
            s.write(10_000);
            s.sent.clear();
            s.inject(ACK, 1, 1 + (i + 10) * 1000, 0);
        }
        return s.nothingMore();
    }

    // ---- Nagle and silly windows (RFC 9293 §3.7.4, §3.8.6.2.1)
    // --------------------------------------------------------
    @Test
    void smallSegmentWaitsForTheSmallOneInFlight() {
        Script.established()
                .write(10)
                .data(1, 10)
                .write(20)
                .write(30)
                .nothingMore()
                .inject(ACK, 1, 11, 0)
                .data(11, 50)
                .nothingMore();
    }

    @Test
    void smallSegmentDoesNotWaitForFullOnes() {
        Script.established()
                .write(1000)
                .data(1, 1000)
                .write(10)
                .data(1001, 10)
                .write(10)
                .nothingMore();
    }

    @Test
    void fullSegmentNeverWaits() {
        Script.established().write(10).data(1, 10).write(1500).data(11, 1000).nothingMore();
    }

    @Test
    void noDelaySendsAtOnceAndReleasesWhatWaits() {
        Script s = Script.established().write(10).data(1, 10).write(20).nothingMore();
        s.settings.noDelay = true;
        s.c.settingsChanged(s.nowNs);
        s.turn().data(11, 20).write(5).data(31, 5).nothingMore();
    }

    @Test
    void shutdownReleasesWhatWaits() {
        Script.established().write(10).data(1, 10).write(20).shutdown().expect(FIN | ACK, 11, 1, 20);
    }

    @Test
    void pushMarksTheEndOfWhatIsWritten() {
        Script s = Script.established().write(1500);
        assertThat(s.next().flags()).isEqualTo(ACK);
        assertThat(s.next().flags()).isEqualTo(ACK | PSH);
    }

    @Test
    void offloadedSegmentHoldsWholeSegmentsOnly() {
        Script s = Script.established();
        s.settings.maxEmitBytes = 3500;
        s.write(10).data(1, 10);
        s.write(6400).data(11, 3000).data(3011, 3000).nothingMore();
        assertThat(s.stats.outSegs).isEqualTo(2 + 7);
    }

    @Test
    void peersWindowIsNeverExceeded() {
        established(2500)
                .write(10_000)
                .data(1, 1000)
                .data(1001, 1000)
                .nothingMore()
                .inject(ACK, 1, 1001, 0)
                .data(2001, 1000)
                .nothingMore();
    }

    @Test
    void halfOfTheGreatestWindowIsWorthASegment() {
        established(600).write(2000).data(1, 600).nothingMore();
        established(36).write(2000).data(1, 36).nothingMore();
    }

    /** Whoever acknowledges each byte would else be sent a segment for each of them. */
    @Test
    void windowOfAFewBytesIsUsedOnceATimeout() {
        Script s = established(35).write(2000).nothingMore();
        s.pass(199).nothingMore().pass(1).data(1, 35).inject(ACK, 1, 36, 0).nothingMore();
        s.pass(199).nothingMore().pass(1).data(36, 35).nothingMore();
        established(20).write(20).data(1, 20).nothingMore();
    }

    @Test
    void windowUpdateOfAnOlderSegmentIsIgnored() {
        Script s = Script.established().inject(ACK, 1, 1, 100);
        s.peerWindow = 0;
        s.inject(ACK, 51, 1, 0);
        assertThat(s.c.sndWnd).isEqualTo(Script.WINDOW);
    }

    /** Else the old window would begin where the new one does, and reach beyond what the peer accepts. */
    @Test
    void windowOfARetransmissionThatAcknowledgesMoreIsTaken() {
        Script s =
                established(2500).write(10_000).data(1, 1000).data(1001, 1000).nothingMore();
        s.inject(ACK, 101, 1, 100);
        s.peerWindow = 500;
        s.inject(ACK, 1, 2001, 100);
        assertThat(s.c.sndUna + s.c.sndWnd - s.c.iss).as("right edge").isEqualTo(2501);
    }

    @Test
    void refusedDataIsSentNextTurnUnchanged() {
        Script s = Script.established();
        s.refuse = true;
        s.write(1500);
        assertThat(s.c.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
        assertThat(s.c.wantsOutput()).isTrue();
        s.refuse = false;
        s.turn().data(1, 1000).data(1001, 500).nothingMore();
    }

    // ---- congestion window (RFC 5681, RFC 6928)
    // -----------------------------------------------------------------------
    @Test
    void tenSegmentsToStartWith() {
        Script s = established(60_000).write(30_000);
        assertThat(s.sent).hasSize(10);
        s.sent.clear();
        s.inject(ACK, 1, 2001, 0);
        assertThat(s.sent).as("slow start: two for each").hasSize(4);
    }

    @Test
    void acknowledgementsOfOneRoundOpenTheWindowAsIfTheyCameOneByOne() {
        Script s = established(60_000).write(60_000);
        s.sent.clear();
        for (int ack = 2001; ack <= 10_001; ack += 2000) {
            s.arrive(ACK, 1, ack, 0);
        }
        s.turn();
        assertThat(s.sent).as("twice the ten that were used").hasSize(20);
    }

    @Test
    void idleConnectionStartsAnewFromTheInitialWindow() {
        Script s = open(20);
        assertThat(s.c.congestion.windowBytes()).isEqualTo(20_000);
        s.pass(1000).write(40_000);
        assertThat(s.sent).hasSize(10);
    }

    /** Probes are no use of the congestion window. */
    @Test
    void windowThatWasShutForLongStartsAnewToo() {
        Script s = open(20);
        s.peerWindow = 0;
        s.write(10_000).inject(ACK, 1, 30_001, 0).write(40_000);
        s.sent.clear();
        s.pass(3000);
        assertThat(s.stats.zeroWindowProbes).isGreaterThan(2);
        s.sent.clear();
        s.peerWindow = 60_000;
        s.inject(ACK, 1, 30_001, 0);
        assertThat(s.sent).hasSize(10);
    }

    // ---- retransmission (RFC 6298)
    // ------------------------------------------------------------------------------------
    @Test
    void timeoutSendsTheFirstSegmentAgainAndBacksOff() {
        Script s =
                Script.established().write(3000).data(1, 1000).data(1001, 1000).data(2001, 1000);
        s.pass(199).nothingMore().pass(1).data(1, 1000).nothingMore();
        s.pass(399).nothingMore().pass(1).data(1, 1000).nothingMore();
        s.inject(ACK, 1, 1001, 0).data(1001, 1000).data(2001, 1000).nothingMore();
        assertThat(s.stats.timeouts).isEqualTo(2);
        assertThat(s.stats.retransSegs).isEqualTo(4);
        s.inject(ACK, 1, 3001, 0).nothingMore().acked(3000);
        assertThat(s.c.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
    }

    /** Nine are outstanding then, of which seven are given up. */
    @Test
    void rfc5681_3_1_thresholdOfASecondTimeoutCountsWhatWasSentSinceTheFirst() {
        Script s = established(60_000).write(10_000);
        s.sent.clear();
        s.pass(210).data(1, 1000).nothingMore();
        assertThat(s.c.congestion.slowStartThresholdBytes()).isEqualTo(5000);
        s.inject(ACK, 1, 1001, 0).data(1001, 1000).data(2001, 1000).nothingMore();
        s.pass(410);
        assertThat(s.stats.timeouts).isEqualTo(2);
        assertThat(s.c.congestion.slowStartThresholdBytes()).isEqualTo(2000);
    }

    @Test
    void rfc5681_3_2_thresholdCountsAllThatIsInFlightButWhatLimitedTransmitLetOut() {
        for (int waiting : new int[] {0, 5000}) {
            Script s = established(60_000).write(10_000 + waiting);
            for (int i = 0; i < 3; i++) {
                s.inject(ACK, 1, 1, 0);
            }
            assertThat(s.stats.fastRetransmits).isEqualTo(1);
            assertThat(s.c.congestion.slowStartThresholdBytes()).isEqualTo(5000);
        }
    }

    /** The window was cut for the same loss already. */
    @Test
    void timeoutInFastRecoveryKeepsTheThreshold() {
        Script s = established(60_000).write(10_000);
        s.sent.clear();
        for (int i = 0; i < 3; i++) {
            s.inject(ACK, 1, 1, 0);
        }
        s.data(1, 1000).nothingMore();
        int threshold = s.c.congestion.slowStartThresholdBytes();
        s.inject(ACK, 1, 1001, 0).data(1001, 1000);
        s.pass(300);
        assertThat(s.stats.timeouts).isEqualTo(1);
        assertThat(s.c.congestion.slowStartThresholdBytes()).isEqualTo(threshold);
        assertThat(s.c.congestion.windowBytes()).isEqualTo(1000);
    }

    @Test
    void acknowledgementBeyondTheOneSentAgainSkipsTheRest() {
        Script s = Script.established().write(3000);
        s.sent.clear();
        s.pass(200).data(1, 1000).inject(ACK, 1, 3001, 0).nothingMore().acked(3000);
    }

    @Test
    void partlySentSmallSegmentIsSentAgainDespiteNagle() {
        Script s = Script.established().write(10).data(1, 10).write(20).nothingMore();
        s.pass(200).data(1, 10).nothingMore().inject(ACK, 1, 11, 0).data(11, 20);
    }

    @Test
    void connectionIsGivenUpAfterSoManyTimeouts() {
        Script s = Script.established().write(10).data(1, 10);
        s.settings.retries = 2;
        s.pass(200).data(1, 10).pass(400).data(1, 10).pass(800).nothingMore().closed(CloseReason.TIMED_OUT);
        assertThat(s.stats.abortOnTimeout).isEqualTo(1);
    }

    /** R2 as configured: Linux's tcp_retries2, which RFC 9293 §3.8.3 wants to be 100 s at least. */
    @Test
    void rfc9293_3_8_3_connectionIsGivenUpAfterFifteenTimeouts() {
        Script s = Script.established().write(10).data(1, 10);
        int repeated = 0;
        long ms = 0;
        for (; s.c.state() != TcpState.CLOSED; ms += 100) {
            s.pass(100);
            repeated += s.sent.size();
            s.sent.clear();
        }
        assertThat(repeated).isEqualTo(15);
        assertThat(ms).isBetween(900_000L, 950_000L);
        s.closed(CloseReason.TIMED_OUT);
        assertThat(s.stats.abortOnTimeout).isEqualTo(1);
    }

    @Test
    void timeoutTellsWhatIcmpSaid() {
        Script s = Script.established().write(10).data(1, 10);
        s.settings.retries = 0;
        s.c.icmpError(CloseReason.NETWORK_UNREACHABLE, Script.ISS + 1, s.nowNs);
        s.pass(200).closed(CloseReason.NETWORK_UNREACHABLE);
    }

    @Test
    void acknowledgementRestartsTheTimer() {
        Script s = Script.established().write(2000).data(1, 1000).data(1001, 1000);
        s.pass(150).inject(ACK, 1, 1001, 0).nothingMore();
        long rto = (s.c.nextDeadlineNs() - s.nowNs) / Script.MS;
        assertThat(rto).isGreaterThanOrEqualTo(200);
    }

    // ---- fast retransmit (RFC 5681 §3.2, RFC 6582, RFC 3042)
    // ----------------------------------------------------------
    @Test
    void thirdDuplicateSendsTheMissingSegmentAgain() {
        Script s = established(60_000).write(8000);
        s.sent.clear();
        s.inject(ACK, 1, 1, 0)
                .inject(ACK, 1, 1, 0)
                .nothingMore()
                .inject(ACK, 1, 1, 0)
                .data(1, 1000)
                .nothingMore();
        assertThat(s.c.congestion.slowStartThresholdBytes()).isLessThanOrEqualTo(4000);
        s.inject(ACK, 1, 8001, 0).nothingMore().acked(8000);
        assertThat(s.stats.fastRetransmits).isEqualTo(1);
        assertThat(s.stats.timeouts).isZero();
    }

    @Test
    void firstTwoDuplicatesLetNewSegmentsOut() {
        Script s = established(60_000).write(30_000);
        assertThat(s.sent).hasSize(10);
        s.sent.clear();
        s.inject(ACK, 1, 1, 0)
                .data(10_001, 1000)
                .inject(ACK, 1, 1, 0)
                .data(11_001, 1000)
                .nothingMore();
    }

    @Test
    void partialAcknowledgementSendsTheNextHole() {
        Script s = established(60_000).write(10_000);
        s.sent.clear();
        s.arrive(ACK, 1, 1, 0)
                .arrive(ACK, 1, 1, 0)
                .inject(ACK, 1, 1, 0)
                .data(1, 1000)
                .nothingMore();
        s.inject(ACK, 1, 3001, 0).data(3001, 1000).nothingMore();
        s.inject(ACK, 1, 5001, 0).data(5001, 1000).nothingMore();
        s.inject(ACK, 1, 10_001, 0).nothingMore().acked(10_000);
        assertThat(s.stats.fastRetransmits).isEqualTo(1);
    }

    @Test
    void duplicatesInRecoveryLetNewSegmentsOut() {
        Script s = established(60_000).write(30_000);
        s.sent.clear();
        for (int i = 0; i < 9; i++) {
            s.inject(ACK, 1, 1, 0);
        }
        assertThat(s.sent.stream().filter(x -> x.seq() == 1)).hasSize(1);
        assertThat(s.sent.size()).isBetween(4, 7);
    }

    @Test
    void duplicatesAfterATimeoutDoNotStartARecovery() {
        Script s = established(60_000).write(8000);
        s.sent.clear();
        s.pass(200).data(1, 1000);
        s.inject(ACK, 1, 1, 0)
                .inject(ACK, 1, 1, 0)
                .inject(ACK, 1, 1, 0)
                .inject(ACK, 1, 1, 0)
                .nothingMore();
        assertThat(s.stats.fastRetransmits).isZero();
    }

    @Test
    void windowUpdatesAndDataAreNoDuplicates() {
        Script s = established(60_000).write(8000);
        s.sent.clear();
        s.peerWindow = 50_000;
        s.inject(ACK, 1, 1, 0);
        s.peerWindow = 40_000;
        s.inject(ACK, 1, 1, 0);
        s.inject(ACK, 1, 1, 10).inject(ACK, 11, 1, 10);
        assertThat(s.stats.dupAcksIn).isZero();
    }

    // ---- zero window (RFC 9293 §3.8.6.1)
    // ------------------------------------------------------------------------------
    private static Script shut() {
        Script s = Script.established();
        s.peerWindow = 0;
        return s.write(1000).data(1, 1000).inject(ACK, 1, 1001, 0).write(3000).nothingMore();
    }

    @Test
    void shutWindowIsProbedEverMoreSeldomAsLongAsThePeerAnswers() {
        Script s = shut();
        for (int i = 0; i < 40; i++) {
            s.pass(120_000);
            assertThat(s.sent).isNotEmpty();
            s.sent.clear();
            s.inject(ACK, 1, 1001, 0).in(TcpState.ESTABLISHED);
        }
        assertThat(s.stats.zeroWindowProbes).isLessThan(60);
    }

    @Test
    void probeCarriesOneByteAndBacksOff() {
        shut().pass(199)
                .nothingMore()
                .pass(1)
                .data(1001, 1)
                .pass(399)
                .nothingMore()
                .pass(1)
                .data(1001, 1)
                .nothingMore();
    }

    @Test
    void silentPeerOfAShutWindowIsGivenUp() {
        Script s = shut();
        s.settings.retries = 2;
        s.pass(100_000).data(1001, 1).data(1001, 1).nothingMore().closed(CloseReason.TIMED_OUT);
    }

    @Test
    void openedWindowIsFilledFromTheProbedByte() {
        Script s = shut().pass(200).data(1001, 1);
        s.peerWindow = 5000;
        s.inject(ACK, 1, 1001, 0)
                .data(1001, 1000)
                .data(2001, 1000)
                .data(3001, 1000)
                .nothingMore();
    }

    @Test
    void acceptedProbeByteIsNotSentAgain() {
        Script s = shut().pass(200).data(1001, 1);
        s.peerWindow = 5000;
        s.inject(ACK, 1, 1002, 0)
                .data(1002, 1000)
                .data(2002, 1000)
                .data(3002, 999)
                .nothingMore();
    }

    @Test
    void finWaitsForTheWindowAndIsProbedWith() {
        Script s = Script.established();
        s.peerWindow = 0;
        s.write(1000).data(1, 1000).inject(ACK, 1, 1001, 0).shutdown().nothingMore();
        s.pass(200).expect(FIN | ACK, 1001, 1).inject(ACK, 1, 1002, 0).in(TcpState.FIN_WAIT_2);
    }

    @Test
    void windowShutOverDataInFlightIsProbedNotBlamedOnTheNetwork() {
        Script s = Script.established().write(3000);
        s.sent.clear();
        s.peerWindow = 0;
        s.inject(ACK, 1, 1001, 0).nothingMore().pass(200).data(1001, 1);
        assertThat(s.stats.timeouts).isZero();
        s.peerWindow = 9000;
        s.inject(ACK, 1, 1001, 0).data(1001, 1000).data(2001, 1000).nothingMore();
    }

    @Test
    void sillyWindowIsUsedWhenNothingElseHappens() {
        Script s = Script.established();
        s.peerWindow = 100;
        s.write(1000).data(1, 1000).inject(ACK, 1, 1001, 0).write(3000).nothingMore();
        s.pass(200).data(1001, 100).nothingMore();
    }

    @Test
    void orphanDoesNotProbeForEver() {
        Script s = shut().close().nothingMore();
        for (int i = 0; i < 20 && s.c.state() != TcpState.CLOSED; i++) {
            s.pass(120_000).inject(ACK, 1, 1001, 0);
        }
        s.closed(CloseReason.TIMED_OUT);
        assertThat(s.sent.peekLast().flags() & org.mtcp4j.wire.TcpSegment.RST).isNotZero();
    }

    @Test
    void sillyWindowIsProbedAlthoughThePeerTalks() {
        Script s = Script.established();
        s.peerWindow = 100;
        s.write(1000).data(1, 1000).inject(ACK, 1, 1001, 0).write(3000).nothingMore();
        for (int i = 0; i < 3; i++) {
            s.pass(60).inject(ACK, 1 + i, 1001, 1);
        }
        s.sent.clear();
        s.pass(20).data(1001, 100).nothingMore();
    }

    @Test
    void bareAcknowledgementStandsAtTheEndOfWhatWasSentAlsoAfterATimeout() {
        Script s = Script.established().write(3000);
        s.sent.clear();
        s.pass(200).data(1, 1000).inject(ACK, 1, 1, 1000).inject(ACK, 1001, 1, 1000);
        s.expect(ACK, 3001, 2001);
    }

    @Test
    void bareAcknowledgementDoesNotStandBeyondThePeersWindow() {
        Script s = shut().pass(200).data(1001, 1);
        s.inject(ACK, 1, 1001, 1000).inject(ACK, 1001, 1001, 1000).expect(ACK, 1001, 2001);
    }

    /** 2,001 is what the peer may have and expect; 1,897 it would reject, with everything that is acknowledged there. */
    @Test
    void bareAcknowledgementIsNotTakenBackByAWindowThatWasRoundedDown() {
        Script s = Script.established();
        s.c.sendScale = 7;
        s.peerWindow = 20;
        s.inject(ACK, 1, 1, 0).write(2000).data(1, 1000).data(1001, 1000).nothingMore();
        s.peerWindow = 896 >> 7;
        s.inject(ACK, 1, 1001, 0).inject(ACK, 1, 1001, 1000).inject(ACK, 1001, 1001, 1000);
        s.expect(ACK, 2001, 2001);
    }

    // ---- keep-alive (RFC 9293 §3.8.4)
    // ---------------------------------------------------------------------------------
    private static Script keptAlive() {
        Script s = Script.established();
        s.settings.keepAlive = true;
        s.settings.keepIdleNs = 10_000 * Script.MS;
        s.settings.keepIntervalNs = 1000 * Script.MS;
        s.settings.keepCount = 3;
        s.c.settingsChanged(s.nowNs);
        return s;
    }

    @Test
    void idlePeerIsAskedAndAnswers() {
        Script s =
                keptAlive().pass(9999).nothingMore().pass(1).expect(ACK, 0, 1).nothingMore();
        s.inject(ACK, 1, 1, 0)
                .pass(1000)
                .nothingMore()
                .pass(8999)
                .nothingMore()
                .pass(1)
                .expect(ACK, 0, 1);
    }

    @Test
    void deadPeerIsResetAfterSoManyProbes() {
        keptAlive()
                .pass(10_000)
                .expect(ACK, 0, 1)
                .pass(1000)
                .expect(ACK, 0, 1)
                .pass(1000)
                .expect(ACK, 0, 1)
                .pass(1000)
                .reset(1)
                .nothingMore()
                .closed(CloseReason.TIMED_OUT);
    }

    @Test
    void trafficPutsKeepAliveOff() {
        keptAlive()
                .pass(9000)
                .inject(ACK, 1, 1, 10)
                .pass(40)
                .ack(11)
                .pass(9959)
                .nothingMore()
                .pass(1)
                .expect(ACK, 0, 11);
    }

    @Test
    void rfc9293_3_10_7_4_windowOfAnAcknowledgementBelowSndUnaIsNotTaken() {
        Script s = Script.established().write(5000);
        s.sent.clear();
        s.inject(ACK, 1, 3001, 0);
        s.peerWindow = 100;
        // It stands behind the last update, so by its sequence number alone it would be newer.
        s.inject(ACK, 11, 1001, 0);
        assertThat(s.c.sndWnd).isEqualTo(Script.WINDOW);
        s.inject(ACK, 1, 1001, 10);
        assertThat(s.c.sndWnd).isEqualTo(Script.WINDOW);
        s.inject(ACK, 11, 3001, 0);
        assertThat(s.c.sndWnd).isEqualTo(100);
    }

    @Test
    void keepAliveOffAsksNobody() {
        Script s = keptAlive();
        s.settings.keepAlive = false;
        s.c.settingsChanged(s.nowNs);
        s.pass(1_000_000).nothingMore().in(TcpState.ESTABLISHED);
    }
}
