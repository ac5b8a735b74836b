/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpSegment;

/**
 * Urgent data of a connection that has, or had, some (RFC 9293 §3.8.5). As everybody's, the pointer stands behind the urgent byte
 * (RFC 6093 §3.1), and only the last byte before it is urgent.
 */
final class Urgent {
    private static final int FARTHEST = 0xFFFF;

    /** SND.UP, meaningful while SND.UNA is below. */
    private int sndUp;

    private boolean sends;
    /** Position of the peer's urgent byte in the receive stream, or -1. */
    long receivedAt = -1;

    // ---- sending
    // ------------------------------------------------------------------------------------------------------
    /** @param end send-stream position behind the urgent byte */
    static void send(Connection c, long end) {
        if (c.urgent == null) {
            c.urgent = new Urgent();
        }
        c.urgent.sndUp = c.iss + 1 + (int) end;
        c.urgent.sends = true;
        c.stats.urgentOut++;
        c.due |= ControlBlock.DUE_DATA;
        if (c.state.isSynchronized() && c.sndWnd <= c.sndNxt - c.sndUna) {
            // §3.8.6.1: the pointer goes out although the data may not.
            DelayedAck.ackNow(c);
        }
    }

    /** Whether urgent data is not acknowledged yet: segments leave one by one, and Nagle holds nothing back. */
    static boolean isSending(Connection c) {
        Urgent u = c.urgent;
        if (u == null || !u.sends) {
            return false;
        }
        if (Seq.geq(c.sndUna, u.sndUp)) {
            u.sends = false;
        }
        return u.sends;
    }

    /** Sets the pointer of what is about to leave, if it stands before the urgent byte's end. */
    void mark(Connection c, SegmentOut s) {
        if (isSending(c) && Seq.lt(s.seq, sndUp) && !s.has(TcpSegment.SYN) && !s.has(TcpSegment.RST)) {
            s.flags |= TcpSegment.URG;
            s.urgentPointer = Math.min(sndUp - s.seq, FARTHEST);
        }
    }

    // ---- receiving
    // ----------------------------------------------------------------------------------------------------
    /** Sixth, the URG bit (§3.10.7.4). What has been passed already is not urgent any more; neither is what lies far ahead. */
    static void arrives(Connection c, TcpSegment s) {
        if (!c.state.receives()) {
            return;
        }
        int seq = s.seq + Math.max(s.urgentPointer, 1) - 1;
        int ahead = seq - c.rcvNxt;
        if (ahead < 0) {
            return;
        }
        long position = c.receivedPosition + ahead;
        if (c.urgent == null) {
            c.urgent = new Urgent();
        }
        if (position > c.urgent.receivedAt) {
            c.urgent.receivedAt = position;
            c.stats.urgentIn++;
        }
    }
}
