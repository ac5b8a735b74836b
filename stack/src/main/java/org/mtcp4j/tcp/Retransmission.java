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
            c.recovery = new NewRenoRecovery(c);
        }
        return c.recovery;
    }

    /** SND.UNA has advanced (§5.2, §5.3). */
    static void acknowledged(Connection c, TcpSegment s, long nowNs) {
        measure(c, s, nowNs);
        c.unanswered = 0;
        if (c.sndUna == c.sndMax) {
            c.retransmitDeadlineNs = ControlBlock.NEVER;
            c.persisting = false;
        } else if (!c.persisting) {
            c.retransmitDeadlineNs = nowNs + c.rtt.rtoNs(c.settings);
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
        } else if (c.rtt.isBackedOff() && c.timestamps && s.timestamps && Seq.geq(s.tsEcr, c.timeoutTs)) {
            long rttNs = Timestamps.roundTripNs(c, s, nowNs);
            if (rttNs >= 0) {
                c.rtt.sample(rttNs, c.settings);
            }
        }
    }

    /** The timer expired (§5.4 to §5.7): everything outstanding is sent anew, a segment first. */
    static void expire(Connection c, long nowNs) {
        if (!c.state.isSynchronized()) {
            Handshake.expire(c, nowNs);
            return;
        }
        if (c.sndWnd == 0) {
            // The peer shut the window on what is in flight: ask, don't blame the network.
            c.sndNxt = c.sndUna;
            Persist.start(c, nowNs);
            Persist.expire(c, nowNs);
            return;
        }
        if (c.unanswered >= c.settings.retries) {
            c.timeOut();
            return;
        }
        c.unanswered++;
        c.stats.timeouts++;
        c.congestion.timedOut(c.sndMax - c.sndUna, c.unanswered == 1, nowNs);
        recovery(c).timedOut(c);
        c.rtt.backOff();
        c.timeoutTs = Timestamps.value(c, nowNs);
        c.timedAtNs = ControlBlock.NEVER;
        c.sndNxt = c.sndUna;
        c.retransmitDeadlineNs = nowNs + c.rtt.rtoNs(c.settings);
        c.due |= ControlBlock.DUE_DATA;
    }
}
