/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.concurrent.ThreadLocalRandom;

/** An active open: chooses the local port so that the flow belongs to the context that runs this, then sends the SYN. */
final class ConnectCall extends Call {
    /** The design's range for ports of active opens. */
    private static final int FIRST_PORT = 1024;

    private static final int PORTS = 65_536 - FIRST_PORT;

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
        boolean found =
                localPort != 0 ? context.claimTuple(key, true) : choose(context, false) || choose(context, true);
        if (found) {
            flow = context.activeOpen(links[linkIndex], key, options, endpoint, nowNs);
        }
    }

    /** RFC 6056 §3.3.1 from a random start; on the second pass TIME-WAIT tuples are taken too (RFC 6191 makes them safe). */
    private boolean choose(Context context, boolean reuseTimeWait) {
        int remotePort = key.remotePort();
        int start = ThreadLocalRandom.current().nextInt(PORTS);
        for (int i = 0; i < PORTS; i++) {
            int port = FIRST_PORT + (start + i) % PORTS;
            key.ports(port, remotePort);
            if (context.contextOf(key.hash) == context.index
                    && !context.engine.ports.isBound(port)
                    && context.claimTuple(key, reuseTimeWait)) {
                return true;
            }
        }
        return false;
    }
}
