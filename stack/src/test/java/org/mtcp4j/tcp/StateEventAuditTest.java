/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.FIN;
import static org.mtcp4j.wire.TcpSegment.PSH;
import static org.mtcp4j.wire.TcpSegment.RST;
import static org.mtcp4j.wire.TcpSegment.SYN;
import static org.mtcp4j.wire.TcpSegment.URG;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every state against every event: what is sent, and which state follows, by the table {@code docs/state-event.md}, whose rows name the clauses.
 * A cell that is missing fails, and so does an event or a state that the table does not know. LISTEN is no state of a connection here:
 * {@code ListenEventTest} has it, and CLOSED with segments.
 */
class StateEventAuditTest {
    private static final int BEYOND = 20_000;

    private static final List<TcpState> STATES = List.of(HostilePeer.STATES);

    /** What may happen; numbers are relative to RCV.NXT, and acknowledge what the peer has acknowledged, if not told otherwise. */
    enum Event {
        SYN_AT_NEXT,
        SYN_IN_WINDOW,
        SYN_OUT_OF_WINDOW,
        SYN_ACK_AT_NEXT,
        SYN_ACK_OF_UNSENT,
        SYN_ACK_OUT_OF_WINDOW,
        ACK_REPEATED,
        ACK_OF_ALL,
        ACK_OF_UNSENT,
        ACK_TOO_OLD,
        ACK_OUT_OF_WINDOW,
        DATA_AT_NEXT,
        DATA_AHEAD_OF_A_GAP,
        DATA_BELOW_WINDOW,
        DATA_BEYOND_WINDOW,
        DATA_WITHOUT_ACK,
        FIN_AT_NEXT,
        FIN_AHEAD_OF_A_GAP,
        FIN_OUT_OF_WINDOW,
        RST_AT_NEXT,
        RST_IN_WINDOW,
        RST_OUT_OF_WINDOW,
        URGENT_AT_NEXT,
        URGENT_OUT_OF_WINDOW,
        ICMP_PORT_UNREACHABLE,
        ICMP_OF_UNSENT,
        WRITE,
        SHUTDOWN,
        CLOSE,
        ABORT,
        TIMEOUT_ONCE,
        TIMEOUT_FOR_EVER
    }

    private static int rcvNxt(TcpState state) {
        return switch (state) {
            case SYN_SENT -> 0;
            case CLOSE_WAIT, LAST_ACK, CLOSING, TIME_WAIT -> 2;
            default -> 1;
        };
    }

    private static int sndUna(TcpState state) {
        return switch (state) {
            case SYN_SENT, SYN_RECEIVED -> 0;
            case FIN_WAIT_2, TIME_WAIT -> 2;
            default -> 1;
        };
    }

    private static int sndNxt(TcpState state) {
        return switch (state) {
            case SYN_SENT, SYN_RECEIVED, ESTABLISHED, CLOSE_WAIT -> 1;
            default -> 2;
        };
    }

    private static Script happens(TcpState state, Event event) {
        Script s = Script.of(state);
        int next = rcvNxt(state);
        int una = Math.max(sndUna(state), 1);
        return switch (event) {
            case SYN_AT_NEXT -> s.inject(SYN, next, 0, 0);
            case SYN_IN_WINDOW -> s.inject(SYN, next + 10, 0, 0);
            case SYN_OUT_OF_WINDOW -> s.inject(SYN, next - BEYOND, 0, 0);
            case SYN_ACK_AT_NEXT -> s.inject(SYN | ACK, next, una, 0);
            case SYN_ACK_OF_UNSENT -> s.inject(SYN | ACK, next, sndNxt(state) + 1, 0);
            case SYN_ACK_OUT_OF_WINDOW -> s.inject(SYN | ACK, next - BEYOND, una, 0);
            case ACK_REPEATED -> s.inject(ACK, next, sndUna(state), 0);
            case ACK_OF_ALL -> s.inject(ACK, next, sndNxt(state), 0);
            case ACK_OF_UNSENT -> s.inject(ACK, next, sndNxt(state) + 1, 0);
            case ACK_TOO_OLD -> s.inject(ACK, next, 1 - 3 * Script.WINDOW, 0);
            case ACK_OUT_OF_WINDOW -> s.inject(ACK, next - 10, una, 0);
            case DATA_AT_NEXT -> s.inject(ACK, next, una, 10);
            case DATA_AHEAD_OF_A_GAP -> s.inject(ACK, next + 10, una, 10);
            case DATA_BELOW_WINDOW -> s.inject(ACK, next - 10, una, 10);
            case DATA_BEYOND_WINDOW -> s.inject(ACK, next + BEYOND, una, 10);
            case DATA_WITHOUT_ACK -> s.inject(0, next, 0, 10);
            case FIN_AT_NEXT -> s.inject(FIN | ACK, next, una, 0);
            case FIN_AHEAD_OF_A_GAP -> s.inject(FIN | ACK, next + 10, una, 0);
            case FIN_OUT_OF_WINDOW -> s.inject(FIN | ACK, next - 10, una, 0);
            case RST_AT_NEXT -> s.inject(state == TcpState.SYN_SENT ? RST | ACK : RST, next, una, 0);
            case RST_IN_WINDOW -> s.inject(RST, next + 10, 0, 0);
            case RST_OUT_OF_WINDOW -> s.inject(RST, next - 10, 0, 0);
            case URGENT_AT_NEXT -> urgent(s, next, una);
            case URGENT_OUT_OF_WINDOW -> urgent(s, next - 10, una);
            case ICMP_PORT_UNREACHABLE -> icmp(s, Math.min(sndUna(state), sndNxt(state) - 1));
            case ICMP_OF_UNSENT -> icmp(s, sndNxt(state) + 1000);
            case WRITE -> s.write(10);
            case SHUTDOWN -> s.shutdown();
            case CLOSE -> s.close();
            case ABORT -> s.abort();
            case TIMEOUT_ONCE -> s.pass(1_000);
            case TIMEOUT_FOR_EVER -> s.pass(4 * 3_600_000L);
        };
    }

    private static Script urgent(Script s, int seq, int ack) {
        s.fill(ACK | URG, seq, ack, 3);
        s.in.urgentPointer = 3;
        return s.injectFilled();
    }

    private static Script icmp(Script s, int seq) {
        s.c.icmpError(CloseReason.REFUSED, Script.ISS + seq, s.nowNs);
        return s.turn();
    }

    /** What was sent, each kind once, and the state after it. */
    private static String outcome(TcpState state, Event event) {
        Script s = happens(state, event);
        String sent = s.sent.stream().map(StateEventAuditTest::kind).distinct().collect(Collectors.joining("+"));
        String now = s.c.state() == state ? "stays" : s.c.state().name().replace('_', '-');
        if (s.c.state() == TcpState.CLOSED) {
            now += " " + s.c.closeReason();
        }
        return (sent.isEmpty() ? "" : sent + ", ") + now;
    }

    private static String kind(Script.Sent s) {
        int flags = s.flags() & ~PSH;
        String name = (flags & RST) != 0
                ? "RST"
                : Stream.of(
                                (flags & SYN) != 0 ? "SYN" : "",
                                (flags & FIN) != 0 ? "FIN" : "",
                                (flags & ACK) != 0 ? "ACK" : "")
                        .filter(part -> !part.isEmpty())
                        .collect(Collectors.joining("-"));
        return s.bytes() > 0 ? "data" : name;
    }

    // ---- the table
    // ------------------------------------------------------------------------------------------------
    private static Map<Event, List<String>> table() throws IOException {
        Map<Event, List<String>> rows = new EnumMap<>(Event.class);
        for (String line : Files.readAllLines(Path.of("..", "docs", "state-event.md"))) {
            String[] cells = line.split("\\|", -1);
            if (cells.length > 2 && cells[1].strip().matches("[A-Z_]+")) {
                List<String> row = new ArrayList<>();
                for (int i = 2; i < cells.length - 1; i++) {
                    row.add(cells[i].strip());
                }
                assertThat(rows.put(Event.valueOf(cells[1].strip()), row))
                        .as(line)
                        .isNull();
            }
        }
        return rows;
    }

    @Test
    void everyEventHasAClauseAndACellForEveryState() throws IOException {
        Map<Event, List<String>> rows = table();
        assertThat(rows.keySet()).containsExactlyInAnyOrder(Event.values());
        rows.forEach((event, row) -> {
            assertThat(row).as(event.name()).hasSize(1 + STATES.size());
            assertThat(row).as(event.name()).doesNotContain("");
            assertThat(row.get(0)).as("clause of " + event).matches("(RFC )?[0-9]+.*");
        });
        assertThat(STATES).hasSize(TcpState.values().length - 2);
    }

    @ParameterizedTest
    @EnumSource
    void eventDoesInEveryStateWhatTheTableSays(Event event) throws IOException {
        List<String> row = table().get(event);
        List<String> actual =
                STATES.stream().map(state -> outcome(state, event)).toList();
        assertThat(actual).as("%s in %s", event, STATES).isEqualTo(row.subList(1, row.size()));
    }
}
