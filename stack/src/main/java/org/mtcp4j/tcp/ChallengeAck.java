/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/**
 * Answers to what may be blind attempts (RFC 5961) and to nothing that a good peer sends ({@link OutOfWindow}), so few that they can't be made a weapon or a side channel (§7): two a second for a
 * connection, as its example and Linux have it ({@code tcp_invalid_ratelimit}), some hundreds for all of a context. The latter is another number each second, which nobody knows, so that an attacker
 * who counts what is left on a connection of their own learns nothing of others' (CVE-2016-5696).
 */
final class ChallengeAck {
    static final int PER_SECOND = 2;
    static final int LEAST_FOR_ALL = 500;
    static final int MOST_FOR_ALL = 1_500;

    private static final long SECOND_NS = 1_000_000_000L;

    private ChallengeAck() {}

    static void send(Connection c, long nowNs) {
        int second = (int) (nowNs / SECOND_NS);
        if ((short) second != c.challengeSecond) {
            c.challengeSecond = (short) second;
            c.challengesInSecond = 0;
        }
        if (c.challengesInSecond >= PER_SECOND || !c.stats.challenges.tryTake(second)) {
            c.stats.challengeAcksLimited++;
            return;
        }
        c.challengesInSecond++;
        c.stats.challengeAcks++;
        DelayedAck.ackNow(c);
    }

    /** What is left for all connections of a context. */
    static final class Budget {
        private long random;
        private int second;
        private int left;

        Budget(long seed) {
            random = seed == 0 ? 1 : seed;
            left = MOST_FOR_ALL;
        }

        boolean tryTake(int nowSecond) {
            if (nowSecond != second) {
                second = nowSecond;
                // Xorshift: the seed is secret, and what it makes is seen only as a rough number.
                random ^= random << 13;
                random ^= random >>> 7;
                random ^= random << 17;
                left = LEAST_FOR_ALL + (int) Long.remainderUnsigned(random, MOST_FOR_ALL - LEAST_FOR_ALL + 1);
            }
            if (left == 0) {
                return false;
            }
            left--;
            return true;
        }
    }
}
