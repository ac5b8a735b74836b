/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.mtcp4j.wire.TcpSegment;

/** RFC 9293 §3.10.7.1. */
class ResetReplyTest {
    private final TcpSegment in = new TcpSegment();
    private final SegmentOut out = new SegmentOut();

    @Test
    void resetIsNeverAnswered() {
        in.flags = TcpSegment.RST | TcpSegment.ACK;
        assertThat(ResetReply.forSegment(in, out)).isFalse();
    }

    @Test
    void segmentWithAckIsResetAtItsAck() {
        in.flags = TcpSegment.ACK;
        in.ack = 77;
        in.seq = 5;
        assertThat(ResetReply.forSegment(in, out)).isTrue();
        assertThat(out.seq).isEqualTo(77);
        assertThat(out.flags).isEqualTo(TcpSegment.RST);
    }

    @Test
    void segmentWithoutAckIsAcknowledgedWhole() {
        in.flags = TcpSegment.SYN | TcpSegment.FIN;
        in.seq = 5;
        in.payloadBytes = 10;
        out.mss = 1;
        out.timestamps = true;
        out.payloadBytes = 5;
        assertThat(ResetReply.forSegment(in, out)).isTrue();
        assertThat(out.seq).isZero();
        assertThat(out.ack).isEqualTo(17);
        assertThat(out.flags).isEqualTo(TcpSegment.RST | TcpSegment.ACK);
        assertThat(SegmentWriter.headerBytes(out)).isEqualTo(20);
        assertThat(out.payloadBytes).isZero();
    }
}
