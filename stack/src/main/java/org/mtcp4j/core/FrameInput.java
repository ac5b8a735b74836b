/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.nio.ByteBuffer;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.stats.Counters;
import org.mtcp4j.tcp.CloseReason;
import org.mtcp4j.tcp.Connection;
import org.mtcp4j.tcp.ReceiveSink;
import org.mtcp4j.wire.Checksum;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.FlowHash;
import org.mtcp4j.wire.Icmp4;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.TcpHeader;
import org.mtcp4j.wire.TcpSegment;

/** Takes received frames apart and brings segments to their flows. What does not fit is a counter. The owner's. */
final class FrameInput implements ReceiveSink {
    private static final long MAPPED = 0xffff_0000_0000L;

    private final Context context;
    private final Counters counters;
    private final TcpSegment segment = new TcpSegment();
    private final FlowKey key = new FlowKey();
    private Link link;

    FrameInput(Context context) {
        this.context = context;
        this.counters = context.counters;
    }

    /** One burst of a link: handles, hands off and frees; returns frames received. */
    int receive(Link from, long nowNs) {
        FrameBatch rx = from.rx;
        int received = from.queue.receive(rx);
        if (received == 0) {
            return 0;
        }
        counters.add(Counter.IN_FRAMES, received);
        for (int i = 0; i < received; i++) {
            if (!frame(from, rx.offset[i], rx.lengthBytes[i], rx.flags[i], nowNs)) {
                from.queue.free(rx.offset[i]);
            }
        }
        rx.count = 0;
        return received;
    }

    /** A frame that another context's queue received for one of our flows. */
    void handedOver(Link from, int offset, int lengthBytes, int flags, long nowNs) {
        if (!frame(from, offset, lengthBytes, flags, nowNs)) {
            from.queue.free(offset);
        }
    }

    /** True when the frame was passed on and is no longer ours to free. */
    private boolean frame(Link from, int offset, int lengthBytes, int flags, long nowNs) {
        link = from;
        ByteBuffer bytes = from.bytes;
        if (Ethernet.check(bytes, offset, lengthBytes) != Ethernet.OK) {
            counters.increment(Counter.IN_TRUNCATED);
            return false;
        }
        int header = Ethernet.headerBytes(bytes, offset);
        switch (Ethernet.type(bytes, offset)) {
            case Ethernet.TYPE_IPV4 -> {
                return ipv4(offset, offset + header, lengthBytes - header, flags, nowNs);
            }
            case Ethernet.TYPE_ARP ->
                context.neighbours.arp(from, offset, offset + header, lengthBytes - header, nowNs);
            default -> counters.increment(Counter.IN_UNKNOWN_PROTOS);
        }
        return false;
    }

    private boolean ipv4(int frame, int ip, int lengthBytes, int flags, long nowNs) {
        ByteBuffer bytes = link.bytes;
        int reason = Ipv4.check(bytes, ip, lengthBytes);
        if (reason != Ipv4.OK) {
            counters.increment(reason == Ipv4.TRUNCATED ? Counter.IN_TRUNCATED : Counter.IN_HDR_ERRORS);
            return false;
        }
        if (!Ipv4.checksumGood(bytes, ip)) {
            counters.increment(Counter.IN_HDR_ERRORS);
            return false;
        }
        if (!link.loopback && !context.addresses.isOwn(Ipv4.destination(bytes, ip))) {
            counters.increment(Counter.IN_ADDR_ERRORS);
            return false;
        }
        if (Ipv4.isFragment(bytes, ip)) {
            counters.increment(Counter.IN_FRAGMENTS);
            return false;
        }
        int l4 = ip + Ipv4.headerBytes(bytes, ip);
        int l4Bytes = Ipv4.totalBytes(bytes, ip) - Ipv4.headerBytes(bytes, ip);
        switch (Ipv4.protocol(bytes, ip)) {
            case Ipv4.PROTOCOL_TCP -> {
                return tcp(frame, ip, l4, l4Bytes, flags, nowNs);
            }
            case Ipv4.PROTOCOL_ICMP -> icmp(frame, ip, l4, l4Bytes, nowNs);
            default -> counters.increment(Counter.IN_UNKNOWN_PROTOS);
        }
        return false;
    }

    private boolean tcp(int frame, int ip, int tcp, int tcpBytes, int flags, long nowNs) {
        ByteBuffer bytes = link.bytes;
        int source = Ipv4.source(bytes, ip);
        int destination = Ipv4.destination(bytes, ip);
        if (TcpHeader.parse(bytes, tcp, tcpBytes, segment) != TcpHeader.OK) {
            counters.increment(Counter.TCP_HDR_ERRORS);
            return false;
        }
        key.set(0, MAPPED | (destination & 0xffff_ffffL), 0, MAPPED | (source & 0xffff_ffffL));
        key.ports(segment.destinationPort, segment.sourcePort);
        int owner = context.contextOf(key.hash);
        if (owner != context.index) {
            return context.handOff(owner, link, frame, tcp + tcpBytes - frame, flags);
        }
        if ((flags & FrameBatch.RX_L4_CHECKSUM_GOOD) == 0) {
            int pseudo = Checksum.pseudoIpv4(source, destination, Ipv4.PROTOCOL_TCP, tcpBytes);
            if (!Checksum.isGood(pseudo + Checksum.partial(link.nativeOrder, tcp, tcpBytes))) {
                counters.increment(Counter.TCP_CSUM_ERRORS);
                return false;
            }
        }
        context.segmentArrived(link, key, segment, Ethernet.source(bytes, frame), nowNs);
        return false;
    }

    private void icmp(int frame, int ip, int icmp, int icmpBytes, long nowNs) {
        ByteBuffer bytes = link.bytes;
        if (Icmp4.check(bytes, icmp, icmpBytes) != Icmp4.OK) {
            counters.increment(Counter.ICMP_IN_ERRORS);
            return;
        }
        int type = Icmp4.type(bytes, icmp);
        if (type == Icmp4.ECHO_REQUEST) {
            counters.increment(Counter.ICMP_IN_ECHOS);
            echo(frame, ip, icmp, icmpBytes);
        } else if (Icmp4.isError(type)) {
            icmpError(icmp, type, nowNs);
        }
    }

    private void echo(int frame, int ip, int icmp, int icmpBytes) {
        ByteBuffer bytes = link.bytes;
        int total = Ethernet.HEADER_BYTES + Ipv4.HEADER_BYTES + icmpBytes;
        int reply = context.output.allocate(link, total);
        if (reply < 0) {
            return;
        }
        Ethernet.write(bytes, reply, Ethernet.source(bytes, frame), link.mac, Ethernet.TYPE_IPV4);
        int replyIp = reply + Ethernet.HEADER_BYTES;
        int replyIcmp = replyIp + Ipv4.HEADER_BYTES;
        bytes.put(replyIcmp, bytes, icmp, icmpBytes);
        Ipv4.write(
                bytes,
                replyIp,
                Ipv4.HEADER_BYTES + icmpBytes,
                Ipv4.id(bytes, ip),
                Ipv4.PROTOCOL_ICMP,
                /* source= */ Ipv4.destination(bytes, ip),
                /* destination= */ Ipv4.source(bytes, ip));
        Icmp4.typeAndCode(bytes, replyIcmp, Icmp4.ECHO_REPLY, 0);
        context.output.send(link, reply, total);
    }

    /** RFC 5927: the quoted tuple must be a connection of ours; the connection checks the quoted sequence number. */
    private void icmpError(int icmp, int type, long nowNs) {
        ByteBuffer bytes = link.bytes;
        int quote = Icmp4.quoteOffset(icmp);
        if (Ipv4.protocol(bytes, quote) != Ipv4.PROTOCOL_TCP) {
            return;
        }
        int l4 = Icmp4.quotedL4Offset(bytes, icmp);
        long local = MAPPED | (Ipv4.source(bytes, quote) & 0xffff_ffffL);
        long remote = MAPPED | (Ipv4.destination(bytes, quote) & 0xffff_ffffL);
        int ports = bytes.getInt(l4);
        int hash = FlowHash.of(0, local, 0, remote, ports >>> 16, ports & 0xffff);
        counters.increment(Counter.ICMP_IN_UNREACHABLES);
        CloseReason reason = type == Icmp4.DESTINATION_UNREACHABLE
                ? switch (Icmp4.code(bytes, icmp)) {
                    case Icmp4.NET_UNREACHABLE -> CloseReason.NETWORK_UNREACHABLE;
                    case Icmp4.PORT_UNREACHABLE, Icmp4.PROTOCOL_UNREACHABLE -> CloseReason.REFUSED;
                    case Icmp4.FRAGMENTATION_NEEDED -> CloseReason.NONE;
                    default -> CloseReason.HOST_UNREACHABLE;
                }
                : CloseReason.HOST_UNREACHABLE;
        if (reason != CloseReason.NONE) {
            context.icmpError(hash, local, remote, ports, reason, bytes.getInt(l4 + 4), nowNs);
        }
    }

    @Override
    public boolean place(Connection connection, long streamPosition, int payloadOffset, int lengthBytes) {
        Flow flow = (Flow) connection;
        if (flow.applicationClosed) {
            return false;
        }
        if (!flow.receive.place(streamPosition, link.bytes, payloadOffset, lengthBytes)) {
            counters.increment(Counter.NO_STORAGE);
            return false;
        }
        return true;
    }
}
