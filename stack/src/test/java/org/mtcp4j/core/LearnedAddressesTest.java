/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.ip.ArpFrames;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.LinkAddresses;
import org.mtcp4j.ip.NdpFrames;
import org.mtcp4j.ip.Routes;
import org.mtcp4j.ip.Subnet;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.MemoryLink;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.wire.Arp;
import org.mtcp4j.wire.Checksum;
import org.mtcp4j.wire.Dhcp;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Icmp6;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;
import org.mtcp4j.wire.Ndp;
import org.mtcp4j.wire.RouterAdvert;
import org.mtcp4j.wire.TcpHeader;
import org.mtcp4j.wire.TcpSegment;
import org.mtcp4j.wire.Udp;

/** A context of two links that learns its addresses; the test is router, DHCP server and neighbours on the other ends, and the time. */
class LearnedAddressesTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int IP = Ethernet.HEADER_BYTES;
    private static final int ICMP = IP + Ipv6.HEADER_BYTES;
    private static final int SERVER = IpAddress.parse("198.18.0.1").toIpv4();
    private static final int LEASED = IpAddress.parse("198.18.0.50").toIpv4();
    private static final IpAddress PEER = IpAddress.parse("fe80::1");

    /** The other end of a link. */
    private final class Wire {
        final NicQueue queue;
        final ByteBuffer bytes;
        final long mac;
        final FrameBatch batch = new FrameBatch(64);

        Wire(MemoryLink link) {
            queue = link.b().queue(0);
            bytes = link.b().memory().bytes();
            mac = link.b().macAddress();
        }

        int frame() {
            int frame = queue.allocate();
            assertThat(frame).isNotNegative();
            return frame;
        }

        void send(int frame, int lengthBytes) {
            FrameBatch out = new FrameBatch(1);
            out.add(frame, lengthBytes, 0);
            assertThat(queue.transmit(out)).isEqualTo(1);
            round();
        }

        /** The next frame from the context of that type and, for IPv6, next header, or -1; others are freed. */
        int next(int etherType, int protocol) {
            while (true) {
                batch.count = 0;
                FrameBatch one = new FrameBatch(1);
                if (queue.receive(one) == 0) {
                    return -1;
                }
                int frame = one.offset[0];
                boolean wanted = Ethernet.type(bytes, frame) == etherType
                        && (etherType != Ethernet.TYPE_IPV6 || Ipv6.nextHeader(bytes, frame + IP) == protocol)
                        && (etherType != Ethernet.TYPE_IPV4 || Ipv4.protocol(bytes, frame + IP) == protocol);
                if (wanted) {
                    return frame;
                }
                queue.free(frame);
            }
        }
    }

    private Engine engine;
    private Context context;
    private Wire[] wires;
    private long nowNs = System.nanoTime();

    private void start(AddressPlan.Sources... sources) throws Exception {
        MemoryLink one = MemoryLink.create(TestEngines.nicSettings(), TestEngines.nicSettings());
        MemoryLink two = MemoryLink.create(TestEngines.nicSettings(), TestEngines.nicSettings());
        wires = new Wire[] {new Wire(one), new Wire(two)};
        List<LinkAddresses> none = List.of(LinkAddresses.of(List.of()), LinkAddresses.of(List.of()));
        engine = new Engine(
                StackConfig.of("nic=memory"),
                List.of(TestEngines.memory(), one.a(), two.a()),
                Routes.ofLinks(none, List.of()),
                new NoPinning(),
                (failed, cause) -> {
                    throw new AssertionError(cause);
                });
        engine.learn(new AddressPlan(List.of(sources), List.of(), "secret"));
        context = engine.context(0);
        assertThat(context.ownership.tryAcquire()).isTrue();
        for (int i = 0; i < sources.length; i++) {
            context.links[1 + i].addresses.start(nowNs);
        }
    }

    private void round() {
        nowNs += 1_000_000;
        context.round(nowNs);
    }

    private void pass(long ns) {
        long endNs = nowNs + ns;
        while (nowNs < endNs) {
            context.round(nowNs);
            nowNs = Math.min(endNs, Math.max(nowNs + 1, context.nextDeadlineNs()));
        }
        context.round(nowNs);
    }

    private static AddressPlan.Sources slaac() {
        return new AddressPlan.Sources(false, true);
    }

    private static AddressPlan.Sources dhcp() {
        return new AddressPlan.Sources(true, false);
    }

    private void advertise(Wire wire, String prefix, int mtuBytes) {
        int frame = wire.frame();
        ByteBuffer bytes = wire.bytes;
        int length = RouterAdvert.OPTIONS_OFFSET + RouterAdvert.PREFIX_OPTION_BYTES + RouterAdvert.MTU_OPTION_BYTES;
        Ethernet.write(bytes, frame, Ndp.multicastMac(Ndp.ALL_NODES_LO), wire.mac, Ethernet.TYPE_IPV6);
        Ipv6.write(bytes, frame + IP, length, Ipv6.ICMP, Ndp.HOPS);
        Ipv6.addresses(bytes, frame + IP, PEER.hi(), PEER.lo(), Ndp.SOLICITED_NODE_HI, Ndp.ALL_NODES_LO);
        int icmp = frame + ICMP;
        bytes.putLong(icmp + 8, 0);
        int option = icmp + RouterAdvert.OPTIONS_OFFSET;
        bytes.putInt(option, 3 << 24 | 4 << 16 | 64 << 8 | RouterAdvert.ON_LINK | RouterAdvert.AUTONOMOUS);
        bytes.putInt(option + 4, 7_200).putInt(option + 8, 3_600).putInt(option + 12, 0);
        bytes.putLong(option + 16, IpAddress.parse(prefix).hi()).putLong(option + 24, 0);
        bytes.putInt(option + 32, 5 << 24 | 1 << 16).putInt(option + 36, mtuBytes);
        Icmp6.write(bytes, frame + IP, icmp, length, Icmp6.ROUTER_ADVERTISEMENT << 8, 64 << 24 | 1_800);
        wire.send(frame, ICMP + length);
    }

    private IpAddress linkLocal(int link) {
        return engine.routes().link(link).own().stream()
                .map(Subnet::address)
                .filter(IpAddress::isLinkLocal)
                .findFirst()
                .orElseThrow();
    }

    private IpAddress global(int link) {
        return engine.routes().link(link).own().stream()
                .map(Subnet::address)
                .filter(address -> !address.isLinkLocal() && !address.isIpv4())
                .findFirst()
                .orElseThrow();
    }

    private void syn(Wire wire, long toMac, IpAddress from, IpAddress to) {
        int frame = wire.frame();
        ByteBuffer bytes = wire.bytes;
        int tcp = frame + ICMP;
        Ethernet.write(bytes, frame, toMac, wire.mac, Ethernet.TYPE_IPV6);
        Ipv6.write(bytes, frame + IP, 20, Ipv4.PROTOCOL_TCP, 64);
        Ipv6.addresses(bytes, frame + IP, from.hi(), from.lo(), IpAddress.onWire(to.hi()), to.lo());
        bytes.putInt(tcp, 40_000 << 16 | 80).putInt(tcp + 4, 1_000).putInt(tcp + 8, 0);
        bytes.putInt(tcp + 12, 5 << 28 | TcpSegment.SYN << 16 | 65_535).putInt(tcp + 16, 0);
        int pseudo = Ipv6.pseudo(bytes, frame + IP, Ipv4.PROTOCOL_TCP, 20);
        bytes.putShort(tcp + 16, (short) Checksum.finish(pseudo + Checksum.partial(bytes, tcp, 20)));
        wire.send(frame, ICMP + 20);
    }

    /** Answers whoever is asked for, then expects the SYN-ACK; returns its MSS. */
    private int expectSynAck(Wire wire, IpAddress from, IpAddress to) {
        int asked = wire.next(Ethernet.TYPE_IPV6, Ipv6.ICMP);
        if (asked >= 0) {
            int reply = wire.frame();
            NdpFrames.writeReply(wire.bytes, reply, asked, wire.mac);
            wire.send(reply, NdpFrames.FRAME_BYTES);
        }
        round();
        int frame = wire.next(Ethernet.TYPE_IPV6, Ipv4.PROTOCOL_TCP);
        assertThat(frame).as("an answer").isNotNegative();
        int ip = frame + IP;
        assertThat(Ipv6.sourceHi(wire.bytes, ip)).isEqualTo(IpAddress.onWire(from.hi()));
        assertThat(Ipv6.sourceLo(wire.bytes, ip)).isEqualTo(from.lo());
        assertThat(Ipv6.destinationHi(wire.bytes, ip)).isEqualTo(to.hi());
        assertThat(Ipv6.destinationLo(wire.bytes, ip)).isEqualTo(to.lo());
        TcpSegment segment = new TcpSegment();
        int tcpBytes = Ipv6.payloadBytes(wire.bytes, ip);
        assertThat(TcpHeader.parse(wire.bytes, frame + ICMP, tcpBytes, segment)).isEqualTo(TcpHeader.OK);
        assertThat(segment.has(TcpSegment.SYN)).isTrue();
        // The rest of the sum is the NIC's business.
        assertThat(wire.bytes.getShort(frame + ICMP + 16) & 0xffff)
                .isEqualTo(Checksum.fold(Ipv6.pseudo(wire.bytes, ip, Ipv4.PROTOCOL_TCP, tcpBytes)));
        wire.queue.free(frame);
        return segment.mss;
    }

    private void listen() {
        PortTable.Binding binding = engine.bind(IpAddress.ANY_V6, 80, true, false);
        assertThat(engine.listen(binding, 16, new SocketDefaults(65_536, 65_536), new Endpoint() {}))
                .isNotNull();
    }

    @Test
    void rfc4861_7_2_5_aRouterThatIsNoneAnyMoreIsLeft() throws Exception {
        start(slaac());
        pass(3 * SECOND);
        advertise(wires[0], "2001:db8:1::", 1_500);
        pass(2 * SECOND);
        IpAddress far = IpAddress.parse("2001:db8:77::1");
        assertThat(engine.routes().nextHop(far)).isEqualTo(PEER.inZone(1));
        Wire wire = wires[0];
        listen();
        // The answer goes to the router, so it is in the table of neighbours from here on.
        syn(wire, context.links[1].mac, far, global(0));
        for (int flags : new int[] {Ndp.ROUTER | Ndp.SOLICITED, Ndp.OVERRIDE}) {
            int frame = wire.frame();
            Ethernet.write(wire.bytes, frame, context.links[1].mac, wire.mac, Ethernet.TYPE_IPV6);
            Ipv6.write(wire.bytes, frame + IP, Ndp.MESSAGE_BYTES, Ipv6.ICMP, Ndp.HOPS);
            IpAddress own = linkLocal(0);
            Ipv6.addresses(wire.bytes, frame + IP, PEER.hi(), PEER.lo(), IpAddress.onWire(own.hi()), own.lo());
            Ndp.write(wire.bytes, frame + ICMP, PEER.hi(), PEER.lo(), Ndp.TARGET_LINK_ADDRESS, wire.mac);
            Icmp6.write(
                    wire.bytes, frame + IP, frame + ICMP, Ndp.MESSAGE_BYTES, Icmp6.NEIGHBOUR_ADVERTISEMENT << 8, flags);
            wire.send(frame, ICMP + Ndp.MESSAGE_BYTES);
            assertThat(engine.routes().hasRoute(far)).isEqualTo((flags & Ndp.ROUTER) != 0);
        }
    }

    @Test
    void rfc4862_5_4_and_5_5_anAdvertisedPrefixBecomesAnAddressThatIsServed() throws Exception {
        start(slaac());
        listen();
        pass(3 * SECOND);
        Wire wire = wires[0];
        int solicitation = wire.next(Ethernet.TYPE_IPV6, Ipv6.ICMP);
        assertThat(Icmp6.type(wire.bytes, solicitation + ICMP)).isEqualTo(Icmp6.NEIGHBOUR_SOLICITATION);
        assertThat(Ipv6.sourceLo(wire.bytes, solicitation + IP)).isZero();
        solicitation = wire.next(Ethernet.TYPE_IPV6, Ipv6.ICMP);
        assertThat(Icmp6.type(wire.bytes, solicitation + ICMP)).isEqualTo(Icmp6.ROUTER_SOLICITATION);
        assertThat(Ipv6.sourceHi(wire.bytes, solicitation + IP)).isEqualTo(IpAddress.LINK_LOCAL_HI);
        assertThat(Ipv6.hopLimit(wire.bytes, solicitation + IP)).isEqualTo(255);
        assertThat(Icmp6.isGood(wire.bytes, solicitation + IP, solicitation + ICMP, 16))
                .isTrue();

        assertThat(engine.awaitAddresses(0)).isFalse();
        advertise(wire, "2001:db8:1::", 1_400);
        IpAddress peer = IpAddress.parse("2001:db8:1::1");
        assertThat(engine.isReachable(peer)).isTrue();
        assertThat(engine.routes().link(0).tentative()).hasSize(1);
        pass(2 * SECOND);
        assertThat(engine.awaitAddresses(0)).isTrue();
        IpAddress ours = global(0);
        assertThat(engine.sourceFor(peer)).isEqualTo(ours);
        assertThat(engine.sourceFor(IpAddress.parse("2001:db8:99::1"))).isEqualTo(ours);
        assertThat(engine.routes().nextHop(IpAddress.parse("2001:db8:99::1"))).isEqualTo(PEER.inZone(1));
        while (wire.next(Ethernet.TYPE_IPV6, Ipv6.ICMP) >= 0) {
            // Those of before.
        }
        syn(wire, context.links[1].mac, peer, ours);
        assertThat(expectSynAck(wire, ours, peer)).isEqualTo(1_400 - 60);
        assertThat(context.counters.get(Counter.ROUTER_ADVERTS)).isEqualTo(1);
    }

    @Test
    void rfc4007_6_linkLocalPeersOfTwoLinksWithOneAddressAreTwo() throws Exception {
        start(slaac(), slaac());
        listen();
        pass(3 * SECOND);
        for (int i = 0; i < 2; i++) {
            Wire wire = wires[i];
            while (wire.next(Ethernet.TYPE_IPV6, Ipv6.ICMP) >= 0) {
                // Those of before.
            }
            IpAddress ours = linkLocal(i);
            assertThat(ours.zone()).isEqualTo(i + 1);
            syn(wire, context.links[1 + i].mac, PEER, ours);
            expectSynAck(wire, ours, PEER);
        }
        assertThat(context.flows.size()).isEqualTo(2);
        // The address of the one link is not the other's.
        syn(wires[0], context.links[1].mac, PEER, linkLocal(1));
        assertThat(context.counters.get(Counter.IN6_ADDR_ERRORS)).isEqualTo(1);
        assertThat(engine.routes().interfaceFor(PEER.inZone(2).hi(), PEER.lo())).isEqualTo(1);
        assertThat(engine.sourceFor(PEER.inZone(2))).isEqualTo(linkLocal(1));
        assertThat(engine.isReachable(PEER.inZone(3))).isFalse();
    }

    @Test
    void rfc4862_5_4_3_anotherWhoTriesOurAddressTakesIt() throws Exception {
        start(slaac());
        IpAddress tried = engine.routes().link(0).tentative().get(0);
        Wire wire = wires[0];
        int frame = wire.frame();
        int bytes =
                NdpFrames.writeSolicitation(wire.bytes, frame, wire.mac, IpAddress.ANY_V6, Ethernet.BROADCAST, tried);
        wire.send(frame, bytes);
        assertThat(context.counters.get(Counter.ADDRESS_CONFLICTS)).isEqualTo(1);
        assertThat(engine.routes().link(0).tentative()).hasSize(1).doesNotContain(tried);
        IpAddress second = engine.routes().link(0).tentative().get(0);
        frame = wire.frame();
        NdpFrames.writeAnnouncement(wire.bytes, frame, wire.mac, second);
        wire.send(frame, NdpFrames.FRAME_BYTES);
        assertThat(context.counters.get(Counter.ADDRESS_CONFLICTS)).isEqualTo(2);
        pass(3 * SECOND);
        assertThat(linkLocal(0)).isNotIn(tried, second);
    }

    // ---- DHCP -------------------------------------------------------------------------------------------------------

    private int transactionId;

    private int expectDhcp(Wire wire, int type) {
        int frame = wire.next(Ethernet.TYPE_IPV4, Ipv4.PROTOCOL_UDP);
        assertThat(frame).as("a message").isNotNegative();
        int ip = frame + IP;
        int udp = ip + Ipv4.HEADER_BYTES;
        assertThat(Ipv4.checksumGood(wire.bytes, ip)).isTrue();
        assertThat(Udp.isWhole(wire.bytes, udp, Udp.HEADER_BYTES + Dhcp.MESSAGE_BYTES))
                .isTrue();
        assertThat(Udp.checksumGood(wire.bytes, ip, udp)).isTrue();
        assertThat(Udp.destinationPort(wire.bytes, udp)).isEqualTo(Dhcp.SERVER_PORT);
        int message = udp + Udp.HEADER_BYTES;
        assertThat(wire.bytes.get(message + 242)).isEqualTo((byte) type);
        transactionId = wire.bytes.getInt(message + 4);
        wire.queue.free(frame);
        return message;
    }

    private void dhcp(Wire wire, int type, int mtuBytes) {
        int frame = wire.frame();
        ByteBuffer bytes = wire.bytes;
        int ip = frame + IP;
        int message = ip + Ipv4.HEADER_BYTES + Udp.HEADER_BYTES;
        for (int i = 0; i < 300; i++) {
            bytes.put(message + i, (byte) 0);
        }
        bytes.putInt(message, 2 << 24 | 1 << 16 | 6 << 8).putInt(message + 4, transactionId);
        bytes.putInt(message + 16, LEASED);
        Ethernet.putMac(bytes, message + 28, context.links[1].mac);
        bytes.putInt(message + 236, 0x6382_5363);
        int at = message + 240;
        bytes.put(at, (byte) 53).put(at + 1, (byte) 1).put(at + 2, (byte) type);
        bytes.put(at + 3, (byte) 54).put(at + 4, (byte) 4).putInt(at + 5, SERVER);
        bytes.put(at + 9, (byte) 51).put(at + 10, (byte) 4).putInt(at + 11, 3_600);
        bytes.put(at + 15, (byte) 1).put(at + 16, (byte) 4).putInt(at + 17, 0xffff_ff00);
        bytes.put(at + 21, (byte) 3).put(at + 22, (byte) 4).putInt(at + 23, SERVER);
        bytes.put(at + 27, (byte) 26).put(at + 28, (byte) 2).putShort(at + 29, (short) mtuBytes);
        bytes.put(at + 31, (byte) 255);
        int total = Ipv4.HEADER_BYTES + Udp.HEADER_BYTES + 300;
        Ethernet.write(bytes, frame, Ethernet.BROADCAST, wire.mac, Ethernet.TYPE_IPV4);
        Ipv4.write(bytes, ip, total, 1, Ipv4.PROTOCOL_UDP, SERVER, Ipv4.LIMITED_BROADCAST);
        Udp.write(bytes, ip, ip + Ipv4.HEADER_BYTES, Dhcp.SERVER_PORT, Dhcp.CLIENT_PORT, 300);
        wire.send(frame, IP + total);
    }

    private void lease() throws Exception {
        start(dhcp());
        round();
        expectDhcp(wires[0], Dhcp.DISCOVER);
        dhcp(wires[0], Dhcp.OFFER, 1_300);
        expectDhcp(wires[0], Dhcp.REQUEST);
        dhcp(wires[0], Dhcp.ACK, 1_300);
    }

    @Test
    void rfc2131_aLeaseIsTriedThenAnnouncedThenUsedByEveryone() throws Exception {
        lease();
        assertThat(engine.routes().own()).isEmpty();
        pass(SECOND);
        assertThat(engine.awaitAddresses(0)).isTrue();
        assertThat(engine.routes().own()).containsExactly(Subnet.parse("198.18.0.50/24"));
        assertThat(engine.addresses().isLocal(IpAddress.ofIpv4(LEASED))).isTrue();
        assertThat(engine.routes().nextHop(IpAddress.parse("203.0.113.1"))).isEqualTo(IpAddress.ofIpv4(SERVER));
        assertThat(context.links[1].mtuBytes(false)).isEqualTo(1_300);
        for (int i = 0; i < 4; i++) {
            int arp = wires[0].next(Ethernet.TYPE_ARP, 0) + IP;
            assertThat(Arp.targetIp(wires[0].bytes, arp)).isEqualTo(LEASED);
            assertThat(Arp.senderIp(wires[0].bytes, arp)).isEqualTo(i < 3 ? 0 : LEASED);
        }
    }

    @Test
    void rfc5227_2_1_1_aLeaseThatSomebodyAnswersForIsDeclined() throws Exception {
        lease();
        round();
        int frame = wires[0].frame();
        ArpFrames.writeRequest(wires[0].bytes, frame, wires[0].mac, LEASED, Ethernet.BROADCAST, LEASED);
        wires[0].send(frame, ArpFrames.FRAME_BYTES);
        expectDhcp(wires[0], Dhcp.DECLINE);
        assertThat(context.counters.get(Counter.DHCP_DECLINES)).isEqualTo(1);
        pass(2 * SECOND);
        assertThat(engine.routes().own()).isEmpty();
    }

    @Test
    void damagedMessagesAreCountedAndNothingElse() throws Exception {
        start(dhcp());
        round();
        expectDhcp(wires[0], Dhcp.DISCOVER);
        transactionId++;
        dhcp(wires[0], Dhcp.OFFER, 1_300);
        assertThat(wires[0].next(Ethernet.TYPE_IPV4, Ipv4.PROTOCOL_UDP)).isEqualTo(-1);
        assertThat(context.counters.get(Counter.BAD_DHCP)).isZero();
        int frame = wires[0].frame();
        int ip = frame + IP;
        Ethernet.write(wires[0].bytes, frame, Ethernet.BROADCAST, wires[0].mac, Ethernet.TYPE_IPV4);
        Ipv4.write(wires[0].bytes, ip, 36, 1, Ipv4.PROTOCOL_UDP, SERVER, Ipv4.LIMITED_BROADCAST);
        Udp.write(wires[0].bytes, ip, ip + 20, Dhcp.SERVER_PORT, Dhcp.CLIENT_PORT, 8);
        wires[0].send(frame, IP + 36);
        assertThat(context.counters.get(Counter.BAD_DHCP)).isEqualTo(1);
    }
}
