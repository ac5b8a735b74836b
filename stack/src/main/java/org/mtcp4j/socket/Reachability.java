/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.net.InetAddress;
import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.core.Addresses;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.Routes;

/** What a configuration gives the stack: its addresses and routes, without starting it. The answers are a running stack's. */
public final class Reachability {
    private final Routes routes;
    private final Addresses addresses;
    private final boolean memory;

    /** @throws StackUnavailableException with one sentence */
    public Reachability(StackConfig config) throws StackUnavailableException {
        routes = Stack.routes(config);
        addresses = new Addresses(routes, config.is(Key.LOOPBACK, "stack"));
        memory = Stack.isMemory(config.text(Key.NIC));
    }

    /** See {@link Stack#owns}. */
    public boolean owns(InetAddress local) {
        IpAddress ip = Binds.wireAddress(local);
        return ip.isAny() || addresses.isLocal(ip);
    }

    /** See {@link Stack#routes(InetAddress)}. */
    public boolean routes(InetAddress remote) {
        IpAddress ip = Binds.wireAddress(remote);
        return addresses.isLocal(ip) || (memory ? routes.isConnected(ip.hi(), ip.lo()) : routes.hasRoute(ip));
    }

    /** See {@link Stack#shares}. */
    public boolean shares(InetAddress address) {
        return addresses.isShared(Binds.wireAddress(address));
    }
}
