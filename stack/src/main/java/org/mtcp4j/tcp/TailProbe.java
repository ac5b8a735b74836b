/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/**
 * Tail loss probe (RFC 8985 §7): when acknowledgements stay away for two round trips, one more segment draws the SACK that tells what
 * is lost, long before the timeout would take everything for lost.
 */
final class TailProbe {
    private TailProbe() {}

    /** Whether a probe may be sent for what is in flight now (§7.2). */
    static boolean applies(Connection c) {
        return c.sack && (c.recovery == null || (c.recovery instanceof SackRecovery sack && sack.mayProbe()));
    }

    static void expire(Connection c, long nowNs) {
        Retransmission.armTimeout(c, nowNs);
        if (applies(c) && Retransmission.recovery(c) instanceof SackRecovery sack) {
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
