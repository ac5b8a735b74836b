/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.ip.IpAddress;

/** An active open: chooses the local port so that the flow belongs to the context that runs this, then sends the SYN. */
final class ConnectCall extends Call {
    private final int linkIndex;
    private final IpAddress local;
    private final IpAddress remote;
    private final int ports;
    private final SocketDefaults options;
    private final Endpoint endpoint;
    private Flow flow;

    /** @param ports bound port, or 0 to choose &lt;&lt; 16 | remote port */
    ConnectCall(
            int linkIndex, IpAddress local, IpAddress remote, int ports, SocketDefaults options, Endpoint endpoint) {
        this.linkIndex = linkIndex;
        this.local = local;
        this.remote = remote;
        this.ports = ports;
        this.options = options;
        this.endpoint = endpoint;
    }

    /** Null when no port is free. */
    Flow flow() {
        return flow;
    }

    /** Nobody has the connection. */
    @Override
    void tooLate(Context context, long nowNs) {
        if (flow != null) {
            context.flowAsked(flow, Flow.ABORT, nowNs);
        }
    }

    @Override
    void untaken() {
        if (flow != null) {
            flow.askAndKick(Flow.ABORT, false);
        }
    }

    @Override
    void execute(Context context, long nowNs) {
        FlowKey key = context.portChoice.opening;
        key.set(local.hi(), local.lo(), remote.hi(), remote.lo());
        key.ports(ports >>> 16, ports & 0xffff);
        boolean isBound = key.localPort() != 0;
        if (isBound ? context.portChoice.claim(key, true) : context.portChoice.choose(key, nowNs)) {
            try {
                flow = context.activeOpen(context.links[linkIndex], key, options, endpoint, nowNs);
            } finally {
                if (!isBound) {
                    context.portChoice.opened(key);
                }
            }
        }
    }
}
