/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReassemblyTest {
    private final Reassembly r = new Reassembly();

    private String ranges() {
        StringBuilder s = new StringBuilder();
        for (int i = 0; i < r.ranges(); i++) {
            s.append(r.start(i)).append('-').append(r.end(i)).append(' ');
        }
        return s.toString().strip();
    }

    @Test
    void rangesStayApartAndInOrder() {
        r.add(50, 60);
        r.add(10, 20);
        r.add(30, 40);
        assertThat(ranges()).isEqualTo("10-20 30-40 50-60");
    }

    @Test
    void touchingAndOverlappingRangesBecomeOne() {
        r.add(10, 20);
        r.add(20, 30);
        assertThat(ranges()).isEqualTo("10-30");
        r.add(5, 10);
        r.add(40, 50);
        r.add(60, 70);
        r.add(25, 65);
        assertThat(ranges()).isEqualTo("5-70");
        r.add(20, 30);
        assertThat(ranges()).isEqualTo("5-70");
    }

    @Test
    void advanceCarriesThroughWhatItReaches() {
        r.add(10, 20);
        r.add(30, 40);
        assertThat(r.advance(5)).isEqualTo(5);
        assertThat(r.advance(10)).isEqualTo(20);
        assertThat(r.advance(35)).isEqualTo(40);
        assertThat(r.isEmpty()).isTrue();
    }

    @Test
    void fullTableAcceptsOnlyWhatMerges() {
        for (int i = 0; i < Reassembly.MAX_RANGES; i++) {
            assertThat(r.accepts(10L * i, 10L * i + 5)).isTrue();
            r.add(10L * i, 10L * i + 5);
        }
        assertThat(r.accepts(7, 8)).isFalse();
        assertThat(r.accepts(10 * Reassembly.MAX_RANGES, 10 * Reassembly.MAX_RANGES + 5))
                .isFalse();
        assertThat(r.accepts(5, 8)).isTrue();
        assertThat(r.accepts(7, 10)).isTrue();
    }

    @Test
    void agreesWithASetOfBytesAndPlacesEachByteOnce() {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            BitSet expected = new BitSet();
            BitSet placed = new BitSet();
            Reassembly fresh = new Reassembly();
            Connection c = new Connection(
                    new TcpSettings(),
                    (connection, s) -> true,
                    (connection, position, offset, bytes) -> {
                        assertThat(offset).isEqualTo((int) position + 1000);
                        assertThat(placed.get((int) position, (int) position + bytes)
                                        .isEmpty())
                                .as("placed twice")
                                .isTrue();
                        placed.set((int) position, (int) position + bytes);
                        return true;
                    },
                    new TcpCounters());
            for (int i = 0; i < 100; i++) {
                int from = 1 + random.nextInt(2000);
                int to = from + 1 + random.nextInt(60);
                assertThat(fresh.placeMissing(c, from, to, from + 1000)).isEqualTo(to);
                fresh.add(from, to);
                expected.set(from, to);
                assertThat(fresh.ranges()).as("seed " + seed).isEqualTo(runs(expected));
            }
            assertThat(placed).as("seed " + seed).isEqualTo(expected);
            for (int k = 0; k < fresh.ranges(); k++) {
                assertThat(expected.nextClearBit((int) fresh.start(k))).isEqualTo((int) fresh.end(k));
            }
        }
    }

    private static int runs(BitSet bits) {
        int runs = 0;
        for (int at = bits.nextSetBit(0); at >= 0; at = bits.nextSetBit(bits.nextClearBit(at))) {
            runs++;
        }
        return runs;
    }
}
