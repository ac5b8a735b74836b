/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.function.IntUnaryOperator;
import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpSegment;

/**
 * Segments and calls, numbers near the edges, as dice or a fuzzer will have them; and what must hold whatever they are: data outside of the
 * window is not taken, acknowledged data has been stored, no edge of the send sequence goes back, memory stays within its caps.
 */
final class HostilePeer {
    static final TcpState[] STATES = {
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

    /** A number below the argument, or any number for 0. */
    private final IntUnaryOperator dice;

    private final Script s;
    private final BitSet stored = new BitSet();
    private long read;
    private long receivedBefore;
    private long rightEdgeBefore;
    private int sndUnaBefore;
    private long ackedBefore;

    HostilePeer(IntUnaryOperator dice) {
        this.dice = dice;
        s = Script.of(STATES[dice.applyAsInt(STATES.length)]);
    }

    TcpState state() {
        return s.c.state();
    }

    /** @throws AssertionError where something does not hold */
    void step() {
        Connection c = s.c;
        receivedBefore = c.receivedPosition();
        rightEdgeBefore = c.state().isSynchronized() ? receivedBefore + (c.rcvAdv - c.rcvNxt) : Long.MAX_VALUE;
        sndUnaBefore = c.sndUna;
        ackedBefore = c.ackedPosition;
        act();
        invariants();
    }

    private int dice(int bound) {
        return dice.applyAsInt(bound);
    }

    private boolean coin() {
        return dice(2) == 0;
    }

    private void act() {
        s.refuse = dice(10) == 0;
        s.storageFull = dice(20) == 0;
        switch (dice(16)) {
            case 0 -> s.write(dice(3000));
            case 1 -> s.pass(dice(2000));
            case 2 -> readSome();
            case 3 -> {
                if (dice(5) == 0) {
                    s.shutdown();
                }
            }
            case 4 -> {
                if (dice(10) == 0) {
                    s.close();
                }
            }
            case 5 -> {
                s.c.icmpError(CloseReason.HOST_UNREACHABLE, Script.ISS + dice(3) - 1, s.nowNs);
                s.turn();
            }
            case 6 -> {
                s.settings.noDelay = coin();
                s.settings.keepAlive = coin();
                s.settings.receiveBufferBytes = 2000 + dice(60_000);
                s.c.settingsChanged(s.nowNs);
                s.turn();
            }
            default -> segment();
        }
    }

    private void readSome() {
        long readable = s.c.receivedPosition() - read;
        if (readable > 0) {
            int bytes = 1 + dice((int) readable);
            read += bytes;
            s.read(bytes);
        }
    }

    private void segment() {
        Connection c = s.c;
        int flags = dice(3) == 0 ? dice(256) : TcpSegment.ACK;
        if (dice(4) != 0) {
            flags &= ~(TcpSegment.RST | TcpSegment.SYN);
        }
        s.fill(flags, 0, 0, coin() ? 0 : dice(2000));
        s.in.seq = near(coin() ? c.rcvNxt : coin() ? c.rcvAdv : c.irs);
        s.in.ack = near(coin() ? c.sndMax : coin() ? c.sndUna : c.sndNxt);
        s.in.window = dice(3) == 0 ? dice(65536) : dice(3) * 1000;
        s.in.urgentPointer = dice(65536);
        s.in.mss = dice(65536);
        s.in.windowScale = dice(16) - 1;
        s.in.timestamps = dice(4) == 0;
        s.in.tsVal = dice(0);
        s.in.tsEcr = dice(0);
        s.injectFilled();
    }

    private int near(int seq) {
        return switch (dice(8)) {
            case 0, 1, 2, 3 -> seq;
            case 4 -> seq + dice(3) - 1;
            case 5 -> seq + dice(4000) - 2000;
            case 6 -> seq + dice(100_000) - 50_000;
            default -> dice(0);
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
        storedWithinTheWindow();
        sequence();
        for (Script.Sent x : s.sent) {
            assertThat(x.position() + x.bytes()).isLessThanOrEqualTo(c.sendLimit);
            assertThat(x.window()).isBetween(0, 65535);
        }
        s.sent.clear();
    }

    private void storedWithinTheWindow() {
        for (Script.Placed p : s.placed) {
            assertThat(p.bytes()).isPositive();
            assertThat(p.offset()).isBetween(5000, 7000);
            assertThat(p.position()).as("not what was there before").isGreaterThanOrEqualTo(receivedBefore);
            assertThat(p.position() + p.bytes()).as("within the window").isLessThanOrEqualTo(rightEdgeBefore);
            stored.set((int) p.position(), (int) p.position() + p.bytes());
        }
        s.placed.clear();
        assertThat(s.c.receivedPosition()).isGreaterThanOrEqualTo(receivedBefore);
        assertThat((long) stored.nextClearBit(0))
                .as("what is acknowledged has been stored")
                .isGreaterThanOrEqualTo(s.c.receivedPosition());
    }

    private void sequence() {
        Connection c = s.c;
        assertThat(c.ackedPosition).isGreaterThanOrEqualTo(ackedBefore);
        if (c.state() != TcpState.CLOSED && c.state() != TcpState.LISTEN) {
            assertThat(Seq.geq(c.sndUna, sndUnaBefore)).as("SND.UNA goes back").isTrue();
        }
        assertThat(c.reassembly == null ? 0 : c.reassembly.ranges()).isLessThanOrEqualTo(Reassembly.MAX_RANGES);
        if (c.recovery instanceof SackRecovery sack) {
            assertThat(sack.spans()).isLessThanOrEqualTo(Scoreboard.MAX_SPANS);
        }
    }
}
