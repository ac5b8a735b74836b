/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mtcp4j.nic.InterfaceState;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCalls;
import org.mtcp4j.wire.Ethernet;

/** The kernel's links, addresses and routes, read as a whole whenever something of them has changed. One thread at a time. */
final class InterfaceTable {
    static final int NEWLINK = 16;
    private static final int GETLINK = 18;
    private static final int GETADDR = 22;
    private static final int GETROUTE = 26;
    private static final int LINK_BYTES = 16;
    private static final int ADDRESS_BYTES = 8;
    private static final int ROUTE_BYTES = 12;

    private static final int IFF_UP = 1;
    private static final int IFLA_ADDRESS = 1;
    private static final int IFLA_NAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int IFLA_RX_QUEUES = 32;
    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_FLAGS = 8;
    private static final int TENTATIVE_OR_DUPLICATE = 0x40 | 0x08;
    private static final int DEPRECATED = 0x20;

    private static final int TABLE_MAIN = 254;
    private static final int CLONED = 0x200;
    private static final int RTN_UNICAST = 1;
    private static final int RTN_BLACKHOLE = 6;
    private static final int RTN_PROHIBIT = 8;
    private static final int RTA_DST = 1;
    private static final int RTA_OIF = 4;
    private static final int RTA_GATEWAY = 5;
    private static final int RTA_PRIORITY = 6;
    private static final int RTA_MULTIPATH = 9;
    private static final int RTA_TABLE = 15;
    /** A gateway of the other family: {@code struct rtvia}. */
    private static final int RTA_VIA = 18;

    private static final int VIA_FAMILY_BYTES = 2;
    private static final int NEXT_HOP_BYTES = 8;
    /** Of more, the rest is taken to be elsewhere by nobody: the table stays at what it was. */
    static final int MOST_ROUTES = 16_384;

    /** A link by its name. */
    record Link(int index, String name, int mtuBytes, long mac, boolean isUp, int receiveQueues) {}

    private record Candidate(InterfaceState.Route route, long metric) {}

    private final Netlink netlink;
    private final List<Link> links = new ArrayList<>();
    private final List<InterfaceState.Address> addresses = new ArrayList<>();
    private final List<Candidate> routes = new ArrayList<>();
    private int index;

    InterfaceTable(LinuxCalls calls, XdpFailures failures) throws NicUnavailableException {
        netlink = new Netlink(calls, failures, 0);
    }

    /** Null where there is none of that name. */
    Link find(String name) {
        readLinks();
        for (Link link : links) {
            if (link.name.equals(name)) {
                index = link.index;
                return link;
            }
        }
        return null;
    }

    /** The interface that the failures are about. */
    Link require(XdpFailures failures) throws NicUnavailableException {
        Link found = find(failures.interfaceName());
        if (found == null) {
            throw failures.sentence("there is no such interface here; there are " + String.join(", ", names()));
        }
        return found;
    }

    List<String> names() {
        return links.stream().map(Link::name).toList();
    }

    private boolean readLinks() {
        return netlink.dump(GETLINK, new byte[LINK_BYTES], links::clear, this::link);
    }

    private void link(ByteBuffer in, int at, int type, int end) {
        int message = at + Netlink.HEADER_BYTES;
        int attributes = message + LINK_BYTES;
        int name = Netlink.attribute(in, attributes, end, IFLA_NAME);
        int mtu = Netlink.attribute(in, attributes, end, IFLA_MTU);
        int mac = Netlink.attribute(in, attributes, end, IFLA_ADDRESS);
        int queues = Netlink.attribute(in, attributes, end, IFLA_RX_QUEUES);
        if (type != NEWLINK || name < 0) {
            return;
        }
        String text = new String(Netlink.value(in, name), StandardCharsets.UTF_8);
        boolean hasMac = mac >= 0 && Netlink.valueBytes(in, mac) == 6;
        links.add(new Link(
                in.getInt(message + 4),
                text.substring(0, Math.max(0, text.indexOf('\0'))),
                mtu < 0 ? 0 : in.getInt(mtu),
                hasMac ? Ethernet.mac(in.duplicate(), mac) : 0,
                (in.getInt(message + 8) & IFF_UP) != 0,
                queues < 0 ? 1 : in.getInt(queues)));
    }

    /**
     * What the kernel has told of an interface.
     *
     * @param state null where the interface is gone
     */
    record Answer(InterfaceState state) {}

    /** Reads everything about the interface found before; null if the kernel does not answer, or has too many routes. */
    Answer read() {
        Runnable clear = () -> {
            addresses.clear();
            routes.clear();
        };
        boolean complete = readLinks()
                && netlink.dump(GETADDR, new byte[ADDRESS_BYTES], clear, this::address)
                && readRoutes(LinuxCalls.AF_INET)
                && readRoutes(LinuxCalls.AF_INET6);
        if (!complete || routes.size() >= MOST_ROUTES) {
            return null;
        }
        for (Link link : links) {
            if (link.index == index) {
                return new Answer(new InterfaceState(link.mtuBytes, link.mac, link.isUp, addresses, best()));
            }
        }
        return new Answer(null);
    }

    private boolean readRoutes(int family) {
        byte[] message = new byte[ROUTE_BYTES];
        message[0] = (byte) family;
        message[4] = (byte) TABLE_MAIN;
        int before = routes.size();
        return netlink.dump(
                GETROUTE, message, () -> routes.subList(before, routes.size()).clear(), this::route);
    }

    private static InetAddress inet(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            return null;
        }
    }

    private void address(ByteBuffer in, int at, int type, int end) {
        int message = at + Netlink.HEADER_BYTES;
        int attributes = message + ADDRESS_BYTES;
        int value = Netlink.attribute(in, attributes, end, IFA_LOCAL);
        if (value < 0) {
            value = Netlink.attribute(in, attributes, end, IFA_ADDRESS);
        }
        InetAddress address = value < 0 ? null : inet(Netlink.value(in, value));
        if (address == null) {
            return;
        }
        if (in.getInt(message + 4) != index) {
            // Whoever connects there connects to this machine, and does so over none of its interfaces.
            int bits = address.getAddress().length * 8;
            routes.add(new Candidate(new InterfaceState.Route(address, bits, null, true), -1));
            return;
        }
        int flagsAt = Netlink.attribute(in, attributes, end, IFA_FLAGS);
        int flags = flagsAt < 0 ? in.get(message + 2) & 0xff : in.getInt(flagsAt);
        addresses.add(new InterfaceState.Address(
                address, in.get(message + 1) & 0xff, (flags & DEPRECATED) != 0, (flags & TENTATIVE_OR_DUPLICATE) != 0));
    }

    private void route(ByteBuffer in, int at, int type, int end) {
        int message = at + Netlink.HEADER_BYTES;
        int attributes = message + ROUTE_BYTES;
        int table = Netlink.attribute(in, attributes, end, RTA_TABLE);
        int kind = in.get(message + 7);
        boolean nowhere = kind >= RTN_BLACKHOLE && kind <= RTN_PROHIBIT;
        boolean inMain = (table < 0 ? in.get(message + 4) & 0xff : in.getInt(table)) == TABLE_MAIN;
        if (!inMain
                || (in.getInt(message + 8) & CLONED) != 0
                || (kind != RTN_UNICAST && !nowhere)
                || routes.size() >= MOST_ROUTES) {
            return;
        }
        int network = Netlink.attribute(in, attributes, end, RTA_DST);
        byte[] any = new byte[in.get(message) == LinuxCalls.AF_INET ? 4 : 16];
        InetAddress destination = inet(network < 0 ? any : Netlink.value(in, network));
        int priority = Netlink.attribute(in, attributes, end, RTA_PRIORITY);
        long metric = priority < 0 ? 0 : in.getInt(priority) & 0xffff_ffffL;
        int bits = in.get(message + 1) & 0xff;
        int hops = Netlink.attribute(in, attributes, end, RTA_MULTIPATH);
        if (hops >= 0 && !nowhere) {
            multipath(in, hops, destination, bits, metric);
            return;
        }
        int out = Netlink.attribute(in, attributes, end, RTA_OIF);
        boolean elsewhere = nowhere || out < 0 || in.getInt(out) != index;
        add(destination, bits, elsewhere ? null : gateway(in, attributes, end), elsewhere, metric);
    }

    private static InetAddress gateway(ByteBuffer in, int attributes, int end) {
        int gateway = Netlink.attribute(in, attributes, end, RTA_GATEWAY);
        if (gateway >= 0) {
            return inet(Netlink.value(in, gateway));
        }
        int via = Netlink.attribute(in, attributes, end, RTA_VIA);
        int bytes = via < 0 ? 0 : Netlink.valueBytes(in, via) - VIA_FAMILY_BYTES;
        if (bytes <= 0) {
            return null;
        }
        byte[] address = new byte[bytes];
        in.get(via + VIA_FAMILY_BYTES, address);
        return inet(address);
    }

    /** Only hops over this interface: packets of one connection may not leave over different ones. */
    private void multipath(ByteBuffer in, int hops, InetAddress destination, int bits, long metric) {
        int end = hops + Netlink.valueBytes(in, hops);
        List<InetAddress> gateways = new ArrayList<>();
        int at = hops;
        while (at + NEXT_HOP_BYTES <= end) {
            int length = in.getShort(at) & 0xffff;
            if (length < NEXT_HOP_BYTES || at + length > end) {
                break;
            }
            InetAddress gateway = gateway(in, at + NEXT_HOP_BYTES, at + length);
            if (in.getInt(at + 4) != index || gateway == null) {
                add(destination, bits, null, true, metric);
                return;
            }
            gateways.add(gateway);
            at += (length + 3) & ~3;
        }
        gateways.forEach(gateway -> add(destination, bits, gateway, false, metric));
    }

    private void add(InetAddress network, int bits, InetAddress gateway, boolean elsewhere, long metric) {
        if (network != null) {
            routes.add(new Candidate(new InterfaceState.Route(network, bits, gateway, elsewhere), metric));
        }
    }

    /** Of each network the routes with the least metric, in the kernel's order. */
    private List<InterfaceState.Route> best() {
        Map<String, Long> least = new HashMap<>();
        for (Candidate each : routes) {
            least.merge(key(each), each.metric, Math::min);
        }
        return routes.stream()
                .filter(each -> each.metric == least.get(key(each)))
                .sorted(Comparator.comparingInt((Candidate each) -> each.route.prefixBits())
                        .reversed())
                .map(Candidate::route)
                .toList();
    }

    private static String key(Candidate candidate) {
        return candidate.route.network().getHostAddress() + "/" + candidate.route.prefixBits();
    }

    void close() {
        netlink.close();
    }
}
