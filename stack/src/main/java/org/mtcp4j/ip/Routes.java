/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.mtcp4j.wire.Ndp;

/** The interfaces' own addresses and where packets go first; immutable. Lookups allocate nothing. */
public final class Routes {
    private record Route(Subnet destination, IpAddress gateway, int nic) {}

    /** What is known of gateways. */
    public interface Liveness {
        /** @param nic counted from 0 */
        boolean isDead(int nic, IpAddress gateway);
    }

    private static final int SAME_SCOPE = 1 << 20;
    private static final int NOT_DEPRECATED = 1 << 19;
    private static final int HOP_SHIFT = 9;
    /** Of what is not reached over an interface of the stack's. */
    private static final int NOWHERE = -1;

    private final List<LinkAddresses> interfaces;
    private final Subnet[] own;
    /** Networks that are reached without a router. */
    private final Subnet[] connected;

    private final IpAddress[] tentative;
    /** Longest prefix first. */
    private final Route[] routes;

    /** Of a single interface, see {@link #of}. */
    public Routes(List<Subnet> own, List<IpAddress> gateways) {
        this((Collection<LinkAddresses>) List.of(LinkAddresses.of(own)), gateways);
    }

    /**
     * @param interfaces each interface's addresses with their networks' prefixes; each network is connected
     * @param gateways default gateways, best first; may be empty
     * @throws IllegalArgumentException when a gateway is not in a connected network
     */
    public static Routes of(List<List<Subnet>> interfaces, List<IpAddress> gateways) {
        return ofLinks(interfaces.stream().map(LinkAddresses::of).toList(), gateways);
    }

    /** As {@link #of}, with what was learned: the interfaces' own gateways come behind the configured ones. */
    public static Routes ofLinks(List<LinkAddresses> interfaces, List<IpAddress> gateways) {
        return new Routes((Collection<LinkAddresses>) List.copyOf(interfaces), gateways);
    }

    private Routes(Collection<LinkAddresses> links, Collection<IpAddress> gateways) {
        this.interfaces = List.copyOf(links);
        this.own = interfaces.stream().flatMap(link -> link.own().stream()).toArray(Subnet[]::new);
        this.connected = interfaces.stream()
                .flatMap(link -> Stream.concat(link.own().stream(), link.onLink().stream()))
                .toArray(Subnet[]::new);
        this.tentative =
                interfaces.stream().flatMap(link -> link.tentative().stream()).toArray(IpAddress[]::new);
        List<Route> table = new ArrayList<>();
        for (int i = 0; i < interfaces.size(); i++) {
            for (Subnet subnet : interfaces.get(i).own()) {
                table.add(new Route(subnet, null, i));
            }
            for (Subnet subnet : interfaces.get(i).onLink()) {
                table.add(new Route(subnet, null, i));
            }
        }
        for (IpAddress gateway : gateways) {
            int nic = connectedTo(gateway);
            if (nic < 0) {
                throw new IllegalArgumentException("gateway " + gateway + " is in none of the networks " + List.of(own)
                        + "; give one that is, or an address with a shorter prefix");
            }
            table.add(throughGateway(gateway, nic));
        }
        for (int i = 0; i < interfaces.size(); i++) {
            for (IpAddress gateway : interfaces.get(i).gateways()) {
                table.add(throughGateway(gateway, i));
            }
            addKernelRoutes(interfaces.get(i).kernel(), i, table);
        }
        table.sort(Comparator.comparingInt(Routes::bits).reversed());
        this.routes = table.toArray(Route[]::new);
    }

    private static void addKernelRoutes(LinkAddresses.KernelRoutes kernel, int nic, List<Route> table) {
        if (kernel != null) {
            kernel.via().forEach(via -> table.add(new Route(via.network(), via.gateway(), nic)));
            kernel.elsewhere().forEach(network -> table.add(new Route(network, null, NOWHERE)));
        }
    }

    private static Route throughGateway(IpAddress gateway, int nic) {
        return new Route(new Subnet(gateway.isIpv4() ? IpAddress.ANY_V4 : IpAddress.ANY_V6, 0), gateway, nic);
    }

    private int connectedTo(IpAddress address) {
        for (int i = 0; i < interfaces.size(); i++) {
            if (interfaces.get(i).own().stream().anyMatch(subnet -> subnet.contains(address))) {
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
        LinkAddresses link = interfaces.get(index);
        return new Routes(
                (Collection<LinkAddresses>) List.of(new LinkAddresses(
                        link.own(), link.deprecated(), link.tentative(), link.onLink(), List.of(), 0, 0)),
                List.of());
    }

    /** What that interface has, counted from 0. */
    public LinkAddresses link(int index) {
        return interfaces.get(index);
    }

    public int interfaces() {
        return interfaces.size();
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

    /** Whether the address is one of our own, and the kernel's as well. */
    public boolean isShared(long hi, long lo) {
        for (LinkAddresses link : interfaces) {
            for (Subnet subnet : link.own()) {
                if (link.kernel() != null
                        && subnet.address().lo() == lo
                        && subnet.address().hi() == hi) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether the address is one that we try for duplicates. */
    public boolean isTentative(long hi, long lo) {
        for (IpAddress address : tentative) {
            if (address.lo() == lo && address.hi() == hi) {
                return true;
            }
        }
        return false;
    }

    /** Whether this is the lower half of the solicited-node group of an address that is ours or tentative (RFC 4291 §2.7.1). */
    public boolean isSolicitedNode(long lo) {
        for (Subnet subnet : own) {
            if (!subnet.address().isIpv4()
                    && Ndp.solicitedNodeLo(subnet.address().lo()) == lo) {
                return true;
            }
        }
        for (IpAddress address : tentative) {
            if (Ndp.solicitedNodeLo(address.lo()) == lo) {
                return true;
            }
        }
        return false;
    }

    /** Whether the address is on a network that we are on. */
    public boolean isConnected(long hi, long lo) {
        for (Subnet subnet : connected) {
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

    /** Whether the address is one of the gateways. */
    public boolean isGateway(long hi, long lo) {
        for (Route route : routes) {
            if (route.gateway != null && route.gateway.lo() == lo && route.gateway.hi() == hi) {
                return true;
            }
        }
        return false;
    }

    /**
     * As {@link #gatewayFor(long, long)}, but of several gateways of one interface the first that is not known to be dead, or the first
     * (RFC 1122 §3.3.1.5, RFC 4861 §6.3.6).
     */
    public IpAddress gatewayFor(long hi, long lo, Liveness liveness) {
        Route first = find(hi, lo);
        if (first == null || first.gateway == null || !liveness.isDead(first.nic, first.gateway)) {
            return first == null ? null : first.gateway;
        }
        for (Route other : routes) {
            if (other.nic == first.nic
                    && other.gateway != null
                    && other.destination.equals(first.destination)
                    && !liveness.isDead(other.nic, other.gateway)) {
                return other.gateway;
            }
        }
        return first.gateway;
    }

    /** The gateway to the destination, or null where it is a neighbour itself or there is no route. */
    public IpAddress gatewayFor(long hi, long lo) {
        Route route = find(hi, lo);
        return route == null ? null : route.gateway;
    }

    /** The neighbour that packets to the destination go to: itself, a gateway, or null where there is no route. */
    public IpAddress nextHop(IpAddress destination) {
        Route route = find(destination.hi(), destination.lo());
        if (route == null || route.nic == NOWHERE) {
            return null;
        }
        return route.gateway == null ? destination : route.gateway;
    }

    public boolean hasRoute(IpAddress destination) {
        return interfaceFor(destination.hi(), destination.lo()) >= 0;
    }

    /**
     * Which of our addresses to send to the destination from, or null where there is no route: of the interface that leads there the one
     * of the same scope, not deprecated, in the next hop's network, with the longest prefix in common (RFC 1122 §3.3.4.3; RFC 6724 §5,
     * rules 2, 3, 5.5 and 8).
     */
    public IpAddress sourceFor(IpAddress destination) {
        Route route = find(destination.hi(), destination.lo());
        if (route == null || route.nic == NOWHERE) {
            return null;
        }
        LinkAddresses link = interfaces.get(route.nic);
        IpAddress hop = route.gateway == null ? destination : route.gateway;
        Subnet best = null;
        int bestScore = -1;
        for (Subnet subnet : link.own()) {
            int score = subnet.address().isIpv4() == destination.isIpv4() ? score(link, subnet, destination, hop) : -1;
            if (score > bestScore) {
                bestScore = score;
                best = subnet;
            }
        }
        return best == null ? null : best.address();
    }

    private static int score(LinkAddresses link, Subnet subnet, IpAddress destination, IpAddress hop) {
        IpAddress address = subnet.address();
        int score = address.isLinkLocal() == destination.isLinkLocal() ? SAME_SCOPE : 0;
        score += link.deprecated().contains(address) ? 0 : NOT_DEPRECATED;
        score += subnet.contains(hop) ? (subnet.prefixBits() + 1) << HOP_SHIFT : 0;
        long hi = address.hi() ^ destination.hi();
        long lo = address.lo() ^ destination.lo();
        return score + (hi == 0 ? Long.SIZE + Long.numberOfLeadingZeros(lo) : Long.numberOfLeadingZeros(hi));
    }

    private Route find(long hi, long lo) {
        for (Route route : routes) {
            if (route.destination.contains(hi, lo)) {
                return route;
            }
        }
        return null;
    }

    /** Own addresses, then gateways; {@code ;} between interfaces. */
    public String toText() {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < interfaces.size(); i++) {
            List<String> text = new ArrayList<>();
            interfaces.get(i).own().forEach(subnet -> text.add(subnet.toString()));
            for (Route route : routes) {
                if (route.gateway != null && route.nic == i) {
                    text.add("via " + route.gateway);
                }
            }
            texts.add(String.join(", ", text));
        }
        return String.join("; ", texts);
    }

    @Override
    public String toString() {
        return List.of(routes).toString();
    }
}
