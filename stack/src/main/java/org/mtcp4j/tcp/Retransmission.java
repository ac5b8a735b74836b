/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpSegment;

/** The retransmission timer and what feeds it (RFC 6298). */
final class Retransmission {
    private Retransmission() {}

    /** The connection's loss state, made when it is first needed. */
    static LossRecovery recovery(Connection c) {
        if (c.recovery == null) {
            c.recovery = c.sack ? c.stats.spares.takeRecovery(c) : new NewRenoRecovery(c);
        }
        return c.recovery;
    }

    /** Nothing is lost, or it no longer matters. */
    static void forgetRecovery(Connection c) {
        if (c.recovery instanceof SackRecovery sack) {
            c.stats.spares.give(sack);
        }
        c.recovery = null;
    }

    // ---- what congestion control hears
    // ------------------------------------------------------------------------------
    /** SND.UNA advanced outside fast recovery. What echoes a mark lets the window not grow (RFC 3168 §6.1.2). */
    static void grow(Connection c, TcpSegment s, int ackedBytes, int inFlightBytes, long nowNs) {
        if (c.ecn == null || !s.has(TcpSegment.ECE)) {
            c.congestion.acknowledged(ackedBytes, inFlightBytes, c.rtt.srttNs(), nowNs);
        }
    }

    /** A loss. Marks and losses of one window of data are one sign of congestion (RFC 3168 §6.1.2). */
    static void lossDetected(Connection c, int inFlightBytes, long nowNs) {
        if (c.ecn != null && c.ecn.isCut(c)) {
            c.congestion.lossInReducedWindow(inFlightBytes, nowNs);
        } else {
            c.congestion.lossDetected(inFlightBytes, nowNs);
        }
        if (c.ecn != null) {
            c.ecn.cut(c);
        }
    }

    private static void windowTimedOut(Connection c, LossRecovery recovery, long nowNs) {
        boolean reduced = c.ecn != null && c.ecn.isCut(c);
        boolean first = c.unanswered == 1 && !recovery.isRecovering();
        if (first && reduced) {
            c.congestion.lossInReducedWindow(recovery.flightBytes(c), nowNs);
        }
        c.congestion.timedOut(recovery.flightBytes(c), first && !reduced, nowNs);
        if (c.ecn != null) {
            c.ecn.cut(c);
        }
    }

    // ---- the timer
    // ----------------------------------------------------------------------------------------------------
    /** Something is in flight that nothing else is waited for: a probe, or the timeout where none may be sent (RFC 8985 §7.2). */
    static void arm(Connection c, long nowNs) {
        armTimeout(c, nowNs);
        if (TailProbe.applies(c)) {
            c.retransmitTimer = ControlBlock.TIMER_PROBE;
            c.retransmitDeadlineNs = Math.min(c.retransmitDeadlineNs, nowNs + TailProbe.timeoutNs(c));
        }
    }

    /** More than one segment is in flight now, where one started the timer: the probe comes sooner. */
    static void armProbe(Connection c, long nowNs) {
        if (c.retransmitTimer != ControlBlock.TIMER_REORDER && TailProbe.isTail(c) && TailProbe.applies(c)) {
            long deadlineNs = nowNs + TailProbe.timeoutNs(c);
            if (deadlineNs < c.retransmitDeadlineNs) {
                c.retransmitTimer = ControlBlock.TIMER_PROBE;
                c.retransmitDeadlineNs = deadlineNs;
            }
        }
    }

    static void armTimeout(Connection c, long nowNs) {
        c.retransmitTimer = ControlBlock.TIMER_TIMEOUT;
        c.retransmitDeadlineNs = UserTimeout.limit(c, nowNs + c.rtt.rtoNs(c.settings));
    }

    /** What is overtaken counts as lost from then on. */
    static void armReorder(Connection c, long deadlineNs) {
        c.retransmitTimer = ControlBlock.TIMER_REORDER;
        c.retransmitDeadlineNs = deadlineNs;
    }

    /** SND.UNA has advanced (§5.2, §5.3). */
    static void acknowledged(Connection c, TcpSegment s, long nowNs) {
        measure(c, s, nowNs);
        c.unanswered = 0;
        c.unansweredSinceNs = nowNs;
        if (c.sndUna == c.sndMax) {
            c.retransmitDeadlineNs = ControlBlock.NEVER;
            c.persisting = false;
        } else if (!c.persisting) {
            arm(c, nowNs);
        }
    }

    /**
     * Takes a round-trip sample if there is an unambiguous one: from the segment being timed, or, after a timeout ended that, from
     * the timestamp echo (RFC 7323 §4), which is coarser. An echo from before the timeout is ambiguous, too: it may say that only the
     * acknowledgement was lost, since a receiver does not take timestamps from what it has had before.
     */
    static void measure(Connection c, TcpSegment s, long nowNs) {
        if (c.timedAtNs != ControlBlock.NEVER) {
            if (Seq.geq(s.ack, c.timedSeq)) {
                c.rtt.sample(nowNs - c.timedAtNs, c.settings);
                c.timedAtNs = ControlBlock.NEVER;
            }
        } else if (c.timestamps && s.timestamps && isEchoWanted(c, s)) {
            long rttNs = Timestamps.roundTripNs(c, s, nowNs);
            if (rttNs >= 0) {
                c.rtt.sample(rttNs, c.settings);
            }
        }
    }

    private static boolean isEchoWanted(Connection c, TcpSegment s) {
        // The first SYNs are sent again without backing off.
        boolean afterTimeout = c.rtt.isBackedOff() || (c.unanswered > 0 && !c.state.isSynchronized());
        return afterTimeout ? Seq.geq(s.tsEcr, c.timeoutTs) : c.sack && c.recovery != null;
    }

    /** The deadline has come, of whatever kind it is. */
    static void expire(Connection c, long nowNs) {
        switch (c.retransmitTimer) {
            case ControlBlock.TIMER_PROBE -> TailProbe.expire(c, nowNs);
            case ControlBlock.TIMER_REORDER -> {
                armTimeout(c, nowNs);
                if (c.recovery instanceof SackRecovery sack) {
                    sack.reorderExpired(c, nowNs);
                }
            }
            default -> timeOut(c, nowNs);
        }
    }

    /** The timer expired (§5.4 to §5.7): everything outstanding is sent anew, a segment first. */
    private static void timeOut(Connection c, long nowNs) {
        if (!c.state.isSynchronized()) {
            Handshake.expire(c, nowNs);
            return;
        }
        if (c.sndWnd == 0) {
            // The peer shut the window on what is in flight: ask, don't blame the network.
            forgetRecovery(c);
            c.sndNxt = c.sndUna;
            Persist.startAfterTimeout(c, nowNs);
            return;
        }
        if (UserTimeout.isOver(c, nowNs) || (c.unanswered >= c.settings.retries && c.settings.userTimeoutNs == 0)) {
            c.timeOut();
            return;
        }
        UserTimeout.unanswered(c, nowNs);
        c.stats.timeouts++;
        PathMtu.suspectBlackHole(c);
        LossRecovery recovery = recovery(c);
        windowTimedOut(c, recovery, nowNs);
        recovery.timedOut(c);
        c.rtt.backOff();
        c.timeoutTs = Timestamps.value(c, nowNs);
        c.timedAtNs = ControlBlock.NEVER;
        armTimeout(c, nowNs);
        c.due |= ControlBlock.DUE_DATA;
    }
}
