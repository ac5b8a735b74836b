/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

import java.nio.ByteBuffer;

/**
 * ICMP for IPv6 (<a href="https://www.rfc-editor.org/rfc/rfc4443">RFC 4443</a>): type, code, checksum, then a word whose meaning is the
 * type's: the MTU of {@link #PACKET_TOO_BIG}, identifier and sequence of an echo. An error quotes the packet in question behind it.
 */
public final class Icmp6 {
    public static final int CHECKSUM_OFFSET = 2;
    public static final int WORD_OFFSET = 4;
    public static final int HEADER_BYTES = 8;
    /** What a quote has at least behind the IP header for us: both ports and the sequence number. */
    public static final int QUOTED_L4_BYTES = 8;
    /** An error does not make a packet larger than this (RFC 4443 §2.4 c). */
    public static final int MOST_ERROR_PACKET_BYTES = 1280;

    /** What an error quotes at most, in a packet without extension headers. */
    public static final int MOST_QUOTED_BYTES = MOST_ERROR_PACKET_BYTES - Ipv6.HEADER_BYTES - HEADER_BYTES;

    public static final int DESTINATION_UNREACHABLE = 1;
    public static final int PACKET_TOO_BIG = 2;
    public static final int TIME_EXCEEDED = 3;
    public static final int PARAMETER_PROBLEM = 4;
    public static final int ECHO_REQUEST = 128;
    public static final int ECHO_REPLY = 129;
    public static final int ROUTER_SOLICITATION = 133;
    public static final int ROUTER_ADVERTISEMENT = 134;
    public static final int NEIGHBOUR_SOLICITATION = 135;
    public static final int NEIGHBOUR_ADVERTISEMENT = 136;

    /** Codes of {@link #DESTINATION_UNREACHABLE}. */
    public static final int NO_ROUTE = 0;

    public static final int PROHIBITED = 1;
    public static final int PORT_UNREACHABLE = 4;
    public static final int POLICY_FAILED = 5;
    public static final int REJECT_ROUTE = 6;
    /** Code of {@link #TIME_EXCEEDED}: a packet's fragments did not all come in time. */
    public static final int REASSEMBLY = 1;
    /** Codes of {@link #PARAMETER_PROBLEM}, whose word says where. */
    public static final int ERRONEOUS_FIELD = 0;

    public static final int UNKNOWN_NEXT_HEADER = 1;
    public static final int UNKNOWN_OPTION = 2;

    private static final int FIRST_INFORMATIONAL = 128;

    private Icmp6() {}

    /** Whether the message is long enough and its checksum right. */
    public static boolean isGood(ByteBuffer bytes, int ip, int icmp, int lengthBytes) {
        return lengthBytes >= HEADER_BYTES
                && Checksum.isGood(
                        Ipv6.pseudo(bytes, ip, Ipv6.ICMP, lengthBytes) + Checksum.partial(bytes, icmp, lengthBytes));
    }

    public static int type(ByteBuffer bytes, int icmp) {
        return bytes.get(icmp) & 0xff;
    }

    public static int code(ByteBuffer bytes, int icmp) {
        return bytes.get(icmp + 1) & 0xff;
    }

    /** Whether messages of this type quote the packet they complain about. */
    public static boolean isError(int type) {
        return type < FIRST_INFORMATIONAL;
    }

    /** The word behind the checksum. */
    public static int word(ByteBuffer bytes, int icmp) {
        return bytes.getInt(icmp + WORD_OFFSET);
    }

    /** Writes the first eight bytes and the checksum of a message whose IP header and data stand there already. */
    public static void write(ByteBuffer bytes, int ip, int icmp, int lengthBytes, int typeAndCode, int word) {
        bytes.putInt(icmp, typeAndCode << 16);
        bytes.putInt(icmp + WORD_OFFSET, word);
        int sum = Ipv6.pseudo(bytes, ip, Ipv6.ICMP, lengthBytes) + Checksum.partial(bytes, icmp, lengthBytes);
        bytes.putShort(icmp + CHECKSUM_OFFSET, (short) Checksum.finish(sum));
    }
}
