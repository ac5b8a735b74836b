/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.ip.ArpFrames;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.LinkAddresses;
import org.mtcp4j.ip.NdpFrames;
import org.mtcp4j.ip.Routes;
import org.mtcp4j.ip.Subnet;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.MemoryLink;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicDecorator;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.tcp.CloseReason;
import org.mtcp4j.tcp.TcpState;
import org.mtcp4j.wire.Arp;
import org.mtcp4j.wire.Checksum;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Icmp6;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;
import org.mtcp4j.wire.Ndp;
import org.mtcp4j.wire.TcpHeader;
import org.mtcp4j.wire.TcpSegment;

/** Neighbours, routers and interfaces that are not there, in virtual time: every wait has an end. The test is the link. */
class UnansweredTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int IP = Ethernet.HEADER_BYTES;

    /** A NIC that somebody pulls out. */
    private static final class Unplugged extends NicDecorator {
        boolean up = true;

        Unplugged(Nic inner) {
            super(inner);
        }

        @Override
        public NicQueue queue(int index) {
            return inner.queue(index);
        }

        @Override
        public boolean isUp() {
            return up;
        }
    }

    private Engine engine;
    private Context context;
    private Unplugged nic;
    private NicQueue queue;
    private ByteBuffer bytes;
    /** Who answers when asked for its hardware address, and with which. */
    private final Map<IpAddress, Long> alive = new HashMap<>();

    private final List<Long> requestsNs = new ArrayList<>();
    private final TcpSegment last = new TcpSegment();
    private long lastToMac;
    private int segments;
    private boolean v6;
    private long peerMac;
    private long nowNs = System.nanoTime();
    private final Endpoint endpoint = new Endpoint() {};
    private final Waiter news = endpoint.outputWaiter();

    private void link(boolean isIpv6, String... gateways) throws Exception {
        v6 = isIpv6;
        MemoryLink link = MemoryLink.create(TestEngines.nicSettings(), TestEngines.nicSettings());
        nic = new Unplugged(link.a());
        Subnet own = Subnet.parse(isIpv6 ? "2001:db8::2/64" : "198.18.0.2/22");
        List<IpAddress> routers =
                List.of(gateways).stream().map(IpAddress::parse).toList();
        engine = new Engine(
                StackConfig.of("nic=memory"),
                List.of(TestEngines.memory(), nic),
                Routes.ofLinks(List.of(LinkAddresses.of(List.of(own))), routers),
                new NoPinning(),
                (failed, cause) -> {
                    throw new AssertionError(cause);
                });
        context = engine.context(0);
        assertThat(context.ownership.tryAcquire()).isTrue();
        queue = link.b().queue(0);
        bytes = link.b().memory().bytes();
        peerMac = link.b().macAddress();
    }

    private IpAddress ours() {
        return IpAddress.parse(v6 ? "2001:db8::2" : "198.18.0.2");
    }

    private IpAddress neighbour(int n) {
        return IpAddress.parse(v6 ? "2001:db8::1:" + Integer.toHexString(n) : "198.18." + (n >>> 8) + "." + (n & 255));
    }

    private IpAddress far() {
        return IpAddress.parse(v6 ? "2001:db8:77::1" : "203.0.113.1");
    }

    private Flow connect(IpAddress to) {
        SocketDefaults options = new SocketDefaults(65_536, 65_536);
        ConnectCall call = new ConnectCall(1, ours(), to, 80, options, endpoint);
        call.execute(context, nowNs);
        assertThat(call.flow()).isNotNull();
        return call.flow();
    }

    /** Runs the context at each of its deadlines, and answers for those that are alive. */
    private void pass(long ns) {
        long endNs = nowNs + ns;
        while (nowNs < endNs) {
            context.round(nowNs);
            hear();
            nowNs = Math.min(endNs, Math.max(nowNs + 100_000, context.nextDeadlineNs()));
        }
        context.round(nowNs);
        hear();
    }

    private void hear() {
        FrameBatch got = new FrameBatch(64);
        while (queue.receive(got) > 0) {
            for (int i = 0; i < got.count; i++) {
                int frame = got.offset[i];
                int ip = frame + IP;
                if (Ethernet.type(bytes, frame) == Ethernet.TYPE_ARP) {
                    asked(frame, IpAddress.ofIpv4(Arp.targetIp(bytes, ip)));
                } else if (v6 && Ipv6.nextHeader(bytes, ip) == Ipv6.ICMP) {
                    int icmp = ip + Ipv6.HEADER_BYTES;
                    if (Icmp6.type(bytes, icmp) == Icmp6.NEIGHBOUR_SOLICITATION) {
                        asked(frame, IpAddress.of(Ndp.targetHi(bytes, icmp), Ndp.targetLo(bytes, icmp)));
                    }
                } else {
                    int header = v6 ? Ipv6.HEADER_BYTES : Ipv4.HEADER_BYTES;
                    int l4Bytes = v6 ? Ipv6.payloadBytes(bytes, ip) : Ipv4.totalBytes(bytes, ip) - header;
                    assertThat(TcpHeader.parse(bytes, ip + header, l4Bytes, last))
                            .isEqualTo(TcpHeader.OK);
                    lastToMac = Ethernet.destination(bytes, frame);
                    segments++;
                }
                queue.free(frame);
            }
            got.count = 0;
        }
    }

    private void asked(int frame, IpAddress target) {
        requestsNs.add(nowNs);
        Long mac = alive.get(target);
        if (mac == null) {
            return;
        }
        int reply = queue.allocate();
        if (v6) {
            NdpFrames.writeReply(bytes, reply, frame, mac);
            send(reply, NdpFrames.FRAME_BYTES);
        } else {
            ArpFrames.writeReply(bytes, reply, frame + IP, mac);
            send(reply, ArpFrames.FRAME_BYTES);
        }
    }

    private void send(int frame, int lengthBytes) {
        FrameBatch out = new FrameBatch(1);
        out.add(frame, lengthBytes, 0);
        assertThat(queue.transmit(out)).isEqualTo(1);
    }

    private void segment(IpAddress from, int ports, int seq, int ack, int flags) {
        int frame = queue.allocate();
        int ip = frame + IP;
        int l4 = ip + (v6 ? Ipv6.HEADER_BYTES : Ipv4.HEADER_BYTES);
        Ethernet.write(bytes, frame, context.links[1].mac, peerMac, v6 ? Ethernet.TYPE_IPV6 : Ethernet.TYPE_IPV4);
        bytes.putInt(l4, ports).putInt(l4 + 4, seq).putInt(l4 + 8, ack);
        bytes.putInt(l4 + 12, 5 << 28 | flags << 16 | 65_535).putInt(l4 + 16, 0);
        int pseudo;
        if (v6) {
            Ipv6.write(bytes, ip, 20, Ipv4.PROTOCOL_TCP, 64);
            Ipv6.addresses(bytes, ip, from.hi(), from.lo(), ours().hi(), ours().lo());
            pseudo = Ipv6.pseudo(bytes, ip, Ipv4.PROTOCOL_TCP, 20);
        } else {
            Ipv4.write(bytes, ip, 40, 0, Ipv4.PROTOCOL_TCP, from.toIpv4(), ours().toIpv4());
            pseudo = Checksum.pseudoIpv4(from.toIpv4(), ours().toIpv4(), Ipv4.PROTOCOL_TCP, 20);
        }
        bytes.putShort(l4 + 16, (short) Checksum.finish(pseudo + Checksum.partial(bytes, l4, 20)));
        send(frame, l4 + 20 - frame);
    }

    /** Answers what the flow has sent. */
    private void acknowledge(Flow flow) {
        int next = last.seq + last.payloadBytes + (last.has(TcpSegment.SYN) ? 1 : 0);
        boolean syn = last.has(TcpSegment.SYN);
        int ports = flow.remotePort() << 16 | flow.localPort();
        int flags = syn ? TcpSegment.SYN | TcpSegment.ACK : TcpSegment.ACK;
        segment(flow.remoteAddress(), ports, syn ? 5_000 : 5_001, next, flags);
    }

    private Flow connected(IpAddress to) {
        Flow flow = connect(to);
        pass(SECOND / 2);
        acknowledge(flow);
        pass(SECOND / 2);
        assertThat(flow.state()).isEqualTo(TcpState.ESTABLISHED);
        return flow;
    }

    private void write(Flow flow) {
        assertThat(flow.write(ByteBuffer.allocate(100))).isEqualTo(100);
    }

    private int asked() {
        int n = requestsNs.size();
        requestsNs.clear();
        return n;
    }

    // ---- opening ----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void aConnectThatNoNextHopAnswersEndsAfterThreeSeconds(boolean isIpv6, boolean throughRouter) throws Exception {
        link(isIpv6, isIpv6 ? "2001:db8::1:7" : "198.18.0.7");
        Flow flow = connect(throughRouter ? far() : neighbour(9));
        pass(3 * SECOND - 1_000_000);
        assertThat(flow.status() & Flow.CLOSED).isZero();
        pass(2_000_000);
        assertThat(flow.status() & Flow.CLOSED).isNotZero();
        assertThat(flow.reason()).isEqualTo(CloseReason.HOST_UNREACHABLE);
        assertThat(news.consume()).as("who waits to be connected hears of it").isTrue();
        assertThat(requestsNs).hasSize(3);
        assertThat(context.flows.size()).isZero();
        assertThat(segments).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoTriesAgainIsAnsweredAgainAfterThreeSecondsOrReachesWhoHasComeUp(boolean isIpv6) throws Exception {
        link(isIpv6);
        connect(neighbour(9));
        pass(4 * SECOND);
        Flow again = connect(neighbour(9));
        pass(3 * SECOND / 2);
        assertThat(again.status() & Flow.CLOSED).isZero();
        alive.put(neighbour(9), peerMac);
        pass(SECOND + 1_000_000);
        assertThat(segments).isPositive();
        assertThat(again.state()).isEqualTo(TcpState.SYN_SENT);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void synsFromAddressesThatNobodyHasEndAndAskLittle(boolean isIpv6) throws Exception {
        link(isIpv6);
        PortTable.Binding binding = engine.bind(ours(), 80, true, false);
        engine.listen(binding, 1_000, new SocketDefaults(65_536, 65_536), new Endpoint() {});
        for (int second = 0; second < 10; second++) {
            for (int i = 0; i < 600; i++) {
                segment(neighbour(16 + i), 40_000 << 16 | 80, 1_000 * second, 0, TcpSegment.SYN);
                if (i % 20 == 19) {
                    pass(SECOND / 30);
                }
            }
            // Sixteen new ones a second, three times each; and where this second and that of the limit overlap.
            assertThat(asked()).isLessThanOrEqualTo(4 * 16);
        }
        assertThat(context.counters.get(Counter.NEIGHBOUR_REFUSALS)).isPositive();
        pass(5 * SECOND);
        assertThat(context.flows.size()).as("half open").isZero();
        assertThat(segments).isZero();
    }

    // ---- connections ------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aConnectionWhoseNeighbourHasGoneEndsByTcpsClockAndAsksLittleMeanwhile(boolean isIpv6) throws Exception {
        link(isIpv6);
        alive.put(neighbour(9), peerMac);
        Flow flow = connected(neighbour(9));
        pass(40 * SECOND);
        alive.clear();
        asked();
        write(flow);
        pass(60 * SECOND);
        assertThat(flow.status() & Flow.CLOSED).isZero();
        assertThat(asked()).isLessThan(50);
        pass(1_200 * SECOND);
        assertThat(flow.reason()).isEqualTo(CloseReason.HOST_UNREACHABLE);
        assertThat(context.flows.size()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aConnectionGoesOnWhenItsNeighbourComesBack(boolean isIpv6) throws Exception {
        link(isIpv6);
        alive.put(neighbour(9), peerMac);
        Flow flow = connected(neighbour(9));
        alive.clear();
        write(flow);
        pass(20 * SECOND);
        int before = segments;
        alive.put(neighbour(9), peerMac);
        pass(60 * SECOND);
        assertThat(segments).isGreaterThan(before);
        acknowledge(flow);
        pass(SECOND);
        assertThat(flow.isDrained()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rfc4861_7_3_1_progressOfTcpSparesTheProbes(boolean isIpv6) throws Exception {
        link(isIpv6);
        alive.put(neighbour(9), peerMac);
        Flow flow = connected(neighbour(9));
        asked();
        for (int i = 0; i < 100; i++) {
            write(flow);
            pass(SECOND / 2);
            acknowledge(flow);
            pass(SECOND / 2);
        }
        assertThat(asked()).isZero();
        write(flow);
        pass(10 * SECOND);
        assertThat(asked()).as("silence is asked about").isPositive();
    }

    // ---- routers ----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rfc4861_7_3_3_rfc1122_3_3_1_4_aRouterThatHasGoneIsLeftForAnother(boolean isIpv6) throws Exception {
        link(isIpv6, isIpv6 ? "2001:db8::1:7" : "198.18.0.7", isIpv6 ? "2001:db8::1:8" : "198.18.0.8");
        long first = 0x0200_5e00_0007L;
        long second = 0x0200_5e00_0008L;
        alive.put(neighbour(7), first);
        alive.put(neighbour(8), second);
        Flow flow = connected(far());
        assertThat(lastToMac).isEqualTo(first);
        alive.remove(neighbour(7));
        pass(10 * SECOND);
        write(flow);
        pass(8 * SECOND);
        assertThat(lastToMac).isEqualTo(second);
        acknowledge(flow);
        pass(SECOND);
        assertThat(flow.isDrained()).isTrue();
        assertThat(context.counters.get(Counter.ROUTER_CHANGES)).isEqualTo(1);
        Flow another = connect(far());
        pass(SECOND / 2);
        assertThat(lastToMac).as("new connections do not try the dead one").isEqualTo(second);
        alive.put(neighbour(7), first);
        pass(11 * SECOND);
        connect(far());
        pass(SECOND / 10);
        assertThat(lastToMac).as("the first has come back").isEqualTo(first);
        assertThat(another.state()).isEqualTo(TcpState.SYN_SENT);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aConnectGoesThroughTheSecondRouterWhenTheFirstDoesNotAnswer(boolean isIpv6) throws Exception {
        link(isIpv6, isIpv6 ? "2001:db8::1:7" : "198.18.0.7", isIpv6 ? "2001:db8::1:8" : "198.18.0.8");
        alive.put(neighbour(8), peerMac);
        Flow flow = connect(far());
        pass(3 * SECOND + 10_000_000);
        // The third second's repetition may leave together with the first SYN: the start lies anywhere within the
        // wheel's tick.
        assertThat(segments).isBetween(1, 2);
        acknowledge(flow);
        pass(SECOND);
        assertThat(flow.state()).isEqualTo(TcpState.ESTABLISHED);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rfc1122_3_3_1_5_aConnectionFollowsARouteThatChanges(boolean isIpv6) throws Exception {
        link(isIpv6, isIpv6 ? "2001:db8::1:7" : "198.18.0.7");
        alive.put(neighbour(7), 0x0200_5e00_0007L);
        alive.put(neighbour(8), peerMac);
        Flow flow = connected(far());
        assertThat(lastToMac).isEqualTo(0x0200_5e00_0007L);
        Routes now = Routes.ofLinks(List.of(engine.routes().link(0)), List.of(neighbour(8)));
        context.readdressed(now, nowNs);
        write(flow);
        pass(SECOND / 10);
        assertThat(lastToMac).isEqualTo(peerMac);
    }

    // ---- interfaces -------------------------------------------------------------------------------------------------

    @Test
    void anInterfaceThatGoesDownEndsHandshakesAtOnceAndRefusesNewOnes() throws Exception {
        link(false);
        alive.put(neighbour(9), peerMac);
        Flow established = connected(neighbour(9));
        Flow opening = connect(neighbour(9));
        nic.up = false;
        pass(SECOND / 10);
        assertThat(opening.reason()).isEqualTo(CloseReason.NETWORK_UNREACHABLE);
        assertThat(established.state()).isEqualTo(TcpState.ESTABLISHED);
        assertThat(engine.isReachable(neighbour(9))).isFalse();
        assertThat(context.counters.get(Counter.LINK_DOWNS)).isEqualTo(1);
        nic.up = true;
        pass(SECOND / 10);
        assertThat(engine.isReachable(neighbour(9))).isTrue();
        write(established);
        pass(SECOND / 10);
        acknowledge(established);
        pass(SECOND / 10);
        assertThat(established.isDrained()).isTrue();
    }
}
