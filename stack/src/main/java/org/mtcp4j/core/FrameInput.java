/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.SplittableRandom;
import org.mtcp4j.ip.IcmpError;
import org.mtcp4j.ip.IcmpReplies;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.Ipv4Input;
import org.mtcp4j.ip.Ipv6Input;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.stats.Counters;
import org.mtcp4j.tcp.CloseReason;
import org.mtcp4j.tcp.Connection;
import org.mtcp4j.tcp.ReceiveSink;
import org.mtcp4j.wire.Checksum;
import org.mtcp4j.wire.Dhcp;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Icmp4;
import org.mtcp4j.wire.Icmp6;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;
import org.mtcp4j.wire.Ipv6Extensions;
import org.mtcp4j.wire.TcpHeader;
import org.mtcp4j.wire.TcpSegment;
import org.mtcp4j.wire.Udp;

/** Takes received frames apart and brings segments to their flows. What does not fit is a counter. The owner's. */
final class FrameInput implements ReceiveSink {
    /** RFC 8200 §5. */
    private static final int MIN_IPV6_MTU_BYTES = 1_280;

    private final Context context;
    private final Counters counters;
    private final TcpSegment segment = new TcpSegment();
    private final FlowKey key = new FlowKey();
    private final IcmpError error = new IcmpError();
    private final Icmp6Replies icmp6;
    private final IcmpLimit icmpLimit = new IcmpLimit(new SplittableRandom(new SecureRandom().nextLong()));
    private final FragmentDesk fragments;
    private Link link;
    private long nowNs;
    /** What is looked at came in pieces. */
    private boolean inPieces;

    FrameInput(Context context) {
        this.context = context;
        this.counters = context.counters;
        this.fragments = new FragmentDesk(context, this::fragmentsMissing);
        this.icmp6 = new Icmp6Replies(context, fragments);
    }

    /** One burst of a link: handles, hands off and frees; returns frames received. */
    int receive(Link from, long nowNs) {
        FrameBatch rx = from.rx;
        // An error may have ended the round amid a burst.
        int received = from.rxLeft == 0 ? from.queue.receive(rx) : from.rxLeft;
        if (received == 0) {
            return 0;
        }
        if (from.rxLeft == 0) {
            from.rxLeft = received;
            from.rxEnd = received;
            counters.add(Counter.IN_FRAMES, received);
        }
        while (from.rxLeft > 0) {
            int i = from.rxEnd - from.rxLeft--;
            handedOver(from, rx.offset[i], rx.lengthBytes[i], rx.flags[i], nowNs);
        }
        rx.count = 0;
        return received;
    }

    /** When {@link #expire} is wanted. */
    long nextDeadlineNs() {
        return fragments.nextDeadlineNs();
    }

    /** Does what is due; returns whether there was anything. */
    int expire(long now) {
        nowNs = now;
        return fragments.expire(now);
    }

    /** A frame, ours or one that another context's queue received for one of our flows: handles and frees it. An error ends nothing else. */
    void handedOver(Link from, int offset, int lengthBytes, int flags, long nowNs) {
        boolean passedOn = false;
        Faults faults = context.faults;
        faults.working = null;
        try {
            faults.at(Faults.FRAME);
            passedOn = frame(from, offset, lengthBytes, flags, nowNs);
        } catch (Throwable e) {
            // Plain stores alone: this may be the end of a stack.
            faults.failed(e, faults.working);
        }
        if (!passedOn) {
            from.queue.free(offset);
        }
    }

    /** A frame with what fragments have made. */
    void reassembled(Link from, int offset, int lengthBytes, long nowNs) {
        Link before = link;
        inPieces = true;
        handedOver(from, offset, lengthBytes, 0, nowNs);
        inPieces = false;
        link = before;
    }

    /** True when the frame was passed on and is no longer ours to free. */
    private boolean frame(Link from, int offset, int lengthBytes, int flags, long nowNs) {
        link = from;
        this.nowNs = nowNs;
        ByteBuffer bytes = from.bytes;
        if (Ethernet.check(bytes, offset, lengthBytes) != Ethernet.OK) {
            counters.increment(Counter.IN_TRUNCATED);
            return false;
        }
        if (!Ethernet.isOfVlan(bytes, offset, from.vlanId)) {
            counters.increment(Counter.IN_OTHER_VLAN);
            return false;
        }
        if (!from.loopback && !isForUs(bytes, offset, from.mac)) {
            counters.increment(Counter.IN_OTHER_HOST);
            return false;
        }
        int header = Ethernet.headerBytes(bytes, offset);
        switch (Ethernet.type(bytes, offset)) {
            case Ethernet.TYPE_IPV4 -> {
                return ipv4(offset, offset + header, lengthBytes - header, flags, nowNs);
            }
            case Ethernet.TYPE_IPV6 -> {
                return ipv6(offset, offset + header, lengthBytes - header, flags, nowNs);
            }
            case Ethernet.TYPE_ARP -> {
                if (!from.loopback) {
                    from.neighbours.arp(from, offset + header, lengthBytes - header, nowNs);
                }
            }
            default -> counters.increment(Counter.IN_UNKNOWN_PROTOS);
        }
        return false;
    }

    /** A NIC that listens to everything brings other hosts' frames, too; no host has a group's address (IEEE 802.3 §3.2.3). */
    private static boolean isForUs(ByteBuffer bytes, int frame, long mac) {
        long destination = Ethernet.destination(bytes, frame);
        return (destination == mac || Ethernet.isGroup(destination))
                && !Ethernet.isGroup(Ethernet.source(bytes, frame));
    }

    /**
     * RFC 1122 §3.3.6: a packet to one host that came to all: who answers it helps to flood another, and there would be as many answers as
     * hosts. Never so over loopback.
     */
    private boolean isForOneInGroupFrame(int frame) {
        if (link.loopback || !Ethernet.isGroup(Ethernet.destination(link.bytes, frame))) {
            return false;
        }
        counters.increment(Counter.IN_GROUP_FRAMES);
        return true;
    }

    private boolean ipv4(int frame, int ip, int lengthBytes, int flags, long nowNs) {
        ByteBuffer bytes = link.bytes;
        int reason = link.loopback
                ? Ipv4Input.check(bytes, ip, lengthBytes)
                : Ipv4Input.check(bytes, ip, lengthBytes, context.engine.routes());
        if (link.learns && isForDhcp(ip, reason)) {
            return dhcp(frame, ip, flags, nowNs);
        }
        if (reason != Ipv4Input.OK && reason != Ipv4Input.FRAGMENT) {
            counters.increment(
                    switch (reason) {
                        case Ipv4Input.NOT_OURS -> Counter.IN_ADDR_ERRORS;
                        case Ipv4Input.BAD_SOURCE -> Counter.IN_MARTIANS;
                        default -> Counter.IN_HDR_ERRORS;
                    });
            return false;
        }
        if (isForOneInGroupFrame(frame)) {
            return false;
        }
        if (reason == Ipv4Input.FRAGMENT) {
            return fragments.arrived(link, frame, ip, ip, ip + Ipv4.totalBytes(bytes, ip) - frame, nowNs);
        }
        int l4 = ip + Ipv4.headerBytes(bytes, ip);
        int l4Bytes = Ipv4.totalBytes(bytes, ip) - Ipv4.headerBytes(bytes, ip);
        switch (Ipv4.protocol(bytes, ip)) {
            case Ipv4.PROTOCOL_TCP -> {
                return tcp(frame, ip, l4, l4Bytes, flags, nowNs);
            }
            case Ipv4.PROTOCOL_ICMP -> {
                return icmp(frame, l4, l4Bytes, nowNs);
            }
            default -> {
                counters.increment(Counter.IN_UNKNOWN_PROTOS);
                unreachable(frame, ip);
            }
        }
        return false;
    }

    private boolean ipv6(int frame, int ip, int lengthBytes, int flags, long nowNs) {
        ByteBuffer bytes = link.bytes;
        int reason = link.loopback
                ? Ipv6Input.check(bytes, ip, lengthBytes)
                : Ipv6Input.check(bytes, ip, lengthBytes, context.engine.routes(), link.zone);
        if (reason != Ipv6Input.OK && reason != Ipv6Input.DISCOVERY_ONLY) {
            counters.increment(
                    switch (reason) {
                        case Ipv6Input.NOT_OURS -> Counter.IN6_ADDR_ERRORS;
                        case Ipv6Input.BAD_SOURCE -> Counter.IN6_MARTIANS;
                        default -> Counter.IN6_HDR_ERRORS;
                    });
            return false;
        }
        if (!Ipv6Input.isToGroup(bytes, ip) && isForOneInGroupFrame(frame)) {
            return false;
        }
        int verdict = Ipv6Extensions.check(bytes, ip, !inPieces);
        int transport = verdict == Ipv6Extensions.OK ? Ipv6.transport(bytes, ip) : -1;
        if (transport < 0) {
            counters.increment(Counter.IN6_HDR_ERRORS);
            if (reason == Ipv6Input.OK) {
                tellProblem(frame, ip, verdict);
            }
            return false;
        }
        if (reason == Ipv6Input.DISCOVERY_ONLY && !isDiscovery(ip, transport)) {
            counters.increment(Counter.IN6_MARTIANS);
            return false;
        }
        return ipv6Transport(frame, ip, transport, flags, nowNs);
    }

    private void tellProblem(int frame, int ip, int verdict) {
        if (mayTell(link, link.bytes, ip)) {
            icmp6.parameterProblem(link, frame, ip, verdict);
        }
    }

    private boolean isDiscovery(int ip, int transport) {
        ByteBuffer bytes = link.bytes;
        int l4 = transport & 0xffff;
        if (transport >>> 16 != Ipv6.ICMP || l4 >= Ipv6.HEADER_BYTES + Ipv6.payloadBytes(bytes, ip)) {
            return false;
        }
        int type = Icmp6.type(bytes, ip + l4);
        return type == Icmp6.NEIGHBOUR_SOLICITATION || type == Icmp6.NEIGHBOUR_ADVERTISEMENT;
    }

    private boolean ipv6Transport(int frame, int ip, int transport, int flags, long nowNs) {
        ByteBuffer bytes = link.bytes;
        int l4 = ip + (transport & 0xffff);
        int l4Bytes = ip + Ipv6.HEADER_BYTES + Ipv6.payloadBytes(bytes, ip) - l4;
        switch (transport >>> 16) {
            case Ipv4.PROTOCOL_TCP -> {
                if (Ipv6Input.isToGroup(bytes, ip)) {
                    counters.increment(Counter.IN6_ADDR_ERRORS);
                    return false;
                }
                return tcp(frame, ip, l4, l4Bytes, flags, nowNs);
            }
            case Ipv6.ICMP -> {
                return icmp6(frame, ip, l4, l4Bytes, nowNs);
            }
            case Ipv6.FRAGMENT -> {
                int verdict = Ipv6Extensions.checkFragment(bytes, ip, l4 - ip);
                if (verdict != Ipv6Extensions.OK) {
                    counters.increment(Counter.IN6_FRAGMENTS);
                    counters.increment(Counter.IN6_FRAGMENT_FAILS);
                    tellProblem(frame, ip, verdict);
                    return false;
                }
                return fragments.arrived(link, frame, ip, l4, l4 + l4Bytes - frame, nowNs);
            }
            case Ipv6.NO_NEXT -> {
                // RFC 8200 §4.7: nothing follows, and nobody is told.
            }
            default -> {
                counters.increment(Counter.IN_UNKNOWN_PROTOS);
                if (mayTell(link, link.bytes, ip)) {
                    icmp6.unreachable(link, frame, ip, transport);
                }
            }
        }
        return false;
    }

    private boolean tcp(int frame, int ip, int tcp, int tcpBytes, int flags, long nowNs) {
        ByteBuffer bytes = link.bytes;
        boolean isIpv6 = Ipv6Input.isIpv6(bytes, ip);
        if (TcpHeader.parse(bytes, tcp, tcpBytes, segment) != TcpHeader.OK) {
            counters.increment(Counter.TCP_HDR_ERRORS);
            return false;
        }
        int tos = isIpv6 ? Ipv6.trafficClass(bytes, ip) : Ipv4.tos(bytes, ip);
        segment.congestionExperienced = (tos & Ipv4.ECN) == Ipv4.ECN_CE;
        if (isIpv6) {
            key.set(
                    IpAddress.inZone(Ipv6.destinationHi(bytes, ip), link.zone),
                    Ipv6.destinationLo(bytes, ip),
                    IpAddress.inZone(Ipv6.sourceHi(bytes, ip), link.zone),
                    Ipv6.sourceLo(bytes, ip));
        } else {
            key.set(0, IpAddress.mapped(Ipv4.destination(bytes, ip)), 0, IpAddress.mapped(Ipv4.source(bytes, ip)));
        }
        key.ports(segment.destinationPort, segment.sourcePort);
        int owner = context.contextOf(key.hash);
        if (owner != context.index) {
            return context.handoffs.offer(owner, link, frame, tcp + tcpBytes - frame, flags);
        }
        if ((flags & FrameBatch.RX_L4_CHECKSUM_GOOD) == 0) {
            int pseudo = isIpv6
                    ? Ipv6.pseudo(bytes, ip, Ipv4.PROTOCOL_TCP, tcpBytes)
                    : Checksum.pseudoIpv4(
                            Ipv4.source(bytes, ip), Ipv4.destination(bytes, ip), Ipv4.PROTOCOL_TCP, tcpBytes);
            if (!Checksum.isGood(pseudo + Checksum.partial(link.nativeOrder, tcp, tcpBytes))) {
                counters.increment(Counter.TCP_CSUM_ERRORS);
                return false;
            }
        } else if ((flags & FrameBatch.RX_L4_PARTIAL) != 0) {
            counters.increment(Counter.TCP_PARTIAL_SUMS);
        }
        context.segmentArrived(link, key, segment, Ethernet.source(bytes, frame), nowNs);
        return false;
    }

    private boolean icmp(int frame, int icmp, int icmpBytes, long nowNs) {
        ByteBuffer bytes = link.bytes;
        if (Icmp4.check(bytes, icmp, icmpBytes) != Icmp4.OK) {
            counters.increment(Counter.ICMP_IN_ERRORS);
        } else if (IcmpReplies.isEchoRequest(bytes, icmp)) {
            counters.increment(Counter.ICMP_IN_ECHOS);
            echo(frame, icmp + icmpBytes - frame);
        } else if (error.parse(bytes, icmp, icmpBytes)) {
            return icmpError(frame, icmp + icmpBytes - frame, nowNs);
        }
        return false;
    }

    private boolean icmp6(int frame, int ip, int icmp, int icmpBytes, long nowNs) {
        ByteBuffer bytes = link.bytes;
        if (!Icmp6.isGood(bytes, ip, icmp, icmpBytes)) {
            counters.increment(Counter.ICMP6_IN_ERRORS);
            return false;
        }
        switch (Icmp6.type(bytes, icmp)) {
            case Icmp6.ECHO_REQUEST -> {
                counters.increment(Counter.ICMP6_IN_ECHOS);
                icmp6.echo(link, frame, ip, icmp + icmpBytes - frame);
            }
            case Icmp6.ROUTER_ADVERTISEMENT -> {
                // RFC 6980 §5, too.
                if (!link.learns || inPieces) {
                    return false;
                }
                if (context.index != 0) {
                    return context.handoffs.offer(0, link, frame, icmp + icmpBytes - frame, 0);
                }
                link.addresses.advertised(ip, icmp, icmpBytes, nowNs);
            }
            case Icmp6.NEIGHBOUR_SOLICITATION, Icmp6.NEIGHBOUR_ADVERTISEMENT -> {
                // RFC 6980 §5: neighbour discovery in fragments is ignored.
                if (!link.loopback && !inPieces) {
                    link.neighbours.discovery(link, frame, ip, icmp, icmpBytes, nowNs);
                }
            }
            default -> {
                if (error.parse6(bytes, icmp, icmpBytes)) {
                    return icmpError(frame, icmp + icmpBytes - frame, nowNs);
                }
            }
        }
        return false;
    }

    /** A datagram to the DHCP client, which may be for an address that we don't have yet. */
    private boolean isForDhcp(int ip, int reason) {
        int udp = ip + Ipv4.headerBytes(link.bytes, ip);
        return (reason == Ipv4Input.OK || reason == Ipv4Input.NOT_OURS)
                && Ipv4.protocol(link.bytes, ip) == Ipv4.PROTOCOL_UDP
                && !Ipv4.isFragment(link.bytes, ip)
                && Ipv4.totalBytes(link.bytes, ip) >= Ipv4.headerBytes(link.bytes, ip) + Udp.HEADER_BYTES
                && Udp.destinationPort(link.bytes, udp) == Dhcp.CLIENT_PORT;
    }

    private boolean dhcp(int frame, int ip, int flags, long nowNs) {
        int udp = ip + Ipv4.headerBytes(link.bytes, ip);
        int end = ip + Ipv4.totalBytes(link.bytes, ip);
        if (context.index != 0) {
            return context.handoffs.offer(0, link, frame, end - frame, flags);
        }
        if (link.addresses.hasDhcp()) {
            link.addresses.datagram(frame, ip, udp, end - udp, flags, nowNs);
        }
        return false;
    }

    /** An error was parsed; true when the frame was passed on. */
    private boolean icmpError(int frame, int lengthBytes, long nowNs) {
        key.set(
                IpAddress.inZone(error.localHi, link.zone),
                error.localLo,
                IpAddress.inZone(error.remoteHi, link.zone),
                error.remoteLo);
        key.ports(error.localPort, error.remotePort);
        int owner = context.contextOf(key.hash);
        if (owner != context.index) {
            return context.handoffs.offer(owner, link, frame, lengthBytes, 0);
        }
        counters.increment(Counter.ICMP_IN_UNREACHABLES);
        icmpError(nowNs);
        return false;
    }

    private void echo(int frame, int lengthBytes) {
        int reply = context.output.allocate(link, lengthBytes);
        if (reply >= 0) {
            link.bytes.put(reply, link.bytes, frame, lengthBytes);
            fragments.send(link, reply, IcmpReplies.turnIntoReply(link.bytes, reply, link.mac));
        }
    }

    /** Whether an error about that packet may be sent now. */
    private boolean mayTell(Link to, ByteBuffer bytes, int ip) {
        if (to.loopback) {
            return false;
        }
        return Ipv6Input.isIpv6(bytes, ip)
                ? icmpLimit.tryTake(Ipv6.sourceHi(bytes, ip), Ipv6.sourceLo(bytes, ip), nowNs)
                : icmpLimit.tryTake(0, IpAddress.mapped(Ipv4.source(bytes, ip)), nowNs);
    }

    /** RFC 1122 §3.2.2.1: a protocol that nobody here speaks; for UDP it is the port. Never about a broadcast, and limited. */
    private void unreachable(int frame, int ip) {
        ByteBuffer bytes = link.bytes;
        if (Ethernet.isGroup(Ethernet.destination(bytes, frame)) || !mayTell(link, bytes, ip)) {
            return;
        }
        byte[] quote =
                new byte[Math.min(Ipv4.totalBytes(bytes, ip), Ipv4.headerBytes(bytes, ip) + Icmp4.QUOTED_L4_BYTES)];
        bytes.get(ip, quote);
        int code = Ipv4.protocol(bytes, ip) == Ipv4.PROTOCOL_UDP ? Icmp4.PORT_UNREACHABLE : Icmp4.PROTOCOL_UNREACHABLE;
        if (icmpError(link, Ethernet.source(bytes, frame), quote, Icmp4.DESTINATION_UNREACHABLE << 8 | code)) {
            counters.increment(Counter.ICMP_OUT_UNREACHABLES);
        }
    }

    /** RFC 1122 §3.3.2, RFC 8200 §4.5: who sent the first fragment hears that the others did not come. */
    private void fragmentsMissing(Link from, long senderMac, byte[] first) {
        boolean isIpv6 = first[0] >>> 4 == 6;
        if (Ethernet.isGroup(senderMac) || !mayTell(from, ByteBuffer.wrap(first), 0)) {
            return;
        }
        if (!isIpv6 && icmpError(from, senderMac, first, Icmp4.TIME_EXCEEDED << 8 | Icmp4.REASSEMBLY)) {
            counters.increment(Counter.ICMP_OUT_TIME_EXCEEDED);
        } else if (isIpv6 && icmp6.timeExceeded(from, senderMac, first)) {
            counters.increment(Counter.ICMP6_OUT_TIME_EXCEEDED);
        }
    }

    /** Sends an error to the sender of what is quoted, from the address that it was sent to; false where there is no frame. */
    private boolean icmpError(Link to, long toMac, byte[] quote, int typeAndCode) {
        ByteBuffer bytes = to.bytes;
        int icmpBytes = Icmp4.HEADER_BYTES + quote.length;
        int total = Ethernet.HEADER_BYTES + Ipv4.HEADER_BYTES + icmpBytes;
        int frame = context.output.allocate(to, total);
        if (frame < 0) {
            return false;
        }
        int ip = frame + Ethernet.HEADER_BYTES;
        int icmp = ip + Ipv4.HEADER_BYTES;
        int quoted = Icmp4.quoteOffset(icmp);
        bytes.put(quoted, quote);
        Ethernet.write(bytes, frame, toMac, to.mac, Ethernet.TYPE_IPV4);
        Icmp4.write(bytes, icmp, icmpBytes, typeAndCode, 0);
        Ipv4.write(
                bytes,
                ip,
                Ipv4.HEADER_BYTES + icmpBytes,
                0,
                Ipv4.PROTOCOL_ICMP,
                /* source= */ Ipv4.destination(bytes, quoted),
                /* destination= */ Ipv4.source(bytes, quoted));
        context.output.send(to, frame, total);
        return true;
    }

    /** RFC 5927: the quoted tuple must be a connection of ours; the connection checks the quoted sequence number. */
    private void icmpError(long nowNs) {
        if (error.kind == IcmpError.Kind.FRAGMENTATION_NEEDED) {
            pathMtu(nowNs);
            return;
        }
        CloseReason reason =
                switch (error.kind) {
                    case NETWORK_UNREACHABLE -> CloseReason.NETWORK_UNREACHABLE;
                    case REFUSED -> CloseReason.REFUSED;
                    case FRAGMENTATION_NEEDED -> CloseReason.NONE;
                    case PROTOCOL_UNREACHABLE -> CloseReason.PROTOCOL_UNREACHABLE;
                    case PARAMETER_PROBLEM -> CloseReason.PROTOCOL_ERROR;
                    case PROHIBITED -> CloseReason.PROHIBITED;
                    case HOST_UNREACHABLE, TIME_EXCEEDED -> CloseReason.HOST_UNREACHABLE;
                };
        if (reason != CloseReason.NONE) {
            context.icmpError(key, reason, error.seq, nowNs);
        }
    }

    /**
     * An old router names no MTU (RFC 1191 §5), an attacker one that is too small: IPv4's becomes the least that everybody must take where
     * the connection is told; IPv6's message, of which every link takes more, is discarded (RFC 8201 §4).
     */
    private void pathMtu(long nowNs) {
        boolean isIpv4 = IpAddress.isIpv4(key.localHi, key.localLo);
        if (!isIpv4 && error.nextHopMtuBytes < MIN_IPV6_MTU_BYTES) {
            counters.increment(Counter.ICMP6_IN_ERRORS);
            return;
        }
        int headerBytes = isIpv4 ? Ipv4.HEADER_BYTES : Ipv6.HEADER_BYTES;
        context.pathMtu(key, error.nextHopMtuBytes - headerBytes - TcpHeader.MIN_BYTES, error.seq, nowNs);
    }

    @Override
    public boolean mayGrow(int bytes) {
        return context.engine.chunks.mayGrow(bytes);
    }

    @Override
    public long backed(long windowBytes) {
        return context.chunks.backed(windowBytes);
    }

    @Override
    public long backedAtFirst(long windowBytes, int connections) {
        return context.chunks.backedAtFirst(windowBytes, connections);
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
