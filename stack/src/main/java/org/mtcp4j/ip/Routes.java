/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.mtcp4j.wire.Ndp;

/** The interfaces' own addresses and where packets go first; immutable. Lookups allocate nothing. */
public final class Routes {
    private record Route(Subnet destination, IpAddress gateway, int nic) {}

    private final List<List<Subnet>> interfaces;
    private final Subnet[] own;
    /** Longest prefix first. */
    private final Route[] routes;

    /** Of a single interface, see {@link #of}. */
    public Routes(List<Subnet> own, List<IpAddress> gateways) {
        this((Collection<List<Subnet>>) List.of(List.copyOf(own)), gateways);
    }

    /**
     * @param interfaces each interface's addresses with their networks' prefixes; each network is connected
     * @param gateways default gateways, at most one a family; may be empty
     * @throws IllegalArgumentException when a gateway is not in a connected network
     */
    public static Routes of(List<List<Subnet>> interfaces, List<IpAddress> gateways) {
        return new Routes((Collection<List<Subnet>>) List.copyOf(interfaces), gateways);
    }

    private Routes(Collection<List<Subnet>> interfaces, Collection<IpAddress> gateways) {
        this.interfaces = List.copyOf(interfaces);
        this.own = this.interfaces.stream().flatMap(List::stream).toArray(Subnet[]::new);
        List<Route> table = new ArrayList<>();
        for (int i = 0; i < this.interfaces.size(); i++) {
            for (Subnet subnet : this.interfaces.get(i)) {
                table.add(new Route(subnet, null, i));
            }
        }
        for (IpAddress gateway : gateways) {
            int nic = connectedTo(gateway);
            if (nic < 0) {
                throw new IllegalArgumentException("gateway " + gateway + " is in none of the networks " + List.of(own)
                        + "; give one that is, or an address with a shorter prefix");
            }
            table.add(new Route(new Subnet(gateway.isIpv4() ? IpAddress.ANY_V4 : IpAddress.ANY_V6, 0), gateway, nic));
        }
        table.sort(Comparator.comparingInt(Routes::bits).reversed());
        this.routes = table.toArray(Route[]::new);
    }

    private int connectedTo(IpAddress address) {
        for (int i = 0; i < interfaces.size(); i++) {
            if (interfaces.get(i).stream().anyMatch(subnet -> subnet.contains(address))) {
                return i;
            }
        }
        return -1;
    }

    private static int bits(Route route) {
        return route.destination.prefixBits();
    }

    /** Our own addresses with their prefixes. */
    public List<Subnet> own() {
        return List.of(own);
    }

    /** One interface's addresses and networks, without gateways: what its neighbours are asked and told. */
    public Routes onLink(int index) {
        return new Routes(interfaces.get(index), List.of());
    }

    /** The interface through which packets to the destination leave, counted from 0, or -1 where there is no route. */
    public int interfaceFor(long hi, long lo) {
        Route route = find(hi, lo);
        return route == null ? -1 : route.nic;
    }

    /** Whether the address is one of our own. */
    public boolean isLocal(long hi, long lo) {
        for (Subnet subnet : own) {
            if (subnet.address().lo() == lo && subnet.address().hi() == hi) {
                return true;
            }
        }
        return false;
    }

    /** Whether this is the lower half of the solicited-node group of one of our addresses (RFC 4291 §2.7.1). */
    public boolean isSolicitedNode(long lo) {
        for (Subnet subnet : own) {
            if (!subnet.address().isIpv4()
                    && Ndp.solicitedNodeLo(subnet.address().lo()) == lo) {
                return true;
            }
        }
        return false;
    }

    /** Whether the address is on a network that we are on. */
    public boolean isConnected(long hi, long lo) {
        for (Subnet subnet : own) {
            if (subnet.contains(hi, lo)) {
                return true;
            }
        }
        return false;
    }

    /** Limited broadcast, or the broadcast address of a connected network. */
    public boolean isBroadcast(long hi, long lo) {
        if (IpAddress.isIpv4(hi, lo) && (int) lo == -1) {
            return true;
        }
        for (Subnet subnet : own) {
            if (subnet.isBroadcast(hi, lo)) {
                return true;
            }
        }
        return false;
    }

    /** The neighbour that packets to the destination go to: itself, a gateway, or null where there is no route. */
    public IpAddress nextHop(IpAddress destination) {
        Route route = find(destination.hi(), destination.lo());
        if (route == null) {
            return null;
        }
        return route.gateway == null ? destination : route.gateway;
    }

    public boolean hasRoute(IpAddress destination) {
        return find(destination.hi(), destination.lo()) != null;
    }

    /** Which of our addresses to send to the destination from (RFC 1122 §3.3.4.3), or null where there is no route. */
    public IpAddress sourceFor(IpAddress destination) {
        IpAddress hop = nextHop(destination);
        if (hop == null) {
            return null;
        }
        Subnet best = null;
        for (Subnet subnet : interfaces.get(interfaceFor(destination.hi(), destination.lo()))) {
            if (subnet.contains(hop) && (best == null || subnet.prefixBits() > best.prefixBits())) {
                best = subnet;
            }
        }
        return best == null ? null : best.address();
    }

    private Route find(long hi, long lo) {
        for (Route route : routes) {
            if (route.destination.contains(hi, lo)) {
                return route;
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return List.of(routes).toString();
    }
}
