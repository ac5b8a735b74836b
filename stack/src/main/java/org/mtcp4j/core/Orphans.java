/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.tcp.TcpState;

/**
 * Connections that no application holds any more and that still have something to deliver. What they hold nobody can free but their
 * peers, so there is a bound on their number, as Linux has it (tcp_max_orphans). Those in FIN-WAIT-2 and TIME-WAIT hold nothing and do not
 * count. The owner's.
 */
final class Orphans {
    private static final int LEAST = 64;

    private final int most;
    private int count;

    /** A quarter of all connections, shared by the contexts. */
    Orphans(int maxConnections, int contexts) {
        most = Math.max(LEAST, maxConnections / 4 / contexts);
    }

    /** The application has closed the flow, which is reset if that is one orphan too many. */
    void adopt(Flow flow, long nowNs) {
        TcpState state = flow.state();
        boolean busy = state == TcpState.FIN_WAIT_1 || state == TcpState.CLOSING || state == TcpState.LAST_ACK;
        if (!busy || flow.countsOrphan) {
            return;
        }
        if (count >= most) {
            flow.context.tcpCounters.abortOnMemory++;
            flow.abort(nowNs);
            return;
        }
        flow.countsOrphan = true;
        count++;
    }

    /** The flow has delivered everything, or is gone. */
    void forget(Flow flow) {
        if (flow.countsOrphan) {
            flow.countsOrphan = false;
            count--;
        }
    }

    int count() {
        return count;
    }

    int most() {
        return most;
    }
}
