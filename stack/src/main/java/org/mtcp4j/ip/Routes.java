/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** One interface's own addresses and where its packets go first; immutable. Lookups allocate nothing. */
public final class Routes {
    private record Route(Subnet destination, IpAddress gateway) {}

    private final Subnet[] own;
    /** Longest prefix first. */
    private final Route[] routes;

    /**
     * @param own the interface's addresses with their networks' prefixes; each network is connected
     * @param gateways default gateways, at most one a family; may be empty
     * @throws IllegalArgumentException when a gateway is not in a connected network
     */
    public Routes(List<Subnet> own, List<IpAddress> gateways) {
        this.own = own.toArray(Subnet[]::new);
        List<Route> table = new ArrayList<>();
        own.forEach(subnet -> table.add(new Route(subnet, null)));
        for (IpAddress gateway : gateways) {
            if (own.stream().noneMatch(subnet -> subnet.contains(gateway))) {
                throw new IllegalArgumentException("gateway " + gateway + " is in none of the networks " + own
                        + "; give one that is, or an address with a shorter prefix");
            }
            table.add(new Route(new Subnet(gateway.isIpv4() ? IpAddress.ANY_V4 : IpAddress.ANY_V6, 0), gateway));
        }
        table.sort(Comparator.comparingInt(Routes::bits).reversed());
        this.routes = table.toArray(Route[]::new);
    }

    private static int bits(Route route) {
        return route.destination.prefixBits();
    }

    /** Our own addresses with their prefixes. */
    public List<Subnet> own() {
        return List.of(own);
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
        for (Subnet subnet : own) {
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
