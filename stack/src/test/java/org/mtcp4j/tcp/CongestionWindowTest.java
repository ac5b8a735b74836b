/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What all algorithms of congestion control share, at its edges. */
class CongestionWindowTest {
    private static final int MSS = 1000;
    private final NewReno window = new NewReno();

    CongestionWindowTest() {
        window.established(MSS, false);
    }

    @ParameterizedTest
    @CsvSource({"10000, 5000, false", "10000, 5001, true", "1000, 1, true", "1001, 500, false", "1001, 501, true"})
    void rfc7661_4_1_slowStartIsUsedByMoreThanHalfOfTheWindowOrByASegmentAlone(int bytes, int inFlight, boolean used) {
        window.windowBytes(bytes);
        assertThat(window.isSlowStartUsed(inFlight)).isEqualTo(used);
        window.ssthresh = bytes;
        assertThat(window.isSlowStartUsed(inFlight))
                .as("in congestion avoidance")
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({"7999, false", "8000, true", "8001, true"})
    void rfc7661_4_1_aWindowIsUsedUpToTwoSegments(int inFlight, boolean used) {
        assertThat(window.isWindowUsed(inFlight)).isEqualTo(used);
    }

    @Test
    void rfc5681_3_1_aSmallSegmentAloneOpensTheWindowByAWhole() {
        window.windowBytes(MSS);
        window.slowStart(10, 10);
        assertThat(window.windowBytes()).isEqualTo(2 * MSS);
        window.slowStart(10, 2 * MSS);
        assertThat(window.windowBytes()).as("two are counted by byte").isEqualTo(2 * MSS + 10);
    }

    @Test
    void theWindowIsNeverBelowASegment() {
        window.windowBytes(MSS - 1);
        assertThat(window.windowBytes()).isEqualTo(MSS);
        window.windowBytes(MSS + 1);
        assertThat(window.windowBytes()).isEqualTo(MSS + 1);
    }

    @Test
    void rfc6582_3_2_afterRecoveryTheWindowIsWhatIsInFlightAndASegment() {
        window.lossDetected(10_000, 0);
        window.recovered(3_500, 0);
        assertThat(window.windowBytes()).isEqualTo(4_500);
        window.recovered(0, 0);
        assertThat(window.windowBytes()).isEqualTo(2_000);
        window.recoveryEnded();
        assertThat(window.windowBytes()).as("with SACK it is the threshold").isEqualTo(5_000);
    }

    @Test
    void rfc3168_6_1_2_aMarkCutsWhatTheWindowLetsOut() {
        window.marked(50_000, 0);
        assertThat(window.windowBytes()).isEqualTo(5_000);
        window.windowBytes(20_000);
        window.marked(8_000, 0);
        assertThat(window.windowBytes()).isEqualTo(4_000);
    }

    @Test
    void rfc3522_3_2_undoBringsBackWhatWasThereBefore() {
        window.ssthresh = 30_000;
        window.windowBytes(20_000);
        window.timedOut(20_000, true, 0);
        window.timedOut(1_000, false, 0);
        assertThat(window.slowStartThresholdBytes()).isEqualTo(10_000);
        window.undo();
        assertThat(window.windowBytes()).isEqualTo(20_000);
        assertThat(window.slowStartThresholdBytes()).isEqualTo(30_000);
        window.lossInReducedWindow(20_000, 0);
        assertThat(window.windowBytes())
                .as("a loss in a window that was cut costs nothing")
                .isEqualTo(20_000);
        window.windowBytes(25_000);
        window.undo();
        assertThat(window.windowBytes()).as("nor does its undoing").isEqualTo(25_000);
    }

    @Test
    void rfc5681_4_1_idleTimeLeavesAWindowOfTheInitialSizeAlone() {
        window.idle(101, 100, 0);
        assertThat(window.windowBytes()).isEqualTo(10_000);
        assertThat(window.slowStartThresholdBytes()).isEqualTo(CongestionControl.MAX_WINDOW_BYTES);
        window.windowBytes(10_001);
        window.ssthresh = 0;
        window.idle(101, 100, 0);
        assertThat(window.windowBytes()).isEqualTo(10_000);
        assertThat(window.slowStartThresholdBytes()).isEqualTo(7_501);
    }
}
