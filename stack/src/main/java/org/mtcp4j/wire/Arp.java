/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

import java.nio.ByteBuffer;

/**
 * ARP for IPv4 over Ethernet (<a href="https://www.rfc-editor.org/rfc/rfc826">RFC 826</a>).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------------------------------+-------------------------------+
 * |      Hardware type (1)        |    Protocol type (0x0800)     |
 * +---------------+---------------+-------------------------------+
 * | Hw length (6) | Pr length (4) |           Operation           |
 * +---------------+---------------+-------------------------------+
 * |                    Sender hardware address                    |
 * +                               +-------------------------------+
 * |                               |   Sender protocol address     |
 * +-------------------------------+-------------------------------+
 * |   … continued                 |   Target hardware address     |
 * +-------------------------------+                               +
 * |                                                               |
 * +---------------------------------------------------------------+
 * |                    Target protocol address                    |
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class Arp {
    public static final int HARDWARE_TYPE_OFFSET = 0;
    public static final int PROTOCOL_TYPE_OFFSET = 2;
    public static final int LENGTHS_OFFSET = 4;
    public static final int OPERATION_OFFSET = 6;
    public static final int SENDER_MAC_OFFSET = 8;
    public static final int SENDER_IP_OFFSET = 14;
    public static final int TARGET_MAC_OFFSET = 18;
    public static final int TARGET_IP_OFFSET = 24;
    public static final int PACKET_BYTES = 28;

    public static final int REQUEST = 1;
    public static final int REPLY = 2;

    private static final int HARDWARE_AND_PROTOCOL = (1 << 16) | Ethernet.TYPE_IPV4;
    private static final int LENGTHS = (6 << 8) | 4;

    /** Reasons of {@link #check}. */
    public static final int OK = 0;

    public static final int TRUNCATED = 1;
    public static final int NOT_IPV4_OVER_ETHERNET = 2;
    public static final int BAD_OPERATION = 3;

    private Arp() {}

    /** {@link #OK}, or why the accessors below may not be used. */
    public static int check(ByteBuffer bytes, int offset, int lengthBytes) {
        if (lengthBytes < PACKET_BYTES) {
            return TRUNCATED;
        }
        if (bytes.getInt(offset) != HARDWARE_AND_PROTOCOL || bytes.getShort(offset + LENGTHS_OFFSET) != LENGTHS) {
            return NOT_IPV4_OVER_ETHERNET;
        }
        int operation = operation(bytes, offset);
        return operation == REQUEST || operation == REPLY ? OK : BAD_OPERATION;
    }

    public static int operation(ByteBuffer bytes, int offset) {
        return bytes.getShort(offset + OPERATION_OFFSET) & 0xffff;
    }

    public static long senderMac(ByteBuffer bytes, int offset) {
        return Ethernet.mac(bytes, offset + SENDER_MAC_OFFSET);
    }

    public static int senderIp(ByteBuffer bytes, int offset) {
        return bytes.getInt(offset + SENDER_IP_OFFSET);
    }

    public static long targetMac(ByteBuffer bytes, int offset) {
        return Ethernet.mac(bytes, offset + TARGET_MAC_OFFSET);
    }

    public static int targetIp(ByteBuffer bytes, int offset) {
        return bytes.getInt(offset + TARGET_IP_OFFSET);
    }

    /** Writes a whole packet. */
    public static void write(
            ByteBuffer bytes, int offset, int operation, long senderMac, int senderIp, long targetMac, int targetIp) {
        bytes.putInt(offset, HARDWARE_AND_PROTOCOL);
        bytes.putShort(offset + LENGTHS_OFFSET, (short) LENGTHS);
        bytes.putShort(offset + OPERATION_OFFSET, (short) operation);
        Ethernet.putMac(bytes, offset + SENDER_MAC_OFFSET, senderMac);
        bytes.putInt(offset + SENDER_IP_OFFSET, senderIp);
        Ethernet.putMac(bytes, offset + TARGET_MAC_OFFSET, targetMac);
        bytes.putInt(offset + TARGET_IP_OFFSET, targetIp);
    }
}
