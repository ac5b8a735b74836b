/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.RST;
import static org.mtcp4j.wire.TcpSegment.SYN;

import org.junit.jupiter.api.Test;

/** Answers to what a good peer may send outside the window, which nobody else can use up. */
class OutOfWindowTest {
    /** All that connections of the context may say to blind attempts this second has been said. */
    private static void exhaust(Script s) {
        while (s.stats.challenges.tryTake((int) (s.nowNs / 1_000_000_000L))) {}
    }

    @Test
    void probesOfAQuietPeerAreAnsweredThoughChallengesAreUsedUp() {
        Script s = Script.established();
        exhaust(s);
        s.inject(RST, 5, 0, 0).nothingMore();
        s.inject(ACK, 0, 1, 0).ack(1).nothingMore();
        s.pass(1000);
        exhaust(s);
        s.inject(ACK, 0, 1, 0).ack(1).nothingMore();
    }

    @Test
    void probesOfManyPeersInOneSecondAreAllAnswered() {
        TcpCounters shared = new TcpCounters();
        int answered = 0;
        for (int i = 0; i < 3000; i++) {
            Script s = Script.established(shared);
            s.inject(ACK, 0, 1, 0);
            answered += s.sent.size();
        }
        assertThat(answered).isEqualTo(3000);
    }

    @Test
    void badSegmentsForOneConnectionDoNotSilenceAnother() {
        TcpCounters shared = new TcpCounters();
        Script victim = Script.established(shared);
        Script attacked = Script.established(shared);
        for (int i = 0; i < 1500; i++) {
            attacked.inject(ACK, 30_000, 1, 0).inject(RST, 5, 0, 0).inject(SYN, 5, 0, 0);
        }
        victim.inject(ACK, 0, 1, 0).ack(1).nothingMore();
    }

    @Test
    void bareSegmentsOfOneConnectionAreAnsweredTwiceASecond() {
        Script s = Script.established();
        s.inject(ACK, 0, 1, 0).ack(1);
        s.pass(499).inject(ACK, 0, 1, 0).nothingMore();
        assertThat(s.stats.outOfWindowAcksLimited).isEqualTo(1);
        s.pass(1).inject(ACK, 0, 1, 0).ack(1).nothingMore();
    }

    @Test
    void whatHasALengthIsAlwaysAnswered() {
        Script s = Script.established();
        for (int i = 0; i < 20; i++) {
            s.inject(ACK, 30_000, 1, 10).ack(1).nothingMore();
        }
    }

    @Test
    void synAckThatIsRepeatedSinceOurAcknowledgementWasLostIsAlwaysAnswered() {
        Script s = Script.established();
        exhaust(s);
        for (int i = 0; i < 20; i++) {
            s.inject(SYN | ACK, 0, 1, 0).ack(1).nothingMore();
        }
        s.inject(ACK, 1, 1, 100).pass(100).sent.clear();
        s.write(10).sent.clear();
        s.inject(SYN | ACK, 0, 1, 0).ack(101).nothingMore();
        assertThat(s.stats.challengeAcksLimited).isZero();
    }

    @Test
    void synAckThatIsRepeatedIsAnsweredThoughItsTimestampIsOld() {
        Script s = new Script();
        s.settings.timestamps = true;
        s.open();
        s.fill(SYN | ACK, 0, 1, 0);
        stamp(s, 1000);
        s.injectFilled().sent.clear();
        s.fill(ACK, 1, 1, 100);
        stamp(s, 1001);
        s.injectFilled().sent.clear();
        exhaust(s);
        s.fill(SYN | ACK, 0, 1, 0);
        stamp(s, 1000);
        s.injectFilled().ack(101).nothingMore();
        assertThat(s.stats.pawsDrop).isEqualTo(1);
        // Another's SYN-ACK is a blind attempt like any.
        s.fill(SYN | ACK, 0, -5, 0);
        stamp(s, 1000);
        s.injectFilled().nothingMore();
    }

    private static void stamp(Script s, int tsVal) {
        s.in.timestamps = true;
        s.in.tsVal = tsVal;
    }

    @Test
    void synThatMayBeABlindAttemptIsPaidFromTheSharedLimit() {
        Script s = Script.established();
        s.inject(SYN, 5, 0, 0).ack(1).inject(SYN, 0, 0, 0).ack(1);
        assertThat(s.stats.challengeAcks).isEqualTo(2);
        exhaust(s);
        s.inject(SYN, 5, 0, 0).nothingMore().inject(SYN, 0, 0, 0).nothingMore();
    }

    @Test
    void synThatIsRepeatedToAHalfOpenConnectionIsAnsweredTwiceASecond() {
        Script s = Script.synReceived();
        s.inject(SYN, 0, 0, 0).expect(SYN | ACK, 0, 1).nothingMore();
        for (int i = 0; i < 20; i++) {
            s.inject(SYN, 0, 0, 0).nothingMore();
        }
        assertThat(s.stats.outOfWindowAcksLimited).isEqualTo(20);
        s.pass(499).inject(SYN, 0, 0, 0).nothingMore();
        s.pass(1).inject(SYN, 0, 0, 0).expect(SYN | ACK, 0, 1).nothingMore();
        s.pass(500).expect(SYN | ACK, 0, 1);
        assertThat(s.stats.timeouts).as("the timer is nobody's to stop").isEqualTo(1);
        s.inject(ACK, 1, 1, 0).in(TcpState.ESTABLISHED);
    }
}
