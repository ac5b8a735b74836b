/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.SYN;

import org.junit.jupiter.api.Test;

/** How the receive buffer follows what the application takes in a round trip, of 100 ms here. */
class WindowTuningScriptTest {
    private final Script s = Script.synSent().pass(100).inject(SYN | ACK, 0, 1, 0);
    private int taken;

    WindowTuningScriptTest() {
        s.settings.receiveBufferMostBytes = 100_000;
    }

    /** So much arrives in full segments, and is read at once. */
    private void take(int bytes) {
        for (int left = bytes; left > 0; left -= Script.MSS) {
            int length = Math.min(left, Script.MSS);
            s.inject(ACK, 1 + taken, 1, length);
            taken += length;
        }
        s.read(bytes);
        s.sent.clear();
    }

    private int buffer() {
        return s.c.settings.receiveBufferBytes;
    }

    @Test
    void theBufferIsTwiceWhatIsTakenInARoundTripAndSpareSegments() {
        take(2_500);
        s.pass(99);
        take(3_000);
        assertThat(buffer()).as("before a round trip is over").isEqualTo(10_000);
        s.pass(1);
        take(1_000);
        assertThat(buffer()).isEqualTo(2 * 4_000 + 16 * 1_000);
        assertThat(s.stats.rcvBufGrown).isEqualTo(1);
    }

    @Test
    void aSenderThatIsStillGrowingIsGivenAsMuchMoreAsItGrew() {
        take(2_500);
        s.pass(100);
        take(3_000);
        assertThat(buffer()).isEqualTo(22_000);
        s.pass(100);
        take(4_000);
        assertThat(buffer()).isEqualTo(24_000 + 8_000);
        s.pass(100);
        take(9_000);
        assertThat(buffer()).as("but no more than twice").isEqualTo(2 * (18_000 + 16_000));
        s.pass(100);
        take(20_000);
        assertThat(buffer()).as("nor than the most").isEqualTo(100_000);
    }

    @Test
    void aRoundThatIsLookedAtLateCountsForOne() {
        take(2_500);
        s.pass(200);
        take(8_000);
        assertThat(buffer()).isEqualTo(2 * 4_000 + 16_000);
        s.pass(400);
        take(16_000);
        assertThat(buffer()).as("no more than before").isEqualTo(24_000);
    }

    @Test
    void itBeginsWithAQuarterOfTheBuffer() {
        take(2_499);
        assertThat(s.c.windowTuning).isNull();
        take(1);
        assertThat(s.c.windowTuning).isNotNull();
    }

    @Test
    void aBufferOfAFixedSizeIsNotTuned() {
        for (int most : new int[] {0, 10_000}) {
            WindowTuningScriptTest test = new WindowTuningScriptTest();
            test.s.settings.receiveBufferMostBytes = most;
            test.take(9_000);
            assertThat(test.s.c.windowTuning).isNull();
        }
    }

    @Test
    void nothingGrowsWhereStorageIsShortAndWhatHasGrownShrinksToTheStart() {
        take(2_500);
        s.pass(100);
        s.storageShort = true;
        take(3_000);
        assertThat(buffer()).isEqualTo(10_000);
        assertThat(s.stats.rcvBufGrown).isZero();
        s.storageShort = false;
        s.pass(100);
        take(4_000);
        int grown = buffer();
        assertThat(grown).isGreaterThan(24_000);
        s.pass(100);
        take(1_000);
        assertThat(buffer()).as("while there is storage").isEqualTo(grown);
        s.storageShort = true;
        s.pass(100);
        take(1_000);
        assertThat(buffer()).isEqualTo(grown / 2);
        assertThat(s.stats.rcvBufShrunk).isEqualTo(1);
        for (int i = 0; i < 4; i++) {
            // What was best is forgotten: the first round after counts as growth that finds no storage.
            s.pass(100);
            take(1_000);
        }
        assertThat(buffer()).isEqualTo(10_000);
        assertThat(s.stats.rcvBufShrunk).isEqualTo(2);
    }
}
