/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.TcpSegment;

/** SO_KEEPALIVE (RFC 9293 §3.8.4). Re-armed lazily: the deadline stands, expiry looks when the peer was last heard. */
final class KeepAlive {
    private KeepAlive() {}

    private static boolean applies(Connection c) {
        return c.settings.keepAlive && c.state.isSynchronized();
    }

    static void rearm(Connection c, long nowNs) {
        if (c.state == TcpState.TIME_WAIT || (c.state == TcpState.FIN_WAIT_2 && c.orphan)) {
            return;
        }
        c.keepAliveUnanswered = 0;
        c.slowDeadlineNs = applies(c) ? Math.max(nowNs, c.lastReceivedNs + c.settings.keepIdleNs) : ControlBlock.NEVER;
    }

    static void expire(Connection c, long nowNs) {
        if (!applies(c)) {
            c.slowDeadlineNs = ControlBlock.NEVER;
            return;
        }
        if (c.sndMax != c.sndUna || Sender.hasUnsent(c)) {
            // Retransmissions and window probes tell as much.
            c.slowDeadlineNs = nowNs + c.settings.keepIdleNs;
            return;
        }
        long idleUntilNs = c.lastReceivedNs + c.settings.keepIdleNs;
        if (c.keepAliveUnanswered == 0 && nowNs < idleUntilNs) {
            c.slowDeadlineNs = idleUntilNs;
            return;
        }
        if (isGivenUp(c, nowNs)) {
            c.stats.abortOnTimeout++;
            c.resetAndDie(c.softError == CloseReason.NONE ? CloseReason.TIMED_OUT : c.softError);
            return;
        }
        c.keepAliveUnanswered++;
        c.slowDeadlineNs = nowNs + c.settings.keepIntervalNs;
        c.due |= ControlBlock.DUE_KEEP_ALIVE;
    }

    /** The user timeout, where there is one, takes the place of the count, as Linux has it. */
    private static boolean isGivenUp(Connection c, long nowNs) {
        long userTimeoutNs = c.settings.userTimeoutNs;
        return userTimeoutNs > 0
                ? c.keepAliveUnanswered > 0 && nowNs - c.lastReceivedNs >= userTimeoutNs
                : c.keepAliveUnanswered >= c.settings.keepCount;
    }

    /** A number that the peer has acknowledged already: it must answer with an acknowledgement. */
    static boolean probe(Connection c, long nowNs) {
        if (!Output.send(c, Output.prepare(c, c.sndUna - 1, TcpSegment.ACK, nowNs))) {
            return false;
        }
        c.stats.keepAliveProbes++;
        c.due &= ~ControlBlock.DUE_KEEP_ALIVE;
        return true;
    }
}
