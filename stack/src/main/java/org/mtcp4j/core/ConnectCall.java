/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/** An active open: chooses the local port so that the flow belongs to the context that runs this, then sends the SYN. */
final class ConnectCall extends Call {
    private final Link[] links;
    private final int linkIndex;
    private final FlowKey key;
    private final int localPort;
    private final SocketDefaults options;
    private final Endpoint endpoint;
    private Flow flow;

    /** @param localPort bound port, or 0 to choose */
    ConnectCall(Context context, int linkIndex, FlowKey key, int localPort, SocketDefaults options, Endpoint endpoint) {
        this.links = context.links;
        this.linkIndex = linkIndex;
        this.key = key;
        this.localPort = localPort;
        this.options = options;
        this.endpoint = endpoint;
    }

    /** Null when no port is free. */
    Flow flow() {
        return flow;
    }

    @Override
    void execute(Context context, long nowNs) {
        boolean found = localPort != 0 ? context.portChoice.claim(key, true) : context.portChoice.choose(key);
        if (found) {
            flow = context.activeOpen(links[linkIndex], key, options, endpoint, nowNs);
        }
    }
}
