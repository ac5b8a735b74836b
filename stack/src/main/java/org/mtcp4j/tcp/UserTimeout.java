/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/**
 * How long what was sent may go unanswered before the connection is given up (RFC 9293 §3.8.3, RFC 5482), as Linux's
 * TCP_USER_TIMEOUT has it: of data, of window probes, of the SYN. It is looked at when a timer expires. An orphan has a limit of its own, since
 * nobody is left who could give it up.
 */
final class UserTimeout {
    /** Of an orphan: Linux's eight retries (tcp_orphan_retries), which from its least timeout on double for so long. */
    static final long ORPHAN_NS = 102_200_000_000L;

    private UserTimeout() {}

    /** How long the peer may be silent; 0: only retries count. */
    private static long patienceNs(Connection c) {
        long userTimeoutNs = c.settings.userTimeoutNs;
        if (!c.orphan || c.persisting) {
            return userTimeoutNs;
        }
        return userTimeoutNs == 0 ? ORPHAN_NS : Math.min(userTimeoutNs, ORPHAN_NS);
    }

    /**
     * Whether the time runs. Against a shut window it does from the first probe on, although the peer answers: nothing is delivered, and that
     * is what the user has limited (RFC 5482 §3; Linux since 5.11).
     */
    private static boolean isCounting(Connection c) {
        boolean probing = c.persisting && c.persistBackoff > 0;
        return probing || c.unanswered > 0 || (c.recovery instanceof SackRecovery sack && sack.isProbeOut(c));
    }

    /** A timer has expired for something that the peer has not answered. */
    static void unanswered(Connection c, long nowNs) {
        if (!isCounting(c)) {
            c.unansweredSinceNs = nowNs - c.rtt.rtoNs(c.settings);
        }
        if (c.unanswered < Byte.MAX_VALUE) {
            c.unanswered++;
        }
    }

    /** A tail loss probe is about to leave, which puts the timeout off: the peer has been silent since the timer was set for it. */
    static void probing(Connection c) {
        c.unansweredSinceNs = Math.max(c.lastSentNs, c.lastReceivedNs);
    }

    static boolean isOver(Connection c, long nowNs) {
        long patienceNs = patienceNs(c);
        return patienceNs > 0 && isCounting(c) && nowNs - c.unansweredSinceNs >= patienceNs;
    }

    /** While something is unanswered, the next expiry is no later than the end of the user's patience. */
    static long limit(Connection c, long deadlineNs) {
        long patienceNs = patienceNs(c);
        return patienceNs == 0 || !isCounting(c) ? deadlineNs : Math.min(deadlineNs, c.unansweredSinceNs + patienceNs);
    }
}
