/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Round trips without timestamps, and with them. Numbers wrap on the way. */
class SentTimesTest {
    private static final int START = Integer.MAX_VALUE - 5_000;
    private final SentTimes times = new SentTimes();

    @Test
    void theLastByteThatAnAcknowledgementCoversTellsTheTime() {
        times.sent(START, START + 1_000, 10);
        times.sent(START + 1_000, START + 2_000, 30);
        assertThat(times.roundTripNs(START, 100)).as("nothing of it").isEqualTo(-1);
        assertThat(times.roundTripNs(START + 1, 100)).isEqualTo(90);
        assertThat(times.roundTripNs(START + 1_000, 110)).isEqualTo(100);
        assertThat(times.roundTripNs(START + 1_001, 120)).isEqualTo(90);
        assertThat(times.roundTripNs(START + 2_000, 130)).isEqualTo(100);
        assertThat(times.roundTripNs(START + 2_001, 140)).isEqualTo(-1);
        assertThat(times.roundTripNs(START + 2_000, 140)).as("forgotten").isEqualTo(-1);
    }

    @Test
    void whatLeavesAtOneTimeIsOneEntryAndWhatFindsNoRoomHasNone() {
        for (int i = 0; i < 20; i++) {
            times.sent(START + 100 * i, START + 100 * i + 100, 7);
        }
        assertThat(times.roundTripNs(START + 2_000, 10)).isEqualTo(3);
        times.forget();
        assertThat(times.roundTripNs(START + 2_000, 10)).isEqualTo(-1);
        for (int i = 0; i < 17; i++) {
            times.sent(START + 100 * i, START + 100 * i + 100, i);
        }
        assertThat(times.roundTripNs(START + 1_600, 100)).isEqualTo(85);
        assertThat(times.roundTripNs(START + 1_700, 100)).isEqualTo(-1);
        times.sent(START + 2_000, START + 2_100, 50);
        assertThat(times.roundTripNs(START + 1_950, 100)).as("in a gap").isEqualTo(-1);
        assertThat(times.roundTripNs(START + 2_050, 100)).isEqualTo(50);
    }

    @Test
    void whatDoesNotFollowOrLeavesLaterIsAnotherEntry() {
        times.sent(START, START + 100, 7);
        times.sent(START + 200, START + 300, 7);
        assertThat(times.roundTripNs(START + 150, 10)).isEqualTo(-1);
        assertThat(times.roundTripNs(START + 300, 10)).isEqualTo(3);
        times.forget();
        times.sent(START, START + 100, 7);
        times.sent(START + 100, START + 200, 9);
        assertThat(times.roundTripNs(START + 100, 10)).isEqualTo(3);
        assertThat(times.roundTripNs(START + 101, 10)).isEqualTo(1);
    }

    @Test
    void entriesAreUsedAgain() {
        for (int i = 0; i < 100; i++) {
            times.sent(START + 100 * i, START + 100 * i + 100, i);
            assertThat(times.roundTripNs(START + 100 * i + 100, i + 5)).isEqualTo(5);
            assertThat(times.roundTripNs(START + 100 * i + 100, i))
                    .as("at least something")
                    .isEqualTo(1);
        }
    }

    // ---- with timestamps
    // -----------------------------------------------------------------------------------------------

    /** The clock stands at 10,000 ms; a round trip of up to the greatest timeout, 120 s, makes sense. */
    @ParameterizedTest
    @CsvSource({"10001, -1", "10000, 1", "9999, 1", "9998, 2", "9000, 1000", "-110000, 120000", "-110001, -1"})
    void rfc7323_4_anEchoTellsTheRoundTripInMilliseconds(int echo, long ms) {
        Script s = Script.established();
        s.in.tsEcr = echo;
        assertThat(s.settings.maxRtoNs).isEqualTo(120_000 * Script.MS);
        assertThat(Timestamps.roundTripNs(s.c, s.in, s.nowNs)).isEqualTo(ms < 0 ? -1 : ms * Script.MS);
    }

    @Test
    void rfc7323_5_4_theClockTicksByMillisecondsFromItsOffset() {
        assertThat(Timestamps.value(7, 0)).isEqualTo(7);
        assertThat(Timestamps.value(7, 999_999)).isEqualTo(7);
        assertThat(Timestamps.value(7, 1_000_000)).isEqualTo(8);
        assertThat(Timestamps.value(-1, 5_000_000)).isEqualTo(4);
    }
}
