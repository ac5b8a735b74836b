/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/** Copies a part of a context's flows: so few that the round which it is called in is not held up, however many there are. */
final class FlowWalk extends Call {
    /** Of the table, looked at in one round. */
    private static final int MOST_SLOTS = 2_048;

    private final Flow[] flows;
    private final int from;
    private int count;
    private int nextSlot;
    private boolean isLast;

    /**
     * @param flows is filled from its beginning on
     * @param from the slot of the table to begin at
     */
    FlowWalk(Flow[] flows, int from) {
        this.flows = flows;
        this.from = from;
    }

    @Override
    void execute(Context context, long nowNs) {
        FlowTable table = context.flows;
        int end = Math.min(table.slots(), from + MOST_SLOTS);
        int slot = from;
        for (; slot < end && count < flows.length; slot++) {
            Flow flow = table.at(slot);
            if (flow != null) {
                flows[count++] = flow;
            }
        }
        nextSlot = slot;
        isLast = slot >= table.slots();
    }

    int count() {
        return count;
    }

    /** Where the next walk begins. */
    int nextSlot() {
        return nextSlot;
    }

    boolean isLast() {
        return isLast;
    }
}
