/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.PSH;

import org.junit.jupiter.api.Test;

/** When an acknowledgement waits for the application, and when for what it has read (Linux's tcp_cleanup_rbuf). */
class DelayedAckScriptTest {
    private int received;
    private int written;

    /** The application has answered what was received so far. */
    private Script answering() {
        Script s = Script.established();
        request(s);
        answer(s);
        return s;
    }

    private void request(Script s) {
        s.inject(ACK | PSH, 1 + received, 1 + written, 100).nothingMore();
        received += 100;
    }

    private void answer(Script s) {
        s.c.readUpTo(received, s.nowNs);
        s.write(50).expect(ACK, 1 + written, 1 + received, 50).nothingMore();
        written += 50;
    }

    /** Reads all, and has not answered by the end of the turn. */
    private Script reads(Script s) {
        s.c.readUpTo(received, s.nowNs);
        return s.turn();
    }

    @Test
    void readThatDrainsAPushedSegmentIsAcknowledgedAtOnce() {
        Script s = Script.established();
        s.inject(ACK | PSH, 1, 1, 100).nothingMore();
        s.read(99).nothingMore().read(1).ack(101).nothingMore();
        s.pass(100).nothingMore();
    }

    @Test
    void readThatDrainsASegmentThatIsNotFullIsAcknowledgedAtOnce() {
        Script s = Script.established();
        s.inject(ACK, 1, 1, 100).nothingMore().read(100).ack(101).nothingMore();
    }

    @Test
    void readThatDrainsAFullSegmentIsAcknowledgedOnceItIsPushed() {
        Script s = Script.established();
        s.c.receiveSegmentBytes = 1000;
        s.inject(ACK, 1, 1, 1000).nothingMore().read(1000).nothingMore();
        s.inject(ACK | PSH, 1001, 1, 1000).ack(2001);
        s.inject(ACK | PSH, 2001, 1, 1000).nothingMore().read(2000).ack(3001).nothingMore();
    }

    @Test
    void acknowledgementRidesOnTheAnswerOfAnApplicationThatAnswers() {
        Script s = answering();
        for (int i = 0; i < 20; i++) {
            s.pass(20);
            request(s);
            reads(s).nothingMore();
            s.write(50).expect(ACK, 1 + written, 1 + received, 50).nothingMore();
            written += 50;
        }
    }

    @Test
    void secondPushedSegmentIsAcknowledgedWhenReadAlthoughTheApplicationAnswers() {
        Script s = answering();
        request(s);
        reads(s).nothingMore();
        request(s);
        reads(s).ack(1 + received).nothingMore();
    }

    /** The request of two small writes: Nagle holds the second back until the first is acknowledged. */
    @Test
    void applicationThatAnswersIsForgottenAfter40MsOfQuiet() {
        Script s = answering();
        for (int i = 0; i < 50; i++) {
            s.pass(50);
            request(s);
            reads(s).ack(1 + received).nothingMore();
            request(s);
            answer(s);
        }
    }

    @Test
    void answerThatComesTooLateIsNone() {
        Script s = Script.established();
        s.inject(ACK | PSH, 1, 1, 100).nothingMore().pass(41).ack(101);
        s.read(100).write(50).data(1, 50);
        assertThat(s.c.pingPong).isFalse();
        s.inject(ACK | PSH, 101, 51, 100).read(100).ack(201).nothingMore();
    }

    /** Nagle at the sender, an application here that only reads: no message waits for the timer. */
    @Test
    void smallMessagesOneWayAreEachAcknowledgedWhenRead() {
        Script s = Script.established();
        for (int i = 0; i < 100; i++) {
            s.pass(1).inject(ACK | PSH, 1 + 100 * i, 1, 100).nothingMore();
            s.read(100).ack(101 + 100 * i).nothingMore();
        }
        assertThat(s.stats.delayedAcks).isZero();
    }

    @Test
    void whatIsAcknowledgedAlreadyIsNotAcknowledgedAgainWhenRead() {
        Script s = Script.established();
        s.inject(ACK | PSH, 1, 1, 100).pass(40).ack(101).read(100).nothingMore();
    }
}
