/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.FIN;
import static org.mtcp4j.wire.TcpSegment.RST;
import static org.mtcp4j.wire.TcpSegment.SYN;
import static org.mtcp4j.wire.TcpSegment.URG;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Each synchronized state against each kind of segment and call (RFC 9293 §3.10.7.4, RFC 5961). */
class StateEventTest {
    private static final String FIRST = "CLOSED|LISTEN|SYN_SENT|SYN_RECEIVED";

    /** RCV.NXT, relative: the peer's FIN counts. */
    private static int rcvNxt(TcpState state) {
        return switch (state) {
            case CLOSE_WAIT, LAST_ACK, CLOSING, TIME_WAIT -> 2;
            default -> 1;
        };
    }

    private static int sndUna(TcpState state) {
        return state == TcpState.FIN_WAIT_2 || state == TcpState.TIME_WAIT ? 2 : 1;
    }

    private static int sndNxt(TcpState state) {
        return state == TcpState.ESTABLISHED || state == TcpState.CLOSE_WAIT ? 1 : 2;
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = FIRST)
    void resetWithTheNextNumberCloses(TcpState state) {
        Script s = Script.of(state).inject(RST, rcvNxt(state), 0, 0).nothingMore();
        if (state == TcpState.TIME_WAIT) {
            // RFC 1337 §3, fix F1.
            s.in(state);
        } else {
            s.closed(CloseReason.RESET);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = FIRST)
    void resetElsewhereInTheWindowIsChallenged(TcpState state) {
        Script.of(state)
                .inject(RST, rcvNxt(state) + 1, 0, 0)
                .expect(ACK, sndNxt(state), rcvNxt(state))
                .nothingMore()
                .in(state);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = FIRST)
    void resetOutsideTheWindowIsDropped(TcpState state) {
        Script.of(state)
                .inject(RST, rcvNxt(state) - 1, 0, 0)
                .inject(RST, rcvNxt(state) + 20_000, 0, 0)
                .nothingMore()
                .in(state);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = FIRST)
    void synIsChallengedWhereverItStands(TcpState state) {
        Script.of(state)
                .inject(SYN, rcvNxt(state), 0, 0)
                .expect(ACK, sndNxt(state), rcvNxt(state))
                .inject(SYN, 0, 0, 0)
                .expect(ACK, sndNxt(state), rcvNxt(state))
                .nothingMore()
                .in(state);
        Script.of(state)
                .inject(SYN | ACK, 500_000, 1, 0)
                .expect(ACK, sndNxt(state), rcvNxt(state))
                .nothingMore()
                .in(state);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = FIRST)
    void acknowledgementOfWhatWasNeverSentIsAnsweredAndDropped(TcpState state) {
        Script.of(state)
                .inject(ACK, rcvNxt(state), 100, 10)
                .expect(ACK, sndNxt(state), rcvNxt(state))
                .nothingMore()
                .in(state);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = FIRST)
    void acknowledgementOlderThanAWindowIsChallenged(TcpState state) {
        Script.of(state)
                .inject(ACK, rcvNxt(state), 1 - 3 * Script.WINDOW, 0)
                .expect(ACK, sndNxt(state), rcvNxt(state))
                .nothingMore()
                .in(state);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = FIRST)
    void repeatedAcknowledgementChangesNothing(TcpState state) {
        Script.of(state)
                .inject(ACK, rcvNxt(state), sndUna(state), 0)
                .nothingMore()
                .in(state);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = FIRST)
    void segmentWithoutAckIsDropped(TcpState state) {
        Script.of(state).inject(0, rcvNxt(state), 0, 10).nothingMore().in(state);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = FIRST)
    void dataBelowTheWindowIsAcknowledgedAgain(TcpState state) {
        Script.of(state)
                .inject(ACK, rcvNxt(state) - 10, sndUna(state), 10)
                .expect(ACK, sndNxt(state), rcvNxt(state))
                .nothingMore()
                .received(0)
                .in(state);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = FIRST)
    void keepAliveProbeOfThePeerIsAnswered(TcpState state) {
        Script.of(state)
                .inject(ACK, rcvNxt(state) - 1, sndUna(state), 0)
                .expect(ACK, sndNxt(state), rcvNxt(state))
                .nothingMore()
                .in(state);
    }

    @ParameterizedTest
    @EnumSource(names = {"ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2"})
    void dataIsTakenUntilThePeersFin(TcpState state) {
        Script s = Script.of(state).inject(ACK, 1, sndUna(state), 700);
        s.received(700)
                .inject(ACK, 701, sndUna(state), 1000)
                .ack(1701)
                .nothingMore()
                .in(state);
        assertThat(s.placed).containsExactly(new Script.Placed(0, 5000, 700), new Script.Placed(700, 5000, 1000));
    }

    @ParameterizedTest
    @EnumSource(names = {"ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2"})
    void urgentDataIsDeliveredInLine(TcpState state) {
        Script s = Script.of(state);
        s.fill(ACK | URG, 1, sndUna(state), 3);
        s.in.urgentPointer = 3;
        s.injectFilled().received(3);
        assertThat(s.c.urgentPosition()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource(names = {"CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT"})
    void textAfterThePeersFinIsIgnored(TcpState state) {
        Script s =
                Script.of(state).inject(ACK, 2, sndUna(state), 100).received(0).in(state);
        assertThat(s.placed).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT"})
    void repeatedFinIsAcknowledgedAgain(TcpState state) {
        Script.of(state)
                .inject(FIN | ACK, 1, sndUna(state), 0)
                .expect(ACK, sndNxt(state), 2)
                .nothingMore()
                .in(state);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = FIRST)
    void rfc9293_3_10_5_abortResetsUnlessBothEndsHaveClosed(TcpState state) {
        Script s = Script.of(state).abort();
        if (state != TcpState.CLOSING && state != TcpState.LAST_ACK && state != TcpState.TIME_WAIT) {
            s.reset(sndNxt(state));
        }
        s.nothingMore().closed(CloseReason.ABORTED);
    }

    @ParameterizedTest
    @EnumSource(names = {"FIN_WAIT_1", "CLOSING", "LAST_ACK"})
    void lostFinIsSentAgainAndGivenUpInTheEnd(TcpState state) {
        Script s = Script.of(state);
        s.settings.retries = 3;
        for (long ms : new long[] {200, 400, 800}) {
            s.pass(ms - 1)
                    .nothingMore()
                    .pass(1)
                    .expect(FIN | ACK, 1, rcvNxt(state))
                    .nothingMore();
        }
        s.pass(1600).nothingMore().closed(CloseReason.TIMED_OUT);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = FIRST)
    void icmpErrorDoesNotEndASynchronizedConnection(TcpState state) {
        Script s = Script.of(state);
        s.c.icmpError(CloseReason.HOST_UNREACHABLE, Script.ISS + 1, s.nowNs);
        s.turn().nothingMore().in(state);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = FIRST)
    void refusedEmissionChangesNothing(TcpState state) {
        Script s = Script.of(state);
        s.refuse = true;
        s.inject(ACK, rcvNxt(state) - 10, sndUna(state), 10);
        assertThat(s.sent).isEmpty();
        assertThat(s.c.wantsOutput()).isTrue();
        s.refuse = false;
        s.turn().expect(ACK, sndNxt(state), rcvNxt(state)).nothingMore();
    }
}
