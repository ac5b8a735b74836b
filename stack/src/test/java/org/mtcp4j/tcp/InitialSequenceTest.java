/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InitialSequenceTest {
    private final InitialSequence sequence = new InitialSequence(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);

    /** Key 00..0f, message 00..27: computed with another implementation that reproduces the paper's example. */
    @Test
    void hashIsSipHash24() {
        assertThat(sequence.hash(
                        0x0706050403020100L,
                        0x0f0e0d0c0b0a0908L,
                        0x1716151413121110L,
                        0x1f1e1d1c1b1a1918L,
                        0x2726252423222120L))
                .isEqualTo(0x0e3ea96b5304a7d0L);
    }

    @Test
    void sameTupleMovesWithTheClockOnly() {
        int first = sequence.iss(0, 1, 0, 2, 3, 0);
        assertThat(sequence.iss(0, 1, 0, 2, 3, 0)).isEqualTo(first);
        assertThat(sequence.iss(0, 1, 0, 2, 3, 4096) - first).isEqualTo(1);
        assertThat(sequence.iss(0, 1, 0, 2, 3, 1_000_000_000L) - first).isEqualTo(244_140);
    }

    @Test
    void everyPartOfTheTupleAndTheKeyCounts() {
        InitialSequence other = new InitialSequence(1, 2);
        assertThat(new int[] {
                    sequence.iss(0, 1, 0, 2, 3, 0),
                    sequence.iss(9, 1, 0, 2, 3, 0),
                    sequence.iss(0, 9, 0, 2, 3, 0),
                    sequence.iss(0, 1, 9, 2, 3, 0),
                    sequence.iss(0, 1, 0, 9, 3, 0),
                    sequence.iss(0, 1, 0, 2, 9, 0),
                    sequence.timestampOffset(0, 1, 0, 2, 3),
                    other.iss(0, 1, 0, 2, 3, 0)
                })
                .doesNotHaveDuplicates();
    }
}
