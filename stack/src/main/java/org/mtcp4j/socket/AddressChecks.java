/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.util.List;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.Subnet;

/** Addresses that can be written and cannot work, each refused with what, why and cure. */
final class AddressChecks {
    /** IPv4 networks up to here have a network and a broadcast address (RFC 3021). */
    private static final int MAX_BITS_WITH_BROADCAST = 30;
    /** IPv6 networks up to here have a routers' anycast address (RFC 4291 §2.6.1, RFC 6164). */
    private static final int MAX_BITS_WITH_ANYCAST = 126;

    private AddressChecks() {}

    /** @param text as written, of an address of the stack's own */
    static Subnet own(String text) {
        Subnet subnet = Subnet.parse(text);
        IpAddress address = subnet.address();
        if (text.indexOf('/') < 0) {
            throw new IllegalArgumentException("'" + text
                    + "' has no prefix length, so nothing is its neighbour; write " + text
                    + (address.isIpv4() ? "/24" : "/64") + " with the bits of its network, as 'ip addr' prints them");
        }
        String what = unusable(subnet);
        if (what != null) {
            throw new IllegalArgumentException(
                    "'" + text + "' is " + what + "; write an address that no other host of the network has");
        }
        return subnet;
    }

    /** What it is instead of a host's address, or null. */
    private static String unusable(Subnet subnet) {
        IpAddress address = subnet.address();
        String group = notAHosts(address);
        if (group != null) {
            return group;
        }
        if (subnet.isBroadcast(address.hi(), address.lo())) {
            return "the broadcast address of its network";
        }
        int most = address.isIpv4() ? MAX_BITS_WITH_BROADCAST : MAX_BITS_WITH_ANYCAST;
        boolean network = subnet.prefixBits() <= most
                && Subnet.networkOf(address, subnet.prefixBits()).address().equals(address);
        return network
                ? (address.isIpv4() ? "the network itself" : "the network itself, and its routers' anycast address")
                : null;
    }

    private static String notAHosts(IpAddress address) {
        if (address.isAny()) {
            return "the unspecified address";
        }
        if (address.isLoopback()) {
            return "a loopback address";
        }
        if (address.isMulticast()) {
            return "a multicast address";
        }
        return address.isIpv4() && address.toIpv4() == -1 ? "the broadcast address" : null;
    }

    static void gateway(IpAddress gateway, List<IpAddress> own) {
        String what = own.contains(gateway.withoutZone()) ? "one of the stack's own addresses" : notAHosts(gateway);
        if (what != null) {
            throw new IllegalArgumentException("the gateway " + gateway.withoutZone() + " is " + what
                    + "; write the router's address, as 'ip route' prints it behind 'via', or nothing");
        }
    }

    /**
     * @param host one of {@code mtcp.tap.host-ip} for one NIC
     * @param own addresses of that NIC, without zones
     * @param complete whether there will be no further ones
     */
    static void hostIp(Subnet host, List<Subnet> own, boolean complete) {
        String what = unusable(host);
        if (own.stream().anyMatch(subnet -> subnet.address().equals(host.address()))) {
            what = "the stack's own address, and the kernel's end of the TAP needs another of the same network";
        }
        List<Subnet> family = own.stream()
                .filter(subnet -> subnet.address().isIpv4() == host.address().isIpv4())
                .toList();
        if (what == null
                && complete
                && !family.isEmpty()
                && family.stream().noneMatch(subnet -> subnet.contains(host.address()))) {
            what = "in none of the stack's networks (" + family + "), so neither end reaches the other";
        }
        if (what != null) {
            throw new IllegalArgumentException(
                    "mtcp.tap.host-ip=" + host + " is " + what
                            + "; write an address of the same network as mtcp.ip, as ip=198.18.0.2/24 and tap.host-ip=198.18.0.1/24");
        }
    }
}
