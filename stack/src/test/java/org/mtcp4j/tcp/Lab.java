/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.Consumer;
import org.mtcp4j.wire.TcpSegment;

/**
 * Flows of two real connections each through one bottleneck, in virtual time; everything follows from the seed. Segments travel as
 * numbers, without payload, so that a simulated gigabit costs little. Data goes forward through rate, queue and faults, and
 * acknowledgements back over a path of the same delay.
 */
final class Lab {
    static final long MS = 1_000_000L;
    static final long SECOND = 1_000_000_000L;
    /** Ethernet, IP and TCP headers with timestamps, preamble and gap left out. */
    private static final int HEADER_BYTES = 66;

    // ---- the path
    double bitsPerSecond = 1e9;
    long delayNs = 10 * MS;
    long queueBytes = Long.MAX_VALUE;
    double lossRate;
    double ackLossRate;
    double reorderRate;
    /** How much later a reordered segment comes. */
    long reorderDelayNs = 2 * MS;

    double duplicateRate;
    final Random random;
    long nowNs = SECOND;
    final List<Peer> senders = new ArrayList<>();
    private final List<Peer> peers = new ArrayList<>();
    private final PriorityQueue<Packet> packets = new PriorityQueue<>();
    private final ArrayDeque<Packet> free = new ArrayDeque<>();
    private long linkFreeNs;
    private long order;
    long queueDrops;
    long longestQueueBytes;

    Lab(long seed) {
        random = new Random(seed);
    }

    private static final class Packet implements Comparable<Packet> {
        long atNs;
        long order;
        Peer to;
        final TcpSegment segment = new TcpSegment();

        @Override
        public int compareTo(Packet o) {
            return atNs != o.atNs ? Long.compare(atNs, o.atNs) : Long.compare(order, o.order);
        }
    }

    /** One end of a flow. The sender's application writes without end, the receiver's reads at once. */
    final class Peer implements SegmentSink, ReceiveSink {
        final TcpCounters stats = new TcpCounters();
        final TcpSettings settings = new TcpSettings();
        final boolean forward;
        Connection connection;
        Peer other;
        long sendBufferBytes = 1L << 30;
        /** Up to here the send buffer grows; 0 for never. */
        long sendBufferMostBytes;

        /** The application's own pace, in bytes a second; 0 for no limit. */
        long bytesPerSecond;

        /** No more storage to grow into. */
        boolean storageShort;

        long bytesToSend = Long.MAX_VALUE;
        private long startNs;

        Peer(boolean forward) {
            this.forward = forward;
        }

        @Override
        public boolean emit(Connection c, SegmentOut s) {
            int left = s.payloadBytes;
            int at = s.seq;
            do {
                int bytes = Math.min(left, s.segmentBytes);
                transmit(this, s, at, bytes, bytes == left);
                at += bytes;
                left -= bytes;
            } while (left > 0);
            return true;
        }

        @Override
        public boolean place(Connection c, long streamPosition, int payloadOffset, int lengthBytes) {
            return true;
        }

        @Override
        public boolean mayGrow(int bytes) {
            return !storageShort;
        }

        long goodput(long sinceBytes, long elapsedNs) {
            return (long) ((other.connection.receivedPosition() - sinceBytes) * 8e9 / elapsedNs);
        }

        private void turn() {
            Connection c = connection;
            if (nowNs >= c.nextDeadlineNs()) {
                c.expire(nowNs);
            }
            if (forward && c.state() == TcpState.ESTABLISHED) {
                sendBufferBytes = Math.max(sendBufferBytes, Math.min(sendBufferMostBytes, c.wantedSendBufferBytes()));
                long limit = Math.min(bytesToSend, c.ackedPosition() + sendBufferBytes);
                if (bytesPerSecond > 0) {
                    limit = Math.min(limit, (long) ((nowNs - startNs) / 1e9 * bytesPerSecond));
                }
                c.sendLimit(limit, nowNs);
            }
            c.readUpTo(c.receivedPosition(), nowNs);
            c.output(nowNs);
        }
    }

    /** A flow from the sender returned; it starts at once. */
    Peer flow(Consumer<TcpSettings> settings) {
        Peer sender = new Peer(true);
        Peer receiver = new Peer(false);
        sender.other = receiver;
        receiver.other = sender;
        settings.accept(sender.settings);
        settings.accept(receiver.settings);
        sender.settings.timestampOffset = random.nextInt();
        sender.startNs = nowNs;
        sender.connection = new Connection(sender.settings, sender, sender, sender.stats);
        receiver.connection = new Connection(receiver.settings, receiver, receiver, receiver.stats);
        sender.connection.openActive(random.nextInt(), nowNs);
        senders.add(sender);
        peers.add(sender);
        peers.add(receiver);
        sender.turn();
        return sender;
    }

    private void transmit(Peer from, SegmentOut s, int seq, int bytes, boolean last) {
        if (random.nextDouble() < (from.forward ? lossRate : ackLossRate)) {
            return;
        }
        long atNs = nowNs;
        if (from.forward) {
            long queued = (long) (Math.max(0, linkFreeNs - nowNs) * bitsPerSecond / 8e9);
            if (queued + bytes > queueBytes) {
                queueDrops++;
                return;
            }
            longestQueueBytes = Math.max(longestQueueBytes, queued);
            linkFreeNs = Math.max(linkFreeNs, nowNs) + (long) ((bytes + HEADER_BYTES) * 8e9 / bitsPerSecond);
            atNs = linkFreeNs;
        }
        atNs += delayNs;
        if (random.nextDouble() < reorderRate) {
            atNs += reorderDelayNs;
        }
        deliver(from.other, s, seq, bytes, last, atNs);
        if (random.nextDouble() < duplicateRate) {
            deliver(from.other, s, seq, bytes, last, atNs);
        }
    }

    private void deliver(Peer to, SegmentOut s, int seq, int bytes, boolean last, long atNs) {
        Packet p = free.isEmpty() ? new Packet() : free.pop();
        p.atNs = atNs;
        p.order = order++;
        p.to = to;
        TcpSegment t = p.segment;
        t.clearOptions();
        t.seq = seq;
        t.ack = s.ack;
        t.flags = last ? s.flags : s.flags & ~(TcpSegment.FIN | TcpSegment.PSH);
        t.window = s.window;
        t.urgentPointer = s.urgentPointer;
        t.mss = s.mss;
        t.windowScale = s.windowScale;
        t.sackPermitted = s.sackPermitted;
        t.timestamps = s.timestamps;
        t.tsVal = s.tsVal;
        t.tsEcr = s.tsEcr;
        t.sackBlocks = s.sackBlocks;
        System.arraycopy(s.sackEdges, 0, t.sackEdges, 0, 2 * s.sackBlocks);
        t.payloadBytes = bytes;
        packets.add(p);
    }

    /** Lets so much time pass. */
    void run(long forNs) {
        long endNs = nowNs + forNs;
        while (true) {
            Packet first = packets.peek();
            long nextNs = first == null ? Long.MAX_VALUE : first.atNs;
            Peer due = null;
            for (Peer peer : peers) {
                long deadlineNs = peer.connection.nextDeadlineNs();
                if (peer.bytesPerSecond > 0) {
                    deadlineNs = Math.min(deadlineNs, nowNs + MS);
                }
                if (deadlineNs < nextNs) {
                    nextNs = deadlineNs;
                    due = peer;
                }
            }
            if (nextNs > endNs) {
                nowNs = endNs;
                return;
            }
            nowNs = Math.max(nowNs, nextNs);
            if (due == null) {
                packets.poll();
                due = first.to;
                arrive(first);
            }
            due.turn();
        }
    }

    private void arrive(Packet p) {
        Connection c = p.to.connection;
        if (c.state() == TcpState.CLOSED) {
            if (p.segment.has(TcpSegment.SYN) && !p.segment.has(TcpSegment.ACK) && c.irs == 0) {
                c.openPassive(p.segment, random.nextInt(), nowNs);
            }
        } else {
            c.arrives(p.segment, nowNs);
        }
        free.push(p);
    }
}
