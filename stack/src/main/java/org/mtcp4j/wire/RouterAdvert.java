/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

import java.nio.ByteBuffer;

/**
 * Router solicitation and advertisement (<a href="https://www.rfc-editor.org/rfc/rfc4861">RFC 4861</a> §4.1, §4.2). An advertisement:
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-------------------------------+
 * |   Type 134    |    Code 0     |           Checksum            |
 * +---------------+-+-+-+---+-----+-------------------------------+
 * |   Hop limit   |M|O| |Prf|     |     Router lifetime, s        |
 * +---------------+-+-+-+---+-----+-------------------------------+
 * |     Reachable time, ms; retransmission timer, ms; options     |
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class RouterAdvert {
    public static final int OPTIONS_OFFSET = 16;
    /** Of a solicitation that tells a link-layer address; without: 8. */
    public static final int SOLICITATION_BYTES = 16;

    public static final int PREFIX_OPTION = 3;
    public static final int MTU_OPTION = 5;
    public static final int PREFIX_OPTION_BYTES = 32;
    public static final int MTU_OPTION_BYTES = 8;

    /** Flags of a prefix. */
    public static final int ON_LINK = 0x80;

    public static final int AUTONOMOUS = 0x40;
    /** A lifetime without end. */
    public static final long FOR_EVER_S = 0xffff_ffffL;

    /** ff02::2, of which the upper half is {@link Ndp#SOLICITED_NODE_HI}. */
    public static final long ALL_ROUTERS_LO = 2;

    private static final int LINK_LOCAL_10_BITS = 0xfe80 >>> 6;

    private RouterAdvert() {}

    /** RFC 4861 §6.1.2, but for the checksum, which was looked at; after it the accessors below may be used. */
    public static boolean isValid(ByteBuffer bytes, int ip, int icmp, int lengthBytes) {
        return lengthBytes >= OPTIONS_OFFSET
                && Ipv6.hopLimit(bytes, ip) == Ndp.HOPS
                && Icmp6.code(bytes, icmp) == 0
                && Ipv6.sourceHi(bytes, ip) >>> 54 == LINK_LOCAL_10_BITS
                && Ndp.optionsFit(bytes, icmp, OPTIONS_OFFSET, lengthBytes);
    }

    /** Seconds; 0: not a default router. */
    public static int lifetimeSeconds(ByteBuffer bytes, int icmp) {
        return bytes.getShort(icmp + 6) & 0xffff;
    }

    /** Of the router among others (RFC 4191 §2.1): -1 low, 0 medium, 1 high. */
    public static int preference(ByteBuffer bytes, int icmp) {
        int bits = (bytes.get(icmp + 5) >>> 3) & 3;
        return bits == 1 ? 1 : bits == 3 ? -1 : 0;
    }

    /** Of the option at that place. */
    public static int optionType(ByteBuffer bytes, int option) {
        return bytes.get(option) & 0xff;
    }

    public static int optionBytes(ByteBuffer bytes, int option) {
        return (bytes.get(option + 1) & 0xff) * 8;
    }

    public static int prefixBits(ByteBuffer bytes, int option) {
        return bytes.get(option + 2) & 0xff;
    }

    public static boolean prefixHas(ByteBuffer bytes, int option, int flag) {
        return (bytes.get(option + 3) & flag) != 0;
    }

    public static long validSeconds(ByteBuffer bytes, int option) {
        return bytes.getInt(option + 4) & 0xffff_ffffL;
    }

    public static long preferredSeconds(ByteBuffer bytes, int option) {
        return bytes.getInt(option + 8) & 0xffff_ffffL;
    }

    public static long prefixHi(ByteBuffer bytes, int option) {
        return bytes.getLong(option + 16);
    }

    public static long prefixLo(ByteBuffer bytes, int option) {
        return bytes.getLong(option + 24);
    }

    /** Of an {@link #MTU_OPTION}. */
    public static long mtuBytes(ByteBuffer bytes, int option) {
        return bytes.getInt(option + 4) & 0xffff_ffffL;
    }
}
