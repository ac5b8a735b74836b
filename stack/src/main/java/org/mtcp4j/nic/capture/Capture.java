/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.NicDecorator;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.PacketMemory;

/**
 * Writes what queues receive, and what they accept for sending, into a pcapng file: frames as they pass here, so with offloads on there
 * are large ones and unfinished checksums, as in any capture on a host. A daemon thread writes; when it does not keep up, packets are
 * missing in the file and counted ({@code capinfos} and {@link #droppedPackets} show how many), never delayed on the wire.
 */
public final class Capture implements AutoCloseable {
    private static final int RING_BYTES = 4 << 20;
    private static final int SNAP_BYTES = 1 << 17;
    private static final long WRITE_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long CLOSE_PATIENCE_MS = 5_000;

    private final List<CaptureRing> rings = new CopyOnWriteArrayList<>();
    private final LongSupplier clockNs;
    private final long epochOffsetNs;
    private final PcapngWriter writer;
    private final Thread thread;
    private volatile boolean closing;
    private volatile String failure;
    private volatile long packets;

    /**
     * @param interfaceName as it is called in the file
     * @param nameIt how the user names the file, as {@code set mtcp.capture to}
     * @throws NicUnavailableException with one sentence when the file cannot be written
     */
    public Capture(Path file, String interfaceName, LongSupplier clockNs, String nameIt)
            throws NicUnavailableException {
        this.clockNs = clockNs;
        this.epochOffsetNs = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()) - clockNs.getAsLong();
        try {
            writer = new PcapngWriter(file, "mtcp4j", interfaceName, SNAP_BYTES);
        } catch (IOException e) {
            throw new NicUnavailableException(
                    "the capture file '" + file + "' cannot be written (" + e + "); " + nameIt
                            + " a file in a directory that exists and that this user may write",
                    e);
        }
        thread = new Thread(this::writeUntilClosed, "mtcp-capture");
        thread.setDaemon(true);
        thread.start();
    }

    /** The same queue, captured; its owner is the captured one's. */
    public NicQueue around(NicQueue queue, PacketMemory memory) {
        return new CapturingQueue(queue, memory.bytes());
    }

    /** Packets in the file; final once closed. */
    public long packets() {
        return packets;
    }

    /** Packets that are missing in the file. */
    public long droppedPackets() {
        return rings.stream().mapToLong(CaptureRing::dropped).sum();
    }

    /** Why the file ends early, or null. */
    public String failure() {
        return failure;
    }

    private void writeUntilClosed() {
        try {
            long total = 0;
            boolean last;
            do {
                last = closing;
                int wrote = 0;
                for (CaptureRing ring : rings) {
                    wrote += ring.drainTo(writer);
                }
                total += wrote;
                packets = total;
                if (wrote > 0) {
                    writer.flush();
                } else if (!last) {
                    LockSupport.parkNanos(this, WRITE_INTERVAL_NS);
                }
            } while (!last);
            writer.statistics(epochOffsetNs + clockNs.getAsLong(), total + droppedPackets(), droppedPackets());
            writer.close();
        } catch (IOException e) {
            // The disk is full, most likely: the program goes on, the rings fill up and count.
            failure = e.toString();
        }
    }

    /** Ends the file; queues that are still captured go on unrecorded. */
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
    }

    private final class CapturingQueue extends NicDecorator.Queue {
        private final ByteBuffer bytes;
        private final CaptureRing ring = new CaptureRing(RING_BYTES, SNAP_BYTES);
        /** Where each record of a burst ends. */
        private long[] ends = new long[64];

        CapturingQueue(NicQueue inner, ByteBuffer bytes) {
            super(inner);
            this.bytes = bytes;
            rings.add(ring);
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
