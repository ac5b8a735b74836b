/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mtcp4j.wire.TcpSegment;

/** Passive opens that keep nothing (RFC 4987 §3.6): what the cookie carries, and what it withstands. */
class SynCookiesTest {
    private static final long TUPLE = 0x1234_5678_9abc_def0L;
    private static final int PEER_ISN = 77;

    private final SynCookies cookies = new SynCookies(new InitialSequence(1, 2));
    private final TcpSettings settings = new TcpSettings();
    private final TcpSegment in = new TcpSegment();
    private final SegmentOut out = new SegmentOut();
    private final TcpCounters stats = new TcpCounters();
    private long nowNs = 1_000_000_000_000L;

    SynCookiesTest() {
        settings.timestampOffset = -5;
    }

    private void syn(int mss, int scale, boolean sack, boolean timestamps) {
        in.clearOptions();
        in.seq = PEER_ISN;
        in.flags = TcpSegment.SYN;
        in.window = 30_000;
        in.mss = mss;
        in.windowScale = scale;
        in.sackPermitted = sack;
        in.timestamps = timestamps;
        in.tsVal = 4_000;
        cookies.answer(in, settings, TUPLE, out, nowNs);
    }

    private void ack() {
        in.clearOptions();
        in.flags = TcpSegment.ACK;
        in.seq = PEER_ISN + 1;
        in.ack = out.seq + 1;
        in.window = 500;
        in.timestamps = out.timestamps;
        in.tsVal = 4_010;
        in.tsEcr = out.tsVal;
    }

    private Connection open() {
        ack();
        assertThat(cookies.isAnswer(in, TUPLE, nowNs)).isTrue();
        Connection c = new Connection(settings, (connection, s) -> true, (connection, p, o, l) -> true, stats);
        cookies.open(c, in, nowNs);
        assertThat(c.state()).isEqualTo(TcpState.SYN_RECEIVED);
        assertThat(c.wantsOutput()).as("the SYN-ACK has been sent").isFalse();
        c.arrives(in, nowNs);
        assertThat(c.state()).isEqualTo(TcpState.ESTABLISHED);
        return c;
    }

    @Test
    void rfc4987_3_6_optionsSurviveInTheTimestamp() {
        syn(1_460, 7, true, true);
        assertThat(out.has(TcpSegment.SYN | TcpSegment.ACK)).isTrue();
        assertThat(out.ack).isEqualTo(PEER_ISN + 1);
        assertThat(out.sackPermitted).isTrue();
        assertThat(out.windowScale).isEqualTo(7);
        assertThat(out.mss).isEqualTo(settings.receiveMssBytes);
        assertThat(out.tsEcr).isEqualTo(4_000);
        nowNs += 30_000_000;
        Connection c = open();
        assertThat(c.sendMss).isEqualTo(1_460 - Handshake.TIMESTAMP_OPTION_BYTES);
        assertThat(c.sendScale).isEqualTo((byte) 7);
        assertThat(c.receiveScale).isEqualTo((byte) 7);
        assertThat(c.sack).isTrue();
        assertThat(c.timestamps).isTrue();
        assertThat(c.sndWnd).isEqualTo(500 << 7);
        assertThat(c.tsRecent).isEqualTo(4_010);
        assertThat(c.rcvNxt).isEqualTo(PEER_ISN + 1);
        assertThat(stats.passiveOpens).isEqualTo(1);
        assertThat(c.ecn).isNull();
    }

    /** The SYN came again when there was room to keep it; the peer took the first answer. */
    @Test
    void rfc4987_3_6_aConnectionHalfOpenFromTheSameSynTakesTheCookieThatThePeerTook() {
        Connection c = new Connection(settings, (connection, s) -> true, (connection, p, o, l) -> true, stats);
        syn(1_460, 7, true, true);
        c.openPassive(in, 77, nowNs);
        c.output(nowNs);
        nowNs += 5_000_000;
        ack();
        assertThat(cookies.isAnswer(in, TUPLE, nowNs)).isTrue();
        cookies.open(c, in, nowNs);
        c.arrives(in, nowNs);
        assertThat(c.state()).isEqualTo(TcpState.ESTABLISHED);
        assertThat(c.sndUna).isEqualTo(out.seq + 1);
        assertThat(c.retransmitDeadlineNs).isEqualTo(ControlBlock.NEVER);
        assertThat(stats.passiveOpens).isEqualTo(1);
    }

    @Test
    void rfc4987_3_6_ecnSurvivesToo() {
        settings.ecnAnswered = true;
        in.flags = TcpSegment.SYN;
        in.clearOptions();
        in.seq = PEER_ISN;
        in.flags |= TcpSegment.ECE | TcpSegment.CWR;
        in.timestamps = true;
        cookies.answer(in, settings, TUPLE, out, nowNs);
        assertThat(out.has(TcpSegment.ECE)).isTrue();
        assertThat(open().ecn).isNotNull();
    }

    @Test
    void withoutTimestampsOnlyTheMssSurvives() {
        syn(1_400, 7, true, false);
        assertThat(out.windowScale).isEqualTo(-1);
        assertThat(out.sackPermitted).isFalse();
        assertThat(out.timestamps).isFalse();
        Connection c = open();
        assertThat(c.sendMss).isEqualTo(1_400);
        assertThat(c.sendScale).isZero();
        assertThat(c.receiveScale).isZero();
        assertThat(c.sack).isFalse();
        assertThat(c.sndWnd).isEqualTo(500);
    }

    @Test
    void theMssIsRoundedDown() {
        syn(1_439, -1, false, false);
        assertThat(open().sendMss).isEqualTo(1_400);
        syn(0, -1, false, false);
        assertThat(open().sendMss).as("none named").isEqualTo(536);
        syn(70, -1, false, false);
        assertThat(open().sendMss).isEqualTo(64);
        settings.receiveMssBytes = 8_948;
        syn(9_000, -1, false, false);
        assertThat(open().sendMss).isEqualTo(8_940);
    }

    @Test
    void theTimestampIsNeverAheadOfTheClock() {
        for (int i = 0; i < 200; i++) {
            nowNs += 1_000_000;
            syn(1_460, 14, true, true);
            int behind = Timestamps.value(settings.timestampOffset, nowNs) - out.tsVal;
            assertThat(behind).isBetween(0, 64);
        }
    }

    @Test
    void aCookieAgesInOneToTwoMinutes() {
        syn(1_460, 7, true, true);
        ack();
        nowNs += 64_000_000_000L;
        assertThat(cookies.isAnswer(in, TUPLE, nowNs)).isTrue();
        nowNs += 64_000_000_000L;
        assertThat(cookies.isAnswer(in, TUPLE, nowNs)).isFalse();
        nowNs += 30 * 64_000_000_000L;
        assertThat(cookies.isAnswer(in, TUPLE, nowNs))
                .as("the period's bits are the same again")
                .isFalse();
    }

    @Test
    void anotherTupleNumberOrKeyIsNoAnswer() {
        syn(1_460, 7, true, true);
        ack();
        assertThat(cookies.isAnswer(in, TUPLE, nowNs)).isTrue();
        assertThat(cookies.isAnswer(in, TUPLE + 1, nowNs)).isFalse();
        in.seq++;
        assertThat(cookies.isAnswer(in, TUPLE, nowNs)).isFalse();
        in.seq--;
        assertThat(new SynCookies(new InitialSequence(1, 3)).isAnswer(in, TUPLE, nowNs))
                .isFalse();
        in.ack ^= 1 << 24;
        assertThat(cookies.isAnswer(in, TUPLE, nowNs)).as("another MSS").isFalse();
    }

    @Test
    void guessesFail() {
        Random random = new Random(4);
        int hits = 0;
        for (int i = 0; i < 200_000; i++) {
            in.seq = random.nextInt();
            in.ack = random.nextInt();
            hits += cookies.isAnswer(in, random.nextLong(), nowNs) ? 1 : 0;
        }
        assertThat(hits).isZero();
    }
}
