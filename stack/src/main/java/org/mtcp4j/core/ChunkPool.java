/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Storage of all streams of a stack: a lock-free stack of free chunks (any thread), grown a slab at a time up to the limit of {@code
 * mtcp.memory}. The head carries a tag against ABA. Contexts come here through their {@link ChunkCache}.
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
    private volatile ChunkCache[] caches = new ChunkCache[0];
    private volatile boolean scarce;

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
                    scarce = true;
                    return null;
                }
                continue;
            }
            Chunk chunk = chunks[first - 1];
            if (HEAD.compareAndSet(this, seen, tagged(seen, chunk.freeNext))) {
                FREE.getAndAdd(this, -1);
                return chunk;
            }
        }
    }

    /** At most so many chunks into the array, from its start on; 0 when the limit is reached. */
    int take(Chunk[] into, int most) {
        for (; ; ) {
            long seen = head;
            int index = (int) seen;
            if (index == 0) {
                if (!grow()) {
                    scarce = true;
                    return 0;
                }
                continue;
            }
            // The chain may change under our hands, and lead to chunks that have come since; then the tag has changed
            // too.
            Chunk[] all = chunks;
            int count = 0;
            while (count < most && index != 0 && index <= all.length) {
                into[count] = all[index - 1];
                index = into[count++].freeNext;
            }
            if (HEAD.compareAndSet(this, seen, tagged(seen, index))) {
                FREE.getAndAdd(this, -count);
                return count;
            }
        }
    }

    void give(Chunk chunk) {
        push(chunk, chunk, 1);
    }

    /** Takes a part of the array back, and leaves nulls there. */
    void give(Chunk[] from, int offset, int count) {
        Chunk first = from[offset];
        Chunk last = first;
        from[offset] = null;
        for (int i = offset + 1; i < offset + count; i++) {
            last.freeNext = from[i].index + 1;
            last = from[i];
            from[i] = null;
        }
        push(first, last, count);
    }

    private void push(Chunk first, Chunk last, int count) {
        for (; ; ) {
            long seen = head;
            last.freeNext = (int) seen;
            if (HEAD.compareAndSet(this, seen, tagged(seen, first.index + 1))) {
                int before = (int) FREE.getAndAdd(this, count);
                if (scarce && before + count > chunks.length / 4) {
                    scarce = false;
                }
                return;
            }
        }
    }

    private static long tagged(long seen, int first) {
        return (((seen >>> 32) + 1) << 32) | first;
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
        Chunk[] grown = Arrays.copyOf(old, old.length + more);
        for (int i = 0; i < more; i++) {
            grown[old.length + i] = new Chunk(old.length + i, slab.slice(i * Chunk.BYTES, Chunk.BYTES));
        }
        chunks = grown;
        give(grown.clone(), old.length, more);
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

    /** Somebody got nothing, and little has come back since: caches keep none. */
    boolean isScarce() {
        return scarce;
    }

    int limit() {
        return limit;
    }

    synchronized void add(ChunkCache cache) {
        caches = Arrays.copyOf(caches, caches.length + 1);
        caches[caches.length - 1] = cache;
    }

    /** Chunks allocated so far. */
    public int total() {
        return chunks.length;
    }

    /** Chunks not in use, of {@link #total()}; exact when nothing moves. */
    public int free() {
        int sum = free;
        for (ChunkCache cache : caches) {
            sum += cache.free();
        }
        return sum;
    }
}
