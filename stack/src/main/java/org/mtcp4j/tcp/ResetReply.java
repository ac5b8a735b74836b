/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.TcpSegment;

/** The RST for a segment that no connection and no listener wants (RFC 9293 §3.10.7.1). */
public final class ResetReply {
    private ResetReply() {}

    /**
     * @param out filled only when a reset is due
     * @return false when none is due, since the segment is itself a reset
     */
    public static boolean forSegment(TcpSegment in, SegmentOut out) {
        if (in.has(TcpSegment.RST)) {
            return false;
        }
        if (in.has(TcpSegment.ACK)) {
            out.reset(in.ack, 0, TcpSegment.RST, 0);
        } else {
            out.reset(0, in.seq + in.segLen(), TcpSegment.RST | TcpSegment.ACK, 0);
        }
        return true;
    }
}
