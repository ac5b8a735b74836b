/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpSegment;

/** Fifth, the ACK field (RFC 9293 §3.10.7.4). */
final class Acknowledgement {
    private Acknowledgement() {}

    /** @return false when the segment is to be dropped, or the connection is gone */
    static boolean arrives(Connection c, TcpSegment s, long nowNs) {
        if (c.state == TcpState.SYN_RECEIVED) {
            if (s.ack != c.sndMax || c.sndMax == c.iss) {
                Handshake.replyReset(c, s.ack);
                return false;
            }
            Handshake.established(c, s, nowNs);
        }
        // RFC 5961 §5.2: neither what we never sent, nor what is older than a window.
        if (Seq.gt(s.ack, c.sndMax) || Seq.lt(s.ack, c.sndUna - c.maxSndWnd)) {
            ChallengeAck.send(c, nowNs);
            return false;
        }
        if (c.state == TcpState.TIME_WAIT) {
            return true;
        }
        if (c.ecn != null) {
            c.ecn.acknowledged(c, s, nowNs);
        }
        if (c.sack && s.sackBlocks > 0) {
            SackValidity.filter(c, s);
        }
        boolean isNew = Seq.gt(s.ack, c.sndUna);
        if (isNew) {
            advance(c, s, nowNs);
        } else if (c.sack) {
            if (s.sackBlocks > 0 || c.recovery != null) {
                c.stats.dupAcksIn += isDuplicate(c, s) ? 1 : 0;
                Retransmission.recovery(c).duplicateAck(c, s, nowNs);
                c.due |= ControlBlock.DUE_DATA;
            }
        } else if (isDuplicate(c, s)) {
            c.stats.dupAcksIn++;
            Retransmission.recovery(c).duplicateAck(c, s, nowNs);
            c.due |= ControlBlock.DUE_DATA;
        }
        updateWindow(c, s, isNew);
        return afterFinAcked(c, nowNs);
    }

    /** RFC 5681 §2. */
    private static boolean isDuplicate(Connection c, TcpSegment s) {
        return s.ack == c.sndUna
                && c.sndMax != c.sndUna
                && s.payloadBytes == 0
                && !s.has(TcpSegment.FIN)
                && s.window << c.sendScale == c.sndWnd
                && !c.persisting;
    }

    private static void advance(Connection c, TcpSegment s, long nowNs) {
        int inFlightBytes = Math.max(c.sndNxt - c.sndUna, c.peakFlight);
        int ackedBytes = s.ack - c.sndUna;
        if (c.finQueued && s.ack == c.finSeq() + 1) {
            c.finAcked = true;
            ackedBytes--;
        }
        c.ackedPosition += ackedBytes;
        c.sndUna = s.ack;
        c.sndNxt = Seq.max(c.sndNxt, s.ack);
        if (Seq.lt(c.sndSml, s.ack)) {
            c.sndSml = s.ack;
        }
        Retransmission.acknowledged(c, s, nowNs);
        if (c.congestion.isSlowStartUsed(inFlightBytes)) {
            c.congestion.roundTrip(c, s, nowNs);
        }
        if (c.recovery == null && (s.sackBlocks == 0 || !c.sack)) {
            Retransmission.grow(c, s, ackedBytes, inFlightBytes, nowNs);
            c.congestion.delivered(c, ackedBytes, nowNs);
        } else {
            Retransmission.recovery(c).newAck(c, s, ackedBytes, inFlightBytes, nowNs);
        }
        c.due |= ControlBlock.DUE_DATA;
    }

    /**
     * SND.WND, SND.WL1, SND.WL2; only segments that are not older than the last may speak. One that acknowledges something new is not, though
     * it be a retransmission, which stands before SND.WL1: the window begins where it acknowledges, and an older one there would reach
     * beyond what the peer accepts. Two ends that have both sent beyond that reject each other's acknowledgements for ever.
     */
    private static void updateWindow(Connection c, TcpSegment s, boolean isNew) {
        if (Seq.lt(s.ack, c.sndUna)) {
            // §3.10.7.4 lets only SND.UNA =< SEG.ACK speak: an old acknowledgement tells of an old window, whatever
            // number it stands at.
            return;
        }
        boolean newer = isNew || Seq.lt(c.sndWl1, s.seq) || (c.sndWl1 == s.seq && Seq.leq(c.sndWl2, s.ack));
        if (newer) {
            int windowBytes = s.window << c.sendScale;
            if (windowBytes > c.sndWnd) {
                c.due |= ControlBlock.DUE_DATA;
            }
            c.sndWnd = windowBytes;
            c.maxSndWnd = Math.max(c.maxSndWnd, windowBytes);
            c.sndWl1 = s.seq;
            c.sndWl2 = s.ack;
        }
        if (c.persisting) {
            Persist.answered(c);
        }
    }

    private static boolean afterFinAcked(Connection c, long nowNs) {
        if (!c.finAcked) {
            return true;
        }
        switch (c.state) {
            case FIN_WAIT_1 -> {
                c.enter(TcpState.FIN_WAIT_2);
                if (c.orphan) {
                    c.slowDeadlineNs = nowNs + c.settings.orphanFinWait2Ns;
                }
            }
            case CLOSING -> TimeWait.start(c, nowNs);
            case LAST_ACK -> {
                c.die(CloseReason.NONE);
                return false;
            }
            default -> {}
        }
        return true;
    }
}
