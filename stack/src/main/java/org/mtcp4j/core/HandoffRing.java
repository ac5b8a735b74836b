/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Frames on their way from the context whose queue received them to the one that owns their flow (software RSS): single producer,
 * single consumer, bounded. A frame is two longs: offset and length, then flags and segment size.
 */
final class HandoffRing {
    private static final int CAPACITY = 1024;
    private static final int MASK = CAPACITY - 1;
    private static final VarHandle HEAD;
    private static final VarHandle TAIL;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            HEAD = lookup.findVarHandle(HandoffRing.class, "head", long.class);
            TAIL = lookup.findVarHandle(HandoffRing.class, "tail", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Index of the link in the receiving context, the same in all contexts. */
    final int linkIndex;

    private final long[] places = new long[CAPACITY];
    private final long[] marks = new long[CAPACITY];

    @SuppressWarnings("unused") // through HEAD
    private long head;

    @SuppressWarnings("unused") // through TAIL
    private long tail;

    HandoffRing(int linkIndex) {
        this.linkIndex = linkIndex;
    }

    /** Producer: false when full. */
    boolean offer(int offset, int lengthBytes, int flags) {
        long at = tail;
        if (at - (long) HEAD.getAcquire(this) >= CAPACITY) {
            return false;
        }
        places[(int) at & MASK] = (long) offset << 32 | lengthBytes;
        marks[(int) at & MASK] = flags;
        TAIL.setVolatile(this, at + 1);
        return true;
    }

    boolean isEmpty() {
        return (long) HEAD.getAcquire(this) == (long) TAIL.getAcquire(this);
    }

    /** Consumer: offset &lt;&lt; 32 | length of the oldest frame, or -1; {@link #flags()} belongs to it until {@link #drop()}. */
    long peek() {
        return head == (long) TAIL.getAcquire(this) ? -1 : places[(int) head & MASK];
    }

    int flags() {
        return (int) marks[(int) head & MASK];
    }

    void drop() {
        HEAD.setRelease(this, head + 1);
    }
}
