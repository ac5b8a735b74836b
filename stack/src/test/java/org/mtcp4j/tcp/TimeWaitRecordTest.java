/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.mtcp4j.wire.TcpSegment;

/** RFC 9293 §3.10.7.4 in TIME-WAIT, RFC 1337, RFC 6191. */
class TimeWaitRecordTest {
    private final TimeWaitRecord record = new TimeWaitRecord();

    TimeWaitRecordTest() {
        record.sndNxt = 5_000;
        record.rcvNxt = -10;
        record.timestamps = true;
        record.tsRecent = 700;
        record.timestampOffset = 3;
    }

    private static TcpSegment segment(int flags, int seq, int payloadBytes, int tsVal) {
        TcpSegment segment = new TcpSegment();
        segment.flags = flags;
        segment.seq = seq;
        segment.ack = 5_000;
        segment.payloadBytes = payloadBytes;
        segment.timestamps = true;
        segment.tsVal = tsVal;
        return segment;
    }

    private int arrives(int flags, int seq, int payloadBytes, int tsVal) {
        return record.arrives(segment(flags, seq, payloadBytes, tsVal));
    }

    @Test
    void rfc1337ResetsDoNotEndIt() {
        assertThat(arrives(TcpSegment.RST, -10, 0, 700)).isEqualTo(TimeWaitRecord.IGNORE);
        assertThat(arrives(TcpSegment.RST | TcpSegment.ACK, 77, 0, 700)).isEqualTo(TimeWaitRecord.IGNORE);
    }

    @Test
    void theFinOnceMoreIsAnsweredAndBeginsTheWaitAnew() {
        int verdict = arrives(TcpSegment.FIN | TcpSegment.ACK, -11, 0, 700);
        assertThat(verdict).isEqualTo(TimeWaitRecord.REPLY_AND_RESTART);
        SegmentOut reply = new SegmentOut();
        record.reply(reply, 9_000_000);
        assertThat(reply.seq).isEqualTo(5_000);
        assertThat(reply.ack).isEqualTo(-10);
        assertThat(reply.flags).isEqualTo(TcpSegment.ACK);
        assertThat(reply.tsVal).isEqualTo(12);
        assertThat(reply.tsEcr).isEqualTo(700);
    }

    @Test
    void rfc6191ASynThatNoOldSegmentCanBeMayStartAnew() {
        assertThat(arrives(TcpSegment.SYN, -500, 0, 701)).isEqualTo(TimeWaitRecord.REUSE);
        assertThat(arrives(TcpSegment.SYN, 400, 0, 700)).isEqualTo(TimeWaitRecord.REUSE);
        assertThat(arrives(TcpSegment.SYN, 400, 0, 699)).isEqualTo(TimeWaitRecord.REPLY);
        assertThat(arrives(TcpSegment.SYN, -500, 0, 700)).isEqualTo(TimeWaitRecord.REPLY);
        assertThat(arrives(TcpSegment.SYN | TcpSegment.ACK, 400, 0, 800)).isEqualTo(TimeWaitRecord.REPLY);
    }

    @Test
    void acknowledgementsOfWhatIsKnownAreNotAnswered() {
        assertThat(arrives(TcpSegment.ACK, -10, 0, 700)).isEqualTo(TimeWaitRecord.IGNORE);
        assertThat(arrives(TcpSegment.ACK, 90, 0, 700)).isEqualTo(TimeWaitRecord.REPLY);
        assertThat(arrives(TcpSegment.ACK, -10, 20, 700)).isEqualTo(TimeWaitRecord.REPLY);
    }
}
