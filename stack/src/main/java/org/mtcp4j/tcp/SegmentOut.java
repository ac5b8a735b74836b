/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.TcpFields;

/**
 * A segment that a connection asks to have sent: everything of the TCP header but ports and checksum, and where the payload stands
 * in the send stream. A scratch object, valid during {@link SegmentSink#emit} only.
 *
 * <p>Where the sink cuts it into several segments, each takes {@link #segmentBytes} of payload and its own sequence number; PSH and
 * FIN go on the last one only, everything else on all.
 */
public final class SegmentOut extends TcpFields {
    /** Position of the first payload byte in the send stream: 0 is the first byte the application ever wrote. */
    public long payloadPosition;

    /** May exceed {@link #segmentBytes}: then the sink cuts it (TSO or in software). */
    public int payloadBytes;

    /** Payload bytes a segment on the wire may carry at most (effective send MSS less options). */
    public int segmentBytes;

    /** The packet may be marked instead of dropped: ECT(0) goes into its IP header (RFC 3168 §5). */
    public boolean ecnCapable;

    public SegmentOut() {
        clearOptions();
    }

    /** A bare header: no payload, no options, no urgent data. */
    void reset(int newSeq, int newAck, int newFlags, int newWindow) {
        clearOptions();
        seq = newSeq;
        ack = newAck;
        flags = newFlags;
        window = newWindow;
        urgentPointer = 0;
        payloadPosition = 0;
        payloadBytes = 0;
        segmentBytes = 0;
        ecnCapable = false;
    }
}
