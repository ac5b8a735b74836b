/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicDecorator;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.nic.NicUnavailableException;

/**
 * Writes what a NIC receives, and what it accepts for sending, into a pcapng file: frames as they pass here, so with offloads on there
 * are large ones and unfinished checksums, as in any capture on a host. A daemon thread writes; when it does not keep up, packets are
 * missing in the file and counted ({@code capinfos} and {@link #droppedPackets} show how many), never delayed on the wire.
 */
public final class CapturingNic extends NicDecorator {
    private static final int RING_BYTES = 4 << 20;
    private static final int SNAP_BYTES = 1 << 17;
    private static final long WRITE_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long CLOSE_PATIENCE_MS = 5_000;

    private final CapturingQueue[] queues;
    private final LongSupplier clockNs;
    private final long epochOffsetNs;
    private final PcapngWriter writer;
    private final Thread thread;
    private volatile boolean closing;
    private volatile String failure;
    private long packets;

    /** @throws NicUnavailableException with one sentence when the file cannot be written */
    public CapturingNic(Nic inner, Path file, LongSupplier clockNs) throws NicUnavailableException {
        super(inner);
        this.clockNs = clockNs;
        this.epochOffsetNs = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()) - clockNs.getAsLong();
        try {
            writer = new PcapngWriter(file, "mtcp4j", inner.name(), SNAP_BYTES);
        } catch (IOException e) {
            throw new NicUnavailableException(
                    "the capture file '" + file + "' cannot be written (" + e
                            + "); set mtcp.capture to a file in a directory" + " that this user may write",
                    e);
        }
        queues = new CapturingQueue[inner.queues()];
        for (int i = 0; i < queues.length; i++) {
            queues[i] = new CapturingQueue(inner.queue(i));
        }
        thread = new Thread(this::writeUntilClosed, "mtcp-capture");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public NicQueue queue(int index) {
        return queues[index];
    }

    /** Packets that are missing in the file. */
    public long droppedPackets() {
        long dropped = 0;
        for (CapturingQueue queue : queues) {
            dropped += queue.ring.dropped();
        }
        return dropped;
    }

    /** Why the file ends early, or null. */
    public String failure() {
        return failure;
    }

    private void writeUntilClosed() {
        try {
            boolean last;
            do {
                last = closing;
                boolean wrote = false;
                for (CapturingQueue queue : queues) {
                    int count = queue.ring.drainTo(writer);
                    packets += count;
                    wrote |= count > 0;
                }
                if (wrote) {
                    writer.flush();
                } else if (!last) {
                    LockSupport.parkNanos(this, WRITE_INTERVAL_NS);
                }
            } while (!last);
            writer.statistics(epochOffsetNs + clockNs.getAsLong(), packets + droppedPackets(), droppedPackets());
            writer.close();
        } catch (IOException e) {
            // The disk is full, most likely: the program goes on, the rings fill up and count.
            failure = e.toString();
        }
    }

    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        boolean interrupted = Thread.interrupted();
        try {
            thread.join(CLOSE_PATIENCE_MS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        inner.close();
    }

    private final class CapturingQueue extends Queue {
        private final ByteBuffer bytes = memory().bytes();
        private final CaptureRing ring = new CaptureRing(RING_BYTES, SNAP_BYTES);
        /** Where each record of a burst ends. */
        private long[] ends = new long[64];

        CapturingQueue(NicQueue inner) {
            super(inner);
        }

        @Override
        public int receive(FrameBatch batch) {
            int from = batch.count;
            int received = inner.receive(batch);
            if (received > 0) {
                long epochNs = epochOffsetNs + clockNs.getAsLong();
                for (int i = from; i < batch.count; i++) {
                    ring.write(bytes, batch.offset[i], batch.lengthBytes[i], epochNs, PcapngWriter.INBOUND);
                }
                hand(ring.position());
            }
            return received;
        }

        @Override
        public int transmit(FrameBatch batch) {
            if (batch.count == 0) {
                return inner.transmit(batch);
            }
            // Once accepted the frames are the NIC's; so all are recorded before, and those not accepted forgotten.
            long epochNs = epochOffsetNs + clockNs.getAsLong();
            long start = ring.position();
            if (ends.length < batch.count) {
                ends = new long[batch.capacity()];
            }
            for (int i = 0; i < batch.count; i++) {
                ends[i] = ring.write(bytes, batch.offset[i], batch.lengthBytes[i], epochNs, PcapngWriter.OUTBOUND);
            }
            int accepted = inner.transmit(batch);
            hand(accepted == 0 ? start : ends[accepted - 1]);
            return accepted;
        }

        private void hand(long position) {
            ring.publish(position);
            if (ring.isHalfFull()) {
                LockSupport.unpark(thread);
            }
        }
    }
}
