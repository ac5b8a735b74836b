/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.ip.IpAddress;

/**
 * Asks a context whether its connections keep a port from being bound: one of an address that the bind covers does, in TIME-WAIT too, unless
 * both have SO_REUSEADDR or both have SO_REUSEPORT (Linux's {@code inet_csk_bind_conflict}).
 */
final class BindCall extends Call {
    private final PortTable.Binding wanted;
    private boolean conflicts;

    BindCall(PortTable.Binding wanted) {
        this.wanted = wanted;
    }

    boolean conflicts() {
        return conflicts;
    }

    @Override
    void execute(Context context, long nowNs) {
        conflicts = context.flows.conflicts(this) || context.timeWaits.conflicts(this);
    }

    /** Whether a connection with these is in the way of the bind. */
    boolean conflictsWith(long localHi, long localLo, int localPort, boolean reuseAddress, boolean reusePort) {
        return localPort == wanted.port()
                && !(reuseAddress && wanted.reuseAddress())
                && !(reusePort && wanted.reusePort())
                && covers(localHi, localLo);
    }

    private boolean covers(long localHi, long localLo) {
        IpAddress bound = wanted.address();
        return PortTable.covers(bound, localHi, localLo);
    }
}
