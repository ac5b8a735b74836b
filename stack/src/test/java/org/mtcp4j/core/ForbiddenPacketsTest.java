/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.LinkAddresses;
import org.mtcp4j.ip.Routes;
import org.mtcp4j.ip.Subnet;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.MemoryLink;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.wire.Arp;
import org.mtcp4j.wire.Checksum;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Icmp4;
import org.mtcp4j.wire.Icmp6;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;
import org.mtcp4j.wire.Ndp;
import org.mtcp4j.wire.TcpSegment;

/** Packets that nobody may send, of both families: each is dropped or answered as its RFC says, and counted. The test owns the context. */
class ForbiddenPacketsTest {
    private static final int IP = Ethernet.HEADER_BYTES;
    private static final IpAddress OURS = IpAddress.parse("198.18.0.2");
    private static final IpAddress PEER = IpAddress.parse("198.18.0.1");
    private static final IpAddress OURS6 = IpAddress.parse("2001:db8::2");
    private static final IpAddress PEER6 = IpAddress.parse("2001:db8::1");
    private static final long OTHER_MAC = 0x0200_5e00_5377L;
    private static final long GROUP_MAC = 0x3333_0000_0001L;
    private static final byte[] NO_EXTENSION = new byte[0];

    private Context context;
    private Nic peer;
    private NicQueue queue;
    private ByteBuffer bytes;
    private long ourMac;
    private long peerMac;
    private int freeBefore;
    private int lengthBytes;
    private long nowNs = System.nanoTime();

    @BeforeEach
    void link() throws Exception {
        MemoryLink link = MemoryLink.create(TestEngines.nicSettings(), TestEngines.nicSettings());
        LinkAddresses own = LinkAddresses.of(List.of(Subnet.parse(OURS + "/24"), Subnet.parse(OURS6 + "/64")));
        Engine engine = new Engine(
                StackConfig.of("nic=memory"),
                List.of(TestEngines.memory(), link.a()),
                Routes.ofLinks(List.of(own), List.of()),
                new NoPinning(),
                (failed, cause) -> {
                    throw new AssertionError(cause);
                });
        context = engine.context(0);
        assertThat(context.ownership.tryAcquire()).isTrue();
        queue = link.b().queue(0);
        bytes = link.b().memory().bytes();
        peer = link.b();
        ourMac = context.links[1].mac;
        peerMac = peer.macAddress();
        freeBefore = peer.freeFrames();
        for (IpAddress address : List.of(OURS, OURS6)) {
            PortTable.Binding binding = engine.bind(address, 80, true, false);
            engine.listen(binding, 10, new SocketDefaults(65_536, 65_536), new Endpoint() {});
        }
    }

    private int frame() {
        int frame = queue.allocate();
        assertThat(frame).isNotNegative();
        return frame;
    }

    private void send(int frame) {
        FrameBatch batch = new FrameBatch(1);
        batch.add(frame, lengthBytes, 0);
        assertThat(queue.transmit(batch)).isEqualTo(1);
        nowNs += 1_000_000;
        context.round(nowNs);
    }

    private int answer() {
        FrameBatch batch = new FrameBatch(1);
        return queue.receive(batch) == 0 ? -1 : batch.offset[0];
    }

    private void assertSilence() {
        assertThat(answer()).isEqualTo(-1);
        assertThat(context.flows.size()).isZero();
        assertThat(peer.freeFrames()).isEqualTo(freeBefore);
    }

    private long count(Counter counter) {
        return context.counters.get(counter);
    }

    /** A frame with a SYN to a listener; 60 bytes of IPv6 extension headers fit. */
    private int syn(IpAddress from, IpAddress to, int firstHeader, byte[] extensions) {
        int frame = frame();
        boolean v6 = !to.isIpv4();
        int l4 = frame + IP + (v6 ? Ipv6.HEADER_BYTES + extensions.length : Ipv4.HEADER_BYTES);
        bytes.putInt(l4, 40_000 << 16 | 80).putInt(l4 + 4, 1_000).putInt(l4 + 8, 0);
        bytes.putInt(l4 + 12, 5 << 28 | TcpSegment.SYN << 16 | 65_535).putInt(l4 + 16, 0);
        packet(frame, from, to, extensions.length == 0 ? Ipv4.PROTOCOL_TCP : firstHeader, 20 + extensions.length);
        bytes.put(frame + IP + (v6 ? Ipv6.HEADER_BYTES : Ipv4.HEADER_BYTES), extensions);
        int pseudo = v6
                ? Ipv6.pseudo(bytes, frame + IP, Ipv4.PROTOCOL_TCP, 20)
                : Checksum.pseudoIpv4(from.toIpv4(), to.toIpv4(), Ipv4.PROTOCOL_TCP, 20);
        bytes.putShort(l4 + 16, (short) Checksum.finish(pseudo + Checksum.partial(bytes, l4, 20)));
        return frame;
    }

    private int echo(IpAddress from, IpAddress to) {
        int frame = frame();
        if (to.isIpv4()) {
            Icmp4.write(bytes, frame + IP + Ipv4.HEADER_BYTES, 12, Icmp4.ECHO_REQUEST << 8, 7);
            packet(frame, from, to, Ipv4.PROTOCOL_ICMP, 12);
        } else {
            packet(frame, from, to, Ipv6.ICMP, 12);
            Icmp6.write(bytes, frame + IP, frame + IP + Ipv6.HEADER_BYTES, 12, Icmp6.ECHO_REQUEST << 8, 7);
        }
        return frame;
    }

    private void packet(int frame, IpAddress from, IpAddress to, int protocol, int dataBytes) {
        boolean v6 = !to.isIpv4();
        Ethernet.write(bytes, frame, ourMac, peerMac, v6 ? Ethernet.TYPE_IPV6 : Ethernet.TYPE_IPV4);
        if (v6) {
            Ipv6.write(bytes, frame + IP, dataBytes, protocol, 64);
            Ipv6.addresses(bytes, frame + IP, from.hi(), from.lo(), to.hi(), to.lo());
        } else {
            int total = Ipv4.HEADER_BYTES + dataBytes;
            Ipv4.write(bytes, frame + IP, total, 1, protocol, from.toIpv4(), to.toIpv4());
        }
        lengthBytes = IP + (v6 ? Ipv6.HEADER_BYTES : Ipv4.HEADER_BYTES) + dataBytes;
    }

    private int syn(boolean v6) {
        return syn(v6 ? PEER6 : PEER, v6 ? OURS6 : OURS, 0, NO_EXTENSION);
    }

    private int echo(boolean v6) {
        return echo(v6 ? PEER6 : PEER, v6 ? OURS6 : OURS);
    }

    // ---- sources ----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.255.1.2",
                "198.18.0.2",
                "198.18.0.255",
                "255.255.255.255",
                "224.0.0.1",
                "0.0.0.0",
                "0.1.2.3",
                "::1",
                "::",
                "2001:db8::2",
                "ff02::1"
            })
    void rfc1122_3_2_1_3_rfc4291_2_aSourceThatNobodyOutsideCanHaveIsDroppedInSilence(String source) {
        IpAddress from = IpAddress.parse(source);
        IpAddress to = from.isIpv4() ? OURS : OURS6;
        send(syn(from, to, 0, NO_EXTENSION));
        assertSilence();
        send(echo(from, to));
        assertSilence();
        assertThat(count(from.isIpv4() ? Counter.IN_MARTIANS : Counter.IN6_MARTIANS))
                .isEqualTo(2);
    }

    // ---- hardware addresses -----------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rfc1122_3_3_6_whatIsForOneHostAndCameToAllIsDropped(boolean v6) {
        for (long mac : new long[] {Ethernet.BROADCAST, GROUP_MAC, 0x0100_5e00_0001L}) {
            int frame = syn(v6);
            Ethernet.destination(bytes, frame, mac);
            send(frame);
            assertSilence();
            frame = echo(v6);
            Ethernet.destination(bytes, frame, mac);
            send(frame);
            assertSilence();
        }
        assertThat(count(Counter.IN_GROUP_FRAMES)).isEqualTo(6);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFrameForAnotherHostOrFromAGroupIsDropped(boolean v6) {
        int frame = syn(v6);
        Ethernet.destination(bytes, frame, OTHER_MAC);
        send(frame);
        assertSilence();
        frame = syn(v6);
        Ethernet.source(bytes, frame, Ethernet.BROADCAST);
        send(frame);
        assertSilence();
        frame = echo(v6);
        Ethernet.source(bytes, frame, GROUP_MAC);
        send(frame);
        assertSilence();
        assertThat(count(Counter.IN_OTHER_HOST)).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"198.18.0.255", "255.255.255.255", "224.0.0.1"})
    void rfc1122_3_2_2_6_anEchoToABroadcastOrGroupAddressIsNotAnswered(String destination) {
        send(echo(PEER, IpAddress.parse(destination)));
        assertSilence();
        assertThat(count(Counter.IN_ADDR_ERRORS)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsRightIsAnswered(boolean v6) {
        send(echo(v6));
        int reply = answer();
        assertThat(reply).isNotNegative();
        queue.free(reply);
        send(syn(v6));
        assertThat(context.flows.size()).isEqualTo(1);
    }

    @Test
    void rfc8200_8_1_anIpv6SegmentWithABadChecksumIsDropped() {
        int frame = syn(true);
        int at = frame + IP + Ipv6.HEADER_BYTES + 16;
        bytes.putShort(at, (short) (bytes.getShort(at) + 1));
        send(frame);
        assertSilence();
        assertThat(count(Counter.TCP_CSUM_ERRORS)).isEqualTo(1);
    }

    // ---- extension headers ------------------------------------------------------------------------------------------

    /** An extension header of eight bytes before TCP, with an option of that type and two bytes of data. */
    private static byte[] option(int type) {
        return new byte[] {Ipv4.PROTOCOL_TCP, 0, (byte) type, 2, 0, 0, 0, 0};
    }

    private void assertProblem(int code, int pointer, IpAddress from) {
        int reply = answer();
        assertThat(reply).as("parameter problem").isNotNegative();
        int ip = reply + IP;
        int icmp = ip + Ipv6.HEADER_BYTES;
        assertThat(Icmp6.isGood(bytes, ip, icmp, Ipv6.payloadBytes(bytes, ip))).isTrue();
        assertThat(Icmp6.type(bytes, icmp)).isEqualTo(Icmp6.PARAMETER_PROBLEM);
        assertThat(Icmp6.code(bytes, icmp)).isEqualTo(code);
        assertThat(Icmp6.word(bytes, icmp)).isEqualTo(pointer);
        assertThat(Ipv6.sourceLo(bytes, ip)).isEqualTo(from.lo());
        assertThat(Ipv6.destinationLo(bytes, ip)).isEqualTo(PEER6.lo());
        queue.free(reply);
        assertThat(context.flows.size()).isZero();
        assertThat(count(Counter.ICMP6_OUT_PARAMETER_PROBLEMS)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {Ipv6.HOP_BY_HOP, Ipv6.DESTINATION_OPTIONS})
    void rfc8200_4_2_unknownOptionsDoWhatTheirActionBitsSay(int header) {
        send(syn(PEER6, OURS6, header, option(0x1e)));
        assertThat(context.flows.size()).as("00: passed over").isEqualTo(1);
        context.flowAsked(context.flows.snapshot()[0], Flow.ABORT, nowNs);
        for (int reply = answer(); reply >= 0; reply = answer()) {
            queue.free(reply);
        }
        send(syn(PEER6, OURS6, header, option(0x5e)));
        assertSilence();
        assertThat(count(Counter.IN6_HDR_ERRORS)).isEqualTo(1);
        send(syn(PEER6, OURS6, header, option(0x9e)));
        assertProblem(Icmp6.UNKNOWN_OPTION, Ipv6.HEADER_BYTES + 2, OURS6);
        assertThat(count(Counter.IN6_HDR_ERRORS)).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"0x9e, true", "0xde, false"})
    void rfc8200_4_2_toAGroupOnlyOneActionAnswers(String type, boolean answered) {
        int frame = syn(PEER6, IpAddress.parse("ff02::1"), Ipv6.DESTINATION_OPTIONS, option(Integer.decode(type)));
        Ethernet.destination(bytes, frame, GROUP_MAC);
        send(frame);
        if (answered) {
            assertProblem(Icmp6.UNKNOWN_OPTION, Ipv6.HEADER_BYTES + 2, OURS6);
        } else {
            assertSilence();
        }
        assertThat(count(Counter.IN6_HDR_ERRORS)).isEqualTo(1);
    }

    @Test
    void rfc8200_4_4_aRoutingHeaderWithAWayToGoIsRefusedAndOneAtItsEndPassedOver() {
        send(syn(PEER6, OURS6, Ipv6.ROUTING, new byte[] {Ipv4.PROTOCOL_TCP, 0, 0, 1, 0, 0, 0, 0}));
        assertProblem(Icmp6.ERRONEOUS_FIELD, Ipv6.HEADER_BYTES + 2, OURS6);
        send(syn(PEER6, OURS6, Ipv6.ROUTING, new byte[] {Ipv4.PROTOCOL_TCP, 0, 0, 0, 0, 0, 0, 0}));
        assertThat(context.flows.size()).isEqualTo(1);
    }

    @Test
    void rfc8200_4_1_hopByHopOptionsAnywhereButFirstAreAnUnknownHeader() {
        byte[] headers = {Ipv6.HOP_BY_HOP, 0, 1, 4, 0, 0, 0, 0, Ipv4.PROTOCOL_TCP, 0, 1, 4, 0, 0, 0, 0};
        send(syn(PEER6, OURS6, Ipv6.DESTINATION_OPTIONS, headers));
        assertProblem(Icmp6.UNKNOWN_NEXT_HEADER, Ipv6.HEADER_BYTES, OURS6);
    }

    @Test
    void rfc8200_4_1_hopByHopOptionsWithinAFragmentAreAnUnknownHeader() {
        byte[] headers = {Ipv6.HOP_BY_HOP, 0, 0, 0, 0, 0, 0, 7, Ipv4.PROTOCOL_TCP, 0, 1, 4, 0, 0, 0, 0};
        send(syn(PEER6, OURS6, Ipv6.FRAGMENT, headers));
        assertProblem(Icmp6.UNKNOWN_NEXT_HEADER, Ipv6.NEXT_HEADER_OFFSET, OURS6);
    }

    @Test
    void rfc4443_2_4_f_whoSendsManyLeavesErrorsForOthers() {
        int answers = 0;
        for (int i = 0; i < 2_000; i++) {
            send(syn(PEER6, OURS6, Ipv6.DESTINATION_OPTIONS, option(0x9e)));
            int reply = answer();
            if (reply >= 0) {
                queue.free(reply);
                answers++;
            }
        }
        assertThat(answers).as("in two seconds").isBetween(IcmpLimit.BURST, IcmpLimit.BURST + 20);
        send(syn(IpAddress.parse("2001:db8::77"), OURS6, Ipv6.DESTINATION_OPTIONS, option(0x9e)));
        assertThat(answer()).isNotNegative();
    }

    @Test
    void rfc8200_4_5_aFragmentOfBrokenUnitsIsAnswered() {
        byte[] broken = new byte[17];
        broken[0] = Ipv4.PROTOCOL_TCP;
        broken[3] = 1;
        send(syn(PEER6, OURS6, Ipv6.FRAGMENT, broken));
        assertProblem(Icmp6.ERRONEOUS_FIELD, Ipv6.PAYLOAD_LENGTH_OFFSET, OURS6);
        assertThat(count(Counter.IN6_FRAGMENT_FAILS)).isEqualTo(1);
    }

    @Test
    void rfc8200_4_5_aFragmentBeyondTheLongestPacketIsAnswered() {
        byte[] far = {Ipv4.PROTOCOL_TCP, 0, (byte) 0xff, (byte) 0xf8, 0, 0, 0, 1};
        send(syn(PEER6, OURS6, Ipv6.FRAGMENT, far));
        assertProblem(Icmp6.ERRONEOUS_FIELD, Ipv6.HEADER_BYTES + 2, OURS6);
        assertThat(count(Counter.IN6_FRAGMENT_FAILS)).isEqualTo(1);
    }

    @Test
    void rfc4443_2_4_theProtocolThatNobodySpeaksIsPointedAtBehindExtensionHeaders() {
        send(syn(PEER6, OURS6, Ipv6.DESTINATION_OPTIONS, new byte[] {(byte) 253, 0, 1, 4, 0, 0, 0, 0}));
        int reply = answer();
        int icmp = reply + IP + Ipv6.HEADER_BYTES;
        assertThat(Icmp6.code(bytes, icmp)).isEqualTo(Icmp6.UNKNOWN_NEXT_HEADER);
        assertThat(Icmp6.word(bytes, icmp)).isEqualTo(Ipv6.HEADER_BYTES);
        queue.free(reply);
    }

    @Test
    void rfc4443_2_4_e_noErrorAnswersAnError() {
        int frame = frame();
        int data = 8 + Icmp6.HEADER_BYTES + Ipv6.HEADER_BYTES;
        packet(frame, PEER6, OURS6, Ipv6.DESTINATION_OPTIONS, data);
        bytes.put(frame + IP + Ipv6.HEADER_BYTES, new byte[] {Ipv6.ICMP, 0, (byte) 0x9e, 2, 0, 0, 0, 0});
        bytes.put(frame + IP + Ipv6.HEADER_BYTES + 8, (byte) Icmp6.DESTINATION_UNREACHABLE);
        send(frame);
        assertSilence();
        assertThat(count(Counter.IN6_HDR_ERRORS)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"40", "41", "47"})
    void extensionHeadersThatAreCutShortAreDropped(int payloadEnd) {
        int frame = syn(PEER6, OURS6, Ipv6.DESTINATION_OPTIONS, new byte[] {Ipv4.PROTOCOL_TCP, 0, 1, 4, 0, 0, 0, 0});
        bytes.putShort(frame + IP + Ipv6.PAYLOAD_LENGTH_OFFSET, (short) (payloadEnd - Ipv6.HEADER_BYTES));
        send(frame);
        assertSilence();
        assertThat(count(Counter.IN6_HDR_ERRORS)).isEqualTo(1);
    }

    @Test
    void anOptionThatEndsBehindItsHeaderIsDropped() {
        send(syn(PEER6, OURS6, Ipv6.DESTINATION_OPTIONS, new byte[] {Ipv4.PROTOCOL_TCP, 0, 1, 5, 0, 0, 0, 0}));
        assertSilence();
        send(syn(PEER6, OURS6, Ipv6.DESTINATION_OPTIONS, new byte[] {Ipv4.PROTOCOL_TCP, 0, 0, 0, 0, 0, 0, 1}));
        assertSilence();
        assertThat(count(Counter.IN6_HDR_ERRORS)).isEqualTo(2);
    }

    // ---- neighbour discovery ----------------------------------------------------------------------------------------

    private void solicit(IpAddress from, IpAddress to, boolean withOption) {
        int frame = frame();
        int icmp = frame + IP + Ipv6.HEADER_BYTES;
        int messageBytes = withOption ? Ndp.MESSAGE_BYTES : Ndp.OPTIONS_OFFSET;
        packet(frame, from, to, Ipv6.ICMP, messageBytes);
        bytes.put(frame + IP + Ipv6.HOP_LIMIT_OFFSET, (byte) Ndp.HOPS);
        Ndp.write(bytes, icmp, OURS6.hi(), OURS6.lo(), Ndp.SOURCE_LINK_ADDRESS, peerMac);
        Icmp6.write(bytes, frame + IP, icmp, messageBytes, Icmp6.NEIGHBOUR_SOLICITATION << 8, 0);
        send(frame);
    }

    @Test
    void rfc4861_7_1_1_whoHasNoAddressAsksASolicitedNodeGroupAndNamesNoHardwareAddress() {
        IpAddress group = IpAddress.of(Ndp.SOLICITED_NODE_HI, Ndp.solicitedNodeLo(OURS6.lo()));
        solicit(IpAddress.ANY_V6, OURS6, false);
        assertSilence();
        solicit(IpAddress.ANY_V6, IpAddress.parse("ff02::1"), false);
        assertSilence();
        solicit(IpAddress.ANY_V6, group, true);
        assertSilence();
        assertThat(count(Counter.IN_BAD_NDP)).isEqualTo(3);
        solicit(IpAddress.ANY_V6, group, false);
        int reply = answer();
        assertThat(reply).isNotNegative();
        queue.free(reply);
        solicit(PEER6, OURS6, true);
        assertThat(answer()).isNotNegative();
        assertThat(count(Counter.IN_BAD_NDP)).isEqualTo(3);
    }

    @Test
    void rfc4862_5_4_whoHasOurAddressTooIsHeardThoughItSendsFromIt() {
        solicit(OURS6, IpAddress.of(Ndp.SOLICITED_NODE_HI, Ndp.solicitedNodeLo(OURS6.lo())), true);
        assertSilence();
        assertThat(count(Counter.ADDRESS_CONFLICTS)).isEqualTo(1);
        assertThat(count(Counter.IN6_MARTIANS)).isZero();
    }

    // ---- path MTU ---------------------------------------------------------------------------------------------------

    private void segment(boolean v6, int seq, int ack, int flags) {
        int frame = syn(v6);
        int l4 = frame + IP + (v6 ? Ipv6.HEADER_BYTES : Ipv4.HEADER_BYTES);
        bytes.putInt(l4 + 4, seq).putInt(l4 + 8, ack);
        bytes.putInt(l4 + 12, 6 << 28 | flags << 16 | 65_535).putInt(l4 + 16, 0);
        bytes.putInt(l4 + 20, 2 << 24 | 4 << 16 | 1_440);
        packet(frame, v6 ? PEER6 : PEER, v6 ? OURS6 : OURS, Ipv4.PROTOCOL_TCP, 24);
        int pseudo = v6
                ? Ipv6.pseudo(bytes, frame + IP, Ipv4.PROTOCOL_TCP, 24)
                : Checksum.pseudoIpv4(PEER.toIpv4(), OURS.toIpv4(), Ipv4.PROTOCOL_TCP, 24);
        bytes.putShort(l4 + 16, (short) Checksum.finish(pseudo + Checksum.partial(bytes, l4, 24)));
        send(frame);
    }

    /** The other end of a connection that has 1,400 bytes in flight; returns the frame with them. */
    private int inFlight(boolean v6) {
        int l4 = IP + (v6 ? Ipv6.HEADER_BYTES : Ipv4.HEADER_BYTES);
        if (v6) {
            solicit(PEER6, OURS6, true);
        } else {
            int frame = frame();
            Ethernet.write(bytes, frame, Ethernet.BROADCAST, peerMac, Ethernet.TYPE_ARP);
            Arp.write(bytes, frame + IP, Arp.REQUEST, peerMac, PEER.toIpv4(), 0, OURS.toIpv4());
            lengthBytes = IP + Arp.PACKET_BYTES;
            send(frame);
        }
        queue.free(answer());
        segment(v6, 1_000, 0, TcpSegment.SYN);
        int synAck = answer();
        int seq = bytes.getInt(synAck + l4 + 4);
        queue.free(synAck);
        segment(v6, 1_001, seq + 1, TcpSegment.ACK);
        Flow flow = context.flows.snapshot()[0];
        flow.attach(new Endpoint() {}, flow.options());
        assertThat(flow.write(ByteBuffer.allocateDirect(1_400))).isEqualTo(1_400);
        context.round(++nowNs);
        return answer();
    }

    /** Tells that the path takes no more than that; returns the payload of what is sent again, or -1. */
    private int tooBig(boolean v6, int mtuBytes, int quoted) {
        int frame = frame();
        int ip = frame + IP;
        int header = v6 ? Ipv6.HEADER_BYTES : Ipv4.HEADER_BYTES;
        int icmp = ip + header;
        bytes.put(icmp + 8, bytes, quoted + IP, header + 8);
        packet(frame, v6 ? PEER6 : PEER, v6 ? OURS6 : OURS, v6 ? Ipv6.ICMP : Ipv4.PROTOCOL_ICMP, 8 + header + 8);
        if (v6) {
            Icmp6.write(bytes, ip, icmp, 8 + header + 8, Icmp6.PACKET_TOO_BIG << 8, mtuBytes);
        } else {
            int typeAndCode = Icmp4.DESTINATION_UNREACHABLE << 8 | Icmp4.FRAGMENTATION_NEEDED;
            Icmp4.write(bytes, icmp, 8 + header + 8, typeAndCode, mtuBytes);
        }
        send(frame);
        int again = answer();
        if (again < 0) {
            return -1;
        }
        int total = v6 ? Ipv6.HEADER_BYTES + Ipv6.payloadBytes(bytes, again + IP) : Ipv4.totalBytes(bytes, again + IP);
        return total - header - 20;
    }

    @ParameterizedTest
    @CsvSource({
        "false, 100, 536",
        "false, 575, 536",
        "false, 0, 536",
        "false, 600, 560",
        "true, 0, -1",
        "true, 1279, -1",
        "true, 1280, 1220",
        "true, 1300, 1240",
        "true, -2147483648, -1",
        "true, -1, -1"
    })
    void rfc1191_5_rfc8201_4_aPathMtuBelowTheLeastIsRaisedOrDiscardedAndOneAboveAnIntIsLarge(
            boolean v6, int mtuBytes, int segmentBytes) {
        int quoted = inFlight(v6);
        assertThat(tooBig(v6, mtuBytes, quoted)).isEqualTo(segmentBytes);
    }

    // ---- identification ---------------------------------------------------------------------------------------------

    private int idOfReply(IpAddress to, boolean dontFragment) {
        int frame = echo(to, OURS);
        if (!dontFragment) {
            bytes.putShort(frame + IP + Ipv4.FRAGMENT_OFFSET, (short) 0);
        }
        bytes.putShort(frame + IP + Ipv4.ID_OFFSET, (short) 0x1234);
        Ipv4.makeChecksum(bytes, frame + IP);
        send(frame);
        int reply = answer();
        assertThat(Ipv4.checksumGood(bytes, reply + IP)).isTrue();
        int id = Ipv4.id(bytes, reply + IP);
        queue.free(reply);
        return id;
    }

    @Test
    void rfc6864_4_1_whatIsNotCutHasNoIdentificationAndTellsNobodyHowMuchIsSent() {
        int reply = inFlight(false);
        assertThat(Ipv4.dontFragment(bytes, reply + IP)).isTrue();
        assertThat(Ipv4.id(bytes, reply + IP)).isZero();
        queue.free(reply);
        assertThat(idOfReply(PEER, true)).isZero();
    }

    @Test
    void rfc7739_5_3_whatMayBeCutIsNumberedByDestinationUnderAKey() {
        int one = idOfReply(PEER, false);
        int jumps = 0;
        for (int i = 0; i < 32; i++) {
            // Others are answered between.
            int other = idOfReply(IpAddress.ofIpv4(PEER.toIpv4() + 10 + i), false);
            jumps += Math.abs((short) (other - one)) > 64 ? 1 : 0;
        }
        int next = idOfReply(PEER, false);
        assertThat(jumps).as("unlike those to others").isGreaterThan(24);
        // Of 256 counters, seldom more than a few are shared with these 32.
        assertThat((next - one) & 0xffff).isBetween(1, 8);
    }
}
