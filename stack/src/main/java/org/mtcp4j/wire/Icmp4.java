/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

import java.nio.ByteBuffer;

/**
 * ICMP for IPv4 (<a href="https://www.rfc-editor.org/rfc/rfc792">RFC 792</a>; next-hop MTU by <a
 * href="https://www.rfc-editor.org/rfc/rfc1191">RFC 1191</a> §4).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-------------------------------+
 * |     Type      |     Code      |           Checksum            |
 * +---------------+---------------+-------------------------------+
 * | echo: Identifier              | echo: Sequence number         |
 * | error: unused                 | frag. needed: next-hop MTU    |
 * +-------------------------------+-------------------------------+
 * | echo: data; error: the IP header in question and at least     |
 * | eight bytes of what followed it                               |
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class Icmp4 {
    public static final int TYPE_OFFSET = 0;
    public static final int CODE_OFFSET = 1;
    public static final int CHECKSUM_OFFSET = 2;
    public static final int ID_OFFSET = 4;
    public static final int SEQUENCE_OFFSET = 6;
    public static final int NEXT_HOP_MTU_OFFSET = 6;
    public static final int HEADER_BYTES = 8;
    /** What an error quotes at least behind the IP header: for TCP both ports and the sequence number. */
    public static final int QUOTED_L4_BYTES = 8;

    public static final int ECHO_REPLY = 0;
    public static final int DESTINATION_UNREACHABLE = 3;
    public static final int ECHO_REQUEST = 8;
    public static final int TIME_EXCEEDED = 11;
    public static final int PARAMETER_PROBLEM = 12;

    /** Codes of {@link #DESTINATION_UNREACHABLE}. */
    public static final int NET_UNREACHABLE = 0;

    public static final int HOST_UNREACHABLE = 1;
    public static final int PROTOCOL_UNREACHABLE = 2;
    public static final int PORT_UNREACHABLE = 3;
    public static final int FRAGMENTATION_NEEDED = 4;

    /** Code of {@link #TIME_EXCEEDED}: a packet's fragments did not all come in time. */
    public static final int REASSEMBLY = 1;

    /** Reasons of {@link #check}. */
    public static final int OK = 0;

    public static final int TRUNCATED = 1;
    public static final int BAD_CHECKSUM = 2;
    /** An error whose quoted packet is cut short or no IPv4. */
    public static final int BAD_QUOTE = 3;

    private Icmp4() {}

    /** {@link #OK}, or why the accessors below may not be used; the checksum is verified too. */
    public static int check(ByteBuffer bytes, int offset, int lengthBytes) {
        if (lengthBytes < HEADER_BYTES) {
            return TRUNCATED;
        }
        if (!Checksum.isGood(Checksum.partial(bytes, offset, lengthBytes))) {
            return BAD_CHECKSUM;
        }
        return isError(type(bytes, offset)) ? checkQuote(bytes, offset, lengthBytes) : OK;
    }

    private static int checkQuote(ByteBuffer bytes, int offset, int lengthBytes) {
        int quoteBytes = lengthBytes - HEADER_BYTES;
        if (quoteBytes < Ipv4.HEADER_BYTES) {
            return BAD_QUOTE;
        }
        int quote = offset + HEADER_BYTES;
        // Not Ipv4.check: the quote is shorter than its total length says.
        int quotedHeaderBytes = Ipv4.headerBytes(bytes, quote);
        boolean whole = bytes.get(quote) >>> 4 == 4
                && quotedHeaderBytes >= Ipv4.HEADER_BYTES
                && quotedHeaderBytes + QUOTED_L4_BYTES <= quoteBytes;
        return whole ? OK : BAD_QUOTE;
    }

    /** Whether messages of this type quote the packet they complain about. */
    public static boolean isError(int type) {
        return type == DESTINATION_UNREACHABLE || type == TIME_EXCEEDED || type == PARAMETER_PROBLEM;
    }

    public static int type(ByteBuffer bytes, int offset) {
        return bytes.get(offset + TYPE_OFFSET) & 0xff;
    }

    public static int code(ByteBuffer bytes, int offset) {
        return bytes.get(offset + CODE_OFFSET) & 0xff;
    }

    public static int checksum(ByteBuffer bytes, int offset) {
        return bytes.getShort(offset + CHECKSUM_OFFSET) & 0xffff;
    }

    public static int id(ByteBuffer bytes, int offset) {
        return bytes.getShort(offset + ID_OFFSET) & 0xffff;
    }

    public static int sequence(ByteBuffer bytes, int offset) {
        return bytes.getShort(offset + SEQUENCE_OFFSET) & 0xffff;
    }

    /** Of {@link #FRAGMENTATION_NEEDED}; 0 from routers older than RFC 1191. */
    public static int nextHopMtuBytes(ByteBuffer bytes, int offset) {
        return bytes.getShort(offset + NEXT_HOP_MTU_OFFSET) & 0xffff;
    }

    /** Where the quoted IPv4 header of an error starts. */
    public static int quoteOffset(int offset) {
        return offset + HEADER_BYTES;
    }

    /** Where the quoted transport header of an error starts. */
    public static int quotedL4Offset(ByteBuffer bytes, int offset) {
        return quoteOffset(offset) + Ipv4.headerBytes(bytes, quoteOffset(offset));
    }

    /** Sets type and code and brings the checksum up to date: an echo request becomes its reply in place. */
    public static void typeAndCode(ByteBuffer bytes, int offset, int type, int code) {
        int old = bytes.getShort(offset) & 0xffff;
        int now = (type << 8) | code;
        bytes.putShort(offset, (short) now);
        bytes.putShort(offset + CHECKSUM_OFFSET, (short) Checksum.update(checksum(bytes, offset), old, now));
    }

    /** Writes the first eight bytes and the checksum over the whole message, whose data already stands behind them. */
    public static void write(ByteBuffer bytes, int offset, int lengthBytes, int typeAndCode, int restOfHeader) {
        bytes.putInt(offset, typeAndCode << 16);
        bytes.putInt(offset + ID_OFFSET, restOfHeader);
        int field = Checksum.finish(Checksum.partial(bytes, offset, lengthBytes));
        bytes.putShort(offset + CHECKSUM_OFFSET, (short) field);
    }
}
