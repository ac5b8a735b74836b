/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.LinkAddresses;
import org.mtcp4j.ip.Routes;
import org.mtcp4j.ip.Subnet;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.MemoryLink;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.wire.Checksum;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;

/**
 * Frames as a fuzzer thinks of them, into a whole context with a listener: Ethernet, ARP, IPv4, IPv6 and its extensions, ICMP, neighbour
 * discovery, TCP and its options. Replays the corpus; {@code bin/bench fuzz} looks for more.
 *
 * <p>The input is a row of frames, each behind a byte of what to mend (checksums, else nothing would come past them) and two of its length.
 */
public class FrameFuzzTest {
    private static final int MEND_CHECKSUMS = 1;
    private static final int MEND_DESTINATION = 2;
    /** The packet is for one of our addresses, from the peer's; so the fuzzer need not find 32 bytes to reach what is behind them. */
    private static final int MEND_ADDRESSES = 4;

    private static final int MOST_FRAMES = 64;
    private static final int LEAST_BYTES = 14;
    private static final int MOST_BYTES = 1_514;
    private static final int IP = Ethernet.HEADER_BYTES;
    private static final int PORT = 80;
    private static final IpAddress OURS6 = IpAddress.parse("2001:db8::2");
    private static final IpAddress PEER6 = IpAddress.parse("2001:db8::1");

    private long nowNs = 1_000_000_000_000L;

    /** Jazzer's entry. */
    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        new FrameFuzzTest().frames(input);
    }

    @Test
    void whatTheFuzzerFoundDoesNoHarm() throws Exception {
        assertThat(Corpus.replay(Path.of("src/test/corpus/frames"), FrameFuzzTest::fuzzerTestOneInput))
                .isPositive();
    }

    private void frames(byte[] input) throws Exception {
        MemoryLink link = MemoryLink.create(TestEngines.nicSettings(), TestEngines.nicSettings());
        LinkAddresses own =
                LinkAddresses.of(List.of(Subnet.parse(TestEngines.OURS + "/24"), Subnet.parse(OURS6 + "/64")));
        Engine engine = new Engine(
                StackConfig.of("nic=memory,memory=4m,max-connections=64"),
                List.of(TestEngines.memory(), link.a()),
                Routes.ofLinks(List.of(own), List.of(PEER6)),
                new NoPinning(),
                (failed, cause) -> {
                    throw new AssertionError(cause);
                });
        Context context = engine.context(0);
        assertThat(context.ownership.tryAcquire()).isTrue();
        PortTable.Binding binding = engine.bind(TestEngines.OURS, PORT, true, false);
        PortTable.Binding binding6 = engine.bind(OURS6, PORT, true, false);
        engine.listen(binding6, 4, new SocketDefaults(16_384, 16_384), new Endpoint() {});
        Listener listener = engine.listen(binding, 4, new SocketDefaults(16_384, 16_384), new Endpoint() {});
        send(ByteBuffer.wrap(input), link.b(), context, listener);
        assertThat(context.flows.size()).isLessThanOrEqualTo(64);
        // Everything that is left times out, and gives back what it held.
        for (int i = 0; i < 400 && context.flows.size() > 0; i++) {
            nowNs = Math.max(nowNs + 1_000_000, Math.min(context.nextDeadlineNs(), nowNs + 60_000_000_000L));
            context.round(nowNs);
            drain(link.b().queue(0));
        }
        link.a().close();
        link.b().close();
    }

    private void send(ByteBuffer input, Nic peer, Context context, Listener listener) {
        NicQueue queue = peer.queue(0);
        FrameBatch batch = new FrameBatch(1);
        for (int i = 0; i < MOST_FRAMES && input.remaining() > 3; i++) {
            int mend = input.get();
            int length = LEAST_BYTES + Math.floorMod(input.getShort(), MOST_BYTES - LEAST_BYTES + 1);
            int frame = queue.allocate();
            assertThat(frame).as("frames are given back").isNotNegative();
            ByteBuffer bytes = peer.memory().bytes();
            for (int at = 0; at < length; at++) {
                bytes.put(frame + at, input.hasRemaining() ? input.get() : 0);
            }
            if ((mend & MEND_DESTINATION) != 0) {
                Ethernet.destination(bytes, frame, context.links[1].mac);
            }
            if ((mend & MEND_ADDRESSES) != 0) {
                mendAddresses(bytes, frame + IP, length - IP, Ethernet.type(bytes, frame));
                Ethernet.source(bytes, frame, peer.macAddress());
            }
            if ((mend & MEND_CHECKSUMS) != 0) {
                mendChecksums(bytes, frame + IP, length - IP, Ethernet.type(bytes, frame));
            }
            batch.count = 0;
            batch.add(frame, length, 0);
            assertThat(queue.transmit(batch)).isEqualTo(1);
            nowNs += 1_000_000;
            context.round(nowNs);
            Flow accepted = listener.accept();
            if (accepted != null) {
                accepted.attach(new Endpoint() {}, accepted.options().copy());
                accepted.askAndKick(Flow.CLOSE, false);
            }
            drain(queue);
        }
    }

    private static void drain(NicQueue queue) {
        FrameBatch got = new FrameBatch(64);
        while (queue.receive(got) > 0) {
            for (int i = 0; i < got.count; i++) {
                queue.free(got.offset[i]);
            }
            got.count = 0;
        }
    }

    private static void mendAddresses(ByteBuffer bytes, int ip, int lengthBytes, int type) {
        if (type == Ethernet.TYPE_IPV4 && lengthBytes >= Ipv4.HEADER_BYTES) {
            bytes.putInt(ip + Ipv4.SOURCE_OFFSET, TestEngines.OURS.toIpv4() + 1);
            bytes.putInt(ip + Ipv4.DESTINATION_OFFSET, TestEngines.OURS.toIpv4());
        } else if (type == Ethernet.TYPE_IPV6 && lengthBytes >= Ipv6.HEADER_BYTES) {
            Ipv6.addresses(bytes, ip, PEER6.hi(), PEER6.lo(), OURS6.hi(), OURS6.lo());
        }
    }

    /** As far as the lengths that the packet names allow. */
    private static void mendChecksums(ByteBuffer bytes, int ip, int lengthBytes, int type) {
        if (type == Ethernet.TYPE_IPV4 && lengthBytes >= Ipv4.HEADER_BYTES) {
            int header = Ipv4.headerBytes(bytes, ip);
            int total = Math.min(Ipv4.totalBytes(bytes, ip), lengthBytes);
            if (header < Ipv4.HEADER_BYTES || header > total) {
                return;
            }
            Ipv4.checksum(bytes, ip, 0);
            Ipv4.checksum(bytes, ip, Checksum.finish(Checksum.partial(bytes, ip, header)));
            int protocol = Ipv4.protocol(bytes, ip);
            int pseudo = protocol == Ipv4.PROTOCOL_TCP
                    ? Checksum.pseudoIpv4(Ipv4.source(bytes, ip), Ipv4.destination(bytes, ip), protocol, total - header)
                    : 0;
            mendL4(bytes, ip + header, total - header, protocol, pseudo);
        } else if (type == Ethernet.TYPE_IPV6 && lengthBytes >= Ipv6.HEADER_BYTES) {
            if (Ipv6.check(bytes, ip, lengthBytes) != Ipv6.OK || Ipv6.transport(bytes, ip) < 0) {
                return;
            }
            // Behind extension headers, too.
            int transport = Ipv6.transport(bytes, ip);
            int l4 = transport & 0xffff;
            int l4Bytes = Ipv6.HEADER_BYTES + Ipv6.payloadBytes(bytes, ip) - l4;
            int protocol = transport >>> 16;
            mendL4(bytes, ip + l4, l4Bytes, protocol, Ipv6.pseudo(bytes, ip, protocol, l4Bytes));
        }
    }

    private static void mendL4(ByteBuffer bytes, int l4, int l4Bytes, int protocol, int pseudo) {
        int at = protocol == Ipv4.PROTOCOL_TCP ? 16 : 2;
        if (l4Bytes >= at + 2) {
            bytes.putShort(l4 + at, (short) 0);
            bytes.putShort(l4 + at, (short) Checksum.finish(pseudo + Checksum.partial(bytes, l4, l4Bytes)));
        }
    }
}
