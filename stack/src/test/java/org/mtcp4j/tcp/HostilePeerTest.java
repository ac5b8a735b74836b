/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpSegment;

/** Segments and calls at random, numbers near the edges: nothing throws, no edge is illegal, the invariants hold. */
class HostilePeerTest {
    private static final int RUNS = 6000;
    private static final int STEPS = 60;
    private static final TcpState[] STATES = {
        TcpState.SYN_SENT,
        TcpState.SYN_RECEIVED,
        TcpState.ESTABLISHED,
        TcpState.FIN_WAIT_1,
        TcpState.FIN_WAIT_2,
        TcpState.CLOSE_WAIT,
        TcpState.CLOSING,
        TcpState.LAST_ACK,
        TcpState.TIME_WAIT
    };

    private Random random;
    private Script s;
    private long read;

    @Test
    void nothingThrowsAndInvariantsHold() {
        Set<TcpState> reached = EnumSet.noneOf(TcpState.class);
        for (long seed = 0; seed < RUNS; seed++) {
            random = new Random(seed);
            s = Script.of(STATES[random.nextInt(STATES.length)]);
            read = 0;
            try {
                for (int i = 0; i < STEPS; i++) {
                    step();
                    invariants();
                    reached.add(s.c.state());
                }
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + " in " + s.c.state(), e);
            }
        }
        assertThat(reached).contains(STATES);
    }

    private void step() {
        s.refuse = random.nextInt(10) == 0;
        s.storageFull = random.nextInt(20) == 0;
        switch (random.nextInt(16)) {
            case 0 -> s.write(random.nextInt(3000));
            case 1 -> s.pass(random.nextInt(2000));
            case 2 -> readSome();
            case 3 -> {
                if (random.nextInt(5) == 0) {
                    s.shutdown();
                }
            }
            case 4 -> {
                if (random.nextInt(10) == 0) {
                    s.close();
                }
            }
            case 5 -> {
                s.c.icmpError(CloseReason.HOST_UNREACHABLE, Script.ISS + random.nextInt(3) - 1, s.nowNs);
                s.turn();
            }
            case 6 -> {
                s.settings.noDelay = random.nextBoolean();
                s.settings.keepAlive = random.nextBoolean();
                s.settings.receiveBufferBytes = 2000 + random.nextInt(60_000);
                s.c.settingsChanged(s.nowNs);
                s.turn();
            }
            default -> segment();
        }
    }

    private void readSome() {
        long readable = s.c.receivedPosition() - read;
        if (readable > 0) {
            int bytes = 1 + random.nextInt((int) readable);
            read += bytes;
            s.read(bytes);
        }
    }

    private void segment() {
        Connection c = s.c;
        int flags = random.nextInt(3) == 0 ? random.nextInt(256) : TcpSegment.ACK;
        if (random.nextInt(4) != 0) {
            flags &= ~(TcpSegment.RST | TcpSegment.SYN);
        }
        s.fill(flags, 0, 0, random.nextBoolean() ? 0 : random.nextInt(2000));
        s.in.seq = near(random.nextBoolean() ? c.rcvNxt : random.nextBoolean() ? c.rcvAdv : c.irs);
        s.in.ack = near(random.nextBoolean() ? c.sndMax : random.nextBoolean() ? c.sndUna : c.sndNxt);
        s.in.window = random.nextInt(3) == 0 ? random.nextInt(65536) : random.nextInt(3) * 1000;
        s.in.urgentPointer = random.nextInt(65536);
        s.in.mss = random.nextInt(65536);
        s.in.windowScale = random.nextInt(16) - 1;
        s.in.timestamps = random.nextInt(4) == 0;
        s.in.tsVal = random.nextInt();
        s.in.tsEcr = random.nextInt();
        s.injectFilled();
    }

    private int near(int seq) {
        return switch (random.nextInt(8)) {
            case 0, 1, 2, 3 -> seq;
            case 4 -> seq + random.nextInt(3) - 1;
            case 5 -> seq + random.nextInt(4000) - 2000;
            case 6 -> seq + random.nextInt(100_000) - 50_000;
            default -> random.nextInt();
        };
    }

    private void invariants() {
        Connection c = s.c;
        assertThat(Seq.leq(c.sndUna, c.sndNxt)).as("SND.UNA <= SND.NXT").isTrue();
        assertThat(Seq.leq(c.sndNxt, c.sndMax)).as("SND.NXT <= SND.MAX").isTrue();
        assertThat(c.ackedPosition).isBetween(0L, c.sendLimit);
        assertThat(c.receivedPosition).isGreaterThanOrEqualTo(read);
        if (c.state().isSynchronized()) {
            assertThat(c.rcvNxt).isEqualTo(c.irs + 1 + (int) c.receivedPosition + (c.finReceived ? 1 : 0));
            assertThat(Seq.leq(c.rcvNxt, c.rcvAdv)).as("RCV.NXT <= right edge").isTrue();
            assertThat(c.congestion.windowBytes()).isPositive();
        }
        if (c.state() == TcpState.CLOSED) {
            assertThat(c.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
            assertThat(c.due & ~ControlBlock.DUE_RESET).isZero();
        } else {
            assertThat(c.closeReason()).isEqualTo(CloseReason.NONE);
            boolean outstanding = c.sndMax != c.sndUna || Sender.hasUnsent(c);
            if (outstanding && c.state().sends()) {
                assertThat(c.nextDeadlineNs() != Long.MAX_VALUE || c.wantsOutput())
                        .as("somebody will see to what is outstanding")
                        .isTrue();
                assertThat(c.retransmitDeadlineNs != Long.MAX_VALUE || c.wantsOutput())
                        .as("a timer, not only keep-alive")
                        .isTrue();
            }
        }
        for (Script.Placed p : s.placed) {
            assertThat(p.bytes()).isPositive();
            assertThat(p.offset()).isBetween(5000, 7000);
        }
        s.placed.clear();
        for (Script.Sent x : s.sent) {
            assertThat(x.position() + x.bytes()).isLessThanOrEqualTo(c.sendLimit);
            assertThat(x.window()).isBetween(0, 65535);
        }
        s.sent.clear();
    }
}
