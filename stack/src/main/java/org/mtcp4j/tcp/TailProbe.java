/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/**
 * Tail loss probe (RFC 8985 §7): when acknowledgements stay away for two round trips, one more segment draws the SACK that tells what
 * is lost, long before the timeout would take everything for lost.
 */
final class TailProbe {
    /** Probes cost a turn of the timer wheel each; sooner than this they would mostly be for delayed acknowledgements. */
    private static final long MIN_TIMEOUT_NS = 10_000_000L;

    private TailProbe() {}

    /** Whether more than one segment is in flight. */
    static boolean isTail(Connection c) {
        return c.sndMax - c.sndUna > c.sendMss;
    }

    /**
     * §7.2, TLP_calc_PTO: a lone segment's acknowledgement may be delayed, by as much as the least timeout allows for. It is never later
     * than the timeout, in whose place it then comes.
     */
    static long timeoutNs(Connection c) {
        if (c.rtt.srttNs() == 0) {
            return RttEstimator.INITIAL_RTO_NS;
        }
        long timeoutNs = Math.max(2 * c.rtt.srttNs(), MIN_TIMEOUT_NS);
        return isTail(c) ? timeoutNs : timeoutNs + c.settings.minRtoNs;
    }

    /** Whether a probe may be sent for what is in flight now (§7.2). */
    static boolean applies(Connection c) {
        return c.sack && (c.recovery == null || (c.recovery instanceof SackRecovery sack && sack.mayProbe()));
    }

    static void expire(Connection c, long nowNs) {
        Retransmission.armTimeout(c, nowNs);
        if (applies(c) && Retransmission.recovery(c) instanceof SackRecovery sack) {
            UserTimeout.probing(c);
            sack.probe(c);
        }
    }

    /** §7.3: new data if there is any and the peer's window has room, else the last segment once more. */
    static boolean send(Connection c, SackRecovery recovery, long nowNs) {
        int newBytes = (int) Math.min(c.sendLimit - c.sendPosition(c.sndNxt), c.sendMss);
        boolean fresh = newBytes > 0 && newBytes <= c.sndWnd - (c.sndNxt - c.sndUna);
        if (fresh) {
            if (!Sender.sendNext(c, newBytes, nowNs)) {
                return false;
            }
        } else if (c.sndMax != c.sndUna) {
            int fin = c.finSent() ? 1 : 0;
            int bytes = Math.min(c.sndMax - c.sndUna - fin, c.sendMss);
            if (!Sender.emit(c, c.sndMax - fin - bytes, bytes, nowNs)) {
                return false;
            }
        }
        recovery.probed(c, !fresh);
        Retransmission.armTimeout(c, nowNs);
        return true;
    }
}
