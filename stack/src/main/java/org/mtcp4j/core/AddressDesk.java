/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.mtcp4j.ip.DhcpClient;
import org.mtcp4j.ip.DhcpFrames;
import org.mtcp4j.ip.InterfaceIds;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.LinkAddresses;
import org.mtcp4j.ip.NdpFrames;
import org.mtcp4j.ip.RouterDiscovery;
import org.mtcp4j.ip.Subnet;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.wire.Arp;
import org.mtcp4j.wire.Dhcp;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Icmp6;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;
import org.mtcp4j.wire.Ndp;
import org.mtcp4j.wire.Udp;

/** Learns a link's addresses from a DHCP server and from router advertisements, and publishes them. Context 0's owner's. */
final class AddressDesk implements RouterDiscovery.Events, DhcpClient.Events {
    private final Context context;
    private final Link link;
    private final LinkAddresses fixed;
    /** Null where it is not asked for. */
    private final RouterDiscovery routers;

    private final DhcpClient dhcp;
    private final CountDownLatch learned;
    private LinkAddresses published;
    private long serverMac = Ethernet.BROADCAST;
    private long nextDeadlineNs = Long.MAX_VALUE;
    private boolean told;

    /**
     * @param fixed what is configured
     * @param learned counted down when all that was asked for is there
     */
    AddressDesk(
            Context context,
            Link link,
            LinkAddresses fixed,
            AddressPlan.Sources sources,
            String secret,
            CountDownLatch learned) {
        this.context = context;
        this.link = link;
        this.fixed = fixed;
        this.published = fixed;
        this.learned = learned;
        SplittableRandom random = new SplittableRandom(new SecureRandom().nextLong());
        IpAddress linkLocal = fixed.own().stream()
                .map(Subnet::address)
                .filter(IpAddress::isLinkLocal)
                .findFirst()
                .orElse(null);
        routers = sources.slaac()
                ? new RouterDiscovery(new InterfaceIds(secret, link.mac), link.zone, linkLocal, random, this)
                : null;
        dhcp = sources.dhcp() ? new DhcpClient(link.mac, random, this) : null;
    }

    void start(long nowNs) {
        if (routers != null) {
            routers.start(nowNs);
        }
        if (dhcp != null) {
            dhcp.start(nowNs);
        }
        refresh(nowNs);
    }

    int advance(long nowNs) {
        if (nowNs < nextDeadlineNs) {
            return 0;
        }
        if (routers != null) {
            routers.onTimer(nowNs);
        }
        if (dhcp != null) {
            dhcp.onTimer(nowNs);
        }
        refresh(nowNs);
        return 1;
    }

    long nextDeadlineNs() {
        return nextDeadlineNs;
    }

    /** After everything that may have changed something. */
    private void refresh(long nowNs) {
        LinkAddresses now = fixed;
        long next = Long.MAX_VALUE;
        boolean complete = true;
        if (dhcp != null) {
            now = now.and(dhcp.addresses());
            next = Math.min(next, dhcp.nextDeadlineNs());
            complete = dhcp.hasAddress();
        }
        if (routers != null) {
            LinkAddresses found = routers.addresses(nowNs);
            now = now.and(found.without(fixed.own()));
            next = Math.min(next, routers.nextDeadlineNs(nowNs));
            complete &= routers.hasAddress();
        }
        nextDeadlineNs = next;
        if (!now.equals(published)) {
            published = now;
            context.engine.readdress(link.index - 1, now);
        }
        if (complete && !told) {
            told = true;
            learned.countDown();
        }
    }

    // ---- what arrives -----------------------------------------------------------------------------------------------

    /** A router advertisement whose checksum is right. */
    void advertised(int ip, int icmp, int lengthBytes, long nowNs) {
        context.counters.increment(Counter.ROUTER_ADVERTS);
        if (routers == null) {
            return;
        }
        switch (routers.advertised(link.bytes, ip, icmp, lengthBytes, nowNs)) {
            case RouterDiscovery.BAD -> context.counters.increment(Counter.BAD_ROUTER_ADVERTS);
            case RouterDiscovery.TOO_MUCH -> context.counters.increment(Counter.ROUTER_ADVERTS_TOO_MUCH);
            default -> {
                // Taken.
            }
        }
        refresh(nowNs);
    }

    /** A datagram for the DHCP client's port, in a checked packet. */
    void datagram(int frame, int ip, int udp, int lengthBytes, int flags, long nowNs) {
        ByteBuffer bytes = link.bytes;
        boolean checked = (flags & FrameBatch.RX_L4_CHECKSUM_GOOD) != 0;
        int result = Udp.isWhole(bytes, udp, lengthBytes) && (checked || Udp.checksumGood(bytes, ip, udp))
                ? dhcp.input(bytes, udp + Udp.HEADER_BYTES, Udp.payloadBytes(bytes, udp), nowNs)
                : DhcpClient.BAD;
        if (result == DhcpClient.BAD) {
            context.counters.increment(Counter.BAD_DHCP);
        } else if (result == DhcpClient.TAKEN) {
            // Whom a renewal goes to: the server's address, or that of the router before it.
            serverMac = Ethernet.source(bytes, frame);
            refresh(nowNs);
        }
    }

    boolean hasDhcp() {
        return dhcp != null;
    }

    /** Any ARP packet: whether it shows that the address which DHCP has given is somebody else's. */
    void arpHeard(ByteBuffer bytes, int arp, int lengthBytes, long nowNs) {
        if (dhcp == null || Arp.check(bytes, arp, lengthBytes) != Arp.OK || Arp.senderMac(bytes, arp) == link.mac) {
            return;
        }
        int sender = Arp.senderIp(bytes, arp);
        boolean tries = sender == 0 && Arp.operation(bytes, arp) == Arp.REQUEST;
        if (dhcp.conflict(tries ? Arp.targetIp(bytes, arp) : sender, nowNs)) {
            context.counters.increment(Counter.ADDRESS_CONFLICTS);
            context.counters.increment(Counter.DHCP_DECLINES);
            refresh(nowNs);
        }
    }

    /**
     * A valid neighbour solicitation or advertisement about an address that is being tried (RFC 4862 §5.4.3, §5.4.4): another node tries it,
     * too, or has it. Who asks for its hardware address gets no answer yet.
     */
    void neighbourHeard(ByteBuffer bytes, int ip, int icmp, int lengthBytes, long nowNs) {
        boolean isQuestion = Icmp6.type(bytes, icmp) == Icmp6.NEIGHBOUR_SOLICITATION;
        boolean concerns = isQuestion
                ? (Ipv6.sourceHi(bytes, ip) | Ipv6.sourceLo(bytes, ip)) == 0
                : Ndp.linkAddress(bytes, icmp, lengthBytes, Ndp.TARGET_LINK_ADDRESS) != link.mac;
        long hi = IpAddress.inZone(Ndp.targetHi(bytes, icmp), link.zone);
        if (concerns && routers != null && routers.duplicate(hi, Ndp.targetLo(bytes, icmp), nowNs)) {
            context.counters.increment(Counter.ADDRESS_CONFLICTS);
            refresh(nowNs);
        }
    }

    /** A neighbour says that it is no router. */
    void isNoRouter(long hi, long lo, long nowNs) {
        if (routers != null && routers.isNoRouter(hi, lo)) {
            refresh(nowNs);
        }
    }

    // ---- what is sent -----------------------------------------------------------------------------------------------

    @Override
    public void solicit(IpAddress source) {
        int frame = context.output.allocate(link, NdpFrames.FRAME_BYTES);
        if (frame >= 0) {
            int bytes = NdpFrames.writeRouterSolicitation(link.bytes, frame, link.mac, source);
            context.output.send(link, frame, bytes);
        }
    }

    @Override
    public void probe(IpAddress target) {
        link.neighbours.probe(target);
    }

    @Override
    public void probe(int address) {
        link.neighbours.probe(address);
    }

    @Override
    public void send(int type, int transactionId, int seconds, Dhcp.Parties parties, boolean toServer) {
        int frame = context.output.allocate(link, DhcpFrames.FRAME_BYTES);
        if (frame < 0) {
            return;
        }
        ByteBuffer bytes = link.bytes;
        Dhcp.write(bytes, frame + DhcpFrames.MESSAGE_OFFSET, type, link.mac, transactionId, seconds, parties);
        int to = toServer ? dhcp.serverId() : Ipv4.LIMITED_BROADCAST;
        DhcpFrames.write(bytes, frame, link.mac, toServer ? serverMac : Ethernet.BROADCAST, parties.clientIp(), to);
        context.output.send(link, frame, DhcpFrames.FRAME_BYTES);
    }

    /** For {@link Engine}: what is configured beside what is learned. */
    static List<IpAddress> connected(List<IpAddress> gateways, List<LinkAddresses> links) {
        return gateways.stream()
                .filter(gateway ->
                        links.stream().anyMatch(each -> each.own().stream().anyMatch(own -> own.contains(gateway))))
                .toList();
    }
}
