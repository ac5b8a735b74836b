/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.TcpSegment;

/**
 * What leaves, in order: control, data, acknowledgements. Whatever the sink refuses stays due. One turn has a budget of emissions, and
 * what is beyond it counts as refused: so no loop of the sender runs on, whatever a peer has said.
 */
final class Output {
    /** Emissions a turn; what is left follows in the next round. */
    static final int MAX_EMISSIONS = 4096;

    private Output() {}

    static void output(Connection c, long nowNs) {
        beginTurn(c);
        if (!control(c, nowNs)) {
            return;
        }
        if (isDue(c, ControlBlock.DUE_PROBE) && !Persist.probe(c, nowNs)) {
            return;
        }
        if (isDue(c, ControlBlock.DUE_DATA) && !Sender.send(c, nowNs)) {
            return;
        }
        if (isDue(c, ControlBlock.DUE_KEEP_ALIVE) && !KeepAlive.probe(c, nowNs)) {
            return;
        }
        if (isDue(c, ControlBlock.DUE_ACK) && !ack(c, nowNs)) {
            return;
        }
        if (isDue(c, ControlBlock.DUE_DUPLICATE_ACKS)) {
            duplicateAcks(c, nowNs);
        }
    }

    /** Before anything that may send: a new budget. */
    static void beginTurn(Connection c) {
        c.stats.emissionsLeft = MAX_EMISSIONS;
    }

    private static boolean isDue(Connection c, int what) {
        return (c.due & what) != 0;
    }

    private static boolean control(Connection c, long nowNs) {
        if (isDue(c, ControlBlock.DUE_RESET) && !reset(c, nowNs)) {
            return false;
        }
        if (isDue(c, ControlBlock.DUE_RESET_REPLY) && !resetReply(c)) {
            return false;
        }
        return !isDue(c, ControlBlock.DUE_SYN) || Handshake.sendSyn(c, nowNs);
    }

    /** A header from the connection's variables, without payload. */
    static SegmentOut prepare(Connection c, int seq, int flags, long nowNs) {
        SegmentOut s = c.stats.scratch;
        boolean acks = (flags & TcpSegment.ACK) != 0;
        s.reset(seq, acks ? c.rcvNxt : 0, flags, acks ? Receiver.windowField(c) : 0);
        s.segmentBytes = c.sendMss;
        if (c.timestamps) {
            s.timestamps = true;
            s.tsVal = Timestamps.value(c, nowNs);
            s.tsEcr = acks ? c.tsRecent : 0;
        }
        if (c.sack && acks && SackBlocks.isAnyDue(c)) {
            SackBlocks.fill(c, s, 0);
        }
        return s;
    }

    /** @return false when the sink has no frame: nothing has happened */
    static boolean send(Connection c, SegmentOut s) {
        if (--c.stats.emissionsLeft < 0) {
            c.stats.outputCut++;
            return false;
        }
        int windowField = s.window;
        int flags = s.flags;
        int blocks = s.sackBlocks;
        int segments = s.payloadBytes <= s.segmentBytes ? 1 : (s.payloadBytes - 1) / s.segmentBytes + 1;
        if (c.ecn != null) {
            c.ecn.mark(c, s);
        }
        if (c.urgent != null) {
            c.urgent.mark(c, s);
        }
        if (!c.sink.emit(c, s)) {
            return false;
        }
        c.stats.outSegs += segments;
        if (c.ecn != null) {
            c.ecn.sent(s);
        }
        if ((flags & TcpSegment.ACK) != 0) {
            DelayedAck.sent(c);
            if (blocks > 0) {
                SackBlocks.told(c);
            }
            if ((flags & TcpSegment.SYN) == 0) {
                Receiver.announced(c, windowField);
            }
        }
        return true;
    }

    private static boolean ack(Connection c, long nowNs) {
        return send(c, prepare(c, acceptableSeq(c), TcpSegment.ACK, nowNs));
    }

    /**
     * Where a segment without payload stands: SND.MAX rather than SND.NXT, which a timeout takes back below what the peer has, but not
     * beyond the peer's window, where a probe's byte is. A scaled window is rounded down, and its right edge seems to move left by less than a
     * unit of the scale; what was sent up to there before is inside, and the peer may have it. It would reject what stands before that.
     */
    private static int acceptableSeq(Connection c) {
        int beyondBytes = c.sndMax - (c.sndUna + c.sndWnd);
        boolean isRounding = !c.persisting && beyondBytes < 1 << c.sendScale;
        return c.state.isSynchronized() && beyondBytes > 0 && !isRounding ? c.sndMax - beyondBytes : c.sndMax;
    }

    private static void duplicateAcks(Connection c, long nowNs) {
        if (c.sack) {
            // What the blocks tell need not be counted as well.
            c.dupAcksDue = Math.min(c.dupAcksDue, SackBlocks.MOST_ACKS_A_TURN);
        }
        while (c.dupAcksDue > 0) {
            SegmentOut s = prepare(c, acceptableSeq(c), TcpSegment.ACK, nowNs);
            if (c.dupAcksDue > 1 && s.sackBlocks > 0) {
                SackBlocks.fill(c, s, c.dupAcksDue - 1);
            }
            // With another window it would not count as a duplicate (RFC 5681 §2).
            s.window = Receiver.lastWindowField(c);
            if (!send(c, s)) {
                return;
            }
            c.dupAcksDue--;
        }
        c.due &= ~ControlBlock.DUE_DUPLICATE_ACKS;
    }

    /** RFC 9293 §3.10.5: at the end of what was sent, which is where a peer that has all of it takes it (RFC 5961 §3.2). */
    private static boolean reset(Connection c, long nowNs) {
        SegmentOut s = prepare(c, acceptableSeq(c), TcpSegment.RST | TcpSegment.ACK, nowNs);
        if (!c.sink.emit(c, s)) {
            return false;
        }
        c.due = 0;
        c.stats.outSegs++;
        c.stats.outRsts++;
        return true;
    }

    private static boolean resetReply(Connection c) {
        SegmentOut s = c.stats.scratch;
        s.reset(c.resetReplySeq, 0, TcpSegment.RST, 0);
        if (!c.sink.emit(c, s)) {
            return false;
        }
        c.due &= ~ControlBlock.DUE_RESET_REPLY;
        c.stats.outSegs++;
        c.stats.outRsts++;
        return true;
    }
}
