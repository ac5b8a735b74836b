/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mtcp4j.wire.TcpSegment;

/** HyStart++ by itself (RFC 9406 §4.2), round by round. */
class HyStartTest {
    private static final long US = 1_000;
    private static final long MS = 1_000 * US;

    private final Script script = Script.established();
    private final Connection c = script.c;
    private final HyStart hyStart;

    HyStartTest() {
        c.timestamps = true;
        c.sndMax += 50_000;
        hyStart = new HyStart(c);
    }

    /** A round of so many acknowledgements with that round trip, the last of which ends it with more in flight; true where slow start is over. */
    private boolean round(int samples, long rttNs) {
        c.sndMax += 100_000;
        boolean over = false;
        for (int i = 1; i < samples; i++) {
            over |= hyStart.sample(c, rttNs);
        }
        c.sndUna = c.sndMax - 50_000;
        return hyStart.sample(c, rttNs) || over;
    }

    private long detected() {
        return script.stats.hyStartDelayDetect;
    }

    @ParameterizedTest
    @CsvSource({
        // least round trip before, in microseconds; growth that is noticed: an eighth, but 4 ms at least and 16 ms at
        // most
        "1000, 4000",
        "32000, 4000",
        "40000, 5000",
        "100000, 12500",
        "128000, 16000",
        "400000, 16000",
    })
    void rfc9406_4_2_growthOfAnEighthBetween4And16MsIsNoticed(long lastUs, long growthUs) {
        round(8, lastUs * US);
        round(8, (lastUs + growthUs) * US - 1);
        assertThat(detected()).isZero();
        assertThat(hyStart.growthDivisor()).isEqualTo(1);
        HyStartTest other = new HyStartTest();
        other.round(8, lastUs * US);
        other.round(8, (lastUs + growthUs) * US);
        assertThat(other.detected()).isEqualTo(1);
        assertThat(other.hyStart.growthDivisor()).isEqualTo(4);
    }

    @Test
    void rfc9406_4_2_eightSamplesOfARoundDecide() {
        round(8, 10 * MS);
        round(7, 30 * MS);
        assertThat(detected()).isZero();
        HyStartTest other = new HyStartTest();
        other.round(1, 10 * MS);
        other.round(8, 30 * MS);
        assertThat(other.detected()).as("the round before needs but one").isEqualTo(1);
    }

    @Test
    void theLeastOfARoundCounts() {
        round(8, 10 * MS);
        c.sndMax += 100_000;
        hyStart.sample(c, 11 * MS);
        for (int i = 0; i < 20; i++) {
            hyStart.sample(c, 100 * MS);
        }
        assertThat(detected()).isZero();
    }

    @Test
    void acknowledgementsWithoutARoundTripCountForNothing() {
        round(8, 10 * MS);
        c.sndMax += 100_000;
        for (int i = 0; i < 20; i++) {
            hyStart.sample(c, -1);
        }
        for (int i = 0; i < 7; i++) {
            hyStart.sample(c, 30 * MS);
        }
        assertThat(detected()).isZero();
        hyStart.sample(c, 30 * MS);
        assertThat(detected()).isEqualTo(1);
    }

    @Test
    void rfc9406_4_2_fiveConservativeRoundsEndSlowStart() {
        round(8, 10 * MS);
        assertThat(round(8, 30 * MS)).as("the first, in which it was noticed").isFalse();
        for (int i = 2; i < 5; i++) {
            assertThat(round(8, 30 * MS)).as("round " + i).isFalse();
            assertThat(hyStart.growthDivisor()).isEqualTo(4);
        }
        assertThat(round(8, 30 * MS)).isTrue();
        assertThat(detected()).isEqualTo(1);
    }

    @Test
    void rfc9406_4_2_aFalseAlarmGoesBackToSlowStartAndCountsAnew() {
        round(8, 10 * MS);
        round(8, 30 * MS);
        round(8, 30 * MS);
        assertThat(hyStart.growthDivisor()).as("not below the baseline").isEqualTo(4);
        round(8, 30 * MS - 1);
        assertThat(hyStart.growthDivisor()).isEqualTo(1);
        assertThat(round(8, 60 * MS)).isFalse();
        assertThat(detected()).isEqualTo(2);
        for (int i = 2; i < 5; i++) {
            assertThat(round(8, 60 * MS)).as("round " + i).isFalse();
        }
        assertThat(round(8, 60 * MS)).isTrue();
    }

    /** Where everything is acknowledged at once, the next round's end is known only when something is in flight again. */
    @Test
    void aRoundThatEndsWithNothingInFlightIsFollowedByTheNextWithItsFirstAcknowledgement() {
        c.sndMax += 10_000;
        for (int i = 0; i < 8; i++) {
            hyStart.sample(c, 10 * MS);
        }
        c.sndUna = c.sndMax;
        hyStart.sample(c, 10 * MS);
        c.sndMax += 20_000;
        c.sndUna += 1_000;
        for (int i = 0; i < 8; i++) {
            hyStart.sample(c, 30 * MS);
        }
        assertThat(detected()).isEqualTo(1);
    }

    @Test
    void withoutTimestampsTheHandshakesRoundTripIsTheFirstToCompareWith() {
        Script plain = Script.synSent().pass(10);
        plain.inject(TcpSegment.SYN | TcpSegment.ACK, 0, 1, 0);
        assertThat(plain.c.rtt.minRttNs()).isEqualTo(10 * MS);
        plain.c.sndMax += 5_000;
        HyStart start = new HyStart(plain.c);
        plain.c.sndMax += 5_000;
        start.sample(plain.c, -1);
        plain.c.sndUna = plain.c.sndMax - 5_000;
        start.sample(plain.c, -1);
        for (int i = 0; i < 8; i++) {
            start.sample(plain.c, 30 * MS);
        }
        assertThat(plain.stats.hyStartDelayDetect).isEqualTo(1);
    }
}
