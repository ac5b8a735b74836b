/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A lock-free stack of the frames 0 to n-1 of one size. The head carries a tag that grows with every change, so that a head that went
 * away and came back (ABA) is noticed; taking a chain of frames costs one compare-and-set.
 */
final class FrameStack {
    private static final VarHandle HEAD;
    private static final int NONE = -1;

    static {
        try {
            HEAD = MethodHandles.lookup().findVarHandle(FrameStack.class, "head", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Tag in the upper half, index of the top frame or {@link #NONE} in the lower. */
    @SuppressWarnings("unused") // through HEAD
    private volatile long head;

    /** The frame below each frame. A frame's entry changes only while the frame is not in the stack. */
    private final int[] next;

    FrameStack(int frames) {
        next = new int[frames];
        for (int i = 0; i < frames; i++) {
            next[i] = i + 1 < frames ? i + 1 : NONE;
        }
        head = frames > 0 ? 0 : word(0, NONE);
    }

    /** Pushes {@code into[from .. from+count-1]} with one change of the head. */
    void push(int[] indices, int from, int count) {
        for (int i = from; i < from + count - 1; i++) {
            next[indices[i]] = indices[i + 1];
        }
        int bottom = indices[from + count - 1];
        long seen;
        do {
            seen = (long) HEAD.getAcquire(this);
            next[bottom] = (int) seen;
        } while (!HEAD.compareAndSet(this, seen, word(seen, indices[from])));
    }

    /** Pushes one frame. */
    void push(int index) {
        long seen;
        do {
            seen = (long) HEAD.getAcquire(this);
            next[index] = (int) seen;
        } while (!HEAD.compareAndSet(this, seen, word(seen, index)));
    }

    /** Pops up to {@code most} frames into {@code into} from {@code at} on; returns how many. */
    int pop(int[] into, int at, int most) {
        while (true) {
            long seen = (long) HEAD.getAcquire(this);
            int taken = 0;
            // Others may take and relink these frames meanwhile: the entries then are wrong but in range, and the tag
            // tells.
            int top = (int) seen;
            while (top != NONE && taken < most) {
                into[at + taken++] = top;
                top = next[top];
            }
            if (taken == 0 || HEAD.compareAndSet(this, seen, word(seen, top))) {
                return taken;
            }
        }
    }

    /** Pops one frame, or returns -1. */
    int pop() {
        while (true) {
            long seen = (long) HEAD.getAcquire(this);
            int top = (int) seen;
            if (top == NONE || HEAD.compareAndSet(this, seen, word(seen, next[top]))) {
                return top;
            }
        }
    }

    /** Frames in the stack; exact while nobody changes it. */
    int size() {
        int count = 0;
        int top = (int) (long) HEAD.getAcquire(this);
        while (top != NONE && count < next.length) {
            count++;
            top = next[top];
        }
        return count;
    }

    private static long word(long previous, int top) {
        return (((previous >>> 32) + 1) << 32) | (top & 0xffff_ffffL);
    }
}
