/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

import java.nio.ByteBuffer;

/**
 * What the host that a packet is for has to say of its extension headers (<a href="https://www.rfc-editor.org/rfc/rfc8200">RFC 8200</a> §4):
 * options that ask not to be passed over, routing headers with a way to go, hop-by-hop options that are not first. No option asks anything of
 * us, so each that is no padding is an unknown one.
 */
public final class Ipv6Extensions {
    /** Nothing stands against the packet. */
    public static final int OK = 0;

    /** Verdicts of {@link #check}. Headers or options that end beyond what holds them. */
    public static final int MALFORMED = 1;
    /** An option asks for silence (action 01). */
    public static final int DISCARD = 2;
    /** The sender is to hear of a header's field: parameter problem, code 0. */
    public static final int ERRONEOUS_FIELD = 3;
    /** The sender is to hear of a next-header value: parameter problem, code 1. */
    public static final int UNKNOWN_NEXT_HEADER = 4;
    /** The sender of an option is to hear of it, unless it sent to a group: parameter problem, code 2 (action 11). */
    public static final int UNKNOWN_OPTION = 5;
    /** The same, of a group, too (action 10). */
    public static final int UNKNOWN_OPTION_OF_GROUP = 6;

    private static final int PAD_1 = 0;
    private static final int PAD_N = 1;
    private static final int UNIT_BYTES = 8;
    private static final int FRAGMENT_OFFSET = 2;
    private static final int MAX_PAYLOAD_BYTES = 65_535;
    private static final int ROUTING_TYPE_OFFSET = 2;
    private static final int SEGMENTS_LEFT_OFFSET = 3;

    private Ipv6Extensions() {}

    /**
     * Looks at the headers in their order up to the transport or the fragment header, after {@link Ipv6#check}.
     *
     * @param whole false for what fragments have made: hop-by-hop options would have stood before the fragment header
     * @return {@link #OK}, or a verdict &lt;&lt; 16 | bytes from {@code offset} to what it is about
     */
    public static int check(ByteBuffer bytes, int offset, boolean whole) {
        int field = Ipv6.NEXT_HEADER_OFFSET;
        int at = Ipv6.HEADER_BYTES;
        int end = Ipv6.HEADER_BYTES + Ipv6.payloadBytes(bytes, offset);
        for (int i = 0; i < Ipv6.MAX_EXTENSIONS; i++) {
            int type = bytes.get(offset + field) & 0xff;
            if (!isExtension(type)) {
                return OK;
            }
            if (type == Ipv6.HOP_BY_HOP && (i > 0 || !whole)) {
                return UNKNOWN_NEXT_HEADER << 16 | field;
            }
            int next = at + UNIT_BYTES > end ? at : at + UNIT_BYTES + UNIT_BYTES * (bytes.get(offset + at + 1) & 0xff);
            if (next == at || next > end) {
                return MALFORMED << 16;
            }
            int verdict = type == Ipv6.ROUTING ? routing(bytes, offset, at) : options(bytes, offset, at, next);
            if (verdict != OK) {
                return verdict;
            }
            field = at;
            at = next;
        }
        return MALFORMED << 16;
    }

    /**
     * What §4.5 has the sender of a fragment hear of: all but the last are of whole units, and none ends beyond the longest packet.
     *
     * @param header bytes from {@code offset} to the fragment header
     * @return as {@link #check}
     */
    public static int checkFragment(ByteBuffer bytes, int offset, int header) {
        int length = Ipv6.HEADER_BYTES + Ipv6.payloadBytes(bytes, offset) - header - Ipv6.FRAGMENT_HEADER_BYTES;
        if (length < 0) {
            return MALFORMED << 16;
        }
        int word = bytes.getShort(offset + header + FRAGMENT_OFFSET) & 0xffff;
        if ((word & 1) != 0 && length % UNIT_BYTES != 0) {
            return ERRONEOUS_FIELD << 16 | Ipv6.PAYLOAD_LENGTH_OFFSET;
        }
        boolean fits = (word & -UNIT_BYTES) + length <= MAX_PAYLOAD_BYTES;
        return fits ? OK : ERRONEOUS_FIELD << 16 | header + FRAGMENT_OFFSET;
    }

    /** Bytes from {@code offset} to the field that names the transport; after {@link #check}. */
    public static int transportField(ByteBuffer bytes, int offset) {
        int field = Ipv6.NEXT_HEADER_OFFSET;
        int at = Ipv6.HEADER_BYTES;
        for (int i = 0; i < Ipv6.MAX_EXTENSIONS && isExtension(bytes.get(offset + field) & 0xff); i++) {
            field = at;
            at += UNIT_BYTES + UNIT_BYTES * (bytes.get(offset + at + 1) & 0xff);
        }
        return field;
    }

    static boolean isExtension(int type) {
        return type == Ipv6.HOP_BY_HOP || type == Ipv6.ROUTING || type == Ipv6.DESTINATION_OPTIONS;
    }

    /** §4.4: no type of it is known here, type 0 not any more (RFC 5095). At its end it is passed over. */
    private static int routing(ByteBuffer bytes, int offset, int at) {
        boolean ended = bytes.get(offset + at + SEGMENTS_LEFT_OFFSET) == 0;
        return ended ? OK : ERRONEOUS_FIELD << 16 | at + ROUTING_TYPE_OFFSET;
    }

    /** §4.2. */
    private static int options(ByteBuffer bytes, int offset, int header, int end) {
        int at = header + 2;
        while (at < end) {
            int type = bytes.get(offset + at) & 0xff;
            if (type == PAD_1) {
                at++;
                continue;
            }
            int next = at + 1 < end ? at + 2 + (bytes.get(offset + at + 1) & 0xff) : end + 1;
            if (next > end) {
                return MALFORMED << 16;
            }
            int action = type >>> 6;
            if (type != PAD_N && action != 0) {
                return (action == 1 ? DISCARD : action == 2 ? UNKNOWN_OPTION_OF_GROUP : UNKNOWN_OPTION) << 16 | at;
            }
            at = next;
        }
        return OK;
    }
}
