/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/**
 * When to acknowledge (RFC 9293 §3.8.6.3, RFC 5681 §4.2): every second full segment at once, less within 40 ms, on the back of data
 * where the application answers; at once at the start of a connection, since the peer's window grows by acknowledgements.
 */
final class DelayedAck {
    /** RFC 9293 allows 500 ms; Linux's least. */
    static final long DELAY_NS = 40_000_000L;
    /** Segments acknowledged at once at the start. */
    static final byte QUICK_ACKS = 16;

    /** More would tell the peer nothing. */
    private static final int MAX_DUPLICATES = 1000;

    private DelayedAck() {}

    static void ackNow(Connection c) {
        c.due |= ControlBlock.DUE_ACK;
    }

    /** A segment came in order, with no gap open. */
    static void received(Connection c, int payloadBytes, long nowNs) {
        if (payloadBytes > c.receiveSegmentBytes) {
            c.receiveSegmentBytes = Math.min(payloadBytes, c.settings.receiveMssBytes);
        }
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
        c.ackDeadlineNs = ControlBlock.NEVER;
        c.due &= ~ControlBlock.DUE_ACK;
    }

    /** Data has left: if it answers what was received, the next acknowledgement may wait for the next answer. */
    static void dataSent(Connection c) {
        if (c.receivedSinceSent) {
            c.receivedSinceSent = false;
            c.pingPong = true;
        }
    }

    static void expire(Connection c) {
        c.stats.delayedAcks++;
        c.ackDeadlineNs = ControlBlock.NEVER;
        c.pingPong = false;
        ackNow(c);
    }
}
