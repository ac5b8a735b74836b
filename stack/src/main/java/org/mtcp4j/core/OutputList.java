/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.stats.Counter;
import org.mtcp4j.stats.Counters;

/** The flows that have something to send, in the order in which they said so. An error in one flow's turn ends no other's. The owner's. */
final class OutputList {
    private final Context context;
    private Flow head;
    private Flow tail;
    /** What is left of the turn under way: in a field, so that an error that ends the round loses nobody. */
    private Flow turn;

    OutputList(Context context) {
        this.context = context;
    }

    boolean isEmpty() {
        return head == null && turn == null;
    }

    void add(Flow flow) {
        flow.inOutputList = true;
        if (head == null) {
            head = flow;
        } else {
            tail.nextOutput = flow;
        }
        tail = flow;
    }

    /** A turn for each flow in the list; returns how many got on. */
    int run(long nowNs) {
        if (turn == null) {
            if (head == null) {
                return 0;
            }
            turn = head;
            head = null;
            tail = null;
        }
        Counters counters = context.counters;
        long sentBefore = counters.get(Counter.OUT_FRAMES);
        long missedBefore = counters.get(Counter.NO_FRAME);
        int done = 0;
        for (Flow flow = turn; flow != null; flow = turn) {
            turn = flow.nextOutput;
            flow.nextOutput = null;
            flow.inOutputList = false;
            turnOf(flow, nowNs);
            done++;
        }
        if (counters.get(Counter.NO_FRAME) != missedBefore && counters.get(Counter.OUT_FRAMES) == sentBefore) {
            // Not one frame for any of them: who tries again at once keeps the processor from those that would free
            // some.
            return 0;
        }
        // Flows that could not send (no frame, NIC full) are in the list again: that is no work done.
        return head == null ? done : done - 1;
    }

    private void turnOf(Flow flow, long nowNs) {
        Faults faults = context.faults;
        try {
            faults.working = flow;
            faults.at(Faults.TURN);
            flow.output(nowNs);
            context.afterTurn(flow, nowNs);
        } catch (Throwable e) {
            // Plain stores alone: this may be the end of a stack.
            faults.failed(e, flow);
        }
    }

    /** The context is rebuilt: nobody is in the list. */
    void clear() {
        head = null;
        tail = null;
        turn = null;
    }
}
