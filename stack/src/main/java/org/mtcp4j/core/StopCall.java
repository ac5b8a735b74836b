/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/** Ends all flows of a context: first gracefully, then by reset. */
final class StopCall extends Call {
    private final boolean abort;
    private final boolean exiting;
    private int cut;

    /** @param exiting the JVM ends: connections with both ends in it stay as they are, and no application hears of the others' ends */
    StopCall(boolean abort, boolean exiting) {
        this.abort = abort;
        this.exiting = exiting;
    }

    /** Flows that were reset although they had something left to do. */
    int cut() {
        return cut;
    }

    @Override
    void execute(Context context, long nowNs) {
        for (Flow flow : context.flows.snapshot()) {
            if (exiting) {
                if (flow.link.loopback) {
                    continue;
                }
                flow.mute();
            }
            if (!abort) {
                context.closeForStop(flow, nowNs);
            } else if (!flow.finAcked()) {
                cut++;
                context.flowAsked(flow, Flow.ABORT, nowNs);
            }
        }
    }
}
