/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/**
 * The window is shut, or open by too little to be worth a segment, and nothing is in flight that would bring news: probes ask, ever
 * more seldom, as long as the peer answers (RFC 9293 §3.8.6.1).
 */
final class Persist {
    /** Probes of an orphan that the peer has not answered: Linux's tcp_orphan_retries. */
    private static final int ORPHAN_UNANSWERED = 8;
    /** An application that is gone does not wait for a peer that never reads: some minutes. */
    private static final int ORPHAN_PROBES = 10;

    /** A window that stays shut for so long is not one that a reader is about to open. */
    private static final long SHUT_NS = 10_000_000;
    /** {@link ControlBlock#persistBackoff} before that. */
    private static final byte JUST_SHUT = -1;

    private Persist() {}

    static void start(Connection c, long nowNs) {
        if (!c.persisting) {
            c.persisting = true;
            c.persistBackoff = JUST_SHUT;
            c.unanswered = 0;
            c.retransmitDeadlineNs = nowNs + SHUT_NS;
        }
    }

    /** What is in flight has gone unanswered for an RTO, so the first probe is due now. */
    static void startAfterTimeout(Connection c, long nowNs) {
        start(c, nowNs);
        c.persistBackoff = 0;
        expire(c, nowNs);
    }

    /** Whether the window has been shut for long enough for a buffer behind it to be worth growing. */
    static boolean isShut(Connection c) {
        return c.persisting && c.persistBackoff > JUST_SHUT;
    }

    static void expire(Connection c, long nowNs) {
        if (c.persistBackoff == JUST_SHUT) {
            c.persistBackoff = 0;
            // The first probe is due an RTO after the window was shut.
            c.retransmitDeadlineNs += Math.max(0, c.rtt.rtoNs(c.settings) - SHUT_NS);
            return;
        }
        if (UserTimeout.isOver(c, nowNs) || (c.unanswered >= c.settings.retries && c.settings.userTimeoutNs == 0)) {
            c.timeOut();
            return;
        }
        if (c.orphan && (c.persistBackoff >= ORPHAN_PROBES || c.unanswered >= ORPHAN_UNANSWERED)) {
            c.stats.abortOnTimeout++;
            c.resetAndDie(CloseReason.TIMED_OUT);
            return;
        }
        if (c.persistBackoff == 0) {
            c.unansweredSinceNs = nowNs;
        }
        c.unanswered = (byte) Math.min(c.unanswered + 1, Byte.MAX_VALUE);
        c.persistBackoff = (byte) Math.min(c.persistBackoff + 1, Byte.MAX_VALUE);
        c.retransmitDeadlineNs = UserTimeout.limit(c, nowNs + c.rtt.rtoNs(c.settings, c.persistBackoff));
        c.due |= ControlBlock.DUE_PROBE;
    }

    static boolean probe(Connection c, long nowNs) {
        c.due &= ~ControlBlock.DUE_PROBE;
        if (!c.persisting) {
            return true;
        }
        if (!Sender.emitProbe(c, nowNs)) {
            c.due |= ControlBlock.DUE_PROBE;
            return false;
        }
        c.stats.zeroWindowProbes++;
        if (c.sndWnd > 0) {
            // What left fits the window: from here on it is data in flight like any other.
            c.persisting = false;
            c.retransmitDeadlineNs = nowNs + c.rtt.rtoNs(c.settings);
        }
        return true;
    }

    /**
     * An acknowledgement came. An open window is filled from SND.UNA, since the probe's byte may have been thrown away; the state
     * ends when something leaves, not before, or a peer that talks a lot would put the probe of a silly window off for ever.
     */
    static void answered(Connection c) {
        c.unanswered = 0;
        if (c.sndWnd > 0) {
            c.sndNxt = c.sndUna;
            c.due |= ControlBlock.DUE_DATA;
        }
    }
}
