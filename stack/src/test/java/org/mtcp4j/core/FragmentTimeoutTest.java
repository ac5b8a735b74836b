/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.ip.Fragments;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.MemoryLink;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Icmp4;
import org.mtcp4j.wire.Icmp6;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;

/** Fragments whose packets never become whole: by the context's own timer, whether or not anything else comes. */
class FragmentTimeoutTest {
    private static final int IP = Ethernet.HEADER_BYTES;
    private static final IpAddress OURS6 = IpAddress.parse("2001:db8::2");
    private static final IpAddress PEER6 = IpAddress.parse("2001:db8::1");
    private static final int PEER4 = IpAddress.parse("198.18.0.1").toIpv4();
    private static final int DATA_BYTES = 64;

    private Context context;
    private Nic peer;
    private NicQueue queue;
    private ByteBuffer bytes;
    private long nowNs = System.nanoTime();

    private void link(boolean v6) throws Exception {
        MemoryLink link = MemoryLink.create(TestEngines.nicSettings(), TestEngines.nicSettings());
        String subnet = v6 ? OURS6 + "/64" : TestEngines.OURS + "/24";
        context = TestEngines.engine(List.of(TestEngines.memory(), link.a()), subnet, List.of(), "nic=memory")
                .context(0);
        assertThat(context.ownership.tryAcquire()).isTrue();
        peer = link.b();
        queue = peer.queue(0);
        bytes = peer.memory().bytes();
    }

    /** A fragment with more behind it. */
    private void fragment(boolean v6, int id, int start) {
        int frame = queue.allocate();
        int ip = frame + IP;
        int type = v6 ? Ethernet.TYPE_IPV6 : Ethernet.TYPE_IPV4;
        Ethernet.write(bytes, frame, context.links[1].mac, peer.macAddress(), type);
        int length;
        if (v6) {
            length = Ipv6.HEADER_BYTES + Ipv6.FRAGMENT_HEADER_BYTES + DATA_BYTES;
            Ipv6.write(bytes, ip, Ipv6.FRAGMENT_HEADER_BYTES + DATA_BYTES, Ipv6.FRAGMENT, 64);
            Ipv6.addresses(bytes, ip, PEER6.hi(), PEER6.lo(), OURS6.hi(), OURS6.lo());
            bytes.putInt(ip + Ipv6.HEADER_BYTES, Ipv4.PROTOCOL_TCP << 24 | start | 1);
            bytes.putInt(ip + Ipv6.HEADER_BYTES + 4, id);
        } else {
            length = Ipv4.HEADER_BYTES + DATA_BYTES;
            Ipv4.write(bytes, ip, length, id, Ipv4.PROTOCOL_TCP, PEER4, TestEngines.OURS.toIpv4());
            bytes.putShort(ip + Ipv4.FRAGMENT_OFFSET, (short) (Ipv4.MORE_FRAGMENTS | start >>> 3));
            Ipv4.makeChecksum(bytes, ip);
        }
        for (int i = 0; i < DATA_BYTES; i++) {
            bytes.put(ip + length - DATA_BYTES + i, (byte) (i + id));
        }
        FrameBatch batch = new FrameBatch(1);
        batch.add(frame, IP + length, 0);
        assertThat(queue.transmit(batch)).isEqualTo(1);
        context.round(++nowNs);
    }

    private int answer() {
        FrameBatch batch = new FrameBatch(1);
        return queue.receive(batch) == 0 ? -1 : batch.offset[0];
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rfc1122_3_3_2_rfc8200_4_5_theSenderOfAFirstFragmentHearsThatTheRestDidNotCome(boolean v6) throws Exception {
        link(v6);
        fragment(v6, 7, 0);
        long lifeNs = v6 ? Fragments.IPV6_LIFE_NS : Fragments.IPV4_LIFE_NS;
        assertThat(context.nextDeadlineNs()).isEqualTo(nowNs + lifeNs);
        context.round(nowNs + lifeNs - 1);
        assertThat(answer()).isEqualTo(-1);
        nowNs += lifeNs;
        context.round(nowNs);
        int frame = answer();
        assertThat(frame).isNotNegative();
        assertThat(Ethernet.destination(bytes, frame)).isEqualTo(peer.macAddress());
        int ip = frame + IP;
        if (v6) {
            int icmp = ip + Ipv6.HEADER_BYTES;
            int icmpBytes = Ipv6.payloadBytes(bytes, ip);
            assertThat(icmpBytes).isEqualTo(8 + 40 + 8 + DATA_BYTES);
            assertThat(Icmp6.isGood(bytes, ip, icmp, icmpBytes)).isTrue();
            assertThat(Icmp6.type(bytes, icmp)).isEqualTo(Icmp6.TIME_EXCEEDED);
            assertThat(Icmp6.code(bytes, icmp)).isEqualTo(Icmp6.REASSEMBLY);
            assertThat(Ipv6.sourceLo(bytes, ip)).isEqualTo(OURS6.lo());
            assertThat(Ipv6.destinationLo(bytes, ip)).isEqualTo(PEER6.lo());
            assertThat(Ipv6.nextHeader(bytes, icmp + Icmp6.HEADER_BYTES)).isEqualTo(Ipv6.FRAGMENT);
        } else {
            int icmp = ip + Ipv4.HEADER_BYTES;
            assertThat(Icmp4.check(bytes, icmp, 8 + 20 + 8)).isEqualTo(Icmp4.OK);
            assertThat(Icmp4.type(bytes, icmp)).isEqualTo(Icmp4.TIME_EXCEEDED);
            assertThat(Icmp4.code(bytes, icmp)).isEqualTo(Icmp4.REASSEMBLY);
            assertThat(Ipv4.source(bytes, ip)).isEqualTo(TestEngines.OURS.toIpv4());
            assertThat(Ipv4.destination(bytes, ip)).isEqualTo(PEER4);
            assertThat(bytes.get(Icmp4.quotedL4Offset(bytes, icmp))).isEqualTo((byte) 7);
        }
        assertThat(context.counters.get(v6 ? Counter.IN6_FRAGMENT_TIMEOUTS : Counter.IN_FRAGMENT_TIMEOUTS))
                .isEqualTo(1);
        assertThat(context.counters.get(v6 ? Counter.ICMP6_OUT_TIME_EXCEEDED : Counter.ICMP_OUT_TIME_EXCEEDED))
                .isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rfc1122_3_3_2_rfc8200_4_5_withoutTheFirstFragmentNobodyIsTold(boolean v6) throws Exception {
        link(v6);
        fragment(v6, 7, 64);
        nowNs += Fragments.IPV6_LIFE_NS;
        context.round(nowNs);
        assertThat(answer()).isEqualTo(-1);
        assertThat(context.counters.get(v6 ? Counter.IN6_FRAGMENT_TIMEOUTS : Counter.IN_FRAGMENT_TIMEOUTS))
                .isEqualTo(1);
        assertThat(context.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
    }
}
