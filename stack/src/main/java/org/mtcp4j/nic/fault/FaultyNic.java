/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.fault;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicDecorator;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.wire.Ethernet;

/**
 * Does {@link Faults} to what each queue sends. Faults are done to packets, so there is no segmentation offload; and where bits are
 * turned over there is no checksum offload either, so that the software checksums are what protects the data.
 *
 * <p>Frames under way are sent on by the queue's {@code receive} and {@code transmit}; {@code nextDueNs} says when that is wanted.
 */
public final class FaultyNic extends NicDecorator {
    /** Frames that a queue holds at most; it drops what comes then. Never more than half of the pool among all queues. */
    private static final int MOST_HELD = 8_192;

    /** What waits for a limited rate at most, in bytes, as a router's queue has it: a thousand full frames. */
    private static final double MOST_BACKLOG_BYTES = 1_514_000;

    private static final int PENDING = 256;
    private static final long REORDER_NS = 1_000_000L;
    private static final long RETRY_NS = 1_000_000L;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final Faults faults;
    private final LongSupplier clockNs;
    private final FaultyQueue[] queues;

    public FaultyNic(Nic inner, Faults faults, LongSupplier clockNs) {
        super(inner);
        this.faults = faults;
        this.clockNs = clockNs;
        this.queues = new FaultyQueue[inner.queues()];
        int mostHeld = Math.max(16, Math.min(MOST_HELD, inner.totalFrames() / (2 * queues.length)));
        for (int i = 0; i < queues.length; i++) {
            queues[i] = new FaultyQueue(inner.queue(i), i, mostHeld);
        }
    }

    @Override
    public int capabilities() {
        int capabilities = inner.capabilities() & ~TSO;
        return faults.corrupt() > 0 ? capabilities & ~(TX_CHECKSUM | RX_CHECKSUM) : capabilities;
    }

    @Override
    public int largeFrameBytes() {
        return 0;
    }

    @Override
    public NicQueue queue(int index) {
        return queues[index];
    }

    /** What was done so far, for tests to print; exact while idle. */
    public String done() {
        long[] sums = new long[6];
        for (FaultyQueue queue : queues) {
            sums[0] += queue.sent;
            sums[1] += queue.lost;
            sums[2] += queue.reordered;
            sums[3] += queue.duplicated;
            sums[4] += queue.corrupted;
            sums[5] += queue.overflowed;
        }
        return "sent=" + sums[0] + " lost=" + sums[1] + " reordered=" + sums[2] + " duplicated=" + sums[3]
                + " corrupted=" + sums[4] + " overflowed=" + sums[5];
    }

    private final class FaultyQueue extends Queue {
        private final ByteBuffer bytes = memory().bytes();
        private final SplittableRandom random;
        private final DelayLine line;
        /** What goes out next; stays here while the inner NIC takes no more. */
        private final FrameBatch pending = new FrameBatch(PENDING);

        private final FrameBatch scratch = new FrameBatch(1);
        private long wireFreeNs = Long.MIN_VALUE;
        private long sent;
        private long lost;
        private long reordered;
        private long duplicated;
        private long corrupted;
        private long overflowed;

        FaultyQueue(NicQueue inner, int index, int mostHeld) {
            super(inner);
            random = new SplittableRandom(faults.seed() + index * 0x9e37_79b9_7f4a_7c15L);
            line = new DelayLine(mostHeld);
        }

        @Override
        public int receive(FrameBatch batch) {
            if (!line.isEmpty() || pending.count > 0) {
                sendDue(clockNs.getAsLong());
            }
            return inner.receive(batch);
        }

        @Override
        public int transmit(FrameBatch batch) {
            long nowNs = clockNs.getAsLong();
            sendDue(nowNs);
            int i = 0;
            for (; i < batch.count && pending.free() >= 2; i++) {
                impair(batch, i, nowNs);
            }
            sendDue(nowNs);
            return i;
        }

        private void impair(FrameBatch batch, int i, long nowNs) {
            sent++;
            if (happens(faults.loss())) {
                lost++;
                inner.free(batch.offset[i]);
                return;
            }
            if (happens(faults.duplicate())) {
                duplicate(batch, i, nowNs);
            }
            if (happens(faults.corrupt())) {
                corrupt(batch.offset[i], batch.lengthBytes[i]);
            }
            forward(batch, i, nowNs);
        }

        private boolean happens(double probability) {
            return probability > 0 && random.nextDouble() < probability;
        }

        private void duplicate(FrameBatch batch, int i, long nowNs) {
            int copy = batch.lengthBytes[i] <= frameBytes() ? inner.allocate() : -1;
            if (copy < 0) {
                return;
            }
            duplicated++;
            bytes.put(copy, bytes, batch.offset[i], batch.lengthBytes[i]);
            DelayLine.copy(batch, i, scratch, 0);
            scratch.offset[0] = copy;
            forward(scratch, 0, nowNs);
        }

        private void corrupt(int offset, int lengthBytes) {
            if (lengthBytes <= Ethernet.HEADER_BYTES) {
                return;
            }
            corrupted++;
            int at = offset + Ethernet.HEADER_BYTES + random.nextInt(lengthBytes - Ethernet.HEADER_BYTES);
            bytes.put(at, (byte) (bytes.get(at) ^ (1 << random.nextInt(8))));
        }

        private void forward(FrameBatch from, int i, long nowNs) {
            long dueNs = nowNs + faults.delayNs();
            if (faults.rateBitsPerSecond() > 0) {
                long start = Math.max(nowNs, wireFreeNs);
                if ((double) (start - nowNs) * faults.rateBitsPerSecond() / (8 * NANOS_PER_SECOND)
                        > MOST_BACKLOG_BYTES) {
                    overflowed++;
                    inner.free(from.offset[i]);
                    return;
                }
                wireFreeNs = start + from.lengthBytes[i] * 8L * NANOS_PER_SECOND / faults.rateBitsPerSecond();
                dueNs = wireFreeNs + faults.delayNs();
            }
            if (happens(faults.reorder())) {
                reordered++;
                dueNs += 1 + random.nextLong(REORDER_NS);
            }
            if (dueNs <= nowNs) {
                DelayLine.copy(from, i, pending, pending.count++);
            } else if (line.isFull()) {
                overflowed++;
                inner.free(from.offset[i]);
            } else {
                line.add(from, i, dueNs);
            }
        }

        private void sendDue(long nowNs) {
            while (true) {
                while (line.nextDueNs() <= nowNs && pending.free() > 0) {
                    line.moveFirstTo(pending);
                }
                if (pending.count == 0) {
                    return;
                }
                int accepted = inner.transmit(pending);
                pending.removeFirst(accepted);
                if (accepted == 0 || pending.count > 0) {
                    return;
                }
            }
        }

        @Override
        public int allocateLarge() {
            return -1;
        }

        @Override
        public boolean arm() {
            return pending.count == 0 && inner.arm() && (line.isEmpty() || line.nextDueNs() > clockNs.getAsLong());
        }

        @Override
        public long nextDueNs() {
            long heldNs = pending.count > 0 ? clockNs.getAsLong() + RETRY_NS : line.nextDueNs();
            return Math.min(heldNs, inner.nextDueNs());
        }
    }
}
