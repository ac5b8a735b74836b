/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/** Answers to what may be blind attempts (RFC 5961), so few that they can't be made a weapon or a side channel (§7). */
final class ChallengeAck {
    /** Per connection, not per host: a global count tells an attacker what others do (CVE-2016-5696). */
    static final int PER_SECOND = 10;

    private ChallengeAck() {}

    static void send(Connection c, long nowNs) {
        int second = (int) (nowNs / 1_000_000_000L);
        if (second != c.challengeSecond) {
            c.challengeSecond = second;
            c.challengesInSecond = 0;
        }
        if (c.challengesInSecond >= PER_SECOND) {
            c.stats.challengeAcksLimited++;
            return;
        }
        c.challengesInSecond++;
        c.stats.challengeAcks++;
        DelayedAck.ackNow(c);
    }
}
