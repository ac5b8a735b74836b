/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** How a chunk gets from the thread that writes to the owner, who may come by before the stream's position is published. */
public final class ChunkStress {
    private ChunkStress() {}

    /**
     * A chunk that was another stream's is linked while the owner gives back what is acknowledged. With its old position it would count as
     * acknowledged, and with its old successor be given back, while it is written.
     */
    @JCStressTest
    @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "not linked yet")
    @Outcome(id = "8192, 0", expect = Expect.ACCEPTABLE, desc = "linked, with its new position and no successor")
    @Outcome(expect = Expect.FORBIDDEN, desc = "what it was for another stream")
    @State
    public static class LinkAgainstAcknowledge {
        private final Chunk first = new Chunk(0, null);
        private final Chunk recycled = new Chunk(1, null);

        public LinkAgainstAcknowledge() {
            recycled.start = 77;
            recycled.next = first;
        }

        @Actor
        public void writer() {
            recycled.next = null;
            recycled.start = Chunk.BYTES;
            first.link(recycled);
        }

        @Actor
        public void owner(II_Result result) {
            Chunk next = first.linked();
            result.r1 = next == null ? 0 : (int) next.start;
            result.r2 = next == null || next.next == null ? 0 : 1;
        }
    }
}
