/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NewRenoTest {
    private static final int MSS = 1000;

    private final NewReno reno = new NewReno();

    private NewReno established() {
        reno.established(MSS, false);
        return reno;
    }

    @ParameterizedTest
    @CsvSource({"1460,14600", "1000,10000", "536,5360", "8960,17920"})
    void initialWindowIsThatOfRfc6928(int mss, int windowBytes) {
        reno.established(mss, false);
        assertThat(reno.windowBytes()).isEqualTo(windowBytes);
    }

    @Test
    void lostHandshakeStartsWithOneSegment() {
        reno.established(MSS, true);
        assertThat(reno.windowBytes()).isEqualTo(MSS);
    }

    @Test
    void slowStartGrowsByWhatIsAcknowledged() {
        established().acknowledged(2000, 10_000, 0, 0);
        assertThat(reno.windowBytes()).isEqualTo(12_000);
    }

    @Test
    void unusedWindowDoesNotGrow() {
        established().acknowledged(2000, 5000, 0, 0);
        assertThat(reno.windowBytes()).isEqualTo(10_000);
    }

    @Test
    void lossHalvesWhatWasInFlight() {
        established().lossDetected(10_000, 0);
        assertThat(reno.slowStartThresholdBytes()).isEqualTo(5000);
        assertThat(reno.windowBytes()).isEqualTo(5000);
        reno.lossDetected(1000, 0);
        assertThat(reno.windowBytes()).as("two segments at least").isEqualTo(2000);
    }

    @Test
    void congestionAvoidanceGrowsByOneSegmentAWindow() {
        established().lossDetected(10_000, 0);
        for (int i = 0; i < 5; i++) {
            assertThat(reno.windowBytes()).isEqualTo(5000);
            reno.acknowledged(1000, 5000, 0, 0);
        }
        assertThat(reno.windowBytes()).isEqualTo(6000);
    }

    @Test
    void slowStartStopsAtTheThreshold() {
        established().timedOut(10_000, true, 0);
        assertThat(reno.windowBytes()).isEqualTo(MSS);
        for (int i = 0; i < 10 && reno.windowBytes() < 5000; i++) {
            reno.acknowledged(reno.windowBytes(), reno.windowBytes(), 0, 0);
        }
        assertThat(reno.windowBytes()).isEqualTo(5000);
    }

    @Test
    void secondTimeoutOfASegmentKeepsTheThreshold() {
        established().timedOut(10_000, true, 0);
        reno.timedOut(1000, false, 0);
        assertThat(reno.slowStartThresholdBytes()).isEqualTo(5000);
    }

    @Test
    void recoveryEndsWithoutABurst() {
        established().lossDetected(10_000, 0);
        reno.recovered(1000, 0);
        assertThat(reno.windowBytes()).isEqualTo(2000);
        reno.recovered(50_000, 0);
        assertThat(reno.windowBytes()).isEqualTo(5000);
    }

    @Test
    void idleTimeAboveTheTimeoutCutsToTheInitialWindow() {
        established().acknowledged(10_000, 10_000, 0, 0);
        reno.idle(100, 100, 0);
        assertThat(reno.windowBytes()).isEqualTo(20_000);
        reno.idle(101, 100, 0);
        assertThat(reno.windowBytes()).isEqualTo(10_000);
    }

    @Test
    void rfc7661_4_4_2_idleTimeLeavesMostOfTheWindowAsTheThreshold() {
        established().lossDetected(100_000, 0);
        reno.windowBytes(80_000);
        reno.idle(101, 100, 0);
        assertThat(reno.windowBytes()).isEqualTo(10_000);
        assertThat(reno.slowStartThresholdBytes()).isEqualTo(60_000);
        reno.idle(101, 100, 0);
        assertThat(reno.slowStartThresholdBytes()).isEqualTo(60_000);
    }

    @Test
    void windowDoesNotOverflow() {
        established();
        for (int i = 0; i < 100; i++) {
            reno.acknowledged(1 << 30, 1 << 30, 0, 0);
            assertThat(reno.windowBytes()).isBetween(1, 1 << 30);
        }
    }
}
