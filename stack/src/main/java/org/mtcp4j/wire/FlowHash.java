/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

import java.nio.ByteBuffer;

/**
 * The hash that says which context a flow belongs to. Symmetric: both ends of a connection compute the same value, so a NIC in
 * memory and a context that looks for a source port agree. An IPv4 address counts as its mapped form {@code ::ffff:a.b.c.d}.
 */
public final class FlowHash {
    private static final int TCP_PORTS_BYTES = 4;
    private static final long V4_PREFIX = 0x0000_ffff_0000_0000L;

    private FlowHash() {}

    /** Same value with the ends swapped; well mixed in all 32 bits. */
    public static int of(long localHi, long localLo, long remoteHi, long remoteLo, int localPort, int remotePort) {
        long both = end(localHi, localLo, localPort) + end(remoteHi, remoteLo, remotePort);
        return (int) (mix(both) >>> 32);
    }

    /** {@link #of} of two IPv4 ends. */
    public static int ofIpv4(int localIp, int remoteIp, int localPort, int remotePort) {
        return of(0, mapped(localIp), 0, mapped(remoteIp), localPort, remotePort);
    }

    /**
     * {@link #of} of a frame's TCP flow; 0 for whatever is not TCP, is a fragment or is cut short.
     *
     * @param bytes in network byte order
     */
    public static int ofFrame(ByteBuffer bytes, int offset, int lengthBytes) {
        if (Ethernet.check(bytes, offset, lengthBytes) != Ethernet.OK) {
            return 0;
        }
        int headerBytes = Ethernet.headerBytes(bytes, offset);
        int ip = offset + headerBytes;
        int ipBytes = lengthBytes - headerBytes;
        return switch (Ethernet.type(bytes, offset)) {
            case Ethernet.TYPE_IPV4 -> ofIpv4Packet(bytes, ip, ipBytes);
            case Ethernet.TYPE_IPV6 -> ofIpv6Packet(bytes, ip, ipBytes);
            default -> 0;
        };
    }

    /** The context, of {@code contexts}, that a flow of this hash belongs to. */
    public static int context(int hash, int contexts) {
        return (int) ((hash & 0xffff_ffffL) % contexts);
    }

    /** An interface identifier made of an address: well mixed, universal/local bit clear (RFC 7136 gives the bits no meaning). */
    public static long interfaceId(long hi, long lo) {
        return end(hi, lo, 0) & ~(1L << 57);
    }

    private static int ofIpv4Packet(ByteBuffer bytes, int ip, int ipBytes) {
        if (Ipv4.check(bytes, ip, ipBytes) != Ipv4.OK
                || Ipv4.protocol(bytes, ip) != Ipv4.PROTOCOL_TCP
                || Ipv4.isFragment(bytes, ip)) {
            return 0;
        }
        int headerBytes = Ipv4.headerBytes(bytes, ip);
        if (ipBytes < headerBytes + TCP_PORTS_BYTES) {
            return 0;
        }
        int ports = bytes.getInt(ip + headerBytes);
        return ofIpv4(Ipv4.source(bytes, ip), Ipv4.destination(bytes, ip), ports >>> 16, ports & 0xffff);
    }

    private static int ofIpv6Packet(ByteBuffer bytes, int ip, int ipBytes) {
        if (Ipv6.check(bytes, ip, ipBytes) != Ipv6.OK) {
            return 0;
        }
        int transport = Ipv6.transport(bytes, ip);
        int headerBytes = transport & 0xffff;
        if (transport < 0 || transport >>> 16 != Ipv4.PROTOCOL_TCP || ipBytes < headerBytes + TCP_PORTS_BYTES) {
            return 0;
        }
        int ports = bytes.getInt(ip + headerBytes);
        return of(
                Ipv6.sourceHi(bytes, ip),
                Ipv6.sourceLo(bytes, ip),
                Ipv6.destinationHi(bytes, ip),
                Ipv6.destinationLo(bytes, ip),
                ports >>> 16,
                ports & 0xffff);
    }

    private static long mapped(int ip) {
        return V4_PREFIX | (ip & 0xffff_ffffL);
    }

    private static long end(long hi, long lo, int port) {
        return mix(mix(hi ^ 0x9e37_79b9_7f4a_7c15L) + mix(lo) + port);
    }

    /** A bijection in which every input bit moves every output bit (Steele, Lea, Flood: SplitMix). */
    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xbf58_476d_1ce4_e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d0_49bb_1331_11ebL;
        return z ^ (z >>> 31);
    }
}
