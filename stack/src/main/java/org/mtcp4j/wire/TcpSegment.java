/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

/**
 * A received TCP segment, parsed: a mutable scratch object that its context reuses for every segment. Sequence numbers are raw
 * 32-bit values; compare them only through {@link Seq}.
 */
public final class TcpSegment {
    public static final int FIN = 1;
    public static final int SYN = 1 << 1;
    public static final int RST = 1 << 2;
    public static final int PSH = 1 << 3;
    public static final int ACK = 1 << 4;
    public static final int URG = 1 << 5;
    public static final int ECE = 1 << 6;
    public static final int CWR = 1 << 7;
    /** Most SACK blocks that fit a header (RFC 2018 §3). */
    public static final int MAX_SACK_BLOCKS = 4;

    public int sourcePort;
    public int destinationPort;
    public int seq;
    public int ack;
    public int flags;
    /** As in the header: not scaled, 0 to 65,535. */
    public int window;

    public int urgentPointer;
    /** Where the payload starts, in the buffer the segment was parsed from. */
    public int payloadOffset;

    public int payloadBytes;

    /** MSS option, or 0 where absent. */
    public int mss;
    /** Window-scale shift (RFC 7323), or -1 where absent; values above 14 are read as 14. */
    public int windowScale;

    public boolean sackPermitted;
    public boolean timestamps;
    public int tsVal;
    public int tsEcr;
    public int sackBlocks;
    /** Left edge, right edge of each block in turn. */
    public final int[] sackEdges = new int[2 * MAX_SACK_BLOCKS];

    public boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** Sequence space the segment occupies: payload, SYN and FIN (RFC 9293 §3.4, SEG.LEN). */
    public int segLen() {
        return payloadBytes + ((flags & SYN) != 0 ? 1 : 0) + ((flags & FIN) != 0 ? 1 : 0);
    }
}
