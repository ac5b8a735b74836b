/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/** The node that {@link Flow#ask} queues. */
final class FlowCommand extends Command {
    private final Flow flow;

    FlowCommand(Flow flow) {
        this.flow = flow;
    }

    @Override
    Flow subject() {
        return flow;
    }

    @Override
    void run(Context context, long nowNs) {
        int bits = flow.takeAsked();
        if ((bits & Flow.WROTE) != 0) {
            flow.answerMark = context.driver.answers.answered(flow.answerMark);
        }
        if ((bits & Flow.STORAGE) != 0) {
            context.storageWaiters.add(flow);
        }
        boolean done = false;
        try {
            context.flowAsked(flow, bits, nowNs);
            done = true;
        } finally {
            int still = bits & (Flow.CLOSE | Flow.ABORT | Flow.RELEASE);
            if (!done && still != 0) {
                // Of the flow that is ended for the error: what the application has let go of is still given back.
                flow.ask(still);
            }
        }
    }

    /** What was asked is taken by nobody else while it is queued, so it is queued again. */
    @Override
    void refused(Context context, Throwable e) {
        context.ownership.commands.push(this);
    }
}
