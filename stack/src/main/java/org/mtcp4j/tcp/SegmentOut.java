/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.TcpSegment;

/**
 * A segment that a connection asks to have sent: everything of the TCP header but ports and checksum, and where the payload stands
 * in the send stream. A scratch object, valid during {@link SegmentSink#emit} only.
 */
public final class SegmentOut {
    public int seq;
    public int ack;
    /** Bits of {@link TcpSegment}. */
    public int flags;
    /** As it goes into the header: already scaled, 0 to 65,535. */
    public int window;

    public int urgentPointer;
    /** MSS option, or 0 for none. */
    public int mss;
    /** Window-scale option, or -1 for none. */
    public int windowScale;

    public boolean sackPermitted;
    public boolean timestamps;
    public int tsVal;
    public int tsEcr;
    public int sackBlocks;
    public final int[] sackEdges = new int[2 * TcpSegment.MAX_SACK_BLOCKS];

    /** Position of the first payload byte in the send stream: 0 is the first byte the application ever wrote. */
    public long payloadPosition;

    /** May exceed {@link #segmentBytes}: then the sink cuts it (TSO or in software). */
    public int payloadBytes;

    /** Payload bytes a segment on the wire may carry at most (effective send MSS less options). */
    public int segmentBytes;
}
