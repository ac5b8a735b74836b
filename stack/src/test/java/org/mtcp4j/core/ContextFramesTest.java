/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mtcp4j.ip.Fragments;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.MemoryLink;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.nic.VlanNic;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.wire.Arp;
import org.mtcp4j.wire.Checksum;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Icmp4;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.TcpHeader;
import org.mtcp4j.wire.TcpSegment;

/** A context and frames made by hand on the other end of its link; the test owns the context and the time. */
class ContextFramesTest {
    private static final IpAddress PEER = IpAddress.parse("198.18.0.1");
    private static final int OUR_IP = TestEngines.OURS.toIpv4();
    private static final int IP = Ethernet.HEADER_BYTES;
    private static final int L4 = IP + Ipv4.HEADER_BYTES;

    private Context context;
    private Nic peer;
    private NicQueue queue;
    private ByteBuffer bytes;
    private final FrameBatch batch = new FrameBatch(64);
    private long nowNs = System.nanoTime();
    private int freeBefore;
    private int sourcePort = 40_000;

    @BeforeEach
    void link() throws Exception {
        link("nic=memory");
    }

    private void link(String arguments) throws Exception {
        link(arguments, 0);
    }

    private void link(String arguments, int vlan) throws Exception {
        MemoryLink link = MemoryLink.create(TestEngines.nicSettings(), TestEngines.nicSettings());
        Engine engine = TestEngines.engine(
                List.of(TestEngines.memory(), vlan == 0 ? link.a() : new VlanNic(link.a(), vlan)),
                TestEngines.OURS + "/24",
                List.of(),
                arguments);
        context = engine.context(0);
        peer = link.b();
        queue = peer.queue(0);
        bytes = peer.memory().bytes();
        freeBefore = peer.freeFrames();
    }

    private int frame() {
        int frame = queue.allocate();
        assertThat(frame).isNotNegative();
        return frame;
    }

    private void send(int frame, int lengthBytes) {
        batch.count = 0;
        batch.add(frame, lengthBytes, 0);
        assertThat(queue.transmit(batch)).isEqualTo(1);
        round();
    }

    private void round() {
        nowNs += 1_000_000;
        assertThat(context.ownership.tryAcquire()).isTrue();
        context.round(nowNs);
        context.ownership.releaseOrReacquire();
    }

    /** The next frame from the context, or -1. Its length is in {@code batch.lengthBytes[0]}. */
    private int answer() {
        batch.count = 0;
        if (queue.receive(batch) == 0) {
            return -1;
        }
        for (int i = 1; i < batch.count; i++) {
            queue.free(batch.offset[i]);
        }
        return batch.offset[0];
    }

    private void ipv4(int frame, int l4Bytes, int protocol) {
        Ethernet.write(bytes, frame, context.links[1].mac, peer.macAddress(), Ethernet.TYPE_IPV4);
        Ipv4.write(bytes, frame + IP, Ipv4.HEADER_BYTES + l4Bytes, 1, protocol, PEER.toIpv4(), OUR_IP);
    }

    private int syn(int frame, int port) {
        int tcp = frame + L4;
        bytes.putInt(tcp, 40_000 << 16 | port).putInt(tcp + 4, 1_000).putInt(tcp + 8, 0);
        bytes.putInt(tcp + 12, 5 << 28 | TcpSegment.SYN << 16 | 65_535).putInt(tcp + 16, 0);
        ipv4(frame, 20, Ipv4.PROTOCOL_TCP);
        int pseudo = Checksum.pseudoIpv4(PEER.toIpv4(), OUR_IP, Ipv4.PROTOCOL_TCP, 20);
        bytes.putShort(tcp + 16, (short) Checksum.finish(pseudo + Checksum.partial(bytes, tcp, 20)));
        return L4 + 20;
    }

    private void introduce() {
        int frame = frame();
        Ethernet.write(bytes, frame, Ethernet.BROADCAST, peer.macAddress(), Ethernet.TYPE_ARP);
        Arp.write(bytes, frame + IP, Arp.REQUEST, peer.macAddress(), PEER.toIpv4(), 0, OUR_IP);
        send(frame, IP + Arp.PACKET_BYTES);
        int reply = answer();
        assertThat(reply).as("ARP request is answered").isNotNegative();
        assertThat(Arp.operation(bytes, reply + IP)).isEqualTo(Arp.REPLY);
        assertThat(Arp.senderMac(bytes, reply + IP)).isEqualTo(context.links[1].mac);
        queue.free(reply);
    }

    @Test
    void echoRequestsAreAnsweredWithTheirData() {
        int frame = frame();
        bytes.put(frame + L4 + 8, new byte[] {1, 2, 3, 4});
        Icmp4.write(bytes, frame + L4, 12, Icmp4.ECHO_REQUEST << 8, 7);
        ipv4(frame, 12, Ipv4.PROTOCOL_ICMP);
        send(frame, L4 + 12);
        int reply = answer();
        assertThat(reply).isNotNegative();
        assertThat(Icmp4.type(bytes, reply + L4)).isEqualTo(Icmp4.ECHO_REPLY);
        assertThat(Icmp4.check(bytes, reply + L4, 12)).isEqualTo(Icmp4.OK);
        assertThat(bytes.getInt(reply + L4 + 8)).isEqualTo(0x01020304);
        queue.free(reply);
    }

    /** A fragment of a packet whose payload was written to {@code from}. */
    private void sendFragment(byte[] payload, int from, int to, int protocol) {
        int frame = frame();
        bytes.put(frame + L4, payload, from, to - from);
        ipv4(frame, to - from, protocol);
        int more = to < payload.length ? Ipv4.MORE_FRAGMENTS : 0;
        bytes.putShort(frame + IP + Ipv4.FRAGMENT_OFFSET, (short) (from >>> 3 | more));
        Ipv4.checksum(bytes, frame + IP, 0);
        Ipv4.checksum(bytes, frame + IP, Checksum.finish(Checksum.partial(bytes, frame + IP, Ipv4.HEADER_BYTES)));
        send(frame, L4 + to - from);
    }

    @Test
    void rfc791_3_2_aSynInTwoFragmentsIsAnswered() {
        int frame = frame();
        syn(frame, 9);
        byte[] tcp = new byte[20];
        bytes.get(frame + L4, tcp);
        queue.free(frame);
        sendFragment(tcp, 16, 20, Ipv4.PROTOCOL_TCP);
        assertThat(answer()).isNegative();
        sendFragment(tcp, 0, 16, Ipv4.PROTOCOL_TCP);
        int reply = answer();
        TcpSegment segment = new TcpSegment();
        assertThat(TcpHeader.parse(bytes, reply + L4, 20, segment)).isEqualTo(TcpHeader.OK);
        assertThat(segment.ack).isEqualTo(1_001);
        queue.free(reply);
        assertThat(context.counters.get(Counter.IN_FRAGMENTS)).isEqualTo(2);
        assertThat(context.counters.get(Counter.IN_FRAGMENT_OKS)).isEqualTo(1);
        assertThat(peer.freeFrames()).isEqualTo(freeBefore);
    }

    @Test
    void rfc1122_3_2_2_6_aLongEchoRequestIsAnsweredInFragments() {
        // What fits a frame, but not the MTU.
        byte[] echo = new byte[1_900];
        ByteBuffer message = ByteBuffer.wrap(echo);
        Icmp4.write(message, 0, echo.length, Icmp4.ECHO_REQUEST << 8, 7);
        sendFragment(echo, 0, 1_480, Ipv4.PROTOCOL_ICMP);
        sendFragment(echo, 1_480, 1_900, Ipv4.PROTOCOL_ICMP);
        batch.count = 0;
        assertThat(queue.receive(batch)).isEqualTo(2);
        Fragments fragments = new Fragments(Fragments.IPV4_LIFE_NS);
        int total = 0;
        for (int i = 0; i < 2; i++) {
            assertThat(batch.lengthBytes[i]).isLessThanOrEqualTo(IP + 1_500);
            total = fragments.add(bytes, batch.offset[i] + IP, 0, 0, nowNs);
            queue.free(batch.offset[i]);
        }
        assertThat(total).isEqualTo(Ipv4.HEADER_BYTES + echo.length);
        ByteBuffer whole = ByteBuffer.allocate(total);
        fragments.write(whole, 0);
        assertThat(Icmp4.check(whole, Ipv4.HEADER_BYTES, echo.length)).isEqualTo(Icmp4.OK);
        assertThat(Icmp4.type(whole, Ipv4.HEADER_BYTES)).isEqualTo(Icmp4.ECHO_REPLY);
        assertThat(context.counters.get(Counter.OUT_FRAGMENTS)).isEqualTo(2);
        assertThat(peer.freeFrames()).isEqualTo(freeBefore);
    }

    @Test
    void aUdpPacketIsAnsweredWithPortUnreachableThatQuotesIt() {
        int frame = frame();
        bytes.putInt(frame + L4, 40_000 << 16 | 53).putInt(frame + L4 + 4, 8 << 16);
        ipv4(frame, 8, Ipv4.PROTOCOL_UDP);
        send(frame, L4 + 8);
        int reply = answer();
        assertThat(reply).isNotNegative();
        int icmpBytes = 8 + Ipv4.HEADER_BYTES + 8;
        assertThat(batch.lengthBytes[0]).isEqualTo(L4 + icmpBytes);
        assertThat(Icmp4.check(bytes, reply + L4, icmpBytes)).isEqualTo(Icmp4.OK);
        assertThat(Icmp4.code(bytes, reply + L4)).isEqualTo(Icmp4.PORT_UNREACHABLE);
        assertThat(bytes.getInt(Icmp4.quotedL4Offset(bytes, reply + L4))).isEqualTo(40_000 << 16 | 53);
        queue.free(reply);
    }

    @Test
    void aSynToAClosedPortIsAnsweredWithResetAndAck() {
        int frame = frame();
        send(frame, syn(frame, 9));
        int reply = answer();
        TcpSegment segment = new TcpSegment();
        assertThat(TcpHeader.parse(bytes, reply + L4, 20, segment)).isEqualTo(TcpHeader.OK);
        assertThat(segment.flags).isEqualTo(TcpSegment.RST | TcpSegment.ACK);
        assertThat(segment.ack).isEqualTo(1_001);
        assertThat(context.counters.get(Counter.TCP_OUT_RSTS)).isEqualTo(1);
        queue.free(reply);
    }

    @Test
    void aSynToAListenerIsAnsweredOnceTheNeighbourIsKnown() {
        Endpoint endpoint = new Endpoint() {};
        PortTable.Binding binding = context.engine.bind(TestEngines.OURS, 80, true, false);
        context.engine.listen(binding, 10, new SocketDefaults(65_536, 65_536), endpoint);
        introduce();
        int frame = frame();
        send(frame, syn(frame, 80));
        int reply = answer();
        TcpSegment segment = new TcpSegment();
        int tcpBytes = batch.lengthBytes[0] - L4;
        assertThat(TcpHeader.parse(bytes, reply + L4, tcpBytes, segment)).isEqualTo(TcpHeader.OK);
        assertThat(segment.flags).isEqualTo(TcpSegment.SYN | TcpSegment.ACK);
        assertThat(segment.ack).isEqualTo(1_001);
        assertThat(context.flows.size()).isEqualTo(1);
        queue.free(reply);
    }

    private int segment(int frame, int seq, int ack, int flags, int mss) {
        int tcp = frame + L4;
        int tcpBytes = mss == 0 ? 20 : 24;
        bytes.putInt(tcp, sourcePort << 16 | 80).putInt(tcp + 4, seq).putInt(tcp + 8, ack);
        bytes.putInt(tcp + 12, (tcpBytes / 4) << 28 | flags << 16 | 65_535).putInt(tcp + 16, 0);
        if (mss != 0) {
            bytes.putInt(tcp + 20, 2 << 24 | 4 << 16 | mss);
        }
        ipv4(frame, tcpBytes, Ipv4.PROTOCOL_TCP);
        int pseudo = Checksum.pseudoIpv4(PEER.toIpv4(), OUR_IP, Ipv4.PROTOCOL_TCP, tcpBytes);
        bytes.putShort(tcp + 16, (short) Checksum.finish(pseudo + Checksum.partial(bytes, tcp, tcpBytes)));
        return L4 + tcpBytes;
    }

    private int payloadOf(int reply, TcpSegment into) {
        int tcpBytes = Ipv4.totalBytes(bytes, reply + IP) - Ipv4.HEADER_BYTES;
        assertThat(TcpHeader.parse(bytes, reply + L4, tcpBytes, into)).isEqualTo(TcpHeader.OK);
        return into.payloadBytes;
    }

    @Test
    void rfc1191_6_5_whatARouterCouldNotPassOnIsSentAgainInSmallerSegments() {
        PortTable.Binding binding = context.engine.bind(TestEngines.OURS, 80, true, false);
        SocketDefaults defaults = new SocketDefaults(65_536, 65_536);
        Listener listener = context.engine.listen(binding, 10, defaults, new Endpoint() {});
        introduce();
        int frame = frame();
        send(frame, segment(frame, 1_000, 0, TcpSegment.SYN, 1_460));
        int reply = answer();
        TcpSegment in = new TcpSegment();
        payloadOf(reply, in);
        queue.free(reply);
        frame = frame();
        send(frame, segment(frame, 1_001, in.seq + 1, TcpSegment.ACK, 0));
        Flow flow = listener.accept();
        flow.attach(new Endpoint() {}, defaults);
        assertThat(flow.write(ByteBuffer.allocateDirect(1_400))).isEqualTo(1_400);
        round();
        reply = answer();
        assertThat(payloadOf(reply, in)).isEqualTo(1_400);
        int icmp = frame() + L4;
        bytes.put(Icmp4.quoteOffset(icmp), bytes, reply + IP, Ipv4.HEADER_BYTES + Icmp4.QUOTED_L4_BYTES);
        int icmpBytes = Icmp4.HEADER_BYTES + Ipv4.HEADER_BYTES + Icmp4.QUOTED_L4_BYTES;
        Icmp4.write(bytes, icmp, icmpBytes, Icmp4.DESTINATION_UNREACHABLE << 8 | Icmp4.FRAGMENTATION_NEEDED, 1_000);
        ipv4(icmp - L4, icmpBytes, Ipv4.PROTOCOL_ICMP);
        queue.free(reply);
        send(icmp - L4, L4 + icmpBytes);
        batch.count = 0;
        assertThat(queue.receive(batch)).isEqualTo(2);
        assertThat(payloadOf(batch.offset[0], in)).isEqualTo(960);
        assertThat(payloadOf(batch.offset[1], in)).isEqualTo(440);
        queue.free(batch.offset[0]);
        queue.free(batch.offset[1]);
    }

    @Test
    void aNicInAVlanTakesAndSendsOnlyFramesWithItsTag() throws Exception {
        link("nic=memory", 5);
        int untagged = frame();
        send(untagged, syn(untagged, 9));
        int other = frame();
        int length = syn(other, 9);
        Ethernet.tag(bytes, other, length, 6);
        send(other, length + Ethernet.VLAN_TAG_BYTES);
        assertThat(context.counters.get(Counter.IN_OTHER_VLAN)).isEqualTo(2);
        assertThat(answer()).isEqualTo(-1);

        int asked = frame();
        Ethernet.write(bytes, asked, Ethernet.BROADCAST, peer.macAddress(), Ethernet.TYPE_ARP);
        Arp.write(bytes, asked + IP, Arp.REQUEST, peer.macAddress(), PEER.toIpv4(), 0, OUR_IP);
        Ethernet.tag(bytes, asked, IP + Arp.PACKET_BYTES, 5);
        send(asked, IP + Arp.PACKET_BYTES + Ethernet.VLAN_TAG_BYTES);
        int reply = answer();
        assertThat(Ethernet.vlanId(bytes, reply)).isEqualTo(5);
        assertThat(Ethernet.type(bytes, reply)).isEqualTo(Ethernet.TYPE_ARP);
        assertThat(Ethernet.destination(bytes, reply)).isEqualTo(peer.macAddress());
        int arp = reply + IP + Ethernet.VLAN_TAG_BYTES;
        assertThat(Arp.operation(bytes, arp)).isEqualTo(Arp.REPLY);
        assertThat(Arp.senderIp(bytes, arp)).isEqualTo(OUR_IP);
        queue.free(reply);

        int segment = frame();
        length = syn(segment, 9);
        Ethernet.tag(bytes, segment, length, 5);
        send(segment, length + Ethernet.VLAN_TAG_BYTES);
        int reset = answer();
        assertThat(Ethernet.isTagged(bytes, reset)).isTrue();
        assertThat(Ethernet.vlanId(bytes, reset)).isEqualTo(5);
        int tcp = reset + L4 + Ethernet.VLAN_TAG_BYTES;
        assertThat(bytes.get(tcp + 13) & TcpSegment.RST).isNotZero();
        queue.free(reset);
        assertThat(context.counters.get(Counter.IN_OTHER_VLAN)).isEqualTo(2);
        assertThat(peer.freeFrames()).isEqualTo(freeBefore);
    }

    @Test
    void damagedFramesAreCountedAndNothingElse() {
        int good = frame();
        int length = syn(good, 9);
        bytes.putShort(good + L4 + 16, (short) 0x1234);
        send(good, length);
        assertThat(context.counters.get(Counter.TCP_CSUM_ERRORS)).isEqualTo(1);
        for (int cut = 0; cut < length; cut++) {
            int frame = frame();
            syn(frame, 9);
            send(frame, cut);
        }
        assertThat(answer()).isEqualTo(-1);
        long counted = context.counters.get(Counter.IN_TRUNCATED) + context.counters.get(Counter.IN_HDR_ERRORS);
        assertThat(counted).isEqualTo(length);
    }

    @Test
    void randomFramesNeitherThrowNorLeak() {
        long seed = Long.getLong("mtcp.test.seed", System.nanoTime());
        System.out.println("ContextFramesTest seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 50_000; i++) {
            int frame = frame();
            int length = syn(frame, 9);
            int damage = random.nextInt(1, 12);
            for (int d = 0; d < damage; d++) {
                bytes.put(frame + random.nextInt(length), (byte) random.nextInt());
            }
            if (random.nextBoolean()) {
                // A good IP header lets the damage reach what is behind it.
                int protocol = random.nextBoolean() ? Ipv4.PROTOCOL_TCP : Ipv4.PROTOCOL_ICMP;
                ipv4(frame, length - L4, protocol);
            }
            send(frame, random.nextInt(8) == 0 ? random.nextInt(length + 100) : length);
            for (int reply = answer(); reply >= 0; reply = answer()) {
                queue.free(reply);
            }
        }
        assertThat(context.counters.get(Counter.CONTEXT_FAILURES)).isZero();
        assertThat(context.flows.size()).isZero();
        assertThat(peer.freeFrames()).isEqualTo(freeBefore);
    }

    private Listener listen(SocketDefaults defaults) {
        PortTable.Binding binding = context.engine.bind(TestEngines.OURS, 80, true, false);
        return context.engine.listen(binding, 10, defaults, new Endpoint() {});
    }

    @Test
    void rfc9293_3_9_2_ttlAndTypeOfServiceAreTheConfiguredAndTheAskedOnes() throws Exception {
        link("nic=memory,ttl=17");
        SocketDefaults defaults = new SocketDefaults(65_536, 65_536);
        defaults.tos = 0x28;
        listen(defaults);
        introduce();
        int frame = frame();
        send(frame, syn(frame, 80));
        int reply = answer();
        assertThat(Ipv4.ttl(bytes, reply + IP)).isEqualTo(17);
        assertThat(Ipv4.tos(bytes, reply + IP)).isEqualTo(0x28);
        assertThat(Ipv4.checksumGood(bytes, reply + IP)).isTrue();
        queue.free(reply);
    }

    @Test
    void rfc9293_3_10_1_noConnectionIsOpenedToAGroup() {
        Engine engine = context.engine;
        assertThat(engine.isReachable(IpAddress.parse("198.18.0.9"))).isTrue();
        assertThat(engine.isReachable(IpAddress.parse("224.0.0.1"))).isFalse();
        assertThat(engine.isReachable(IpAddress.parse("198.18.0.255"))).isFalse();
        assertThat(engine.isReachable(IpAddress.parse("255.255.255.255"))).isFalse();
        assertThat(engine.isReachable(IpAddress.parse("ff02::1"))).isFalse();
    }

    private int synOf(int frame, int source, int destination) {
        int length = syn(frame, 80);
        Ipv4.write(bytes, frame + IP, Ipv4.HEADER_BYTES + 20, 1, Ipv4.PROTOCOL_TCP, source, destination);
        int tcp = frame + L4;
        bytes.putShort(tcp + 16, (short) 0);
        int pseudo = Checksum.pseudoIpv4(source, destination, Ipv4.PROTOCOL_TCP, 20);
        bytes.putShort(tcp + 16, (short) Checksum.finish(pseudo + Checksum.partial(bytes, tcp, 20)));
        return length;
    }

    @Test
    void rfc1122_4_2_3_10_aSynToOrFromAGroupIsDroppedInSilence() {
        listen(new SocketDefaults(65_536, 65_536));
        introduce();
        int peerIp = PEER.toIpv4();
        int[] destinations = {0xe000_0001, 0xc612_00ff, -1};
        int[] sources = {0xe000_0001, 0xc612_00ff, -1, 0};
        for (int destination : destinations) {
            int frame = frame();
            send(frame, synOf(frame, peerIp, destination));
        }
        for (int source : sources) {
            int frame = frame();
            send(frame, synOf(frame, source, OUR_IP));
        }
        assertThat(answer()).isEqualTo(-1);
        assertThat(context.flows.size()).isZero();
        assertThat(context.counters.get(Counter.IN_ADDR_ERRORS)).isEqualTo(destinations.length);
        assertThat(context.counters.get(Counter.IN_MARTIANS)).isEqualTo(sources.length);
    }

    @Test
    void rfc1122_4_2_3_8_optionsOfIpAreIgnored() {
        listen(new SocketDefaults(65_536, 65_536));
        introduce();
        int frame = frame();
        syn(frame, 80);
        // The TCP header moves behind eight bytes of record route.
        byte[] tcp = new byte[20];
        bytes.get(frame + L4, tcp).put(frame + L4 + 8, tcp);
        bytes.putLong(frame + L4, 0x0707_0400_0000_0000L);
        bytes.put(frame + IP, (byte) 0x47);
        Ipv4.totalBytes(bytes, frame + IP, Ipv4.HEADER_BYTES + 8 + 20);
        Ipv4.checksum(bytes, frame + IP, 0);
        Ipv4.checksum(bytes, frame + IP, Checksum.finish(Checksum.partial(bytes, frame + IP, 28)));
        send(frame, L4 + 8 + 20);
        int reply = answer();
        assertThat(reply).isNotNegative();
        assertThat(Ipv4.headerBytes(bytes, reply + IP)).isEqualTo(20);
        queue.free(reply);
    }

    @Test
    void rfc6633_3_sourceQuenchIsDiscardedAndTimeExceededDoesNotEndTheConnection() {
        Listener listener = listen(new SocketDefaults(65_536, 65_536));
        introduce();
        int frame = frame();
        send(frame, segment(frame, 1_000, 0, TcpSegment.SYN, 1_460));
        int reply = answer();
        TcpSegment in = new TcpSegment();
        payloadOf(reply, in);
        queue.free(reply);
        frame = frame();
        send(frame, segment(frame, 1_001, in.seq + 1, TcpSegment.ACK, 0));
        Flow flow = listener.accept();
        flow.attach(new Endpoint() {}, new SocketDefaults(65_536, 65_536));
        flow.write(ByteBuffer.allocateDirect(100));
        round();
        reply = answer();
        int icmpBytes = Icmp4.HEADER_BYTES + Ipv4.HEADER_BYTES + Icmp4.QUOTED_L4_BYTES;
        for (int typeAndCode : new int[] {4 << 8, 11 << 8, 12 << 8, 3 << 8, 3 << 8 | 1, 3 << 8 | 2, 3 << 8 | 3}) {
            int icmp = frame() + L4;
            bytes.put(Icmp4.quoteOffset(icmp), bytes, reply + IP, Ipv4.HEADER_BYTES + Icmp4.QUOTED_L4_BYTES);
            Icmp4.write(bytes, icmp, icmpBytes, typeAndCode, 0);
            ipv4(icmp - L4, icmpBytes, Ipv4.PROTOCOL_ICMP);
            send(icmp - L4, L4 + icmpBytes);
        }
        queue.free(reply);
        assertThat(context.counters.get(Counter.ICMP_IN_UNREACHABLES))
                .as("all but the quench")
                .isEqualTo(6);
        assertThat(flow.status() & Flow.CLOSED).isZero();
        assertThat(answer()).as("nothing is sent again for it").isEqualTo(-1);
    }

    /** As the peer that was turned away believes to be connected, what it says without data may stand anywhere. */
    @Test
    void rfc4987_3_6_whoWasTurnedAwayWithItsCookieIsNotResetForABareAcknowledgement() throws Exception {
        link("nic=memory,syn-cookies=always");
        PortTable.Binding binding = context.engine.bind(TestEngines.OURS, 80, true, false);
        Listener listener = context.engine.listen(binding, 0, new SocketDefaults(65_536, 65_536), new Endpoint() {});
        introduce();
        int[] isn = {cookie(), 0};
        sourcePort++;
        isn[1] = cookie();
        acknowledge(1_002, isn[1] + 1);
        TcpSegment in = new TcpSegment();
        int reply = answer();
        payloadOf(reply, in);
        assertThat(in.flags).as("nobody was turned away yet").isEqualTo(TcpSegment.RST);
        queue.free(reply);
        sourcePort--;
        acknowledge(1_001, isn[0] + 1);
        assertThat(listener.waiting()).isEqualTo(1);
        sourcePort++;
        acknowledge(1_001, isn[1] + 1);
        assertThat(context.counters.get(Counter.LISTEN_OVERFLOWS)).isEqualTo(1);
        acknowledge(1_501, isn[1] + 1);
        assertThat(answer()).as("what follows data that was dropped").isEqualTo(-1);
        assertThat(context.counters.get(Counter.SYN_COOKIES_FAILED)).isEqualTo(2);
        listener.accept();
        acknowledge(1_001, isn[1] + 1);
        assertThat(listener.waiting()).as("another chance").isEqualTo(1);
    }

    /** @return the number that our SYN-ACK begins with */
    private int cookie() {
        int frame = frame();
        send(frame, segment(frame, 1_000, 0, TcpSegment.SYN, 1_460));
        int reply = answer();
        TcpSegment in = new TcpSegment();
        payloadOf(reply, in);
        assertThat(in.flags).isEqualTo(TcpSegment.SYN | TcpSegment.ACK);
        queue.free(reply);
        return in.seq;
    }

    private void acknowledge(int seq, int ack) {
        int frame = frame();
        send(frame, segment(frame, seq, ack, TcpSegment.ACK, 0));
    }

    @Test
    void rfc9293_3_10_1_listenersOfOneportOnTwoAddressesStandSideBySide() {
        PortTable ports = context.engine.ports;
        IpAddress other = IpAddress.parse("198.18.0.3");
        SocketDefaults defaults = new SocketDefaults(65_536, 65_536);
        Listener one = context.engine.listen(
                context.engine.bind(TestEngines.OURS, 80, false, false), 1, defaults, new Endpoint() {});
        Listener two =
                context.engine.listen(context.engine.bind(other, 80, false, false), 1, defaults, new Endpoint() {});
        assertThat(context.engine.bind(other, 80, false, false)).isNull();
        assertThat(context.engine.bind(IpAddress.ANY_V4, 80, false, false)).isNull();
        assertThat(ports.listener(TestEngines.OURS.hi(), TestEngines.OURS.lo(), 80, 1, 0))
                .isSameAs(one);
        assertThat(ports.listener(other.hi(), other.lo(), 80, 1, 0)).isSameAs(two);
        context.engine.unlisten(two);
        assertThat(ports.listener(TestEngines.OURS.hi(), TestEngines.OURS.lo(), 80, 1, 0))
                .isSameAs(one);
        assertThat(ports.listener(other.hi(), other.lo(), 80, 1, 0)).isNull();
    }

    /** As Linux's SO_INCOMING_CPU; else every other connection would be served by a thread that does not drive its context. */
    @Test
    void ofListenersThatShareAPort_theOneAtHomeInTheContextIsChosen_andAnExactAddressWeighsMore() {
        SocketDefaults defaults = new SocketDefaults(65_536, 65_536);
        PortTable ports = context.engine.ports;
        Listener[] any = new Listener[2];
        for (int i = 0; i < any.length; i++) {
            any[i] = context.engine.listen(
                    context.engine.bind(IpAddress.ANY_V4, 80, true, true), 1, defaults, new Endpoint() {});
            any[i].home(i);
        }
        long hi = TestEngines.OURS.hi();
        long lo = TestEngines.OURS.lo();
        for (int hash = 0; hash < 1 << 20; hash += 77_777) {
            assertThat(ports.listener(hi, lo, 80, hash, 0)).isSameAs(any[0]);
            assertThat(ports.listener(hi, lo, 80, hash, 1)).isSameAs(any[1]);
        }
        Set<Listener> elsewhere = new HashSet<>();
        for (int hash = 0; hash < 1 << 20; hash += 7_777) {
            elsewhere.add(ports.listener(hi, lo, 80, hash << 12, 2));
        }
        assertThat(elsewhere).as("nobody is at home there").containsExactlyInAnyOrder(any);
        Listener exact = context.engine.listen(
                context.engine.bind(TestEngines.OURS, 80, true, true), 1, defaults, new Endpoint() {});
        exact.home(1);
        assertThat(ports.listener(hi, lo, 80, 1, 0)).isSameAs(exact);
    }
}
