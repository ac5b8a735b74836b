/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

import java.nio.ByteBuffer;

/**
 * IPv4 header (<a href="https://www.rfc-editor.org/rfc/rfc791">RFC 791</a> §3.1).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------+-------+---------------+-------------------------------+
 * |Version|  IHL  |Type of service|          Total length         |
 * +-------+-------+---------------+-----+-------------------------+
 * |         Identification        |Flags|     Fragment offset     |
 * +---------------+---------------+-----+-------------------------+
 * |  Time to live |    Protocol   |        Header checksum        |
 * +---------------+---------------+-------------------------------+
 * |                         Source address                        |
 * +---------------------------------------------------------------+
 * |                      Destination address                      |
 * +---------------------------------------------------------------+
 * |                    Options                    |    Padding    |
 * +-----------------------------------------------+---------------+
 * </pre>
 */
public final class Ipv4 {
    public static final int VERSION_IHL_OFFSET = 0;
    public static final int TOS_OFFSET = 1;
    public static final int TOTAL_LENGTH_OFFSET = 2;
    public static final int ID_OFFSET = 4;
    public static final int FRAGMENT_OFFSET = 6;
    public static final int TTL_OFFSET = 8;
    public static final int PROTOCOL_OFFSET = 9;
    public static final int CHECKSUM_OFFSET = 10;
    public static final int SOURCE_OFFSET = 12;
    public static final int DESTINATION_OFFSET = 16;
    /** Without options. */
    public static final int HEADER_BYTES = 20;

    public static final int PROTOCOL_ICMP = 1;
    public static final int PROTOCOL_TCP = 6;
    public static final int PROTOCOL_UDP = 17;

    /** The bits of the type of service that are for congestion notification (RFC 3168 §5); "congestion experienced"; ECT(0). */
    public static final int ECN = 3;

    public static final int ECN_CE = 3;
    public static final int ECN_CAPABLE = 2;

    /** Time to live of what we send (RFC 1122 §3.2.1.7; the value is that of the IANA registry). */
    public static final int DEFAULT_TTL = 64;

    private static final int VERSION_4_IHL_5 = 0x4500;

    /** Bits of the 16-bit word of flags and fragment offset. */
    public static final int DONT_FRAGMENT = 0x4000;

    public static final int MORE_FRAGMENTS = 0x2000;
    private static final int FRAGMENT_MASK = 0x1fff;

    /** Reasons of {@link #check}. */
    public static final int OK = 0;

    public static final int TRUNCATED = 1;
    public static final int BAD_VERSION = 2;
    public static final int BAD_HEADER_LENGTH = 3;
    public static final int BAD_TOTAL_LENGTH = 4;

    /** 255.255.255.255. */
    public static final int LIMITED_BROADCAST = -1;

    private Ipv4() {}

    /**
     * {@link #OK}, or why the accessors below may not be used. Says nothing about the checksum.
     *
     * @param lengthBytes what the link delivered; may exceed the total length (Ethernet padding)
     */
    public static int check(ByteBuffer bytes, int offset, int lengthBytes) {
        if (lengthBytes < HEADER_BYTES) {
            return TRUNCATED;
        }
        if (bytes.get(offset) >>> 4 != 4) {
            return BAD_VERSION;
        }
        int headerBytes = headerBytes(bytes, offset);
        if (headerBytes < HEADER_BYTES || headerBytes > lengthBytes) {
            return BAD_HEADER_LENGTH;
        }
        int totalBytes = totalBytes(bytes, offset);
        return totalBytes < headerBytes || totalBytes > lengthBytes ? BAD_TOTAL_LENGTH : OK;
    }

    /** Whether the header checksum is right; only after {@link #check}. */
    public static boolean checksumGood(ByteBuffer bytes, int offset) {
        return Checksum.isGood(Checksum.partial(bytes, offset, headerBytes(bytes, offset)));
    }

    public static int headerBytes(ByteBuffer bytes, int offset) {
        return (bytes.get(offset + VERSION_IHL_OFFSET) & 15) << 2;
    }

    public static int tos(ByteBuffer bytes, int offset) {
        return bytes.get(offset + TOS_OFFSET) & 0xff;
    }

    /** Header and payload. */
    public static int totalBytes(ByteBuffer bytes, int offset) {
        return bytes.getShort(offset + TOTAL_LENGTH_OFFSET) & 0xffff;
    }

    public static int id(ByteBuffer bytes, int offset) {
        return bytes.getShort(offset + ID_OFFSET) & 0xffff;
    }

    /** Whether this is a piece of a packet rather than a whole one. */
    public static boolean isFragment(ByteBuffer bytes, int offset) {
        return (bytes.getShort(offset + FRAGMENT_OFFSET) & (MORE_FRAGMENTS | FRAGMENT_MASK)) != 0;
    }

    public static boolean dontFragment(ByteBuffer bytes, int offset) {
        return (bytes.getShort(offset + FRAGMENT_OFFSET) & DONT_FRAGMENT) != 0;
    }

    /** Where the fragment's payload stands in the whole packet's. */
    public static int fragmentOffsetBytes(ByteBuffer bytes, int offset) {
        return (bytes.getShort(offset + FRAGMENT_OFFSET) & FRAGMENT_MASK) << 3;
    }

    public static int ttl(ByteBuffer bytes, int offset) {
        return bytes.get(offset + TTL_OFFSET) & 0xff;
    }

    public static int protocol(ByteBuffer bytes, int offset) {
        return bytes.get(offset + PROTOCOL_OFFSET) & 0xff;
    }

    public static int checksum(ByteBuffer bytes, int offset) {
        return bytes.getShort(offset + CHECKSUM_OFFSET) & 0xffff;
    }

    public static int source(ByteBuffer bytes, int offset) {
        return bytes.getInt(offset + SOURCE_OFFSET);
    }

    public static int destination(ByteBuffer bytes, int offset) {
        return bytes.getInt(offset + DESTINATION_OFFSET);
    }

    public static void checksum(ByteBuffer bytes, int offset, int value) {
        bytes.putShort(offset + CHECKSUM_OFFSET, (short) value);
    }

    /** Makes the header's checksum from all of the header, whatever stood there. */
    public static void makeChecksum(ByteBuffer bytes, int offset) {
        checksum(bytes, offset, 0);
        checksum(bytes, offset, Checksum.finish(Checksum.partial(bytes, offset, headerBytes(bytes, offset))));
    }

    /** Sets the total length and brings the checksum up to date. */
    public static void totalBytes(ByteBuffer bytes, int offset, int totalBytes) {
        int old = totalBytes(bytes, offset);
        bytes.putShort(offset + TOTAL_LENGTH_OFFSET, (short) totalBytes);
        checksum(bytes, offset, Checksum.update(checksum(bytes, offset), old, totalBytes));
    }

    /** Sets the identification and brings the checksum up to date. */
    public static void id(ByteBuffer bytes, int offset, int id) {
        int old = id(bytes, offset);
        bytes.putShort(offset + ID_OFFSET, (short) id);
        checksum(bytes, offset, Checksum.update(checksum(bytes, offset), old, id));
    }

    /** Sets the type of service (DSCP and ECN) and brings the checksum up to date. */
    public static void tos(ByteBuffer bytes, int offset, int tos) {
        int old = bytes.getShort(offset);
        int now = (old & 0xff00) | (tos & 0xff);
        bytes.putShort(offset, (short) now);
        checksum(bytes, offset, Checksum.update(checksum(bytes, offset), old, now));
    }

    /** Sets the time to live and brings the checksum up to date. */
    public static void ttl(ByteBuffer bytes, int offset, int ttl) {
        int old = bytes.getShort(offset + TTL_OFFSET);
        int now = (ttl << 8) | (old & 0xff);
        bytes.putShort(offset + TTL_OFFSET, (short) now);
        checksum(bytes, offset, Checksum.update(checksum(bytes, offset), old, now));
    }

    /**
     * Writes a header without options, checksum included: DF set, type of service 0, {@link #DEFAULT_TTL}.
     *
     * @param totalBytes header and payload
     */
    public static void write(
            ByteBuffer bytes, int offset, int totalBytes, int id, int protocol, int source, int destination) {
        int fifth = (DEFAULT_TTL << 8) | protocol;
        int sum = VERSION_4_IHL_5 + totalBytes + (id & 0xffff) + DONT_FRAGMENT + fifth;
        sum += (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff);
        bytes.putInt(offset, (VERSION_4_IHL_5 << 16) | (totalBytes & 0xffff));
        bytes.putInt(offset + ID_OFFSET, (id << 16) | DONT_FRAGMENT);
        bytes.putInt(offset + TTL_OFFSET, (fifth << 16) | Checksum.finish(sum));
        bytes.putInt(offset + SOURCE_OFFSET, source);
        bytes.putInt(offset + DESTINATION_OFFSET, destination);
    }
}
