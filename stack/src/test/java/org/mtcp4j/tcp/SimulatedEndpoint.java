/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import java.nio.ByteBuffer;
import java.util.Random;
import org.mtcp4j.wire.TcpHeader;
import org.mtcp4j.wire.TcpSegment;

/** One end of a simulated transfer: a connection, arrays as its storage, and an application that writes, reads and closes. */
final class SimulatedEndpoint implements SegmentSink, ReceiveSink {
    private static final int SEND_BUFFER_BYTES = 256 * 1024;

    final TcpCounters stats = new TcpCounters();
    final TcpSettings settings;
    final Connection connection;
    final byte[] toSend;
    final byte[] received;
    private final SimulatedNetwork network;
    private final Random random;
    private final double refuseRate;
    private final boolean slowReader;
    private final TcpSegment segment = new TcpSegment();
    private ByteBuffer arriving;
    private long readPosition;
    private boolean closed;
    SimulatedEndpoint peer;

    SimulatedEndpoint(
            SimulatedNetwork network, TcpSettings settings, byte[] toSend, int receivedBytes, boolean slowReader) {
        this.network = network;
        this.random = network.random;
        this.settings = settings;
        this.toSend = toSend;
        this.received = new byte[receivedBytes];
        this.slowReader = slowReader;
        this.refuseRate = network.refuseRate;
        this.connection = new Connection(settings, this, this, stats);
    }

    @Override
    public boolean emit(Connection c, SegmentOut s) {
        if (random.nextDouble() < refuseRate) {
            return false;
        }
        int seq = s.seq;
        int flags = s.flags;
        int left = s.payloadBytes;
        int at = (int) s.payloadPosition;
        do {
            int bytes = Math.min(left, s.segmentBytes);
            s.flags = bytes == left ? flags : flags & ~(TcpSegment.FIN | TcpSegment.PSH);
            ByteBuffer packet = ByteBuffer.allocate(SegmentWriter.headerBytes(s) + bytes);
            int header = SegmentWriter.write(packet, 0, 1000, 2000, s);
            packet.put(header, toSend, at, bytes);
            network.transmit(peer, packet);
            s.seq += bytes;
            at += bytes;
            left -= bytes;
        } while (left > 0);
        s.seq = seq;
        return true;
    }

    @Override
    public boolean place(Connection c, long streamPosition, int payloadOffset, int lengthBytes) {
        if (random.nextDouble() < refuseRate) {
            return false;
        }
        arriving.get(payloadOffset, received, (int) streamPosition, lengthBytes);
        return true;
    }

    void receive(ByteBuffer packet, long nowNs) {
        arriving = packet;
        if (TcpHeader.parse(packet, 0, packet.limit(), segment) != TcpHeader.OK) {
            throw new AssertionError("malformed: " + packet);
        }
        if (connection.state() == TcpState.CLOSED && !passiveOpen(nowNs)) {
            return;
        }
        connection.arrives(segment, nowNs);
    }

    private boolean passiveOpen(long nowNs) {
        if (segment.has(TcpSegment.SYN) && !segment.has(TcpSegment.ACK) && connection.irs == 0 && !closed) {
            connection.openPassive(segment, random.nextInt(), nowNs);
        }
        return false;
    }

    /** The application's turn. */
    void run(long nowNs) {
        Connection c = connection;
        if (c.state() == TcpState.CLOSED) {
            return;
        }
        c.sendLimit(Math.min(toSend.length, c.ackedPosition() + SEND_BUFFER_BYTES), nowNs);
        if (c.sendLimit == toSend.length) {
            c.shutdownOutput(nowNs);
        }
        long readable = c.receivedPosition() - readPosition;
        if (readable > 0 && (!slowReader || random.nextInt(20) == 0)) {
            readPosition += slowReader ? 1 + (long) (random.nextDouble() * (readable - 1)) : readable;
            c.readUpTo(readPosition, nowNs);
        }
        // Who closes before what was written has arrived leaves an orphan, which is given up after 100 s of silence.
        boolean delivered = c.ackedPosition() == toSend.length;
        if (c.finReceived() && readPosition == received.length && c.finQueued && delivered && !closed) {
            closed = true;
            c.close(nowNs);
        }
    }

    boolean hasUnread() {
        return connection.receivedPosition() > readPosition;
    }

    boolean isDone() {
        return connection.irs != 0 && connection.state() == TcpState.CLOSED;
    }

    @Override
    public String toString() {
        Connection c = connection;
        return c.state() + "/" + c.closeReason() + " acked " + c.ackedPosition() + " of " + toSend.length + " received "
                + c.receivedPosition() + " of " + received.length + " read " + readPosition + " wnd " + c.sndWnd
                + " cwnd " + c.congestion.windowBytes() + " flight " + (c.sndMax - c.sndUna) + " due " + c.due + " rto "
                + c.rtt.rtoNs(settings) / 1_000_000 + " ms, timeouts " + stats.timeouts + " fast "
                + stats.fastRetransmits
                + " retrans " + stats.retransSegs + " out " + stats.outSegs + " probes " + stats.zeroWindowProbes;
    }
}
