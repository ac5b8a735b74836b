/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.wire.TcpSegment.ACK;
import static org.mtcp4j.wire.TcpSegment.FIN;
import static org.mtcp4j.wire.TcpSegment.PSH;
import static org.mtcp4j.wire.TcpSegment.RST;
import static org.mtcp4j.wire.TcpSegment.SYN;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.mtcp4j.wire.TcpSegment;

/**
 * A connection with a hand-played peer, in virtual time. Sequence numbers are relative: 0 is a SYN, 1 the first byte, on both sides.
 * The application writes nothing and reads nothing unless told; each action is followed by one output turn.
 */
final class Script implements SegmentSink, ReceiveSink {
    static final long MS = 1_000_000L;
    static final int ISS = 0x7FFF_FF00;
    static final int IRS = -100;
    static final int MSS = 1000;
    static final int WINDOW = 20_000;

    /** A segment as it left, numbers relative. */
    record Sent(
            int flags,
            int seq,
            int ack,
            int window,
            long position,
            int bytes,
            int mss,
            int scale,
            int tsVal,
            int tsEcr,
            boolean sackPermitted,
            List<Integer> sack,
            int urgentPointer,
            boolean ecnCapable) {}

    /** A call of the receive sink. */
    record Placed(long position, int offset, int bytes) {}

    final TcpCounters stats;
    final TcpSettings settings = new TcpSettings();
    final Connection c;
    final ArrayDeque<Sent> sent = new ArrayDeque<>();
    final List<Placed> placed = new ArrayList<>();
    final TcpSegment in = new TcpSegment();
    long nowNs = 10_000 * MS;
    int peerWindow = WINDOW;
    boolean refuse;
    boolean storageFull;
    boolean storageShort;
    private long written;
    private long read;

    /** With NewReno: its windows are whole numbers. */
    Script() {
        this(TcpSettings.Algorithm.NEW_RENO);
    }

    Script(TcpSettings.Algorithm congestion) {
        this(congestion, new TcpCounters());
    }

    /** @param stats of all connections of its context */
    Script(TcpSettings.Algorithm congestion, TcpCounters stats) {
        this.stats = stats;
        settings.congestion = congestion;
        settings.receiveMssBytes = MSS;
        settings.maxEmitBytes = 0;
        settings.receiveBufferBytes = 10_000;
        settings.timestamps = false;
        settings.windowScaling = false;
        c = new Connection(settings, this, this, stats);
    }

    // ---- a fixture a state
    // --------------------------------------------------------------------------------------------
    static Script synSent() {
        Script s = new Script();
        s.open();
        return s;
    }

    static Script synReceived() {
        Script s = new Script();
        s.listen();
        return s;
    }

    static Script established() {
        return established(new TcpCounters());
    }

    static Script established(TcpCounters stats) {
        Script s = new Script(TcpSettings.Algorithm.NEW_RENO, stats);
        s.open();
        s.inject(SYN | ACK, 0, 1, 0).expect(ACK, 1, 1).nothingMore();
        s.c.quickAcksLeft = 0;
        return s.in(TcpState.ESTABLISHED);
    }

    static Script finWait1() {
        Script s = established();
        s.c.shutdownOutput(s.nowNs);
        return s.turn().expect(FIN | ACK, 1, 1).nothingMore().in(TcpState.FIN_WAIT_1);
    }

    static Script finWait2() {
        return finWait1().inject(ACK, 1, 2, 0).nothingMore().in(TcpState.FIN_WAIT_2);
    }

    static Script closing() {
        return finWait1()
                .inject(FIN | ACK, 1, 1, 0)
                .expect(ACK, 2, 2)
                .nothingMore()
                .in(TcpState.CLOSING);
    }

    static Script timeWait() {
        return finWait2()
                .inject(FIN | ACK, 1, 2, 0)
                .expect(ACK, 2, 2)
                .nothingMore()
                .in(TcpState.TIME_WAIT);
    }

    static Script closeWait() {
        return established()
                .inject(FIN | ACK, 1, 1, 0)
                .expect(ACK, 1, 2)
                .nothingMore()
                .in(TcpState.CLOSE_WAIT);
    }

    static Script lastAck() {
        Script s = closeWait();
        s.c.shutdownOutput(s.nowNs);
        return s.turn().expect(FIN | ACK, 1, 2).nothingMore().in(TcpState.LAST_ACK);
    }

    static Script of(TcpState state) {
        return switch (state) {
            case SYN_SENT -> synSent();
            case SYN_RECEIVED -> synReceived();
            case ESTABLISHED -> established();
            case FIN_WAIT_1 -> finWait1();
            case FIN_WAIT_2 -> finWait2();
            case CLOSING -> closing();
            case TIME_WAIT -> timeWait();
            case CLOSE_WAIT -> closeWait();
            case LAST_ACK -> lastAck();
            default -> throw new IllegalArgumentException(state.toString());
        };
    }

    Script open() {
        c.openActive(ISS, nowNs);
        return turn().expect(SYN, 0, null).nothingMore().in(TcpState.SYN_SENT);
    }

    Script listen() {
        fill(SYN, 0, 0, 0);
        c.openPassive(in, ISS, nowNs);
        return turn().expect(SYN | ACK, 0, 1).nothingMore().in(TcpState.SYN_RECEIVED);
    }

    // ---- what happens
    // -------------------------------------------------------------------------------------------------
    /** A segment arrives: flags, relative numbers, payload. */
    Script inject(int flags, int seq, int ack, int bytes) {
        arrive(flags, seq, ack, bytes);
        return turn();
    }

    /** Same, but more of the same round follows. */
    Script arrive(int flags, int seq, int ack, int bytes) {
        fill(flags, seq, ack, bytes);
        c.arrives(in, nowNs);
        return this;
    }

    /** Fills {@link #in}; options off. */
    void fill(int flags, int seq, int ack, int bytes) {
        in.clearOptions();
        in.flags = flags;
        in.seq = IRS + seq;
        in.ack = (flags & ACK) != 0 ? ISS + ack : 0;
        in.window = peerWindow;
        in.urgentPointer = 0;
        in.congestionExperienced = false;
        in.payloadOffset = 5000;
        in.payloadBytes = bytes;
        if ((flags & SYN) != 0) {
            in.mss = MSS;
        }
    }

    /** {@link #in} arrives as it stands. */
    Script injectFilled() {
        c.arrives(in, nowNs);
        return turn();
    }

    Script turn() {
        c.output(nowNs);
        return this;
    }

    Script write(int bytes) {
        written += bytes;
        c.sendLimit(written, nowNs);
        return turn();
    }

    Script read(int bytes) {
        read += bytes;
        c.readUpTo(read, nowNs);
        return turn();
    }

    Script shutdown() {
        c.shutdownOutput(nowNs);
        return turn();
    }

    Script close() {
        c.close(nowNs);
        return turn();
    }

    Script abort() {
        c.abort(nowNs);
        return turn();
    }

    /** Time passes; deadlines on the way are kept. */
    Script pass(long ms) {
        long untilNs = nowNs + ms * MS;
        while (c.nextDeadlineNs() <= untilNs) {
            nowNs = Math.max(nowNs, c.nextDeadlineNs());
            c.expire(nowNs);
            c.output(nowNs);
        }
        nowNs = untilNs;
        return this;
    }

    // ---- what must come of it
    // -----------------------------------------------------------------------------------------
    Script expect(int flags, int seq, Integer ack) {
        return expect(flags, seq, ack, 0);
    }

    /** The next segment sent; PSH is left out of account. */
    Script expect(int flags, int seq, Integer ack, int bytes) {
        Sent s = next();
        assertThat(s.flags & ~PSH).as("flags of %s", s).isEqualTo(flags);
        assertThat(s.seq).as("seq of %s", s).isEqualTo(seq);
        assertThat(s.bytes).as("payload of %s", s).isEqualTo(bytes);
        if (ack != null) {
            assertThat(s.ack).as("ack of %s", s).isEqualTo(ack);
        }
        if (bytes > 0) {
            assertThat(s.position).as("position of %s", s).isEqualTo(seq - 1);
        }
        return this;
    }

    Sent next() {
        assertThat(sent).as("a segment in state " + c.state).isNotEmpty();
        return sent.removeFirst();
    }

    Script data(int seq, int bytes) {
        return expect(ACK, seq, null, bytes);
    }

    Script ack(int ack) {
        Sent s = next();
        assertThat(s.flags).as("flags of %s", s).isEqualTo(ACK);
        assertThat(s.bytes).as("payload of %s", s).isZero();
        assertThat(s.ack).as("ack of %s", s).isEqualTo(ack);
        return this;
    }

    /** RST of our own accord, or a bare one as reply. */
    Script reset(int seq) {
        Sent s = next();
        assertThat(s.flags & ~ACK).as("flags of %s", s).isEqualTo(RST);
        assertThat(s.seq).as("seq of %s", s).isEqualTo(seq);
        return this;
    }

    Script nothingMore() {
        assertThat(sent).as("nothing sent in state " + c.state).isEmpty();
        assertThat(c.wantsOutput()).as("wants output").isFalse();
        return this;
    }

    Script nothingDue() {
        assertThat(c.wantsOutput()).as("wants output").isFalse();
        return this;
    }

    Script in(TcpState state) {
        assertThat(c.state()).isEqualTo(state);
        return this;
    }

    Script closed(CloseReason reason) {
        assertThat(c.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
        assertThat(c.closeReason()).isEqualTo(reason);
        return in(TcpState.CLOSED);
    }

    Script received(long position) {
        assertThat(c.receivedPosition()).isEqualTo(position);
        return this;
    }

    Script acked(long position) {
        assertThat(c.ackedPosition()).isEqualTo(position);
        return this;
    }

    // ---- sinks
    // --------------------------------------------------------------------------------------------------------
    @Override
    public boolean emit(Connection connection, SegmentOut s) {
        if (refuse) {
            return false;
        }
        boolean acks = s.has(ACK);
        sent.add(new Sent(
                s.flags,
                s.seq - ISS,
                acks ? s.ack - IRS : 0,
                s.window,
                s.payloadPosition,
                s.payloadBytes,
                s.mss,
                s.windowScale,
                s.timestamps ? s.tsVal : 0,
                s.timestamps ? s.tsEcr : 0,
                s.sackPermitted,
                edges(s),
                s.urgentPointer,
                s.ecnCapable));
        return true;
    }

    private static List<Integer> edges(SegmentOut s) {
        List<Integer> edges = new ArrayList<>();
        for (int i = 0; i < 2 * s.sackBlocks; i++) {
            edges.add(s.sackEdges[i] - IRS);
        }
        return edges;
    }

    @Override
    public boolean place(Connection connection, long streamPosition, int payloadOffset, int lengthBytes) {
        if (storageFull) {
            return false;
        }
        placed.add(new Placed(streamPosition, payloadOffset, lengthBytes));
        return true;
    }

    @Override
    public boolean mayGrow(int bytes) {
        return !storageShort;
    }
}
