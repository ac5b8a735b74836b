/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Frames on their way into a queue: any thread puts, the queue's owner takes. It has a slot for every frame of the pool and a frame is
 * in it at most once, so it is never full: a slot claimed again has been emptied, and the claim is ordered behind that.
 */
final class FrameRing {
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle TAIL;

    static {
        try {
            TAIL = MethodHandles.lookup().findVarHandle(FrameRing.class, "tail", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Set in every slot that is taken, so that even an empty frame at offset 0 is told from none. */
    private static final int PRESENT = 1 << 7;

    /** Offset in the upper half, length in bits 8 to 31, {@link #PRESENT}, flags in bits 0 to 6; 0 is an empty slot. */
    private final long[] slots;
    /** Belong to the slot of the same index and are published with it. */
    private final int[] hashes;

    private final int[] tsoSizes;
    private final int mask;

    @SuppressWarnings("unused") // through TAIL
    private volatile long tail;

    /** Of the consumer alone. */
    private long head;

    FrameRing(int frames) {
        int capacity = Integer.highestOneBit(Math.max(2, frames) * 2 - 1);
        slots = new long[capacity];
        hashes = new int[capacity];
        tsoSizes = new int[capacity];
        mask = capacity - 1;
    }

    /** Claims that many slots in a row; each must then be {@link #put}. Any thread. */
    long claim(int count) {
        return (long) TAIL.getAndAdd(this, (long) count);
    }

    /** Fills a claimed slot with entry {@code i} of a batch. */
    void put(long sequence, FrameBatch from, int i, int flags, int hash) {
        int slot = (int) sequence & mask;
        hashes[slot] = hash;
        tsoSizes[slot] = from.tsoSize[i];
        SLOT.setRelease(
                slots, slot, ((long) from.offset[i] << 32) | ((long) from.lengthBytes[i] << 8) | PRESENT | flags);
    }

    /** Appends what waits to the batch, as much as it has room for. */
    int drainTo(FrameBatch batch) {
        int room = batch.free();
        int taken = 0;
        while (taken < room) {
            int slot = (int) head & mask;
            long word = (long) SLOT.getAcquire(slots, slot);
            if (word == 0) {
                break;
            }
            int at = batch.count++;
            batch.offset[at] = (int) (word >>> 32);
            batch.lengthBytes[at] = (int) word >>> 8;
            batch.flags[at] = (int) word & (PRESENT - 1);
            batch.hash[at] = hashes[slot];
            batch.tsoSize[at] = tsoSizes[slot];
            slots[slot] = 0;
            head++;
            taken++;
        }
        return taken;
    }

    /** Of the consumer. */
    boolean isEmpty() {
        return (long) SLOT.getAcquire(slots, (int) head & mask) == 0;
    }
}
