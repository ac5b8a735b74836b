/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.fault;

import org.mtcp4j.nic.FrameBatch;

/** Frames under way, soonest first, those of the same time in the order they came: a bounded binary heap without objects. */
final class DelayLine {
    private final FrameBatch frames;
    /** Heap of entries of {@link #frames}, by due time, then arrival. */
    private final int[] heap;

    private final int[] free;
    private final long[] dueNs;
    private final long[] arrival;
    private int count;
    private long arrivals;

    DelayLine(int capacity) {
        frames = new FrameBatch(capacity);
        heap = new int[capacity];
        free = new int[capacity];
        dueNs = new long[capacity];
        arrival = new long[capacity];
        for (int i = 0; i < capacity; i++) {
            free[i] = i;
        }
    }

    boolean isFull() {
        return count == heap.length;
    }

    boolean isEmpty() {
        return count == 0;
    }

    int size() {
        return count;
    }

    /** When the first frame is due; {@code Long.MAX_VALUE} where there is none. */
    long nextDueNs() {
        return count == 0 ? Long.MAX_VALUE : dueNs[heap[0]];
    }

    /** Takes in entry {@code i} of a batch; there must be room. */
    void add(FrameBatch from, int i, long due) {
        int entry = free[count];
        copy(from, i, frames, entry);
        dueNs[entry] = due;
        arrival[entry] = arrivals++;
        int at = count++;
        while (at > 0) {
            int parent = (at - 1) >>> 1;
            if (!before(entry, heap[parent])) {
                break;
            }
            heap[at] = heap[parent];
            at = parent;
        }
        heap[at] = entry;
    }

    /** Moves the first frame to the end of a batch, which must have room. */
    void moveFirstTo(FrameBatch to) {
        int entry = heap[0];
        copy(frames, entry, to, to.count++);
        int last = heap[--count];
        free[count] = entry;
        int at = 0;
        while (true) {
            int child = 2 * at + 1;
            if (child >= count) {
                break;
            }
            if (child + 1 < count && before(heap[child + 1], heap[child])) {
                child++;
            }
            if (!before(heap[child], last)) {
                break;
            }
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = last;
    }

    private boolean before(int a, int b) {
        return dueNs[a] != dueNs[b] ? dueNs[a] < dueNs[b] : arrival[a] < arrival[b];
    }

    static void copy(FrameBatch from, int i, FrameBatch to, int j) {
        to.offset[j] = from.offset[i];
        to.lengthBytes[j] = from.lengthBytes[i];
        to.flags[j] = from.flags[i];
        to.hash[j] = from.hash[i];
        to.tsoSize[j] = from.tsoSize[i];
    }
}
