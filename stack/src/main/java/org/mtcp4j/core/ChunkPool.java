/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * Storage of all streams of a stack: a lock-free stack of free chunks (any thread), grown up to the limit of {@code mtcp.memory}. The
 * head carries a tag against ABA. Contexts come here through their {@link ChunkCache}.
 *
 * <p>While a {@link ChunkKeeper} runs, it alone allocates, ahead of need, and gives back what is not needed any more: an allocation that
 * fails costs a collection and half a second, which nobody may spend amid a round. Who writes is in none, and allocates where the keeper
 * has had no processor for it. Without a keeper, whoever finds nothing allocates.
 *
 * <p>The last chunks are kept for what ends the want: an eighth for what arrives for connections that hold nothing, since what has been
 * written leaves only where it can arrive; a sixteenth for what is written first to peers outside, since who asks and gets no answer waits
 * for ever. In the heap nobody asks for more than is free there: a refusal would be the program's own OutOfMemoryError, and options of the
 * JVM end the program for that.
 */
public final class ChunkPool {
    /** Allocated, and given back to the JVM, at once. */
    static final int SLAB_CHUNKS = 8;

    /** Without a keeper, and at the start. */
    private static final int STEP_CHUNKS = 64;

    private static final int MIN_CHUNKS = 64;
    /** So many free ones, or half of all if that is less, are kept ahead of need. */
    static final int AHEAD_CHUNKS = 256;

    private static final VarHandle HEAD;
    private static final VarHandle FREE;
    private static final VarHandle CHANGING;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            HEAD = lookup.findVarHandle(ChunkPool.class, "head", long.class);
            FREE = lookup.findVarHandle(ChunkPool.class, "free", int.class);
            CHANGING = lookup.findVarHandle(ChunkPool.class, "changing", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** For whom a chunk is, and how many, of 32, of those beside the reserves are left to those that hold less. */
    enum Use {
        /**
         * What an application writes to a connection that holds chunks of it already. Little less is left to it than to what arrives: what nobody
         * reads would keep a writer with a living reader from its next chunk for ever.
         */
        WRITE(8),
        /** The first that it writes to one that holds none: so that each gets ahead. */
        WRITE_FIRST(0),
        /** The same where the reader is in this JVM: it has no reserve, as it leaves only for another's storage here. */
        LOOPBACK_FIRST(0),
        /** What has arrived for a connection that holds chunks of it already. */
        RECEIVE(6),
        /** What has arrived for one that holds none. */
        RECEIVE_FIRST(0);

        private static final int PARTS = 32;
        private final int leftParts;

        Use(int leftParts) {
            this.leftParts = leftParts;
        }

        /** Whether the application asks, which is in no round. */
        boolean isWrite() {
            return this == WRITE || this == WRITE_FIRST || this == LOOPBACK_FIRST;
        }

        /** Of so many chunks, those that stay for others. */
        int leaves(int chunks) {
            return (int) ((long) chunks * leftParts / PARTS);
        }
    }

    private static final int WRITERS_PARTS = 2;
    private static final int RECEIVERS_PARTS = 4;

    private final int limit;
    private final boolean direct;
    private final LongSupplier freeHeapBytes;
    private final ChunkReserve writers = new ChunkReserve(WRITERS_PARTS);
    private final ChunkReserve receivers = new ChunkReserve(RECEIVERS_PARTS);
    private volatile Chunk[] chunks = new Chunk[0];
    private volatile ChunkCache[] caches = new ChunkCache[0];
    private volatile ChunkKeeper keeper;
    private volatile boolean scarce;

    /** Chunks that exist, and how many may: fewer than the limit while the JVM has refused more. Written under {@link #changing}. */
    private volatile int total;

    private volatile int attainable;
    /** The heap had too little free the last time, and was not asked. */
    private volatile boolean spared;

    @SuppressWarnings("unused") // through HEAD: tag in the upper half, index + 1 of the first free chunk in the lower
    private volatile long head;

    @SuppressWarnings("unused") // through FREE
    private volatile int free;

    /** Through CHANGING: somebody allocates or gives back. Nobody waits for it. */
    @SuppressWarnings("unused")
    private volatile boolean changing;

    /** Free ones that {@link #shrink} has in its hand, to sort out: nobody holds them. */
    private volatile int inHand;

    // Under the word.
    private int slabsEver;
    private int[] holes = new int[0];
    private int holeCount;

    /** Of direct memory. */
    ChunkPool(long limitBytes) {
        this(limitBytes, true, () -> Long.MAX_VALUE);
    }

    ChunkPool(MemoryBudget budget) {
        this(budget.payloadBytes(), budget.isDirect(), MemoryBudget::freeHeapBytes);
    }

    /**
     * @param limitBytes most bytes of storage at a time
     * @param direct whether they are in direct memory, and else in the heap
     * @param freeHeapBytes what may be had of the heap now and leave the program some
     */
    ChunkPool(long limitBytes, boolean direct, LongSupplier freeHeapBytes) {
        this.direct = direct;
        this.freeHeapBytes = freeHeapBytes;
        long most = Math.min(Integer.MAX_VALUE / 2, Math.max(MIN_CHUNKS, limitBytes / Chunk.BYTES));
        limit = (int) most / SLAB_CHUNKS * SLAB_CHUNKS;
        attainable = limit;
    }

    /** A chunk, or null when there is none for this use. */
    Chunk take(Use use) {
        if (mayTake(use, 1) > 0) {
            return pop(use);
        }
        ChunkReserve reserve = reserve(use);
        if (reserve == null || !reserve.tryTake(attainable)) {
            return null;
        }
        Chunk chunk = null;
        try {
            chunk = pop(use);
        } finally {
            if (chunk == null) {
                reserve.giveBack();
            } else {
                chunk.reserve = reserve;
            }
        }
        return chunk;
    }

    /** Where that use finds some when others have taken the rest. */
    private ChunkReserve reserve(Use use) {
        return switch (use) {
            case WRITE_FIRST -> writers;
            case RECEIVE_FIRST -> receivers;
            default -> null;
        };
    }

    private Chunk pop(Use use) {
        for (; ; ) {
            long seen = head;
            int first = (int) seen;
            if (first == 0) {
                if (!awaitMore(use)) {
                    scarce = true;
                    return null;
                }
                continue;
            }
            Chunk[] all = chunks;
            Chunk chunk = first <= all.length ? all[first - 1] : null;
            if (chunk != null && HEAD.compareAndSet(this, seen, tagged(seen, chunk.freeNext))) {
                took(1);
                return chunk;
            }
        }
    }

    /** At most so many chunks into the array, from its start on, none of a reserve; 0 when there is none for this use. */
    int take(Use use, Chunk[] into, int most) {
        for (; ; ) {
            int wanted = mayTake(use, most);
            if (wanted == 0) {
                return 0;
            }
            int count = pop(into, 0, wanted);
            if (count > 0) {
                return count;
            }
            if (!awaitMore(use)) {
                scarce = true;
                return 0;
            }
        }
    }

    /** How many of so many chunks that use may have now. */
    private int mayTake(Use use, int most) {
        int may = Math.min(most, shared(use));
        if (may > 0) {
            return may;
        }
        scarce = true;
        return 0;
    }

    /** Chunks that nobody holds, those included that may still be allocated; caches hold theirs. */
    private int unused() {
        // While the pool changes, each is read on both sides of what is free, so that nothing seems to be in use that
        // is not.
        int existing = total;
        int hand = inHand;
        int idle = free;
        return attainable - (Math.min(existing, total) - idle - Math.max(hand, inHand));
    }

    private int pop(Chunk[] into, int from, int most) {
        for (; ; ) {
            long seen = head;
            int index = (int) seen;
            // The chain may change under our hands, and lead to chunks that have come since, or are gone; then the tag
            // has changed too.
            Chunk[] all = chunks;
            int count = 0;
            while (count < most && index != 0 && index <= all.length) {
                Chunk chunk = all[index - 1];
                if (chunk == null) {
                    break;
                }
                into[from + count++] = chunk;
                index = chunk.freeNext;
            }
            if (count == 0 && index == 0) {
                return 0;
            }
            if (count > 0 && HEAD.compareAndSet(this, seen, tagged(seen, index))) {
                took(count);
                return count;
            }
        }
    }

    private void took(int count) {
        int rest = (int) FREE.getAndAdd(this, -count) - count;
        ChunkKeeper present = keeper;
        if (present != null && rest < ahead() && total < attainable) {
            present.ask();
        }
    }

    private int ahead() {
        return Math.min(AHEAD_CHUNKS, Math.max(MIN_CHUNKS, total) / 2);
    }

    void give(Chunk chunk) {
        ChunkReserve reserve = chunk.reserve;
        if (reserve != null) {
            chunk.reserve = null;
            reserve.giveBack();
        }
        push(chunk, chunk, 1);
    }

    /** Takes a part of the array back, and leaves nulls there; none is of a reserve. */
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
                if (scarce && before + count > total / 4) {
                    scarce = false;
                }
                return;
            }
        }
    }

    private static long tagged(long seen, int first) {
        return (((seen >>> 32) + 1) << 32) | first;
    }

    // ---- growing and shrinking --------------------------------------------------------------------------------------

    /** Whether there is a free chunk now: allocated here, or by the keeper, who is given a moment for it. */
    private boolean awaitMore(Use use) {
        ChunkKeeper present = keeper;
        if (present == null) {
            return grow(STEP_CHUNKS) > 0 || hasFree();
        }
        if (total >= attainable) {
            return false;
        }
        return present.awaitChunks() || (use.isWrite() && allocateAsWriter(present));
    }

    /**
     * The keeper has found no processor. A program that has just connected may not expect a write of nothing, and a thread that writes is in no
     * round: it allocates for itself, or waits longer for whoever is about it.
     */
    private boolean allocateAsWriter(ChunkKeeper present) {
        return present.mayDeliver() && (grow(SLAB_CHUNKS) > 0 || hasFree() || present.awaitAllocation());
    }

    boolean hasFree() {
        return (int) head != 0;
    }

    /** Whether who writes now gets one: it is there, or can be allocated. Any thread. */
    boolean mayDeliver() {
        ChunkKeeper present = keeper;
        return hasFree() || (total < attainable && (present == null || present.mayDeliver()));
    }

    /** Whether fewer chunks are free than are kept ahead of need, and more may be had. */
    boolean wantsMore() {
        return free < 2 * ahead() && total < limit;
    }

    /**
     * Allocates; not amid a round, unless nobody else does.
     *
     * @return how many chunks have come; 0 at the limit, while somebody else allocates, or when the JVM has refused
     */
    int grow(int wanted) {
        if (total >= limit || !CHANGING.compareAndSet(this, false, true)) {
            return 0;
        }
        int come = 0;
        try {
            while (come < wanted && total < limit) {
                if (!direct && freeHeapBytes.getAsLong() < SLAB_CHUNKS * Chunk.BYTES) {
                    spared = true;
                    attainable = total;
                    return come;
                }
                addSlab();
                come += SLAB_CHUNKS;
            }
            spared = false;
            attainable = limit;
        } catch (OutOfMemoryError e) {
            // The JVM's limit came before ours: the same as a full pool, for as long as it is so.
            spared = false;
            attainable = total;
        } finally {
            changing = false;
        }
        return come;
    }

    private void addSlab() {
        int bytes = SLAB_CHUNKS * Chunk.BYTES;
        ByteBuffer slab = direct ? ByteBuffer.allocateDirect(bytes) : ByteBuffer.allocate(bytes);
        int group = holeCount > 0 ? holes[holeCount - 1] : slabsEver;
        int base = group * SLAB_CHUNKS;
        Chunk[] all = chunks;
        if (base == all.length) {
            all = Arrays.copyOf(all, Math.max(STEP_CHUNKS, 2 * all.length));
        }
        Chunk[] made = new Chunk[SLAB_CHUNKS];
        for (int i = 0; i < SLAB_CHUNKS; i++) {
            made[i] = new Chunk(base + i, slab.slice(i * Chunk.BYTES, Chunk.BYTES));
        }
        // From here on nothing can fail.
        System.arraycopy(made, 0, all, base, SLAB_CHUNKS);
        chunks = all;
        if (holeCount > 0) {
            holeCount--;
        } else {
            slabsEver++;
        }
        // Written under the word alone.
        int before = total;
        total = before + SLAB_CHUNKS;
        give(made, 0, SLAB_CHUNKS);
    }

    /**
     * Gives slabs of which every chunk is free back to the JVM, whose collector frees them; at least so many free chunks stay. Any thread,
     * but no owner: it takes its time.
     *
     * @return chunks that are gone
     */
    int shrink(int keptFree) {
        int surplus = free - keptFree;
        if (surplus < SLAB_CHUNKS || !CHANGING.compareAndSet(this, false, true)) {
            return 0;
        }
        try {
            // Before the first is taken: from then on nothing can fail.
            Chunk[] hand = new Chunk[surplus];
            byte[] freeOfSlab = new byte[slabsEver];
            int[] moreHoles = Arrays.copyOf(holes, holeCount + surplus / SLAB_CHUNKS);
            int count = 0;
            int popped = -1;
            while (count < surplus && popped != 0) {
                int most = Math.min(STEP_CHUNKS, surplus - count);
                // Before they are popped, so that at no moment they seem to be in use.
                inHand = count + most;
                popped = pop(hand, count, most);
                count += popped;
            }
            inHand = count;
            int gone = sortOut(hand, count, freeOfSlab, moreHoles);
            if (gone > 0) {
                // What the JVM refused it may have now.
                attainable = limit;
            }
            return gone;
        } finally {
            inHand = 0;
            changing = false;
        }
    }

    private int sortOut(Chunk[] hand, int count, byte[] freeOfSlab, int[] moreHoles) {
        for (int i = 0; i < count; i++) {
            freeOfSlab[hand[i].index / SLAB_CHUNKS]++;
        }
        Chunk[] all = chunks;
        int kept = 0;
        for (int i = 0; i < count; i++) {
            Chunk chunk = hand[i];
            int group = chunk.index / SLAB_CHUNKS;
            if (freeOfSlab[group] < SLAB_CHUNKS) {
                hand[kept++] = chunk;
            } else {
                all[chunk.index] = null;
                if (chunk.index % SLAB_CHUNKS == 0) {
                    moreHoles[holeCount++] = group;
                }
            }
        }
        holes = moreHoles;
        int before = total;
        total = before - (count - kept);
        if (kept > 0) {
            give(hand, 0, kept);
        }
        return count - kept;
    }

    // ---- what others ask --------------------------------------------------------------------------------------------

    void keptBy(ChunkKeeper present) {
        keeper = present;
    }

    /**
     * Whether a stream may hold so many bytes more: an eighth of what nobody holds, so that no one connection takes all. None grows
     * once three quarters are in use.
     */
    boolean mayGrow(int bytes) {
        long unused = unused();
        return unused >= attainable / 4 && bytes <= unused / 8 * Chunk.BYTES;
    }

    /** Bytes that streams may still hold of what arrives, beside the reserves and what is left to those that hold less. */
    long receivableBytes() {
        return Math.max(0L, shared(Use.RECEIVE)) * Chunk.BYTES;
    }

    /** Streams that hold something received, of all contexts; may be late. Any thread. */
    int receiving() {
        int sum = 0;
        for (ChunkCache cache : caches) {
            sum += cache.receiving();
        }
        return sum;
    }

    /** Chunks that may still be taken for that. Any thread. */
    int unused(Use use) {
        ChunkReserve reserve = reserve(use);
        return reserve == null ? shared(use) : Math.max(0, shared(use)) + reserve.left(attainable);
    }

    /** Of those in no reserve. */
    private int shared(Use use) {
        int all = attainable;
        return unused() - writers.left(all) - receivers.left(all) - use.leaves(all);
    }

    /** So many at least must there be for writers before those who wait are told: a few at a time would have them run for nothing. */
    int worthWriting() {
        return attainable / 16;
    }

    /** Somebody got nothing, and little has come back since: caches keep none. */
    boolean isScarce() {
        return scarce;
    }

    int limit() {
        return limit;
    }

    /** The JVM gave no more the last time. */
    boolean isRefused() {
        return attainable < limit;
    }

    /** What {@link #isRefused} says was found by a look, which cost nothing. */
    boolean isSpared() {
        return spared;
    }

    int inUse() {
        return total - free;
    }

    /** Without those in caches. */
    int freeHere() {
        return free;
    }

    synchronized void add(ChunkCache cache) {
        caches = Arrays.copyOf(caches, caches.length + 1);
        caches[caches.length - 1] = cache;
    }

    /** Chunks that exist now. */
    public int total() {
        return total;
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
