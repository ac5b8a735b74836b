/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/** Lists a context's flows. */
final class CountCall extends Call {
    private Flow[] flows;
    private FlowKey[] timeWaits;
    private int unfinished;
    private int unfinishedOutside;

    Flow[] flows() {
        return flows;
    }

    FlowKey[] timeWaits() {
        return timeWaits;
    }

    /** Flows whose peer has not acknowledged everything, our FIN included. */
    int unfinished() {
        return unfinished;
    }

    /** Those of them whose peer is not in this JVM. */
    int unfinishedOutside() {
        return unfinishedOutside;
    }

    @Override
    void execute(Context context, long nowNs) {
        flows = context.flows.snapshot();
        timeWaits = context.timeWaits.snapshot();
        for (Flow flow : flows) {
            if (!flow.finAcked()) {
                unfinished++;
                unfinishedOutside += flow.link.loopback ? 0 : 1;
            }
        }
    }
}
