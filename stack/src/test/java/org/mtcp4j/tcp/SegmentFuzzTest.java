/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.mtcp4j.core.Corpus;

/** Sequences of segments and calls as a fuzzer thinks of them. Replays the corpus; {@code bin/bench fuzz} looks for more. */
public class SegmentFuzzTest {
    private static final int MOST_STEPS = 400;

    /** Jazzer's entry. */
    public static void fuzzerTestOneInput(byte[] input) {
        ByteBuffer data = ByteBuffer.wrap(input);
        HostilePeer peer = new HostilePeer(bound -> number(data, bound));
        for (int i = 0; i < MOST_STEPS && data.hasRemaining(); i++) {
            peer.step();
        }
    }

    /** Below the bound, of as few bytes as will do; any number for 0. */
    private static int number(ByteBuffer data, int bound) {
        if (bound == 1) {
            return 0;
        }
        long most = bound == 0 ? 1L << 32 : bound;
        long value = 0;
        for (long range = 1; range < most && data.hasRemaining(); range <<= 8) {
            value = (value << 8) | (data.get() & 0xff);
        }
        return bound == 0 ? (int) value : (int) (value % bound);
    }

    @Test
    void whatTheFuzzerFoundHolds() throws Exception {
        int replayed = Corpus.replay(Path.of("src/test/corpus/segments"), SegmentFuzzTest::fuzzerTestOneInput);
        assertThat(replayed).isPositive();
    }
}
