/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.Routes;

/** Which addresses are the stack's own. Those of the machine's interfaces are looked up once, when first asked for. */
public final class Addresses {
    private final boolean loopbackOnStack;
    private volatile Routes routes;
    private volatile Set<IpAddress> machine;

    public Addresses(Routes routes, boolean loopbackOnStack) {
        this.routes = routes;
        this.loopbackOnStack = loopbackOnStack;
    }

    /** The stack has other addresses from now on. */
    void routes(Routes now) {
        routes = now;
    }

    /** Whether a packet from the network with this destination is for us. */
    boolean isOwn(int ipv4) {
        return routes.isLocal(0, IpAddress.mapped(ipv4));
    }

    /** Whether a connection to this address stays inside the stack. */
    public boolean isLocal(IpAddress address) {
        if (routes.isLocal(address.hi(), address.lo())) {
            return true;
        }
        return loopbackOnStack && (address.isLoopback() || machineAddresses().contains(address.withoutZone()));
    }

    /** Whether the kernel has the address, too: of an interface that both have, or one of the machine's loopback that the stack has taken. */
    public boolean isShared(IpAddress address) {
        return routes.isLocal(address.hi(), address.lo())
                ? routes.isShared(address.hi(), address.lo())
                : isLocal(address);
    }

    /** Where a packet from inside the stack to one of our addresses comes from. */
    public IpAddress sourceFor(IpAddress local) {
        return local.isIpv4() && local.isLoopback() ? IpAddress.ofIpv4(0x7f00_0001) : local;
    }

    private Set<IpAddress> machineAddresses() {
        Set<IpAddress> known = machine;
        if (known == null) {
            known = readMachineAddresses();
            machine = known;
        }
        return known;
    }

    private static Set<IpAddress> readMachineAddresses() {
        Set<IpAddress> found = new HashSet<>();
        try {
            for (NetworkInterface each : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                each.inetAddresses().forEach(address -> found.add(IpAddress.of(address)));
            }
        } catch (SocketException e) {
            // No interface can be listed: then none but the stack's own and loopback are local.
            return Set.of();
        }
        return found;
    }
}
