/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/** Ends all flows of a context: first gracefully, then by reset. */
final class StopCall extends Call {
    private final boolean abort;
    private int cut;

    StopCall(boolean abort) {
        this.abort = abort;
    }

    /** Flows that were reset although they had something left to do. */
    int cut() {
        return cut;
    }

    @Override
    void execute(Context context, long nowNs) {
        for (Flow flow : context.flows.snapshot()) {
            if (!abort) {
                context.closeForStop(flow, nowNs);
            } else if (!flow.finAcked()) {
                cut++;
                context.flowAsked(flow, Flow.ABORT, nowNs);
            }
        }
    }
}
