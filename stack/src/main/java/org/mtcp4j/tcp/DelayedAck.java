/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.TcpSegment;

/**
 * When to acknowledge (RFC 9293 §3.8.6.3, RFC 5681 §4.2): every second full segment at once, less within 40 ms, on the back of data
 * where the application answers; at once at the start of a connection, since the peer's window grows by acknowledgements.
 */
final class DelayedAck {
    /** RFC 9293 allows 500 ms; Linux's least. */
    static final long DELAY_NS = 40_000_000L;
    /** Segments acknowledged at once at the start. */
    static final byte QUICK_ACKS = 16;

    private static final byte PUSHED_TWICE = 2;

    /** More would tell the peer nothing. */
    private static final int MAX_DUPLICATES = 1000;

    private static final long MS_NS = 1_000_000L;
    private static final int DELAY_MS = (int) (DELAY_NS / MS_NS);

    private DelayedAck() {}

    private static short milliseconds(long nowNs) {
        return (short) (nowNs / MS_NS);
    }

    /** No data has come for longer than an acknowledgement waits. */
    private static boolean isQuiet(Connection c, long nowNs) {
        return ((milliseconds(nowNs) - c.dataReceivedMs) & 0xFFFF) > DELAY_MS;
    }

    static void ackNow(Connection c) {
        c.due |= ControlBlock.DUE_ACK;
    }

    /** A segment came in order, with no gap open. */
    static void received(Connection c, TcpSegment s, long nowNs) {
        int payloadBytes = s.payloadBytes;
        if (payloadBytes < c.receiveSegmentBytes || s.has(TcpSegment.PSH)) {
            c.pushedSinceAck = (byte) Math.min(c.pushedSinceAck + 1, PUSHED_TWICE);
        }
        if (payloadBytes > c.receiveSegmentBytes) {
            c.receiveSegmentBytes = Math.min(payloadBytes, c.settings.receiveMssBytes);
        }
        if (isQuiet(c, nowNs)) {
            // What is quiet for so long is a new exchange, and may be another kind of it.
            c.pingPong = false;
        }
        c.dataReceivedMs = milliseconds(nowNs);
        if (c.quickAcksLeft > 0 && !c.pingPong) {
            c.quickAcksLeft--;
            ackNow(c);
        } else if (c.settings.quickAck || c.rcvNxt - c.lastAckSent > c.receiveSegmentBytes) {
            ackNow(c);
        } else if (c.ackDeadlineNs == ControlBlock.NEVER) {
            c.ackDeadlineNs = nowNs + DELAY_NS;
        }
    }

    /**
     * A segment came ahead of a gap: an acknowledgement each, at once, since three of them make the peer send again; one more if the
     * last progress is not acknowledged yet.
     */
    static void duplicateAck(Connection c) {
        if (c.rcvNxt != c.lastAckSent) {
            ackNow(c);
        }
        if (c.dupAcksDue < MAX_DUPLICATES) {
            c.dupAcksDue++;
        }
        c.due |= ControlBlock.DUE_DUPLICATE_ACKS;
    }

    /** RCV.NXT advanced: duplicates not yet sent no longer are any. */
    static void forgetDuplicates(Connection c) {
        c.dupAcksDue = 0;
        c.due &= ~ControlBlock.DUE_DUPLICATE_ACKS;
    }

    /** An acknowledgement of everything up to RCV.NXT has left. */
    static void sent(Connection c) {
        c.lastAckSent = c.rcvNxt;
        c.pushedSinceAck = 0;
        c.ackDeadlineNs = ControlBlock.NEVER;
        c.due &= ~ControlBlock.DUE_ACK;
    }

    /** Data has left: if it answers in time what was received, the next acknowledgement may wait for the next answer. */
    static void dataSent(Connection c, long nowNs) {
        if (c.receivedSinceSent) {
            c.receivedSinceSent = false;
            c.pingPong |= !isQuiet(c, nowNs);
        }
    }

    /**
     * Whether the peer may be waiting for an acknowledgement that only the application's reading will bring in time: it has sent a segment
     * that is not full, or pushed, and Nagle's algorithm holds the next one back there until that is acknowledged. An application that
     * answers takes the acknowledgement along, unless the peer has done so twice (Linux's tcp_cleanup_rbuf).
     */
    static boolean waitsForRead(Connection c) {
        return c.ackDeadlineNs != ControlBlock.NEVER
                && (c.pushedSinceAck == PUSHED_TWICE || (c.pushedSinceAck > 0 && !c.pingPong));
    }

    /** The application has read. */
    static void read(Connection c) {
        if (c.readPosition == c.receivedPosition && waitsForRead(c)) {
            ackNow(c);
        }
    }

    static void expire(Connection c) {
        c.stats.delayedAcks++;
        c.ackDeadlineNs = ControlBlock.NEVER;
        c.pingPong = false;
        ackNow(c);
    }
}
