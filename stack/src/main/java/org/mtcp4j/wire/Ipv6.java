/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

import java.nio.ByteBuffer;

/**
 * IPv6 header (<a href="https://www.rfc-editor.org/rfc/rfc8200">RFC 8200</a> §3) and the walk over its extension headers.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------+---------------+---------------------------------------+
 * |Version| Traffic class |              Flow label               |
 * +-------+---------------+-------+---------------+---------------+
 * |         Payload length        |  Next header  |   Hop limit   |
 * +-------------------------------+---------------+---------------+
 * |                    Source address (128 bits)                  |
 * +---------------------------------------------------------------+
 * |                  Destination address (128 bits)               |
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class Ipv6 {
    public static final int PAYLOAD_LENGTH_OFFSET = 4;
    public static final int NEXT_HEADER_OFFSET = 6;
    public static final int HOP_LIMIT_OFFSET = 7;
    public static final int SOURCE_OFFSET = 8;
    public static final int DESTINATION_OFFSET = 24;
    public static final int HEADER_BYTES = 40;

    public static final int HOP_BY_HOP = 0;
    public static final int ROUTING = 43;
    public static final int FRAGMENT = 44;
    public static final int FRAGMENT_HEADER_BYTES = 8;
    public static final int ICMP = 58;
    public static final int NO_NEXT = 59;
    public static final int DESTINATION_OPTIONS = 60;

    /** Hop limit of what we send, but for neighbour discovery. */
    public static final int DEFAULT_HOPS = 64;

    private static final int VERSION_6 = 0x6000_0000;
    /** Of the traffic class in the first word. */
    private static final int CLASS_SHIFT = 20;
    /** More extension headers than any sender has a use for. */
    static final int MAX_EXTENSIONS = 8;

    /** Reasons of {@link #check}. */
    public static final int OK = 0;

    public static final int TRUNCATED = 1;
    public static final int BAD_VERSION = 2;
    public static final int BAD_LENGTH = 3;

    private Ipv6() {}

    /**
     * {@link #OK}, or why the accessors below may not be used.
     *
     * @param lengthBytes what the link delivered; may exceed the packet (Ethernet padding)
     */
    public static int check(ByteBuffer bytes, int offset, int lengthBytes) {
        if (lengthBytes < HEADER_BYTES) {
            return TRUNCATED;
        }
        if ((bytes.get(offset) & 0xf0) != 0x60) {
            return BAD_VERSION;
        }
        return HEADER_BYTES + payloadBytes(bytes, offset) > lengthBytes ? BAD_LENGTH : OK;
    }

    /** Everything behind the first 40 bytes, extension headers too. */
    public static int payloadBytes(ByteBuffer bytes, int offset) {
        return bytes.getShort(offset + PAYLOAD_LENGTH_OFFSET) & 0xffff;
    }

    public static int nextHeader(ByteBuffer bytes, int offset) {
        return bytes.get(offset + NEXT_HEADER_OFFSET) & 0xff;
    }

    public static int hopLimit(ByteBuffer bytes, int offset) {
        return bytes.get(offset + HOP_LIMIT_OFFSET) & 0xff;
    }

    public static int trafficClass(ByteBuffer bytes, int offset) {
        return (bytes.getInt(offset) >>> CLASS_SHIFT) & 0xff;
    }

    public static void trafficClass(ByteBuffer bytes, int offset, int trafficClass) {
        int word = bytes.getInt(offset) & ~(0xff << CLASS_SHIFT);
        bytes.putInt(offset, word | (trafficClass & 0xff) << CLASS_SHIFT);
    }

    public static long sourceHi(ByteBuffer bytes, int offset) {
        return bytes.getLong(offset + SOURCE_OFFSET);
    }

    public static long sourceLo(ByteBuffer bytes, int offset) {
        return bytes.getLong(offset + SOURCE_OFFSET + 8);
    }

    public static long destinationHi(ByteBuffer bytes, int offset) {
        return bytes.getLong(offset + DESTINATION_OFFSET);
    }

    public static long destinationLo(ByteBuffer bytes, int offset) {
        return bytes.getLong(offset + DESTINATION_OFFSET + 8);
    }

    /**
     * Walks over extension headers to the transport (RFC 8200 §4), after {@link #check}.
     *
     * @return protocol &lt;&lt; 16 | bytes from {@code offset} to it: {@link #FRAGMENT} at the fragment header, {@link #NO_NEXT} where
     *     there is none; -1 where headers are cut short or too many
     */
    public static int transport(ByteBuffer bytes, int offset) {
        int next = nextHeader(bytes, offset);
        int at = HEADER_BYTES;
        int end = HEADER_BYTES + payloadBytes(bytes, offset);
        for (int i = 0; i < MAX_EXTENSIONS; i++) {
            if (!Ipv6Extensions.isExtension(next)) {
                return next << 16 | at;
            }
            if (at + 8 > end) {
                return -1;
            }
            next = bytes.get(offset + at) & 0xff;
            at += 8 + 8 * (bytes.get(offset + at + 1) & 0xff);
            if (at > end) {
                return -1;
            }
        }
        return -1;
    }

    /** Writes the fixed part of a header, traffic class and flow label 0; the addresses are written with {@link #addresses}. */
    public static void write(ByteBuffer bytes, int offset, int payloadBytes, int nextHeader, int hopLimit) {
        bytes.putInt(offset, VERSION_6);
        bytes.putInt(offset + PAYLOAD_LENGTH_OFFSET, payloadBytes << 16 | nextHeader << 8 | hopLimit);
    }

    public static void addresses(
            ByteBuffer bytes, int offset, long sourceHi, long sourceLo, long destinationHi, long destinationLo) {
        bytes.putLong(offset + SOURCE_OFFSET, sourceHi);
        bytes.putLong(offset + SOURCE_OFFSET + 8, sourceLo);
        bytes.putLong(offset + DESTINATION_OFFSET, destinationHi);
        bytes.putLong(offset + DESTINATION_OFFSET + 8, destinationLo);
    }

    /** The pseudo-header's sum of a packet (RFC 8200 §8.1), as {@link Checksum#pseudoIpv6} makes it. */
    public static int pseudo(ByteBuffer bytes, int offset, int protocol, int l4Bytes) {
        return Checksum.pseudoIpv6(
                sourceHi(bytes, offset),
                sourceLo(bytes, offset),
                destinationHi(bytes, offset),
                destinationLo(bytes, offset),
                protocol,
                l4Bytes);
    }
}
