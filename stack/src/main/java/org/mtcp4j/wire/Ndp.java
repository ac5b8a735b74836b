/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

import java.nio.ByteBuffer;

/**
 * Neighbour solicitation and advertisement (<a href="https://www.rfc-editor.org/rfc/rfc4861">RFC 4861</a> §4.3, §4.4): an ICMPv6 header whose
 * word has the flags, the target address, then options of eight-byte units.
 */
public final class Ndp {
    public static final int TARGET_OFFSET = 8;
    public static final int OPTIONS_OFFSET = 24;
    /** With the one option that we send, a link-layer address. */
    public static final int MESSAGE_BYTES = 32;

    public static final int SOURCE_LINK_ADDRESS = 1;
    public static final int TARGET_LINK_ADDRESS = 2;

    /** Flags of an advertisement's word. */
    public static final int ROUTER = 1 << 31;

    public static final int SOLICITED = 1 << 30;

    public static final int OVERRIDE = 1 << 29;

    /** Who is not on the link cannot send this (RFC 4861 §7.1). */
    public static final int HOPS = 255;

    /** First 104 bits of a solicited-node multicast address (RFC 4291 §2.7.1): ff02::1:ff00:0. */
    public static final long SOLICITED_NODE_HI = 0xff02_0000_0000_0000L;

    private static final long SOLICITED_NODE_LO = 0x0000_0001_ff00_0000L;
    /** ff02::1. */
    public static final long ALL_NODES_LO = 1;

    private static final long MULTICAST_MAC = 0x3333_0000_0000L;
    private static final int UNIT_BYTES = 8;
    /** A solicitation has no link-layer address. */
    public static final long NO_MAC = -1;

    private Ndp() {}

    /** Whether all is as RFC 4861 §7.1 wants it, but for the checksum, which was looked at. */
    public static boolean isValid(ByteBuffer bytes, int ip, int icmp, int lengthBytes) {
        if (lengthBytes < OPTIONS_OFFSET
                || Ipv6.hopLimit(bytes, ip) != HOPS
                || Icmp6.code(bytes, icmp) != 0
                || bytes.get(icmp + TARGET_OFFSET) == (byte) 0xff) {
            return false;
        }
        return optionsFit(bytes, icmp, OPTIONS_OFFSET, lengthBytes) && addressesFit(bytes, ip, icmp, lengthBytes);
    }

    /** Who has no address asks a solicited-node group and has none to tell; what goes to a group answers nobody. */
    private static boolean addressesFit(ByteBuffer bytes, int ip, int icmp, int lengthBytes) {
        long destinationHi = Ipv6.destinationHi(bytes, ip);
        boolean unspecified = (Ipv6.sourceHi(bytes, ip) | Ipv6.sourceLo(bytes, ip)) == 0;
        if (Icmp6.type(bytes, icmp) == Icmp6.NEIGHBOUR_ADVERTISEMENT) {
            boolean answersGroup = destinationHi >>> 56 == 0xff && (Icmp6.word(bytes, icmp) & SOLICITED) != 0;
            return !unspecified && !answersGroup;
        }
        return !unspecified
                || (destinationHi == SOLICITED_NODE_HI
                        && (Ipv6.destinationLo(bytes, ip) & ~0xff_ffffL) == SOLICITED_NODE_LO
                        && linkAddress(bytes, icmp, lengthBytes, SOURCE_LINK_ADDRESS) == NO_MAC);
    }

    /** Whether the options from that place of a message on have lengths, and end where the message does. */
    static boolean optionsFit(ByteBuffer bytes, int icmp, int from, int lengthBytes) {
        int at = from;
        while (at + UNIT_BYTES <= lengthBytes) {
            int units = bytes.get(icmp + at + 1) & 0xff;
            if (units == 0) {
                return false;
            }
            at += units * UNIT_BYTES;
        }
        return at == lengthBytes;
    }

    public static long targetHi(ByteBuffer bytes, int icmp) {
        return bytes.getLong(icmp + TARGET_OFFSET);
    }

    public static long targetLo(ByteBuffer bytes, int icmp) {
        return bytes.getLong(icmp + TARGET_OFFSET + 8);
    }

    /** The link-layer address in an option of that type, or {@link #NO_MAC}; after {@link #isValid}. */
    public static long linkAddress(ByteBuffer bytes, int icmp, int lengthBytes, int type) {
        for (int at = OPTIONS_OFFSET; at < lengthBytes; at += (bytes.get(icmp + at + 1) & 0xff) * UNIT_BYTES) {
            if (bytes.get(icmp + at) == type) {
                return Ethernet.mac(bytes, icmp + at + 2);
            }
        }
        return NO_MAC;
    }

    /** Writes target and option; {@link Icmp6#write} does the rest. */
    public static void write(ByteBuffer bytes, int icmp, long targetHi, long targetLo, int option, long mac) {
        bytes.putLong(icmp + TARGET_OFFSET, targetHi);
        bytes.putLong(icmp + TARGET_OFFSET + 8, targetLo);
        writeLinkAddress(bytes, icmp + OPTIONS_OFFSET, option, mac);
    }

    /** Writes an option of eight bytes with a link-layer address. */
    public static void writeLinkAddress(ByteBuffer bytes, int at, int option, long mac) {
        bytes.putShort(at, (short) (option << 8 | 1));
        Ethernet.putMac(bytes, at + 2, mac);
    }

    /** The lower half of the solicited-node address of a target. */
    public static long solicitedNodeLo(long targetLo) {
        return SOLICITED_NODE_LO | (targetLo & 0xff_ffff);
    }

    /** The group's hardware address (RFC 2464 §7). */
    public static long multicastMac(long groupLo) {
        return MULTICAST_MAC | (groupLo & 0xffff_ffffL);
    }
}
