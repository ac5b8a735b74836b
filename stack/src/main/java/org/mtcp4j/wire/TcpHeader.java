/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

import java.nio.ByteBuffer;

/**
 * The TCP header (<a href="https://www.rfc-editor.org/rfc/rfc9293#section-3.1">RFC 9293 §3.1</a>) over a big-endian buffer.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------------------------------+-------------------------------+
 * |          source port          |       destination port        |
 * +-------------------------------+-------------------------------+
 * |                        sequence number                        |
 * +---------------------------------------------------------------+
 * |                     acknowledgment number                     |
 * +-------+-------+-+-+-+-+-+-+-+-+-------------------------------+
 * | data  | resvd |C|E|U|A|P|R|S|F|            window             |
 * | offset|       |W|C|R|C|S|S|Y|I|                               |
 * |       |       |R|E|G|K|H|T|N|N|                               |
 * +-------+-------+-+-+-+-+-+-+-+-+-------------------------------+
 * |           checksum            |        urgent pointer         |
 * +-------------------------------+-------------------------------+
 * |                    options, 0 to 40 bytes                     |
 * +---------------------------------------------------------------+
 * </pre>
 */
public final class TcpHeader {
    public static final int SOURCE_PORT_OFFSET = 0;
    public static final int DESTINATION_PORT_OFFSET = 2;
    public static final int SEQ_OFFSET = 4;
    public static final int ACK_OFFSET = 8;
    public static final int DATA_OFFSET_OFFSET = 12;
    public static final int FLAGS_OFFSET = 13;
    public static final int WINDOW_OFFSET = 14;
    public static final int CHECKSUM_OFFSET = 16;
    public static final int URGENT_POINTER_OFFSET = 18;
    public static final int OPTIONS_OFFSET = 20;
    /** A header without options. */
    public static final int MIN_BYTES = 20;
    /** The most that the four bits of data offset can say. */
    public static final int MAX_BYTES = 60;

    /** {@link #parse}: the segment is well formed. */
    public static final int OK = 0;
    /** {@link #parse}: fewer bytes than a header has, or than the buffer holds. */
    public static final int TRUNCATED = 1;
    /** {@link #parse}: data offset below 5 words or beyond the segment. */
    public static final int BAD_DATA_OFFSET = 2;

    // https://www.iana.org/assignments/tcp-parameters
    private static final int KIND_END = 0;
    private static final int KIND_NOP = 1;
    private static final int KIND_MSS = 2;
    private static final int KIND_WINDOW_SCALE = 3;
    private static final int KIND_SACK_PERMITTED = 4;
    private static final int KIND_SACK = 5;
    private static final int KIND_TIMESTAMPS = 8;

    private static final int TIMESTAMPS_BYTES = 10;
    private static final int MAX_OPTION_BYTES = MAX_BYTES - MIN_BYTES;
    /** Greatest shift (RFC 7323 §2.3). */
    private static final int MAX_WINDOW_SCALE = 14;
    /** NOP, NOP, timestamps, length: the layout nearly every segment has (RFC 7323 appendix A). */
    private static final int ALIGNED_TIMESTAMPS = 0x0101_080A;

    private TcpHeader() {}

    /**
     * Reads a segment. Never throws, whatever the bytes, the offset and the length are.
     *
     * @param bytes big-endian
     * @param tcpBytes header and payload together, as the IP header tells
     * @param out untouched unless the answer is {@link #OK}
     * @return {@link #OK} or the reason why it is malformed
     */
    public static int parse(ByteBuffer bytes, int offset, int tcpBytes, TcpSegment out) {
        if (offset < 0 || tcpBytes < MIN_BYTES || tcpBytes > bytes.limit() - offset) {
            return TRUNCATED;
        }
        int headerBytes = (bytes.get(offset + DATA_OFFSET_OFFSET) >> 2) & 0x3C;
        if (headerBytes < MIN_BYTES || headerBytes > tcpBytes) {
            return BAD_DATA_OFFSET;
        }
        int ports = bytes.getInt(offset + SOURCE_PORT_OFFSET);
        out.sourcePort = ports >>> 16;
        out.destinationPort = ports & 0xFFFF;
        out.seq = bytes.getInt(offset + SEQ_OFFSET);
        out.ack = bytes.getInt(offset + ACK_OFFSET);
        out.flags = bytes.get(offset + FLAGS_OFFSET) & 0xFF;
        out.window = bytes.getShort(offset + WINDOW_OFFSET) & 0xFFFF;
        out.urgentPointer = bytes.getShort(offset + URGENT_POINTER_OFFSET) & 0xFFFF;
        out.payloadOffset = offset + headerBytes;
        out.payloadBytes = tcpBytes - headerBytes;
        out.clearOptions();
        if (headerBytes == MIN_BYTES + 12 && bytes.getInt(offset + OPTIONS_OFFSET) == ALIGNED_TIMESTAMPS) {
            readTimestamps(bytes, offset + OPTIONS_OFFSET + 4, out);
        } else {
            parseOptions(bytes, offset + OPTIONS_OFFSET, offset + headerBytes, out);
        }
        return OK;
    }

    /** RFC 9293 §3.2. An illegal length ends the options (MUST-7 leaves the cure open); those before it count. */
    private static void parseOptions(ByteBuffer bytes, int from, int end, TcpSegment out) {
        int at = from;
        while (at < end) {
            int kind = bytes.get(at);
            if (kind == KIND_END) {
                return;
            }
            if (kind == KIND_NOP) {
                at++;
                continue;
            }
            int length = at + 1 < end ? bytes.get(at + 1) & 0xFF : 0;
            if (length < 2 || length > end - at) {
                return;
            }
            parseOption(bytes, at, kind, length, out);
            at += length;
        }
    }

    /** An option whose length does not fit its kind is passed over, as one of unknown kind is (MUST-6). */
    private static void parseOption(ByteBuffer bytes, int at, int kind, int length, TcpSegment out) {
        switch (kind) {
            case KIND_MSS -> {
                if (length == 4) {
                    out.mss = bytes.getShort(at + 2) & 0xFFFF;
                }
            }
            case KIND_WINDOW_SCALE -> {
                if (length == 3) {
                    out.windowScale = Math.min(bytes.get(at + 2) & 0xFF, MAX_WINDOW_SCALE);
                }
            }
            case KIND_SACK_PERMITTED -> out.sackPermitted |= length == 2;
            case KIND_SACK -> parseSack(bytes, at, length, out);
            case KIND_TIMESTAMPS -> {
                if (length == TIMESTAMPS_BYTES) {
                    readTimestamps(bytes, at + 2, out);
                }
            }
            default -> {}
        }
    }

    private static void readTimestamps(ByteBuffer bytes, int at, TcpSegment out) {
        out.timestamps = true;
        out.tsVal = bytes.getInt(at);
        out.tsEcr = bytes.getInt(at + 4);
    }

    private static void parseSack(ByteBuffer bytes, int at, int length, TcpSegment out) {
        int blocks = (length - 2) / 8;
        if ((length - 2) % 8 != 0 || blocks > TcpFields.MAX_SACK_BLOCKS) {
            return;
        }
        out.sackBlocks = blocks;
        for (int i = 0; i < 2 * blocks; i++) {
            out.sackEdges[i] = bytes.getInt(at + 2 + 4 * i);
        }
    }

    /** Length of the header that {@link #write} would make of this. */
    public static int headerBytes(TcpFields f) {
        int options = f.mss != 0 ? 4 : 0;
        if (f.timestamps) {
            options += 12;
        } else if (f.sackPermitted) {
            options += 4;
        }
        if (f.windowScale >= 0) {
            options += 4;
        }
        int blocks = fittingSackBlocks(f, options);
        return MIN_BYTES + options + (blocks > 0 ? 4 + 8 * blocks : 0);
    }

    private static int fittingSackBlocks(TcpFields f, int otherOptionBytes) {
        return f.sackBlocks == 0 ? 0 : Math.min(f.sackBlocks, (MAX_OPTION_BYTES - otherOptionBytes - 4) / 8);
    }

    /**
     * Writes a header, options in Linux's order and alignment: MSS; SACK-permitted and timestamps; window scale; SACK. The checksum
     * field is left 0 for the caller to fill. SACK blocks that no longer fit are left out.
     *
     * @param bytes big-endian, with room for {@link #headerBytes} bytes at {@code offset}
     * @return header length in bytes, a multiple of 4
     */
    public static int write(ByteBuffer bytes, int offset, int sourcePort, int destinationPort, TcpFields f) {
        int end = writeOptions(bytes, offset + OPTIONS_OFFSET, f);
        int headerBytes = end - offset;
        bytes.putInt(offset + SOURCE_PORT_OFFSET, (sourcePort << 16) | (destinationPort & 0xFFFF));
        bytes.putInt(offset + SEQ_OFFSET, f.seq);
        bytes.putInt(offset + ACK_OFFSET, f.ack);
        bytes.putShort(offset + DATA_OFFSET_OFFSET, (short) ((headerBytes << 10) | (f.flags & 0xFF)));
        bytes.putShort(offset + WINDOW_OFFSET, (short) f.window);
        bytes.putInt(offset + CHECKSUM_OFFSET, f.urgentPointer & 0xFFFF);
        return headerBytes;
    }

    private static int writeOptions(ByteBuffer bytes, int from, TcpFields f) {
        int at = from;
        if (f.mss != 0) {
            bytes.putInt(at, (KIND_MSS << 24) | (4 << 16) | (f.mss & 0xFFFF));
            at += 4;
        }
        if (f.timestamps) {
            bytes.putInt(at, f.sackPermitted ? (KIND_SACK_PERMITTED << 24) | (2 << 16) | 0x080A : ALIGNED_TIMESTAMPS);
            bytes.putInt(at + 4, f.tsVal);
            bytes.putInt(at + 8, f.tsEcr);
            at += 12;
        } else if (f.sackPermitted) {
            bytes.putInt(at, 0x0101_0000 | (KIND_SACK_PERMITTED << 8) | 2);
            at += 4;
        }
        if (f.windowScale >= 0) {
            bytes.putInt(at, (KIND_NOP << 24) | (KIND_WINDOW_SCALE << 16) | (3 << 8) | f.windowScale);
            at += 4;
        }
        int blocks = fittingSackBlocks(f, at - from);
        if (blocks > 0) {
            bytes.putInt(at, 0x0101_0000 | (KIND_SACK << 8) | (2 + 8 * blocks));
            at += 4;
            for (int i = 0; i < 2 * blocks; i++, at += 4) {
                bytes.putInt(at, f.sackEdges[i]);
            }
        }
        return at;
    }
}
