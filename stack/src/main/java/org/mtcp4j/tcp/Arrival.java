/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpSegment;

/** SEGMENT ARRIVES (RFC 9293 §3.10.7): a step a method, in the RFC's order. */
final class Arrival {
    private Arrival() {}

    static void arrives(Connection c, TcpSegment s, long nowNs) {
        c.stats.inSegs++;
        switch (c.state) {
            case CLOSED, LISTEN -> {}
            case SYN_SENT -> Handshake.arrivesInSynSent(c, s, nowNs);
            case SYN_RECEIVED -> {
                if (Handshake.repeatedSyn(c, s, nowNs)) {
                    otherStates(c, s, nowNs);
                }
            }
            default -> otherStates(c, s, nowNs);
        }
    }

    /** §3.10.7.4. */
    private static void otherStates(Connection c, TcpSegment s, long nowNs) {
        if (!sequence(c, s, nowNs)) {
            return;
        }
        if (s.has(TcpSegment.RST)) {
            reset(c, s, nowNs);
            return;
        }
        if (s.has(TcpSegment.SYN)) {
            syn(c, nowNs);
            return;
        }
        boolean wasInTimeWait = c.state == TcpState.TIME_WAIT;
        if (s.has(TcpSegment.ACK) && Acknowledgement.arrives(c, s, nowNs)) {
            heard(c, s, nowNs);
            if (wasInTimeWait) {
                TimeWait.arrives(c, s, nowNs);
                return;
            }
            if (s.has(TcpSegment.URG)) {
                Urgent.arrives(c, s);
            }
            textAndFin(c, s, nowNs);
        }
    }

    /**
     * What the segment tells besides its text. Only of one whose acknowledgement is taken (RFC 7323 §4.3, RFC 9293 §3.10.7.4): else a
     * guess at the window alone could set TS.Recent, from which on the peer's own segments would be too old.
     */
    private static void heard(Connection c, TcpSegment s, long nowNs) {
        c.lastReceivedNs = nowNs;
        c.keepAliveUnanswered = 0;
        if (c.timestamps) {
            Timestamps.remember(c, s, nowNs);
        }
        if (c.ecn != null) {
            c.ecn.arrives(c, s, nowNs);
        }
    }

    /** First, the sequence number, and before it the timestamp (RFC 7323 §5.3). */
    private static boolean sequence(Connection c, TcpSegment s, long nowNs) {
        if (c.timestamps && !s.has(TcpSegment.RST) && !Timestamps.acceptable(c, s, nowNs)) {
            return false;
        }
        int lengthBytes = s.segLen();
        int windowBytes = c.receiveWindow();
        int start = s.seq - c.rcvNxt;
        boolean acceptable;
        if (lengthBytes == 0) {
            // The right edge itself counts as inside: that is where a peer acknowledges that has filled the window.
            acceptable = start >= 0 && start <= windowBytes;
        } else if (windowBytes == 0) {
            // Nothing fits, but a valid ACK, URG or RST is to be heard (and a bare FIN needs no room).
            acceptable = start == 0;
        } else {
            acceptable = start + lengthBytes > 0 && start < windowBytes;
        }
        if (!acceptable) {
            unacceptable(c, s, nowNs);
        }
        return acceptable;
    }

    /** {@code <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>}, unless it is a reset. */
    private static void unacceptable(Connection c, TcpSegment s, long nowNs) {
        if (s.has(TcpSegment.RST)) {
            c.stats.outOfWindow++;
            return;
        }
        int lengthBytes = s.segLen();
        if (s.has(TcpSegment.FIN) && c.state == TcpState.TIME_WAIT && s.seq + lengthBytes == c.rcvNxt) {
            TimeWait.restart(c, nowNs);
        }
        if (lengthBytes > 0 && Seq.leq(s.seq + lengthBytes, c.rcvNxt)) {
            c.stats.duplicateBytesIn += s.payloadBytes;
        } else {
            c.stats.outOfWindow++;
        }
        SackBlocks.old(c, s);
        OutOfWindow.answer(c, s, nowNs);
    }

    /** Second, the RST bit, as RFC 5961 §3.2 has it: only the very next number resets. */
    private static void reset(Connection c, TcpSegment s, long nowNs) {
        if (s.seq != c.rcvNxt) {
            ChallengeAck.send(c, nowNs);
            return;
        }
        switch (c.state) {
            case SYN_RECEIVED -> c.die(c.passive ? CloseReason.RESET : CloseReason.REFUSED);
            case TIME_WAIT -> {
                // RFC 1337 §3, fix F1: an old duplicate must not end the wait.
            }
            default -> c.die(CloseReason.RESET);
        }
    }

    /** Fourth, the SYN bit. A passive open goes back to where it came from; else RFC 5961 §4.2. */
    private static void syn(Connection c, long nowNs) {
        if (c.state == TcpState.SYN_RECEIVED && c.passive) {
            c.die(CloseReason.RESET);
        } else {
            ChallengeAck.send(c, nowNs);
        }
    }

    static void textAndFin(Connection c, TcpSegment s, long nowNs) {
        if (s.payloadBytes > 0) {
            text(c, s, nowNs);
        }
        if (s.has(TcpSegment.FIN)) {
            fin(c, s, nowNs);
        }
    }

    /** Seventh, the segment text; after CLOSE there is nobody to take it (RFC 9293 §3.6.1, RFC 1122 §4.2.2.13). */
    private static void text(Connection c, TcpSegment s, long nowNs) {
        if (!c.state.receives()) {
            return;
        }
        if (c.orphan && Seq.gt(s.seq + s.payloadBytes, c.rcvNxt)) {
            c.stats.abortOnData++;
            c.resetAndDie(CloseReason.ABORTED);
            return;
        }
        Receiver.text(c, s, nowNs);
        if (c.finPending && c.rcvNxt == c.pendingFinSeq) {
            finArrived(c, nowNs);
        }
    }

    /** Eighth, the FIN bit. */
    private static void fin(Connection c, TcpSegment s, long nowNs) {
        int finSeq = s.seq + s.payloadBytes;
        if (!c.state.receives()) {
            return;
        }
        if (finSeq == c.rcvNxt) {
            finArrived(c, nowNs);
        } else if (Seq.gt(finSeq, c.rcvNxt) && Seq.lt(finSeq, c.rcvAdv)) {
            c.finPending = true;
            c.pendingFinSeq = finSeq;
            if (s.payloadBytes == 0) {
                DelayedAck.duplicateAck(c);
            }
        }
    }

    private static void finArrived(Connection c, long nowNs) {
        c.finReceived = true;
        c.finPending = false;
        Receiver.forgetReassembly(c);
        c.rcvNxt++;
        c.rcvAdv = Seq.max(c.rcvAdv, c.rcvNxt);
        DelayedAck.forgetDuplicates(c);
        DelayedAck.ackNow(c);
        switch (c.state) {
            case ESTABLISHED -> c.enter(TcpState.CLOSE_WAIT);
            case FIN_WAIT_1 -> c.enter(TcpState.CLOSING);
            case FIN_WAIT_2 -> TimeWait.start(c, nowNs);
            default -> throw new IllegalStateException("FIN taken in " + c.state);
        }
    }
}
