/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

/**
 * What a TCP header says besides ports, checksum and length: the part that a received segment and one to be sent have in common.
 * Sequence numbers are raw 32-bit values; compare them only through {@link Seq}.
 */
public class TcpFields {
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

    public int seq;
    public int ack;
    public int flags;
    /** As in the header: not scaled, 0 to 65,535. */
    public int window;

    public int urgentPointer;

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

    protected TcpFields() {}

    public final boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** Forgets all options. */
    public final void clearOptions() {
        mss = 0;
        windowScale = -1;
        sackPermitted = false;
        timestamps = false;
        tsVal = 0;
        tsEcr = 0;
        sackBlocks = 0;
    }
}
