/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

import java.nio.ByteBuffer;

/**
 * Ethernet II header, with at most one 802.1Q tag (<a href="https://www.rfc-editor.org/rfc/rfc894">RFC 894</a>, IEEE 802.1Q).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------------------------------------------------------+
 * |                      Destination (48 bits)                    |
 * +-------------------------------+                               |
 * |                               |        Source (48 bits)       |
 * +-------------------------------+                               |
 * |                                                               |
 * +-------------------------------+-------------------------------+
 * |   Type, or 0x8100: a tag of   |  PCP |D|       VLAN id        |
 * |   four bytes stands here      |  then Type                    |
 * +-------------------------------+-------------------------------+
 * </pre>
 *
 * <p>Buffers are in network byte order. A MAC address is the low 48 bits of a {@code long}.
 */
public final class Ethernet {
    public static final int DESTINATION_OFFSET = 0;
    public static final int SOURCE_OFFSET = 6;
    public static final int TYPE_OFFSET = 12;
    public static final int HEADER_BYTES = 14;
    public static final int VLAN_TAG_BYTES = 4;

    public static final int TYPE_IPV4 = 0x0800;
    public static final int TYPE_ARP = 0x0806;
    public static final int TYPE_VLAN = 0x8100;
    public static final int TYPE_IPV6 = 0x86dd;

    public static final long BROADCAST = 0xffff_ffff_ffffL;
    private static final long GROUP_BIT = 1L << 40;

    /** Reasons of {@link #check}. */
    public static final int OK = 0;

    public static final int TRUNCATED = 1;

    private Ethernet() {}

    /** {@link #OK}, or why the accessors below may not be used. */
    public static int check(ByteBuffer bytes, int offset, int lengthBytes) {
        if (lengthBytes < HEADER_BYTES) {
            return TRUNCATED;
        }
        return lengthBytes < headerBytes(bytes, offset) ? TRUNCATED : OK;
    }

    public static long destination(ByteBuffer bytes, int offset) {
        return bytes.getLong(offset + DESTINATION_OFFSET) >>> 16;
    }

    public static void destination(ByteBuffer bytes, int offset, long mac) {
        putMac(bytes, offset + DESTINATION_OFFSET, mac);
    }

    public static long source(ByteBuffer bytes, int offset) {
        return mac(bytes, offset + SOURCE_OFFSET);
    }

    public static void source(ByteBuffer bytes, int offset, long mac) {
        putMac(bytes, offset + SOURCE_OFFSET, mac);
    }

    /** The type of the payload, behind the tag if there is one. */
    public static int type(ByteBuffer bytes, int offset) {
        return bytes.getShort(offset + headerBytes(bytes, offset) - 2) & 0xffff;
    }

    public static boolean isTagged(ByteBuffer bytes, int offset) {
        return (bytes.getShort(offset + TYPE_OFFSET) & 0xffff) == TYPE_VLAN;
    }

    /** The tag's VLAN id, 0 to 4095, where {@link #isTagged}. */
    public static int vlanId(ByteBuffer bytes, int offset) {
        return bytes.getShort(offset + HEADER_BYTES) & 0xfff;
    }

    /** Whether it has the tag of that VLAN; for 0, anything. {@link #check} was {@link #OK}. */
    public static boolean isOfVlan(ByteBuffer bytes, int offset, int vlanId) {
        return vlanId == 0 || (isTagged(bytes, offset) && vlanId(bytes, offset) == vlanId);
    }

    /** Puts a tag with priority 0 into an untagged frame, whose end moves by {@link #VLAN_TAG_BYTES}. */
    public static void tag(ByteBuffer bytes, int offset, int lengthBytes, int vlanId) {
        int at = offset + TYPE_OFFSET;
        bytes.put(at + VLAN_TAG_BYTES, bytes, at, lengthBytes - TYPE_OFFSET);
        bytes.putInt(at, TYPE_VLAN << 16 | vlanId);
    }

    /** 14, or 18 with a tag. */
    public static int headerBytes(ByteBuffer bytes, int offset) {
        return isTagged(bytes, offset) ? HEADER_BYTES + VLAN_TAG_BYTES : HEADER_BYTES;
    }

    /** Writes an untagged header. */
    public static void write(ByteBuffer bytes, int offset, long destination, long source, int type) {
        bytes.putLong(offset, (destination << 16) | ((source >>> 32) & 0xffff));
        bytes.putInt(offset + SOURCE_OFFSET + 2, (int) source);
        bytes.putShort(offset + TYPE_OFFSET, (short) type);
    }

    /** Broadcast or multicast. */
    public static boolean isGroup(long mac) {
        return (mac & GROUP_BIT) != 0;
    }

    /** The six bytes at {@code at}. */
    public static long mac(ByteBuffer bytes, int at) {
        return ((bytes.getShort(at) & 0xffffL) << 32) | (bytes.getInt(at + 2) & 0xffff_ffffL);
    }

    /** Writes the low 48 bits as six bytes. */
    public static void putMac(ByteBuffer bytes, int at, long mac) {
        bytes.putShort(at, (short) (mac >>> 32));
        bytes.putInt(at + 2, (int) mac);
    }

    /** {@code aa:bb:cc:dd:ee:ff}. */
    public static String toText(long mac) {
        StringBuilder text = new StringBuilder(17);
        for (int shift = 40; shift >= 0; shift -= 8) {
            int octet = (int) (mac >>> shift) & 0xff;
            text.append(Character.forDigit(octet >>> 4, 16)).append(Character.forDigit(octet & 15, 16));
            if (shift > 0) {
                text.append(':');
            }
        }
        return text.toString();
    }

    /**
     * Reads {@code aa:bb:cc:dd:ee:ff}.
     *
     * @throws IllegalArgumentException with one sentence when the text is no hardware address
     */
    public static long parse(String text) {
        String[] octets = text.split(":", -1);
        long mac = 0;
        for (String octet : octets) {
            int high = octet.length() == 2 ? Character.digit(octet.charAt(0), 16) : -1;
            int low = octet.length() == 2 ? Character.digit(octet.charAt(1), 16) : -1;
            if (octets.length != 6 || high < 0 || low < 0) {
                throw new IllegalArgumentException(
                        "'" + text + "' is no hardware address; write six pairs of digits as 02:00:5e:00:53:01");
            }
            mac = (mac << 8) | (high << 4) | low;
        }
        return mac;
    }
}
