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
    /** Rounds that may pass while there are too few chunks to be worth a wake-up. */
    private static final int MAX_PASSED = 8;

    private Flow head;
    private Flow tail;
    private int passed;

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
    void look(NewsList news) {
        if (head == null) {
            return;
        }
        int chunks = pool.forWriters();
        if (chunks <= 0 || (chunks < pool.worthWriting() && ++passed < MAX_PASSED)) {
            return;
        }
        passed = 0;
        for (int i = 0; i < chunks && head != null; i++) {
            Flow flow = head;
            head = flow.nextForStorage;
            flow.nextForStorage = null;
            flow.awaitsStorage = false;
            if (flow.inTable && flow.hasRoom()) {
                news.add(flow, Endpoint.OUTPUT);
            }
        }
    }

    long nextLookNs(long nowNs) {
        return head == null ? Long.MAX_VALUE : nowNs + LOOK_NS;
    }

    /** The context is rebuilt: whoever waits hears of the end. */
    void clear() {
        for (Flow flow = head; flow != null; flow = head) {
            head = flow.nextForStorage;
            flow.nextForStorage = null;
            flow.awaitsStorage = false;
        }
    }
}
