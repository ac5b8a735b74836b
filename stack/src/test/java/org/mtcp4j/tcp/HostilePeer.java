/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.function.IntUnaryOperator;
import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpFields;
import org.mtcp4j.wire.TcpSegment;

/**
 * Segments and calls, every field and option of them, numbers near the edges, as dice or a fuzzer will have them; and what must hold whatever
 * they are: data outside of the window is not taken, acknowledged data has been stored, no edge of the send sequence goes back, memory stays
 * within its caps, what is sent at once is bounded, and the sink is asked for something each time.
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

    private static final CloseReason[] REASONS = CloseReason.values();
    /** Two seconds of timers, each with a window of the smallest segments at most. */
    private static final int MOST_SENT_A_STEP = 4000;

    /** A number below the argument, or any number for 0. */
    private final IntUnaryOperator dice;

    private final Script s;
    private final BitSet stored = new BitSet();
    private long read;
    private long receivedBefore;
    private long rightEdgeBefore;
    private int sndUnaBefore;
    private long ackedBefore;
    /** The segment before, which may come again, whole or in part. */
    private int lastSeq;

    private int lastBytes;

    HostilePeer(IntUnaryOperator dice) {
        this.dice = dice;
        s = Script.of(STATES[dice.applyAsInt(STATES.length)]);
        s.settings.windowScaling = coin();
        s.settings.timestamps = coin();
        s.settings.maxEmitBytes = dice(3) * 4000;
        if (s.c.state().isSynchronized()) {
            agree(s.c);
        }
    }

    /** What the handshake may have agreed on; the states' fixtures know of no options. */
    private void agree(Connection c) {
        c.sack = dice(4) != 0;
        c.timestamps = coin();
        c.tsRecent = dice(0);
        c.sendScale = (byte) (coin() ? 0 : dice(15));
        c.receiveScale = (byte) dice(4);
        if (coin()) {
            c.congestion.windowBytes(60_000);
            c.sndWnd = 60_000;
            c.maxSndWnd = 60_000;
        }
        if (dice(4) == 0) {
            TcpSegment syn = new TcpSegment();
            syn.flags = TcpSegment.SYN | TcpSegment.ECE | TcpSegment.CWR;
            c.settings.ecnAnswered = true;
            Ecn.agree(c, syn);
        }
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
            case 0 -> s.write(coin() ? dice(3000) : dice(60_000));
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
            case 5 -> icmp();
            case 6 -> {
                s.settings.noDelay = coin();
                s.settings.keepAlive = coin();
                s.settings.receiveBufferBytes = 2000 + dice(60_000);
                s.settings.userTimeoutNs = dice(3) * 30_000L * Script.MS;
                s.settings.quickAck = coin();
                s.c.sendUrgent(s.c.sendLimit + dice(3));
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

    /** Quotes whatever it likes of us. */
    private void icmp() {
        Connection c = s.c;
        int quoted = near(coin() ? c.sndUna : c.sndMax);
        if (coin()) {
            s.c.icmpError(REASONS[dice(REASONS.length)], quoted, s.nowNs);
        } else {
            s.c.pathMtu(coin() ? dice(0) : dice(1500), quoted, s.nowNs);
        }
        s.turn();
    }

    private void segment() {
        Connection c = s.c;
        int flags = dice(3) == 0 ? dice(256) : TcpSegment.ACK;
        if (dice(4) != 0) {
            flags &= ~(TcpSegment.RST | TcpSegment.SYN);
        }
        s.fill(flags, 0, 0, coin() ? 0 : dice(2000));
        s.in.seq = near(coin() ? c.rcvNxt : coin() ? c.rcvAdv : c.irs);
        if (dice(4) == 0) {
            s.in.seq = lastSeq + (coin() ? 0 : dice(lastBytes + 1));
        }
        lastSeq = s.in.seq;
        lastBytes = s.in.payloadBytes;
        s.in.ack = near(coin() ? c.sndMax : coin() ? c.sndUna : c.sndNxt);
        s.in.window = dice(3) == 0 ? dice(65536) : dice(3) * 1000;
        s.in.urgentPointer = coin() ? dice(65536) : dice(4);
        s.in.congestionExperienced = dice(8) == 0;
        s.in.mss = dice(65536);
        s.in.windowScale = dice(16) - 1;
        options(c);
        int rounds = dice(8) == 0 ? 2 : 1;
        for (int i = 1; i < rounds; i++) {
            // A duplicate of the same round.
            s.c.arrives(s.in, s.nowNs);
        }
        s.injectFilled();
    }

    private void options(Connection c) {
        s.in.sackPermitted = coin();
        s.in.timestamps = c.timestamps ? dice(8) != 0 : dice(4) == 0;
        s.in.tsVal = coin() ? near(c.tsRecent) : c.tsRecent;
        s.in.tsEcr = near(Timestamps.value(c, s.nowNs));
        s.in.sackBlocks = coin() ? 0 : dice(TcpFields.MAX_SACK_BLOCKS + 1);
        for (int i = 0; i < s.in.sackBlocks; i++) {
            int left = edge(c);
            // Mostly in order, and of the length that segments have.
            s.in.sackEdges[2 * i] = left;
            s.in.sackEdges[2 * i + 1] = coin() ? left + dice(3) * c.sendMss : edge(c);
        }
    }

    /** An edge of a SACK block: of what is in flight, below it, beyond it, or anywhere. */
    private int edge(Connection c) {
        int inFlight = c.sndMax - c.sndUna;
        return coin() ? c.sndUna + dice(Math.max(inFlight, 0) + 1) : near(coin() ? c.sndUna : c.sndMax);
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

    /** Whatever came: a turn sends no more than the window and some acknowledgements, and nothing that is nothing. */
    private void progress() {
        assertThat(s.sent.size()).as("segments of a step").isLessThan(MOST_SENT_A_STEP);
        assertThat(s.stats.outputCut).as("turns that would not end").isZero();
        assertThat(s.stats.recoveryBroken).as("asked for what was never sent").isZero();
        for (Script.Sent x : s.sent) {
            assertThat(x.bytes()).isNotNegative();
            assertThat(x.position()).isNotNegative();
            int control = TcpSegment.SYN | TcpSegment.FIN | TcpSegment.RST;
            assertThat((x.flags() & (control | TcpSegment.ACK)) != 0).isTrue();
        }
    }

    private void invariants() {
        Connection c = s.c;
        progress();
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
