/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/**
 * The flows whose applications want to write and found no chunk, in the order in which they said so. They are told when chunks have come
 * back, from whichever context, and no more of them than there are chunks: else all would run for one. The owner's.
 */
final class StorageWaiters {
    /** Chunks come back in other contexts too, which do not know who waits in this one. */
    private static final long LOOK_NS = 2_000_000;

    private final ChunkPool pool;
    /** For whoever is told: few that write much get on sooner than many that write little. */
    private static final int CHUNKS_EACH = 8;

    private static final int MAX_LOOKED_AT = 64;

    private Flow head;
    private Flow tail;
    private long toldNs;

    StorageWaiters(ChunkPool pool) {
        this.pool = pool;
    }

    void add(Flow flow) {
        if (flow.awaitsStorage) {
            return;
        }
        flow.awaitsStorage = true;
        if (head == null) {
            head = flow;
        } else {
            tail.nextForStorage = flow;
        }
        tail = flow;
    }

    /** Before the news of a round are published. */
    void look(NewsList news, long nowNs) {
        if (head == null) {
            return;
        }
        int chunks = pool.unused(ChunkPool.Use.WRITE);
        boolean few = chunks < pool.worthWriting();
        if (pool.unused(ChunkPool.Use.WRITE_FIRST) <= 0 || (few && nowNs - toldNs < LOOK_NS)) {
            return;
        }
        toldNs = nowNs;
        int left = Math.max(chunks, CHUNKS_EACH);
        for (int i = 0; i < MAX_LOOKED_AT && left > 0 && head != null; i++) {
            Flow flow = removeFirst();
            if (!flow.inTable || !flow.hasRoom()) {
                continue;
            }
            if (flow.hasStorage()) {
                news.add(flow, Endpoint.OUTPUT);
                left -= CHUNKS_EACH;
            } else {
                add(flow);
            }
        }
    }

    private Flow removeFirst() {
        Flow flow = head;
        head = flow.nextForStorage;
        flow.nextForStorage = null;
        flow.awaitsStorage = false;
        return flow;
    }

    long nextLookNs(long nowNs) {
        return head == null ? Long.MAX_VALUE : nowNs + LOOK_NS;
    }

    /** The context is rebuilt: whoever waits hears of the end. */
    void clear() {
        while (head != null) {
            removeFirst();
        }
    }
}
