/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.FIN;
import static org.mtcp4j.wire.TcpSegment.SYN;

import org.junit.jupiter.api.Test;

/** What we report of data that came twice: the examples of RFC 2883 §4 by number, and what else overlaps. */
class DsackScriptTest {
    /** Established with SACK, everything below this sequence number received. */
    private static Script from(int seq) {
        Script s = Script.synSent();
        s.pass(20);
        s.fill(SYN | ACK, 0, 1, 0);
        s.in.sackPermitted = true;
        s.injectFilled().ack(1).nothingMore();
        s.c.quickAcksLeft = 0;
        for (int at = 1; at < seq; at += 1000) {
            s.arrive(ACK, at, 1, Math.min(1000, seq - at));
        }
        s.c.readUpTo(s.c.receivedPosition(), s.nowNs);
        s.turn().pass(50).sent.clear();
        return s;
    }

    /** Bytes from number to number arrive; the acknowledgement is this, with these blocks. */
    private static void step(Script s, int from, int to, int ack, Integer... blocks) {
        s.inject(ACK, from, 1, to - from).pass(50);
        Script.Sent sent = s.next();
        assertThat(sent.ack()).isEqualTo(ack);
        assertThat(sent.sack()).containsExactly(blocks);
        s.nothingMore();
    }

    @Test
    void rfc2883_4_1_1_duplicateSegment() {
        Script s = from(3000);
        step(s, 3000, 3500, 3500);
        step(s, 3500, 4000, 4000);
        step(s, 3000, 3500, 4000, 3000, 3500);
        step(s, 4000, 4500, 4500);
    }

    @Test
    void rfc2883_4_1_2_duplicateSegmentBelowAnOutOfOrderOne() {
        Script s = from(3000);
        step(s, 3000, 3500, 3500);
        step(s, 3500, 4000, 4000);
        step(s, 4500, 5000, 4000, 4500, 5000);
        step(s, 3000, 3500, 4000, 3000, 3500, 4500, 5000);
        step(s, 5000, 5500, 4000, 4500, 5500);
    }

    @Test
    void rfc2883_4_1_3_duplicateOfAnOutOfOrderSegment() {
        Script s = from(3500);
        step(s, 3500, 4000, 4000);
        step(s, 4500, 5000, 4000, 4500, 5000);
        step(s, 5000, 5500, 4000, 4500, 5500);
        step(s, 5000, 5500, 4000, 5000, 5500, 4500, 5500);
        assertThat(s.stats.dsackOfoSent).isEqualTo(1);
    }

    @Test
    void rfc2883_4_2_1_oneDuplicatePart() {
        Script s = from(500);
        step(s, 500, 1000, 1000);
        step(s, 2000, 2500, 1000, 2000, 2500);
        step(s, 1000, 1500, 1500, 2000, 2500);
        step(s, 1000, 2000, 2500, 1000, 1500);
    }

    @Test
    void rfc2883_4_2_2_twoPartsBelowTheAcknowledgementAreToldByTheFirst() {
        Script s = from(500);
        step(s, 500, 1000, 1000);
        step(s, 3000, 3500, 1000, 3000, 3500);
        step(s, 1000, 1500, 1500, 3000, 3500);
        step(s, 2000, 2500, 1500, 2000, 2500, 3000, 3500);
        step(s, 1000, 2500, 2500, 1000, 1500, 3000, 3500);
    }

    @Test
    void rfc2883_4_2_3_twoPartsBeyondTheAcknowledgementAreToldByTheFirstAndItsBlock() {
        Script s = from(500);
        step(s, 500, 1000, 1000);
        step(s, 3500, 4000, 1000, 3500, 4000);
        step(s, 1500, 2000, 1000, 1500, 2000, 3500, 4000);
        step(s, 2500, 3000, 1000, 2500, 3000, 1500, 2000, 3500, 4000);
        step(s, 1500, 3000, 1000, 1500, 2000, 1500, 3000, 3500, 4000);
    }

    @Test
    void segmentThatOverlapsTheEndOfABlockTellsTheOverlap() {
        Script s = from(1001);
        step(s, 2001, 3001, 1001, 2001, 3001);
        step(s, 2501, 3501, 1001, 2501, 3001, 2001, 3501);
    }

    @Test
    void segmentThatOverlapsTheBeginningOfABlockTellsTheOverlap() {
        Script s = from(1001);
        step(s, 2001, 3001, 1001, 2001, 3001);
        step(s, 1501, 2501, 1001, 2001, 2501, 1501, 3001);
    }

    @Test
    void segmentAroundABlockTellsTheBlock() {
        Script s = from(1001);
        step(s, 2001, 2501, 1001, 2001, 2501);
        step(s, 1501, 3001, 1001, 2001, 2501, 1501, 3001);
    }

    @Test
    void segmentThatFillsTheGapAndMoreTellsTheOverlap() {
        Script s = from(1001);
        step(s, 2001, 3001, 1001, 2001, 3001);
        step(s, 1001, 2501, 3001, 2001, 2501);
        Script around = from(1001);
        step(around, 2001, 2501, 1001, 2001, 2501);
        step(around, 1001, 3001, 3001, 2001, 2501);
    }

    @Test
    void segmentThatOnlyTouchesIsNoDuplicate() {
        Script s = from(1001);
        step(s, 2001, 3001, 1001, 2001, 3001);
        step(s, 3001, 4001, 1001, 2001, 4001);
        step(s, 1501, 2001, 1001, 1501, 4001);
        assertThat(s.stats.dsackOfoSent + s.stats.dsackOldSent).isZero();
    }

    @Test
    void duplicatesOfOneRoundThatAdjoinAreToldInOneBlock() {
        Script s = from(3001);
        s.arrive(ACK, 1, 1, 1000).arrive(ACK, 1001, 1, 1000).inject(ACK, 2001, 1, 1000);
        assertThat(s.next().sack()).containsExactly(1, 3001);
        s.nothingMore();
    }

    @Test
    void finThatComesTwiceIsTold() {
        Script s = from(1001);
        s.inject(FIN | ACK, 1001, 1, 500).pass(50).sent.clear();
        s.inject(FIN | ACK, 1001, 1, 500);
        Script.Sent sent = s.next();
        assertThat(sent.ack()).isEqualTo(1502);
        assertThat(sent.sack()).containsExactly(1001, 1502);
        s.inject(FIN | ACK, 1501, 1, 0);
        assertThat(s.next().sack()).containsExactly(1501, 1502);
    }

    @Test
    void oldPartOfWhatAShutWindowDropsIsTold() {
        Script s = from(1001);
        for (int at = 1001; at < 11_001; at += 1000) {
            s.arrive(ACK, at, 1, 1000);
        }
        s.turn().pass(50).sent.clear();
        assertThat(s.c.receiveWindow()).isZero();
        s.inject(ACK, 10_501, 1, 1000);
        assertThat(s.next().sack()).containsExactly(10_501, 11_001);
    }

    @Test
    void rfc2883_4_3_whatPawsDropsIsTold() {
        Script s = new Script();
        s.settings.timestamps = true;
        s.c.openActive(Script.ISS, s.nowNs);
        s.turn();
        int ts = s.next().tsVal();
        timed(s, SYN | ACK, 0, 0, 100, ts);
        s.in.sackPermitted = true;
        s.injectFilled();
        timed(s, ACK, 1, 1000, 200, ts);
        s.injectFilled().pass(50).sent.clear();
        timed(s, ACK, 1, 1000, 150, ts);
        s.injectFilled();
        assertThat(s.stats.pawsDrop).isEqualTo(1);
        assertThat(s.next().sack()).containsExactly(1, 1001);
    }

    private static void timed(Script s, int flags, int seq, int bytes, int tsVal, int tsEcr) {
        s.fill(flags, seq, 1, bytes);
        s.in.timestamps = true;
        s.in.tsVal = tsVal;
        s.in.tsEcr = tsEcr;
    }
}
