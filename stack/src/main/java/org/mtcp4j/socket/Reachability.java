/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.net.InetAddress;
import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.core.Addresses;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.Routes;

/** What a configuration gives the stack: its addresses and routes, without starting it. The answers are a running stack's, as far as they are configured. */
public final class Reachability {
    private final Routes routes;
    private final Addresses addresses;
    private final boolean memory;
    private final boolean learns;

    /** @throws StackUnavailableException with one sentence */
    public Reachability(StackConfig config) throws StackUnavailableException {
        AddressConfig configured = new AddressConfig(config);
        routes = configured.routes();
        learns = configured.plan().any();
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

    /** Whether a running stack may have further addresses and routes, that it learns from its networks. */
    public boolean learns() {
        return learns;
    }

    /** See {@link Stack#shares}. */
    public boolean shares(InetAddress address) {
        return addresses.isShared(Binds.wireAddress(address));
    }
}
