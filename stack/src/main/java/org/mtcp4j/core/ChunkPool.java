/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * Storage of all streams of a stack: a lock-free stack of free chunks (any thread), grown a slab at a time up to the limit of {@code
 * mtcp.memory}. The head carries a tag against ABA.
 */
public final class ChunkPool {
    private static final int SLAB_CHUNKS = 64;
    private static final VarHandle HEAD;
    private static final VarHandle FREE;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            HEAD = lookup.findVarHandle(ChunkPool.class, "head", long.class);
            FREE = lookup.findVarHandle(ChunkPool.class, "free", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int limit;
    private volatile Chunk[] chunks = new Chunk[0];

    @SuppressWarnings("unused") // through HEAD: tag in the upper half, index + 1 of the first free chunk in the lower
    private volatile long head;

    @SuppressWarnings("unused") // through FREE
    private volatile int free;

    /** @param limitBytes most bytes of storage ever allocated */
    public ChunkPool(long limitBytes) {
        limit = (int) Math.min(Integer.MAX_VALUE / 2, Math.max(SLAB_CHUNKS, limitBytes / Chunk.BYTES));
    }

    /** A chunk, or null when the limit is reached. */
    Chunk take() {
        for (; ; ) {
            long seen = head;
            int first = (int) seen;
            if (first == 0) {
                if (!grow()) {
                    return null;
                }
                continue;
            }
            Chunk chunk = chunks[first - 1];
            long next = (((seen >>> 32) + 1) << 32) | chunk.freeNext;
            if (HEAD.compareAndSet(this, seen, next)) {
                FREE.getAndAdd(this, -1);
                chunk.next = null;
                return chunk;
            }
        }
    }

    void give(Chunk chunk) {
        for (; ; ) {
            long seen = head;
            chunk.freeNext = (int) seen;
            if (HEAD.compareAndSet(this, seen, (((seen >>> 32) + 1) << 32) | (chunk.index + 1L))) {
                FREE.getAndAdd(this, 1);
                return;
            }
        }
    }

    private synchronized boolean grow() {
        if ((int) head != 0) {
            return true;
        }
        Chunk[] old = chunks;
        int more = Math.min(SLAB_CHUNKS, limit - old.length);
        if (more <= 0) {
            return false;
        }
        ByteBuffer slab;
        try {
            slab = ByteBuffer.allocateDirect(more * Chunk.BYTES);
        } catch (OutOfMemoryError e) {
            // The JVM's limit of direct memory came before ours: the same as a full pool.
            return false;
        }
        Chunk[] grown = java.util.Arrays.copyOf(old, old.length + more);
        for (int i = 0; i < more; i++) {
            grown[old.length + i] = new Chunk(old.length + i, slab.slice(i * Chunk.BYTES, Chunk.BYTES));
        }
        chunks = grown;
        for (int i = 0; i < more; i++) {
            give(grown[old.length + i]);
        }
        return true;
    }

    /**
     * Whether a stream may hold so many bytes more: an eighth of what nobody holds, so that no one connection takes all. None grows
     * once three quarters are in use.
     */
    boolean mayGrow(int bytes) {
        long unused = (long) limit - (chunks.length - free);
        return unused >= limit / 4 && bytes <= unused / 8 * Chunk.BYTES;
    }

    /** Chunks allocated so far. */
    public int total() {
        return chunks.length;
    }

    /** Chunks not in use, of {@link #total()}; exact when nothing moves. */
    public int free() {
        return free;
    }
}
