/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import java.nio.ByteBuffer;
import org.mtcp4j.wire.Icmp4;
import org.mtcp4j.wire.Icmp6;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;

/**
 * An ICMP error about a TCP segment of ours (RFC 792, RFC 1122 §4.2.3.9): a scratch object that its context reuses. Whether it is to
 * be believed (RFC 5927) is the connection's business.
 */
public final class IcmpError {
    /** What went wrong. */
    public enum Kind {
        NETWORK_UNREACHABLE,
        HOST_UNREACHABLE,
        /** Port unreachable: the host itself says no. */
        REFUSED,
        PROTOCOL_UNREACHABLE,
        /** By policy; IPv6 alone tells it apart (RFC 4443 §3.1, codes 1, 5, 6). */
        PROHIBITED,
        /** {@link #nextHopMtuBytes} is set. */
        FRAGMENTATION_NEEDED,
        TIME_EXCEEDED,
        PARAMETER_PROBLEM
    }

    public Kind kind;
    public long localHi;
    public long localLo;
    public long remoteHi;
    public long remoteLo;
    public int localPort;
    public int remotePort;
    /** Sequence number of the segment in question. */
    public int seq;
    /** 0 where unknown. */
    public int nextHopMtuBytes;

    /**
     * Reads an ICMP message.
     *
     * @return false when it is no error, is damaged, or is not about TCP
     */
    public boolean parse(ByteBuffer bytes, int icmp, int lengthBytes) {
        if (Icmp4.check(bytes, icmp, lengthBytes) != Icmp4.OK || !Icmp4.isError(Icmp4.type(bytes, icmp))) {
            return false;
        }
        int quote = Icmp4.quoteOffset(icmp);
        if (Ipv4.protocol(bytes, quote) != Ipv4.PROTOCOL_TCP || Ipv4.fragmentOffsetBytes(bytes, quote) != 0) {
            return false;
        }
        int code = Icmp4.code(bytes, icmp);
        kind = switch (Icmp4.type(bytes, icmp)) {
            case Icmp4.TIME_EXCEEDED -> Kind.TIME_EXCEEDED;
            case Icmp4.PARAMETER_PROBLEM -> Kind.PARAMETER_PROBLEM;
            default -> unreachable(code);
        };
        nextHopMtuBytes = kind == Kind.FRAGMENTATION_NEEDED ? Icmp4.nextHopMtuBytes(bytes, icmp) : 0;
        localHi = 0;
        localLo = IpAddress.mapped(Ipv4.source(bytes, quote));
        remoteHi = 0;
        remoteLo = IpAddress.mapped(Ipv4.destination(bytes, quote));
        int l4 = Icmp4.quotedL4Offset(bytes, icmp);
        int ports = bytes.getInt(l4);
        localPort = ports >>> 16;
        remotePort = ports & 0xffff;
        seq = bytes.getInt(l4 + 4);
        return true;
    }

    /**
     * Reads a checked ICMPv6 message (RFC 4443).
     *
     * @return false when it is no error, or is not about TCP
     */
    public boolean parse6(ByteBuffer bytes, int icmp, int lengthBytes) {
        int type = Icmp6.type(bytes, icmp);
        int quote = icmp + Icmp6.HEADER_BYTES;
        int quoteBytes = lengthBytes - Icmp6.HEADER_BYTES;
        if (!Icmp6.isError(type) || quoteBytes < Ipv6.HEADER_BYTES || bytes.get(quote) >>> 4 != 6) {
            return false;
        }
        int transport = Ipv6.transport(bytes, quote);
        int l4 = transport & 0xffff;
        if (transport < 0 || transport >>> 16 != Ipv4.PROTOCOL_TCP || l4 + Icmp6.QUOTED_L4_BYTES > quoteBytes) {
            return false;
        }
        kind = switch (type) {
            case Icmp6.PACKET_TOO_BIG -> Kind.FRAGMENTATION_NEEDED;
            case Icmp6.TIME_EXCEEDED -> Kind.TIME_EXCEEDED;
            case Icmp6.PARAMETER_PROBLEM -> Kind.PARAMETER_PROBLEM;
            default -> unreachable6(Icmp6.code(bytes, icmp));
        };
        // The field is unsigned; beyond an int it is larger than anything that we send.
        int word = Icmp6.word(bytes, icmp);
        nextHopMtuBytes = kind == Kind.FRAGMENTATION_NEEDED ? (word < 0 ? Integer.MAX_VALUE : word) : 0;
        localHi = Ipv6.sourceHi(bytes, quote);
        localLo = Ipv6.sourceLo(bytes, quote);
        remoteHi = Ipv6.destinationHi(bytes, quote);
        remoteLo = Ipv6.destinationLo(bytes, quote);
        int ports = bytes.getInt(quote + l4);
        localPort = ports >>> 16;
        remotePort = ports & 0xffff;
        seq = bytes.getInt(quote + l4 + 4);
        return true;
    }

    private static Kind unreachable6(int code) {
        return switch (code) {
            case Icmp6.NO_ROUTE -> Kind.NETWORK_UNREACHABLE;
            case Icmp6.PROHIBITED, Icmp6.POLICY_FAILED, Icmp6.REJECT_ROUTE -> Kind.PROHIBITED;
            case Icmp6.PORT_UNREACHABLE -> Kind.REFUSED;
            default -> Kind.HOST_UNREACHABLE;
        };
    }

    /** Codes of RFC 792 and RFC 1122 §3.2.2.1. */
    private static Kind unreachable(int code) {
        return switch (code) {
            case Icmp4.NET_UNREACHABLE, 6, 9, 11 -> Kind.NETWORK_UNREACHABLE;
            case Icmp4.PROTOCOL_UNREACHABLE -> Kind.PROTOCOL_UNREACHABLE;
            case Icmp4.PORT_UNREACHABLE -> Kind.REFUSED;
            case Icmp4.FRAGMENTATION_NEEDED -> Kind.FRAGMENTATION_NEEDED;
            default -> Kind.HOST_UNREACHABLE;
        };
    }
}
