/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.concurrent.locks.LockSupport;

/**
 * Allocates for a {@link ChunkPool}, ahead of need, on a thread of its own, and gives back what a quiet stack does not need. An allocation
 * that the JVM refuses costs a full collection and half a second, so the next try is a second away, and twice as far each time.
 */
final class ChunkKeeper implements Runnable {
    /** Free chunks that a quiet stack keeps, whatever it uses. */
    static final int KEPT_CHUNKS = 128;

    private static final long MIN_RETRY_NS = 1_000_000_000L;
    private static final long MAX_RETRY_NS = 32_000_000_000L;
    /** A look at a heap that has nothing free costs nothing, and the next collection changes that. */
    private static final long LOOK_AT_HEAP_NS = 50_000_000;

    /** For how long whoever finds nothing waits for an allocation under way: those that succeed take less, unless the processors are busy. */
    private static final long PATIENCE_NS = 5_000_000;

    /** The same for who writes, while another thread allocates. */
    private static final long WRITERS_PATIENCE_NS = 100_000_000;

    private static final long PAUSE_NS = 10_000;
    private static final long LOOK_NS = 1_000_000_000L;
    /** Looks in a row that must find more than half free. */
    private static final int QUIET_LOOKS = 5;

    /** Looks at a heap that has too little, after which it is collected once: a second; and before the next time, ten. */
    private static final int LOOKS_BEFORE_COLLECTION = 20;

    private static final int LOOKS_BETWEEN_COLLECTIONS = 200;

    private final ChunkPool pool;
    private final Runnable collect;
    private final Thread thread;
    private volatile boolean stopped;
    /** From the first who asks until everything has been allocated. */
    private volatile boolean asked;
    /** When the allocation that was asked for, or is under way, began. */
    private volatile long sinceNs;

    private long retryNs = MIN_RETRY_NS;
    private long retryAtNs;
    private long lookAtNs;
    private int quietLooks;
    private int sparedLooks;

    ChunkKeeper(ChunkPool pool) {
        this(pool, System::gc);
    }

    /** @param collect has the JVM collect garbage */
    ChunkKeeper(ChunkPool pool, Runnable collect) {
        this.pool = pool;
        this.collect = collect;
        thread = new Thread(null, this, "mtcp-memory", 0, false);
        thread.setDaemon(true);
    }

    void start() {
        long nowNs = System.nanoTime();
        retryAtNs = nowNs;
        lookAtNs = nowNs + LOOK_NS;
        sinceNs = nowNs;
        // Here nobody is in a round yet.
        pool.grow(KEPT_CHUNKS);
        pool.keptBy(this);
        thread.start();
    }

    void stop() {
        stopped = true;
        LockSupport.unpark(thread);
    }

    /** Any thread: chunks are getting few. */
    void ask() {
        if (!asked) {
            sinceNs = System.nanoTime();
            asked = true;
            LockSupport.unpark(thread);
        }
    }

    /**
     * Any thread, a context's owner too: waits a moment for chunks that are on their way; not once for each chunk, but for each allocation. It
     * must not give up the processor as a virtual thread does, with the context in its hands.
     */
    boolean awaitChunks() {
        ask();
        while (!pool.hasFree()) {
            if (!mayDeliver() || System.nanoTime() - sinceNs > PATIENCE_NS) {
                return false;
            }
            if (VirtualThreads.isVirtual()) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(PAUSE_NS);
            }
        }
        return true;
    }

    /** A thread in no round: waits for an allocation that another thread has begun and found no processor to end. */
    boolean awaitAllocation() {
        long startNs = System.nanoTime();
        while (!pool.hasFree()) {
            if (!mayDeliver() || System.nanoTime() - startNs > WRITERS_PATIENCE_NS) {
                return false;
            }
            // Whoever allocates may need this processor.
            LockSupport.parkNanos(PAUSE_NS);
        }
        return true;
    }

    /** Whether chunks that who writes asks for now are likely to come. Any thread. */
    boolean mayDeliver() {
        return !stopped && !pool.isRefused();
    }

    @Override
    public void run() {
        while (!stopped) {
            try {
                look(System.nanoTime());
                asked = false;
                // Whoever asked before that store is seen here, and whoever asks after it unparks.
                if (!pool.wantsMore() || pool.isRefused()) {
                    rest();
                }
            } catch (Throwable e) {
                // No memory for what gives memory back: another look follows, or who asks again ends the wait.
                asked = false;
                LockSupport.parkNanos(this, LOOK_NS);
            }
        }
    }

    private void rest() {
        if (pool.total() <= KEPT_CHUNKS && !pool.isRefused()) {
            LockSupport.park(this);
        } else {
            LockSupport.parkNanos(this, pool.isSpared() ? LOOK_AT_HEAP_NS : LOOK_NS);
        }
    }

    /** Allocates what is missing, and gives back what has not been needed for some time. */
    void look(long nowNs) {
        if (pool.wantsMore() && nowNs - retryAtNs >= 0) {
            allocate(nowNs);
        }
        if (nowNs - lookAtNs >= 0) {
            lookAtNs = nowNs + LOOK_NS;
            int inUse = pool.inUse();
            int keptFree = keptFree(inUse);
            quietLooks = pool.freeHere() > Math.max(inUse, keptFree + KEPT_CHUNKS) ? quietLooks + 1 : 0;
            if (quietLooks >= QUIET_LOOKS) {
                quietLooks = 0;
                if (pool.shrink(keptFree) > 0) {
                    retryNs = MIN_RETRY_NS;
                    retryAtNs = nowNs;
                }
            }
        }
    }

    /** At least what the pool has allocated ahead of need, or it would grow and shrink for ever. */
    private static int keptFree(int inUse) {
        return Math.max(inUse == 0 ? KEPT_CHUNKS : 2 * ChunkPool.AHEAD_CHUNKS, inUse / 2);
    }

    /** What fills the heap may be garbage, and where everybody waits for storage nobody allocates, so that nothing would be collected. */
    private void lookForGarbage() {
        sparedLooks++;
        if (sparedLooks == LOOKS_BEFORE_COLLECTION) {
            collect.run();
        } else if (sparedLooks == LOOKS_BETWEEN_COLLECTIONS) {
            sparedLooks = 0;
        }
    }

    private void allocate(long nowNs) {
        sinceNs = nowNs;
        while (pool.wantsMore() && pool.grow(ChunkPool.SLAB_CHUNKS) > 0) {
            sinceNs = System.nanoTime();
        }
        if (pool.isSpared()) {
            retryAtNs = System.nanoTime() + LOOK_AT_HEAP_NS;
            lookForGarbage();
            return;
        }
        sparedLooks = 0;
        if (pool.isRefused()) {
            retryAtNs = System.nanoTime() + retryNs;
            retryNs = Math.min(2 * retryNs, MAX_RETRY_NS);
        } else {
            retryNs = MIN_RETRY_NS;
        }
    }
}
