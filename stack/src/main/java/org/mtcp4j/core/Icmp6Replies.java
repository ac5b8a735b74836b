/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.nio.ByteBuffer;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.Ipv6Input;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Icmp6;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;
import org.mtcp4j.wire.Ipv6Extensions;

/** ICMPv6 messages that answer a frame: echo replies and errors (RFC 4443). The owner's. */
final class Icmp6Replies {
    private final Context context;
    private final FragmentDesk fragments;

    Icmp6Replies(Context context, FragmentDesk fragments) {
        this.context = context;
        this.fragments = fragments;
    }

    /** Answers an echo request, checked on all layers (RFC 4443 §4.2). */
    void echo(Link link, int frame, int ip, int lengthBytes) {
        ByteBuffer bytes = link.bytes;
        IpAddress own = answering(link, bytes, ip);
        if (own == null) {
            return;
        }
        int icmp = ip + (Ipv6.transport(bytes, ip) & 0xffff);
        int icmpBytes = frame + lengthBytes - icmp;
        int total = Ethernet.HEADER_BYTES + Ipv6.HEADER_BYTES + icmpBytes;
        int reply = context.output.allocate(link, total);
        if (reply < 0) {
            return;
        }
        int replyIp = reply + Ethernet.HEADER_BYTES;
        int replyIcmp = replyIp + Ipv6.HEADER_BYTES;
        bytes.put(replyIcmp, bytes, icmp, icmpBytes);
        Ethernet.write(bytes, reply, Ethernet.source(bytes, frame), link.mac, Ethernet.TYPE_IPV6);
        Ipv6.write(bytes, replyIp, icmpBytes, Ipv6.ICMP, Ipv6.DEFAULT_HOPS);
        Ipv6.addresses(
                bytes,
                replyIp,
                /* sourceHi= */ own.hi(),
                /* sourceLo= */ own.lo(),
                /* destinationHi= */ Ipv6.sourceHi(bytes, ip),
                /* destinationLo= */ Ipv6.sourceLo(bytes, ip));
        Icmp6.write(bytes, replyIp, replyIcmp, icmpBytes, Icmp6.ECHO_REPLY << 8, Icmp6.word(bytes, icmp));
        fragments.send(link, reply, total);
    }

    /**
     * Nobody here speaks that protocol (RFC 8200 §4), or has that UDP port. Never about a group; the caller limits how often.
     *
     * @param transport as {@link Ipv6#transport} returned it
     */
    void unreachable(Link link, int frame, int ip, int transport) {
        ByteBuffer bytes = link.bytes;
        if (Ipv6Input.isToGroup(bytes, ip)) {
            return;
        }
        boolean udp = transport >>> 16 == Ipv4.PROTOCOL_UDP;
        int typeAndCode = udp
                ? Icmp6.DESTINATION_UNREACHABLE << 8 | Icmp6.PORT_UNREACHABLE
                : Icmp6.PARAMETER_PROBLEM << 8 | Icmp6.UNKNOWN_NEXT_HEADER;
        int word = udp ? 0 : Ipv6Extensions.transportField(bytes, ip);
        if (error(link, Ethernet.source(bytes, frame), quote(bytes, ip), typeAndCode, word)) {
            context.counters.increment(Counter.ICMP_OUT_UNREACHABLES);
        }
    }

    /**
     * The packet was dropped for its extension headers, and its sender hears so if RFC 8200 §4 says that it does: not about an error
     * of its own (RFC 4443 §2.4 e.1). The caller limits how often.
     *
     * @param verdict of {@link Ipv6Extensions#check}
     */
    void parameterProblem(Link link, int frame, int ip, int verdict) {
        int code =
                switch (verdict >>> 16) {
                    case Ipv6Extensions.ERRONEOUS_FIELD -> Icmp6.ERRONEOUS_FIELD;
                    case Ipv6Extensions.UNKNOWN_NEXT_HEADER -> Icmp6.UNKNOWN_NEXT_HEADER;
                    case Ipv6Extensions.UNKNOWN_OPTION, Ipv6Extensions.UNKNOWN_OPTION_OF_GROUP -> Icmp6.UNKNOWN_OPTION;
                    default -> -1;
                };
        ByteBuffer bytes = link.bytes;
        boolean unwanted = Ipv6Input.isToGroup(bytes, ip) && verdict >>> 16 != Ipv6Extensions.UNKNOWN_OPTION_OF_GROUP;
        if (code < 0 || unwanted || isError(bytes, ip)) {
            return;
        }
        int typeAndCode = Icmp6.PARAMETER_PROBLEM << 8 | code;
        if (error(link, Ethernet.source(bytes, frame), quote(bytes, ip), typeAndCode, verdict & 0xffff)) {
            context.counters.increment(Counter.ICMP6_OUT_PARAMETER_PROBLEMS);
        }
    }

    private static boolean isError(ByteBuffer bytes, int ip) {
        int transport = Ipv6.transport(bytes, ip);
        int l4 = transport & 0xffff;
        return transport >>> 16 == Ipv6.ICMP
                && l4 < Ipv6.HEADER_BYTES + Ipv6.payloadBytes(bytes, ip)
                && Icmp6.isError(Icmp6.type(bytes, ip + l4));
    }

    private static byte[] quote(ByteBuffer bytes, int ip) {
        byte[] quote = new byte[Math.min(Ipv6.HEADER_BYTES + Ipv6.payloadBytes(bytes, ip), Icmp6.MOST_QUOTED_BYTES)];
        bytes.get(ip, quote);
        return quote;
    }

    /** Who sent the first fragment hears that the others did not come (RFC 8200 §4.5); false where nobody can be told. */
    boolean timeExceeded(Link link, long toMac, byte[] first) {
        ByteBuffer packet = ByteBuffer.wrap(first);
        boolean isForUsAlone = !Ipv6Input.isToGroup(packet, 0);
        boolean hasSender = (Ipv6.sourceHi(packet, 0) | Ipv6.sourceLo(packet, 0)) != 0;
        return isForUsAlone && hasSender && error(link, toMac, first, Icmp6.TIME_EXCEEDED << 8 | Icmp6.REASSEMBLY, 0);
    }

    /** The address that a packet was sent to; where that is a group, the one of ours that leads to its sender, or null. As in packets. */
    private IpAddress answering(Link link, ByteBuffer bytes, int ip) {
        if (!Ipv6Input.isToGroup(bytes, ip)) {
            return IpAddress.of(Ipv6.destinationHi(bytes, ip), Ipv6.destinationLo(bytes, ip));
        }
        long senderHi = IpAddress.inZone(Ipv6.sourceHi(bytes, ip), link.zone);
        IpAddress own = context.engine.routes().sourceFor(IpAddress.of(senderHi, Ipv6.sourceLo(bytes, ip)));
        return own == null || link.zone == 0 ? own : IpAddress.of(IpAddress.onWire(own.hi()), own.lo());
    }

    /** Sends an error to the sender of what is quoted, from the address that it was sent to; false where there is no frame. */
    private boolean error(Link link, long toMac, byte[] quote, int typeAndCode, int word) {
        ByteBuffer bytes = link.bytes;
        IpAddress own = answering(link, ByteBuffer.wrap(quote), 0);
        if (own == null) {
            return false;
        }
        int icmpBytes = Icmp6.HEADER_BYTES + quote.length;
        int total = Ethernet.HEADER_BYTES + Ipv6.HEADER_BYTES + icmpBytes;
        int frame = context.output.allocate(link, total);
        if (frame < 0) {
            return false;
        }
        int ip = frame + Ethernet.HEADER_BYTES;
        int icmp = ip + Ipv6.HEADER_BYTES;
        int quoted = icmp + Icmp6.HEADER_BYTES;
        bytes.put(quoted, quote);
        Ethernet.write(bytes, frame, toMac, link.mac, Ethernet.TYPE_IPV6);
        Ipv6.write(bytes, ip, icmpBytes, Ipv6.ICMP, Ipv6.DEFAULT_HOPS);
        Ipv6.addresses(
                bytes,
                ip,
                /* sourceHi= */ own.hi(),
                /* sourceLo= */ own.lo(),
                /* destinationHi= */ Ipv6.sourceHi(bytes, quoted),
                /* destinationLo= */ Ipv6.sourceLo(bytes, quoted));
        Icmp6.write(bytes, ip, icmp, icmpBytes, typeAndCode, word);
        context.output.send(link, frame, total);
        return true;
    }
}
