/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import java.util.List;
import java.util.stream.Stream;

/**
 * What an interface has at a time, configured or learned; immutable.
 *
 * @param own addresses in use, with their networks' prefixes; each network is connected
 * @param deprecated those of {@code own} that no new connection is to come from (RFC 4862 §5.5.4)
 * @param tentative addresses that are being tried for duplicates: nobody's yet, but their groups are joined (RFC 4862 §5.4.2)
 * @param onLink further networks, or neighbours, that are reached without a router
 * @param gateways learned default gateways, best first
 * @param ipv4MtuBytes what was learned of it, or 0
 * @param ipv6MtuBytes what was learned of it, or 0
 * @param kernel null for an interface of the stack's alone
 */
public record LinkAddresses(
        List<Subnet> own,
        List<IpAddress> deprecated,
        List<IpAddress> tentative,
        List<Subnet> onLink,
        List<IpAddress> gateways,
        int ipv4MtuBytes,
        int ipv6MtuBytes,
        KernelRoutes kernel) {
    /** A network behind a gateway. */
    public record Via(Subnet network, IpAddress gateway) {}

    /**
     * Of an interface that the kernel has, too.
     *
     * @param via networks behind other gateways than the default ones
     * @param elsewhere networks that are not reached over this interface
     */
    public record KernelRoutes(List<Via> via, List<Subnet> elsewhere) {
        public KernelRoutes {
            via = List.copyOf(via);
            elsewhere = List.copyOf(elsewhere);
        }
    }

    public LinkAddresses {
        own = List.copyOf(own);
        deprecated = List.copyOf(deprecated);
        tentative = List.copyOf(tentative);
        onLink = List.copyOf(onLink);
        gateways = List.copyOf(gateways);
    }

    /** Of an interface of the stack's alone. */
    public LinkAddresses(
            List<Subnet> own,
            List<IpAddress> deprecated,
            List<IpAddress> tentative,
            List<Subnet> onLink,
            List<IpAddress> gateways,
            int ipv4MtuBytes,
            int ipv6MtuBytes) {
        this(own, deprecated, tentative, onLink, gateways, ipv4MtuBytes, ipv6MtuBytes, null);
    }

    /** Configured ones, and nothing else. */
    public static LinkAddresses of(List<Subnet> own) {
        return new LinkAddresses(own, List.of(), List.of(), List.of(), List.of(), 0, 0);
    }

    /** Both together. */
    public LinkAddresses and(LinkAddresses other) {
        return new LinkAddresses(
                concat(own, other.own),
                concat(deprecated, other.deprecated),
                concat(tentative, other.tentative),
                concat(onLink, other.onLink),
                concat(gateways, other.gateways),
                Math.max(ipv4MtuBytes, other.ipv4MtuBytes),
                Math.max(ipv6MtuBytes, other.ipv6MtuBytes),
                kernel == null ? other.kernel : kernel);
    }

    /** Without those addresses: they are there in any case. */
    public LinkAddresses without(List<Subnet> others) {
        List<Subnet> rest = own.stream()
                .filter(each ->
                        others.stream().noneMatch(other -> other.address().equals(each.address())))
                .toList();
        return new LinkAddresses(rest, deprecated, tentative, onLink, gateways, ipv4MtuBytes, ipv6MtuBytes, kernel);
    }

    private static <T> List<T> concat(List<T> one, List<T> other) {
        return Stream.concat(one.stream(), other.stream()).toList();
    }
}
