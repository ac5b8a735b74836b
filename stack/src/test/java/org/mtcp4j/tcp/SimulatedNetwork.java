/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import java.nio.ByteBuffer;
import java.util.PriorityQueue;
import java.util.Random;

/** Two connections and the path between them, in virtual time; everything follows from the seed. */
final class SimulatedNetwork {
    private static final long RETRY_NS = 10_000;
    private static final long READER_POLL_NS = 1_000_000;
    private static final long LIMIT_NS = 3_600_000_000_000L;

    final long seed;
    final Random random;
    double lossRate;
    double reorderRate;
    double duplicateRate;
    /** How often storage and frames run out. */
    double refuseRate;

    long delayNs = 200_000;
    long nowNs = 1_000_000_000L;
    private long order;
    private final PriorityQueue<Packet> packets = new PriorityQueue<>();

    private record Packet(long atNs, long order, SimulatedEndpoint to, ByteBuffer bytes) implements Comparable<Packet> {
        @Override
        public int compareTo(Packet o) {
            return atNs != o.atNs ? Long.compare(atNs, o.atNs) : Long.compare(order, o.order);
        }
    }

    SimulatedNetwork(long seed) {
        this.seed = seed;
        this.random = new Random(seed);
    }

    void transmit(SimulatedEndpoint to, ByteBuffer bytes) {
        if (random.nextDouble() >= lossRate) {
            deliverLater(to, bytes);
        }
        if (random.nextDouble() < duplicateRate) {
            deliverLater(to, bytes);
        }
    }

    private void deliverLater(SimulatedEndpoint to, ByteBuffer bytes) {
        long extraNs = random.nextDouble() < reorderRate ? (long) (random.nextDouble() * 3 * delayNs) : 0;
        packets.add(new Packet(nowNs + delayNs + extraNs, order++, to, bytes));
    }

    /** Runs until both ends are closed and forgotten, or an hour has passed. */
    void run(SimulatedEndpoint a, SimulatedEndpoint b) {
        a.peer = b;
        b.peer = a;
        long endNs = nowNs + LIMIT_NS;
        while (!(a.isDone() && b.isDone())) {
            turn(a);
            turn(b);
            long nextNs = Math.min(nextNs(a), nextNs(b));
            if (!packets.isEmpty()) {
                nextNs = Math.min(nextNs, packets.peek().atNs);
            }
            if (nextNs > endNs && !(a.isDone() && b.isDone())) {
                throw new AssertionError("seed " + seed + ": stuck at " + nowNs + "\n" + a + "\n" + b);
            }
            nowNs = Math.max(nowNs, Math.min(nextNs, endNs));
            while (!packets.isEmpty() && packets.peek().atNs <= nowNs) {
                Packet p = packets.poll();
                p.to.receive(p.bytes, nowNs);
            }
        }
    }

    private void turn(SimulatedEndpoint e) {
        if (nowNs >= e.connection.nextDeadlineNs()) {
            e.connection.expire(nowNs);
        }
        e.run(nowNs);
        e.connection.output(nowNs);
    }

    private long nextNs(SimulatedEndpoint e) {
        long nextNs = e.connection.nextDeadlineNs();
        if (e.connection.wantsOutput()) {
            nextNs = Math.min(nextNs, nowNs + RETRY_NS);
        }
        return e.hasUnread() ? Math.min(nextNs, nowNs + READER_POLL_NS) : nextNs;
    }
}
