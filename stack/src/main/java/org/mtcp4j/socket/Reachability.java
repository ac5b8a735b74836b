/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.Set;
import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.core.Addresses;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.Routes;
import org.mtcp4j.stats.SideReason;

/** What a configuration gives the stack: its addresses and routes, without starting it. The answers are a running stack's, as far as they are configured. */
public final class Reachability implements Reach {
    private final Routes routes;
    private final Addresses addresses;
    private final boolean memory;
    private final boolean learns;
    /** Of the kernel's ends of TAPs, which are the machine's once the stack runs. */
    private final Set<IpAddress> hostIps = new HashSet<>();

    /** @throws StackUnavailableException with one sentence */
    public Reachability(StackConfig config) throws StackUnavailableException {
        AddressConfig configured = new AddressConfig(config);
        routes = configured.routes();
        learns = configured.plan().any();
        boolean loopback = config.is(Key.LOOPBACK, "stack");
        addresses = new Addresses(routes, loopback);
        memory = Stack.isMemory(config.text(Key.NIC));
        for (String hostIp : config.text(Key.TAP_HOST_IP).split(";", -1)) {
            if (loopback && config.text(Key.NIC).contains("tap:")) {
                AddressConfig.hostIps(hostIp).forEach(subnet -> hostIps.add(subnet.address()));
            }
        }
    }

    private boolean isLocal(IpAddress ip) {
        return addresses.isLocal(ip) || hostIps.contains(ip.withoutZone());
    }

    @Override
    public boolean owns(InetAddress local) {
        IpAddress ip = Binds.wireAddress(local);
        return ip.isAny() || isLocal(ip);
    }

    /** {@link SideReason#KERNEL_LOOPBACK} stands for: the stack while somebody of the stack's listens there, else the kernel. */
    @Override
    public SideReason sideOf(InetSocketAddress remote) {
        IpAddress ip = Binds.wireAddress(remote.getAddress());
        boolean toOne = !ip.isMulticast() && !routes.isBroadcast(ip.hi(), ip.lo());
        boolean routed = memory ? routes.isConnected(ip.hi(), ip.lo()) : routes.hasRoute(ip);
        if (!toOne || !(isLocal(ip) || routed)) {
            return SideReason.KERNEL_NO_ROUTE;
        }
        return shares(remote.getAddress()) ? SideReason.KERNEL_LOOPBACK : SideReason.STACK;
    }

    /** Whether a running stack may have further addresses and routes, that it learns from its networks. */
    public boolean learns() {
        return learns;
    }

    /** Whether a connection can have such an other end at all. */
    public boolean isGroup(InetAddress remote) {
        IpAddress ip = Binds.wireAddress(remote);
        return ip.isMulticast() || routes.isBroadcast(ip.hi(), ip.lo());
    }

    @Override
    public boolean shares(InetAddress address) {
        IpAddress ip = Binds.wireAddress(address);
        return addresses.isShared(ip) || hostIps.contains(ip.withoutZone());
    }
}
