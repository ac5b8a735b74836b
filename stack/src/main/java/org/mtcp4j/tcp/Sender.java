/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpSegment;

/** The send stream: how much of it, and the FIN, may leave now. */
final class Sender {
    private static final int NOTHING = -1;
    /**
     * Less than this is no segment though it be half of the largest window: it waits for the timer (RFC 9293 §3.8.6.2.1, override timeout). Else a
     * peer with a window of one byte is sent a segment for each of its acknowledgements. As Linux (tcp_bound_to_half_wnd): a packet of 68 bytes.
     */
    private static final int LEAST_SEGMENT_BYTES = 36;

    private Sender() {}

    /** Whether data or the FIN waits at SND.NXT. */
    static boolean hasUnsent(Connection c) {
        if (!c.state.sends()) {
            return false;
        }
        long waiting = c.sendLimit - c.sendPosition(c.sndNxt);
        return waiting > 0 || (waiting == 0 && c.finQueued && !c.finAcked);
    }

    /** @return false when the sink refused */
    static boolean send(Connection c, long nowNs) {
        if (c.state.sends()) {
            if (c.recovery != null && !resend(c, nowNs)) {
                return false;
            }
            if ((c.sndMax == c.sndUna || c.persisting) && hasUnsent(c)) {
                c.congestion.idle(nowNs - c.lastSentNs, c.rtt.rtoNs(c.settings), nowNs);
            }
            if (c.congestion instanceof Bbr bbr) {
                return sendPaced(c, bbr, nowNs);
            }
            for (int bytes = sendableBytes(c); bytes != NOTHING; bytes = sendableBytes(c)) {
                if (!sendNext(c, bytes, nowNs)) {
                    return false;
                }
            }
            allSent(c, nowNs);
            noteFlight(c);
        }
        c.due &= ~ControlBlock.DUE_DATA;
        return true;
    }

    /** How much of the window is used; that of a burst counts until all of it is acknowledged. */
    private static void noteFlight(Connection c) {
        int flightBytes = c.sndNxt - c.sndUna;
        c.flightAtOutput = flightBytes;
        if (flightBytes > c.peakFlight || Seq.geq(c.sndUna, c.peakUntil)) {
            c.peakFlight = flightBytes;
            c.peakUntil = c.sndNxt;
        }
    }

    /** What may leave now has left. */
    private static void allSent(Connection c, long nowNs) {
        if (c.sndMax != c.sndUna) {
            Retransmission.armProbe(c, nowNs);
        } else if (hasUnsent(c)) {
            Persist.start(c, nowNs);
        }
    }

    private static boolean sendPaced(Connection c, Bbr bbr, long nowNs) {
        boolean held = false;
        for (int bytes = sendableBytes(c); bytes != NOTHING; bytes = sendableBytes(c)) {
            held = bbr.holdsBack(nowNs);
            if (held) {
                break;
            }
            int quantum = Math.max(bbr.quantumBytes() / c.sendMss, 1) * c.sendMss;
            if (!sendNext(c, Math.min(bytes, quantum), nowNs)) {
                return false;
            }
        }
        if (!held) {
            int inFlight = c.sndMax - c.sndUna - (c.recovery == null ? 0 : c.recovery.leftNetworkBytes());
            if (!hasUnsent(c) && inFlight < bbr.windowBytes()) {
                bbr.applicationLimited(inFlight);
            }
            allSent(c, nowNs);
        }
        c.due &= ~ControlBlock.DUE_DATA;
        return true;
    }

    /** What loss recovery wants sent again. */
    private static boolean resend(Connection c, long nowNs) {
        LossRecovery recovery = c.recovery;
        while (recovery.wantsRetransmit(c) && !(c.congestion instanceof Bbr bbr && bbr.holdsBack(nowNs))) {
            int seq = recovery.retransmitSeq(c);
            int length = Math.min(Math.min(recovery.retransmitLength(c), c.sndMax - seq), mostBytes(c));
            int bytes = (int) Math.min(c.sendLimit - c.sendPosition(seq), length);
            if (bytes < 0 || (bytes == 0 && !finFollows(c, seq, bytes))) {
                // Nothing stands there: the state is wrong, and what it asks for next would be as wrong.
                c.stats.recoveryBroken++;
                Retransmission.forgetRecovery(c);
                return true;
            }
            if (!emit(c, seq, bytes, nowNs)) {
                return false;
            }
            if (c.congestion instanceof Bbr bbr) {
                bbr.paced(bytes, nowNs);
                bbr.resent(bytes);
            }
            if (c.retransmitTimer != ControlBlock.TIMER_REORDER) {
                Retransmission.armTimeout(c, nowNs);
            }
            recovery.retransmitted(c, seq, bytes + (finFollows(c, seq, bytes) ? 1 : 0), nowNs);
        }
        return !(recovery instanceof SackRecovery sack) || !sack.isProbeDue() || TailProbe.send(c, sack, nowNs);
    }

    /**
     * Payload bytes that may leave at SND.NXT now, 0 for a bare FIN, or {@link #NOTHING}: RFC 9293 §3.8.6.2.1 (silly windows, Nagle)
     * and RFC 5681 §3.1. Whole segments, but for the end of what is written.
     */
    private static int sendableBytes(Connection c) {
        long waiting = c.sendLimit - c.sendPosition(c.sndNxt);
        int inFlight = c.sndNxt - c.sndUna;
        int peerAllows = c.sndWnd - inFlight;
        if (waiting <= 0 || peerAllows <= 0) {
            return waiting == 0 && c.finQueued && !c.finAcked && peerAllows > 0 ? 0 : NOTHING;
        }
        int left = c.recovery == null ? 0 : c.recovery.leftNetworkBytes();
        int allowed = Math.min(peerAllows, c.congestion.windowBytes() + left - inFlight);
        if (allowed <= 0) {
            return NOTHING;
        }
        int mss = c.sendMss;
        int bytes = (int) Math.min(waiting, Math.min(allowed, mostBytes(c)));
        int partial = bytes % mss;
        if (partial == 0 || (bytes == waiting && Nagle.allowsPartial(c))) {
            return bytes;
        }
        if (bytes > mss) {
            return bytes - partial;
        }
        if (bytes == peerAllows && bytes >= Math.max(c.maxSndWnd / 2, LEAST_SEGMENT_BYTES)) {
            return bytes;
        }
        // Sent before: to hold it back now would be to wait for the acknowledgement of itself.
        return Seq.lt(c.sndNxt, c.sndMax) ? Math.min(bytes, c.sndMax - c.sndNxt) : NOTHING;
    }

    /** Payload of one emission: what is cut into segments afterwards has one urgent pointer for all, which would be wrong. */
    private static int mostBytes(Connection c) {
        return c.urgent != null && Urgent.isSending(c) ? c.sendMss : Math.max(c.sendMss, c.settings.maxEmitBytes);
    }

    static boolean sendNext(Connection c, int bytes, long nowNs) {
        int seq = c.sndNxt;
        int oldMax = c.sndMax;
        int inFlight = oldMax - c.sndUna;
        if (!emit(c, seq, bytes, nowNs)) {
            return false;
        }
        if (c.congestion instanceof Bbr bbr) {
            bbr.paced(bytes, nowNs);
            if (seq == oldMax) {
                bbr.sentNew(seq + bytes, bytes, inFlight, nowNs);
            }
        }
        c.sndNxt = seq + bytes + (finFollows(c, seq, bytes) ? 1 : 0);
        c.sndMax = Seq.max(oldMax, c.sndNxt);
        if (seq == oldMax && c.congestion instanceof Cubic cubic) {
            cubic.sentNew(seq, c.sndMax, nowNs);
        }
        if (c.recovery != null) {
            c.recovery.sentNew(c.sndNxt - seq);
        }
        if (c.timedAtNs == ControlBlock.NEVER && Seq.geq(seq, oldMax) && (c.recovery == null || !c.sack)) {
            c.timedSeq = seq + Math.max(1, Math.min(bytes, c.sendMss));
            c.timedAtNs = nowNs;
        }
        if (bytes % c.sendMss != 0) {
            c.sndSml = seq + bytes;
        }
        if (c.persisting || c.retransmitDeadlineNs == ControlBlock.NEVER) {
            c.persisting = false;
            Retransmission.arm(c, nowNs);
        }
        return true;
    }

    /** Whether a segment of so many bytes carries the FIN: it ends the stream, and the peer's window has room. */
    private static boolean finFollows(Connection c, int seq, int bytes) {
        return c.finQueued && seq + bytes == c.finSeq() && (c.finSent() || c.finSeq() - c.sndUna < c.sndWnd);
    }

    /** Sends payload from the stream, and the FIN if it follows; moves no sequence number. */
    static boolean emit(Connection c, int seq, int bytes, long nowNs) {
        long position = c.sendPosition(seq);
        int flags = TcpSegment.ACK;
        if (finFollows(c, seq, bytes)) {
            flags |= TcpSegment.FIN;
        }
        return emitSegment(c, seq, position, bytes, flags, nowNs);
    }

    /** One byte of the stream, or the FIN, into a closed window; more if the window is open but silly. */
    static boolean emitProbe(Connection c, long nowNs) {
        int bytes = (int) Math.min(c.sendLimit - c.ackedPosition, Math.max(1, Math.min(c.sndWnd, c.sendMss)));
        int fin = bytes == 0 ? TcpSegment.FIN : 0;
        long lastSentNs = c.lastSentNs;
        if (!emitSegment(c, c.sndUna, c.ackedPosition, bytes, TcpSegment.ACK | fin, nowNs)) {
            return false;
        }
        if (c.sndWnd == 0) {
            // It asks; the congestion window is as unused as before (RFC 5681 §4.1).
            c.lastSentNs = lastSentNs;
        }
        c.sndNxt = c.sndUna + Math.max(bytes, 1);
        c.sndMax = Seq.max(c.sndMax, c.sndNxt);
        return true;
    }

    private static boolean emitSegment(Connection c, int seq, long position, int bytes, int flags, long nowNs) {
        SegmentOut s = Output.prepare(c, seq, flags, nowNs);
        if (bytes > 0 && position + bytes == c.sendLimit) {
            s.flags |= TcpSegment.PSH;
        }
        s.payloadPosition = position;
        s.payloadBytes = bytes;
        if (s.sackBlocks > 0 && bytes > c.sendMss - SackBlocks.optionBytes(s)) {
            // A full segment has no room for them; they go out with an acknowledgement of their own.
            s.sackBlocks = 0;
        }
        if (!Output.send(c, s)) {
            return false;
        }
        if (Seq.lt(seq, c.sndMax)) {
            // Karn: what is sent twice can't be timed.
            c.stats.retransSegs += bytes <= c.sendMss ? 1 : (bytes - 1) / c.sendMss + 1;
            c.timedAtNs = ControlBlock.NEVER;
            if (c.congestion instanceof Cubic cubic) {
                cubic.resent();
            }
        }
        c.lastSentNs = nowNs;
        DelayedAck.dataSent(c, nowNs);
        return true;
    }
}
