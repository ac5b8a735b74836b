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
        if ((bits & Flow.STORAGE) != 0) {
            context.storageWaiters.add(flow);
        }
        context.flowAsked(flow, bits, nowNs);
    }
}
