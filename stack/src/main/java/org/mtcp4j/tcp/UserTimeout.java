/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/**
 * How long what was sent may go unanswered before the connection is given up (RFC 9293 §3.8.3, RFC 5482), as Linux's
 * TCP_USER_TIMEOUT has it: of data, of window probes, of the SYN. It is looked at when a timer expires.
 */
final class UserTimeout {
    private UserTimeout() {}

    /** A timer has expired for something that the peer has not answered. */
    static void unanswered(Connection c, long nowNs) {
        if (c.unanswered == 0) {
            c.unansweredSinceNs = nowNs - c.rtt.rtoNs(c.settings);
        }
        if (c.unanswered < Byte.MAX_VALUE) {
            c.unanswered++;
        }
    }

    static boolean isOver(Connection c, long nowNs) {
        long userTimeoutNs = c.settings.userTimeoutNs;
        return userTimeoutNs > 0 && c.unanswered > 0 && nowNs - c.unansweredSinceNs >= userTimeoutNs;
    }

    /** The next expiry is no later than the end of the user's patience. */
    static long limit(Connection c, long deadlineNs) {
        long userTimeoutNs = c.settings.userTimeoutNs;
        return userTimeoutNs == 0 ? deadlineNs : Math.min(deadlineNs, c.unansweredSinceNs + userTimeoutNs);
    }
}
