/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.RST;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The limits of challenge acknowledgements (RFC 5961 §7). */
class ChallengeAckTest {
    @Test
    void rfc5961_7_twoASecondForAConnection() {
        Script s = Script.established();
        for (int i = 0; i < 30; i++) {
            s.inject(RST, 5, 0, 0);
        }
        assertThat(s.sent).hasSize(ChallengeAck.PER_SECOND);
        assertThat(s.stats.challengeAcks).isEqualTo(ChallengeAck.PER_SECOND);
        assertThat(s.stats.challengeAcksLimited).isEqualTo(28);
        s.sent.clear();
        s.pass(1000).inject(RST, 5, 0, 0).ack(1).nothingMore();
    }

    @Test
    void rfc5961_7_aLimitForAllThatIsAnotherEachSecond() {
        ChallengeAck.Budget budget = new ChallengeAck.Budget(0x5eed);
        Set<Integer> seen = new HashSet<>();
        for (int second = 1; second <= 50; second++) {
            int taken = 0;
            while (budget.tryTake(second)) {
                taken++;
            }
            assertThat(taken).isBetween(ChallengeAck.LEAST_FOR_ALL, ChallengeAck.MOST_FOR_ALL);
            seen.add(taken);
        }
        assertThat(seen).hasSizeGreaterThan(40);
    }

    @Test
    void rfc5961_7_connectionsOfOneContextShareTheLimit() {
        Script s = Script.established();
        while (s.stats.challenges.tryTake((int) (s.nowNs / 1_000_000_000L))) {}
        s.inject(RST, 5, 0, 0).nothingMore();
        assertThat(s.stats.challengeAcksLimited).isEqualTo(1);
    }
}
