/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.Arrays;

/**
 * Deadlines of a context's flows: a hierarchical wheel of four levels of 64 slots, a tick about a millisecond. A slot is a list
 * linked through the flows, so nothing grows however deadlines bunch. A flow stands in the slot of a deadline that may have moved
 * later since: expiry re-checks. Owner only.
 */
final class TimerWheel {
    static final int TICK_SHIFT = 20;

    private static final int SLOT_BITS = 6;
    private static final int SLOTS = 1 << SLOT_BITS;
    private static final int LEVELS = 4;
    private static final long SPAN_TICKS = 1L << (SLOT_BITS * LEVELS);

    private final Flow[] slots = new Flow[SLOTS * LEVELS];
    private final long[] occupied = new long[LEVELS];
    private long tick;

    TimerWheel(long nowNs) {
        tick = nowNs >> TICK_SHIFT;
    }

    /** Puts the flow where its deadline says, unless it already stands at or before it. */
    void schedule(Flow flow, long deadlineNs) {
        if (deadlineNs == Long.MAX_VALUE) {
            return;
        }
        // Rounded up: a deadline must have passed when its tick is reached.
        long due = (deadlineNs >> TICK_SHIFT) + 1;
        if (flow.wheelSlot >= 0) {
            if (flow.wheelTick <= due) {
                return;
            }
            remove(flow);
        }
        insert(flow, Math.max(due, tick + 1));
    }

    private void insert(Flow flow, long due) {
        long delta = Math.min(due - tick, SPAN_TICKS - 1);
        long at = tick + delta;
        int level = 0;
        while (delta >= SLOTS) {
            delta >>= SLOT_BITS;
            level++;
        }
        int index = (int) (at >> (SLOT_BITS * level)) & (SLOTS - 1);
        int slot = level * SLOTS + index;
        Flow first = slots[slot];
        flow.wheelTick = at;
        flow.wheelSlot = slot;
        flow.wheelPrevious = null;
        flow.wheelNext = first;
        if (first != null) {
            first.wheelPrevious = flow;
        }
        slots[slot] = flow;
        occupied[level] |= 1L << index;
    }

    void remove(Flow flow) {
        int slot = flow.wheelSlot;
        if (slot < 0) {
            return;
        }
        Flow next = flow.wheelNext;
        Flow previous = flow.wheelPrevious;
        if (next != null) {
            next.wheelPrevious = previous;
        }
        if (previous != null) {
            previous.wheelNext = next;
        } else {
            slots[slot] = next;
            if (next == null) {
                occupied[slot >> SLOT_BITS] &= ~(1L << (slot & (SLOTS - 1)));
            }
        }
        flow.wheelSlot = -1;
        flow.wheelNext = null;
        flow.wheelPrevious = null;
    }

    /** Calls {@link Context#expired} for each flow whose slot has come. */
    int advance(long nowNs, Context context) {
        long now = nowNs >> TICK_SHIFT;
        int expired = 0;
        while (tick < now) {
            if (isEmpty()) {
                tick = now;
                break;
            }
            tick++;
            for (int level = 1; level < LEVELS && (tick & ((1L << (SLOT_BITS * level)) - 1)) == 0; level++) {
                cascade(level);
            }
            expired += expire((int) tick & (SLOTS - 1), context, nowNs);
        }
        return expired;
    }

    private int expire(int slot, Context context, long nowNs) {
        int expired = 0;
        for (Flow flow = slots[slot]; flow != null; flow = slots[slot]) {
            remove(flow);
            context.expired(flow, nowNs);
            expired++;
        }
        return expired;
    }

    private void cascade(int level) {
        int slot = level * SLOTS + ((int) (tick >> (SLOT_BITS * level)) & (SLOTS - 1));
        for (Flow flow = slots[slot]; flow != null; flow = slots[slot]) {
            remove(flow);
            insert(flow, Math.max(flow.wheelTick, tick));
        }
    }

    /** After a fault: nobody is in the wheel. */
    void clear(long nowNs) {
        Arrays.fill(slots, null);
        Arrays.fill(occupied, 0);
        tick = nowNs >> TICK_SHIFT;
    }

    boolean isEmpty() {
        return (occupied[0] | occupied[1] | occupied[2] | occupied[3]) == 0;
    }

    /** A time at or before which nothing expires; {@code Long.MAX_VALUE} when nothing is scheduled. */
    long nextDeadlineNs() {
        if (isEmpty()) {
            return Long.MAX_VALUE;
        }
        long earliest = Long.MAX_VALUE;
        for (int level = 0; level < LEVELS; level++) {
            if (occupied[level] != 0) {
                int shift = SLOT_BITS * level;
                long base = tick >> shift;
                long rotated = Long.rotateRight(occupied[level], (int) (base & (SLOTS - 1)));
                // The present slot of a level is already behind, but for a full turn ahead.
                long ahead =
                        (rotated & 1) != 0 && (rotated & ~1L) == 0 ? SLOTS : Long.numberOfTrailingZeros(rotated & ~1L);
                earliest = Math.min(earliest, (base + ahead) << shift);
            }
        }
        return earliest << TICK_SHIFT;
    }
}
