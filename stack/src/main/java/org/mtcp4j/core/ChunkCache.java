/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A context's share of free chunks, so that the streams of different contexts meet at the {@link ChunkPool} in bursts only. Two stacks:
 * the owner's, without any fence, and one for the threads that write, under a word that nobody waits for. What the owner gets back
 * flows over to the writers before it goes to the pool.
 */
final class ChunkCache {
    /** Of either stack. */
    private static final int MAX_CHUNKS = 64;

    /** Windows that are announced between two looks at the pool. */
    private static final int LOOK_EVERY = 64;

    private static final VarHandle WORD;

    static {
        try {
            WORD = MethodHandles.lookup().findVarHandle(ChunkCache.class, "word", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final ChunkPool pool;
    /** Moved at once; half of either stack. */
    private final int burst;

    private final Chunk[] owners;
    private final Chunk[] writers;
    private int ownersCount;
    /** The owner's: streams that hold something received. */
    private int receiving;

    /** The owner's: a window so large has storage behind it, without a look at the pool, for so many announcements more. */
    private long plentyBytes;

    private int plentyLeft;

    /** Under the word. */
    private int writersCount;

    @SuppressWarnings("unused") // through WORD
    private volatile boolean word;

    /** @param caches of the pool: together they never hold more than a quarter of what it may grow to */
    ChunkCache(ChunkPool pool, int caches) {
        this.pool = pool;
        burst = Math.max(1, Math.min(MAX_CHUNKS / 2, pool.limit() / (16 * caches)));
        owners = new Chunk[2 * burst];
        writers = new Chunk[2 * burst];
        pool.add(this);
    }

    /** Owner: a chunk, or null when there is none for this use. */
    Chunk take(ChunkPool.Use use) {
        int count = ownersCount;
        if (count == 0) {
            // Several only of those that anybody may have: the last are not for a cache.
            count = pool.take(ChunkPool.Use.RECEIVE, owners, burst);
            if (count == 0) {
                Chunk kept = takeKept();
                return kept != null || use == ChunkPool.Use.RECEIVE ? kept : pool.take(use);
            }
        }
        Chunk chunk = owners[--count];
        owners[count] = null;
        ownersCount = count;
        return chunk;
    }

    /** Owner. */
    void give(Chunk chunk) {
        if (pool.isScarce() || chunk.reserve != null) {
            pool.give(chunk);
            return;
        }
        if (ownersCount == owners.length) {
            spill();
        }
        owners[ownersCount++] = chunk;
    }

    private void spill() {
        int from = ownersCount - burst;
        if (WORD.compareAndSet(this, false, true)) {
            if (writersCount <= writers.length - burst) {
                System.arraycopy(owners, from, writers, writersCount, burst);
                writersCount += burst;
                ownersCount = from;
            }
            WORD.setRelease(this, false);
        }
        if (ownersCount > from) {
            pool.give(owners, from, burst);
            ownersCount = from;
        }
    }

    /** Owner: a stream holds something now. */
    void begins() {
        receiving++;
    }

    /** Owner: a stream that held something holds nothing any more. */
    void ends() {
        receiving--;
    }

    /** Of any thread: streams that hold something received; may be late. */
    int receiving() {
        return receiving;
    }

    /**
     * Owner: what of a window has storage behind it, when those streams that hold something now, of all contexts, and one more share half of what is
     * left: what others will be promised until this is filled takes the other half.
     */
    long backed(long windowBytes) {
        if (windowBytes <= plentyBytes && plentyLeft > 0) {
            plentyLeft--;
            return windowBytes;
        }
        long receivableBytes = pool.receivableBytes();
        int streams = pool.receiving() + 1;
        // All that are announced until the next look take a quarter of it at most.
        plentyBytes = receivableBytes / (4L * (streams + LOOK_EVERY));
        plentyLeft = LOOK_EVERY;
        return Math.min(windowBytes, receivableBytes / (2L * streams));
    }

    /** Owner: the same for a connection that begins, when so many may before the first of them has sent anything. */
    long backedAtFirst(long windowBytes, int connections) {
        return Math.min(windowBytes, pool.receivableBytes() / (2L * connections));
    }

    /** Owner, each round: keeps nothing back while there is too little for all. */
    void share() {
        if (pool.isScarce() && ownersCount > 0) {
            pool.give(owners, 0, ownersCount);
            ownersCount = 0;
        }
    }

    /** Any thread: a chunk, or null when there is none for what is written. */
    Chunk takeAsWriter(ChunkPool.Use use) {
        if (!WORD.compareAndSet(this, false, true)) {
            return pool.take(use);
        }
        Chunk chunk;
        try {
            int count = writersCount;
            if (count == 0) {
                count = pool.take(ChunkPool.Use.WRITE, writers, burst);
            }
            chunk = leave(count);
        } catch (Throwable e) {
            // A store, no call: this may be the end of the thread's stack.
            word = false;
            throw e;
        }
        return chunk != null || use == ChunkPool.Use.WRITE ? chunk : pool.take(use);
    }

    /** Owner: what lies ready for writers. */
    private Chunk takeKept() {
        return WORD.compareAndSet(this, false, true) ? leave(writersCount) : null;
    }

    /** Under the word, which it gives up: the last of so many. */
    private Chunk leave(int present) {
        int count = present;
        Chunk chunk = null;
        if (count > 0) {
            chunk = writers[--count];
            writers[count] = null;
        }
        writersCount = count;
        WORD.setRelease(this, false);
        return chunk;
    }

    /** Whether a writer that asks now is likely to get a chunk. Any thread. */
    boolean hasForWriter(ChunkPool.Use use) {
        return writersCount > 0 || (pool.unused(use) > 0 && pool.mayDeliver());
    }

    /** Chunks in here; exact while nothing moves. Any thread. */
    int free() {
        return ownersCount + writersCount;
    }
}
