/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.TcpSegment;

/** The receive stream: text into storage, the window announced. */
final class Receiver {
    private static final int MAX_WINDOW_FIELD = 0xFFFF;
    /** What is promised where there is hardly any storage, as Linux does under memory pressure. */
    private static final int SEGMENTS_WITHOUT_STORAGE = 4;
    /** Connections that may begin before the first of them has sent anything. */
    private static final int NEW_AT_A_TIME = 256;

    private Receiver() {}

    // ---- text
    // ---------------------------------------------------------------------------------------------------------
    /** Payload that overlaps the window; what lies outside is cut off. */
    static void text(Connection c, TcpSegment s, long nowNs) {
        long start = c.receivedPosition + (s.seq - c.rcvNxt);
        long from = Math.max(start, c.receivedPosition);
        long to = Math.min(start + s.payloadBytes, c.receivedPosition + c.receiveWindow());
        if (from > start) {
            c.stats.duplicateBytesIn += from - start;
            SackBlocks.duplicate(c, s.seq, s.seq + (int) Math.min(from - start, s.payloadBytes));
        }
        if (from >= to) {
            DelayedAck.ackNow(c);
            return;
        }
        int payloadOffset = s.payloadOffset + (int) (from - start);
        if (from == start) {
            SackBlocks.overlap(c, from, to);
        }
        if (from == c.receivedPosition) {
            inOrder(c, to, payloadOffset, s, nowNs);
        } else {
            aheadOfGap(c, from, to, payloadOffset);
        }
    }

    private static void inOrder(Connection c, long to, int payloadOffset, TcpSegment s, long nowNs) {
        long placed = place(c, c.receivedPosition, to, payloadOffset);
        if (placed < to) {
            c.stats.noStorageDrop++;
            DelayedAck.ackNow(c);
        }
        if (placed == c.receivedPosition) {
            return;
        }
        Reassembly r = c.reassembly;
        if (r == null) {
            advance(c, placed);
            DelayedAck.received(c, s, nowNs);
            return;
        }
        advance(c, r.advance(placed));
        if (r.isEmpty()) {
            forgetReassembly(c);
        }
        // RFC 5681 §4.2: at once when a gap is filled, wholly or in part.
        DelayedAck.ackNow(c);
    }

    private static void aheadOfGap(Connection c, long from, long to, int payloadOffset) {
        if (!c.store.mayGrow(0)) {
            c.stats.ofoPruned++;
            DelayedAck.duplicateAck(c);
            return;
        }
        if (c.reassembly == null) {
            c.reassembly = c.stats.spares.takeReassembly();
        }
        if (c.reassembly.accepts(from, to)) {
            long placed = place(c, from, to, payloadOffset);
            if (placed > from) {
                c.reassembly.add(from, placed);
                c.stats.ofoQueue++;
            }
            if (placed < to) {
                c.stats.noStorageDrop++;
            }
        } else {
            c.stats.ofoDrop++;
        }
        if (c.reassembly.isEmpty()) {
            forgetReassembly(c);
        }
        DelayedAck.duplicateAck(c);
    }

    /** Nothing stands beyond a gap any more. */
    static void forgetReassembly(Connection c) {
        if (c.reassembly != null) {
            c.stats.spares.give(c.reassembly);
            c.reassembly = null;
        }
    }

    /** @return up to where storage took it */
    private static long place(Connection c, long from, long to, int payloadOffset) {
        if (c.reassembly != null) {
            return c.reassembly.placeMissing(c, from, to, payloadOffset);
        }
        return c.store.place(c, from, payloadOffset, (int) (to - from)) ? to : from;
    }

    private static void advance(Connection c, long position) {
        c.rcvNxt += (int) (position - c.receivedPosition);
        c.receivedPosition = position;
        c.receivedSinceSent = true;
        DelayedAck.forgetDuplicates(c);
    }

    // ---- window
    // -------------------------------------------------------------------------------------------------------
    /**
     * The window field for a segment without SYN. The right edge never moves left (RFC 9293 §3.8.6), and right only by steps worth
     * telling (§3.8.6.2.2).
     */
    static int windowField(Connection c) {
        int shift = c.receiveScale;
        int openBytes = c.receiveWindow();
        long freeBytes = freeBytes(c);
        if (freeBytes - openBytes >= worthwhileBytes(c)) {
            return (int) Math.min(freeBytes >> shift, MAX_WINDOW_FIELD);
        }
        return lastWindowField(c);
    }

    /** The same right edge as last time. The scale may round it down; what was announced stays accepted (RFC 7323 §2.4). */
    static int lastWindowField(Connection c) {
        return Math.min(c.receiveWindow() >> c.receiveScale, MAX_WINDOW_FIELD);
    }

    /** What a window can tell of the room in the buffer. */
    private static long freeBytes(Connection c) {
        long unreadBytes = c.receivedPosition - c.readPosition;
        long freeBytes = Math.min(c.settings.receiveBufferBytes - unreadBytes, mostWindowBytes(c));
        long backedBytes = c.store.backed(freeBytes);
        // Who has read everything gets on, if slowly (Linux's tcp_clamp_window); who has not opens the window again by
        // reading.
        return backedBytes >= freeBytes || unreadBytes > 0
                ? backedBytes
                : Math.max(backedBytes, Math.min(freeBytes, leastBytes(c)));
    }

    private static long leastBytes(Connection c) {
        // Less than a step of the scale could not be told.
        return Math.max(1L << c.receiveScale, (long) SEGMENTS_WITHOUT_STORAGE * c.receiveSegmentBytes);
    }

    /** The window of the answer to a SYN, which is never scaled. */
    static int firstWindowBytes(Connection c) {
        int wantedBytes = Handshake.synWindow(c.settings);
        long backedBytes = c.store.backedAtFirst(wantedBytes, NEW_AT_A_TIME);
        return (int)
                Math.max(backedBytes, Math.min(wantedBytes, SEGMENTS_WITHOUT_STORAGE * c.settings.receiveMssBytes));
    }

    /**
     * Whether the application's reading opens a window that is shut for want of storage, as the peer was told of it: nothing else may come that
     * would.
     */
    static boolean opensWhenRead(Connection c) {
        if (c.receivedPosition == c.readPosition || !c.state.receives()) {
            return false;
        }
        int toldBytes = lastWindowField(c) << c.receiveScale;
        int segmentBytes = Math.min(c.settings.receiveMssBytes, c.settings.receiveBufferBytes / 4);
        return toldBytes < Math.max(c.receiveSegmentBytes, segmentBytes);
    }

    private static int mostWindowBytes(Connection c) {
        return MAX_WINDOW_FIELD << c.receiveScale;
    }

    private static int worthwhileBytes(Connection c) {
        return Math.max(1 << c.receiveScale, Math.min(c.settings.receiveBufferBytes / 2, c.receiveSegmentBytes));
    }

    /** An acknowledgement with this window field has left. */
    static void announced(Connection c, int windowField) {
        int right = c.rcvNxt + (windowField << c.receiveScale);
        if (right - c.rcvAdv > 0) {
            c.rcvAdv = right;
        }
    }

    /** The buffer may be larger now. Only a peer that the window holds back needs to hear of it before the next acknowledgement. */
    static void bufferChanged(Connection c) {
        if (c.receiveWindow() < c.receiveSegmentBytes) {
            maybeUpdateWindow(c);
        }
    }

    /**
     * After the application has read: an update is due once it opens the window by two segments or half the buffer. While the peer
     * still has more than half of the buffer to go, the next acknowledgement will tell it.
     */
    static void maybeUpdateWindow(Connection c) {
        if (!c.state.receives()) {
            return;
        }
        int openBytes = c.receiveWindow();
        int half = Math.min(c.settings.receiveBufferBytes, mostWindowBytes(c)) / 2;
        if (openBytes > half) {
            return;
        }
        int least = openBytes < c.receiveSegmentBytes
                ? worthwhileBytes(c)
                : Math.max(worthwhileBytes(c), Math.min(half, 2 * c.receiveSegmentBytes));
        if (freeBytes(c) - openBytes >= least) {
            DelayedAck.ackNow(c);
        }
    }
}
