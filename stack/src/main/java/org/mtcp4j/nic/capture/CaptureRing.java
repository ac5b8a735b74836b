/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.capture;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * Packets on their way from a queue's owner to the writer: a bounded ring of bytes, single producer, single consumer. The producer
 * writes records and then publishes them, or some of them; without room a record is dropped and counted.
 *
 * <pre>
 *  int record bytes (multiple of 8; 0: go to the ring's start) · int captured bytes · int original bytes · int direction ·
 *  long epoch ns · the packet
 * </pre>
 */
final class CaptureRing {
    private static final int HEADER_BYTES = 24;
    private static final VarHandle HEAD;
    private static final VarHandle TAIL;
    private static final VarHandle DROPPED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            HEAD = lookup.findVarHandle(CaptureRing.class, "head", long.class);
            TAIL = lookup.findVarHandle(CaptureRing.class, "tail", long.class);
            DROPPED = lookup.findVarHandle(CaptureRing.class, "dropped", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final ByteBuffer ring;
    private final int capacity;
    private final int mask;
    private final int snapBytes;

    /** Positions count bytes for ever; the consumer's and the producer's published one. */
    @SuppressWarnings("unused") // through HEAD
    private long head;

    @SuppressWarnings("unused") // through TAIL
    private long tail;

    @SuppressWarnings("unused") // through DROPPED
    private long dropped;

    /** The producer's own, ahead of {@link #tail} until it publishes. */
    private long written;

    CaptureRing(int capacityPowerOfTwo, int snapBytes) {
        this.ring = ByteBuffer.allocateDirect(capacityPowerOfTwo);
        this.capacity = capacityPowerOfTwo;
        this.mask = capacityPowerOfTwo - 1;
        this.snapBytes = snapBytes;
    }

    /** Producer: writes a record, unpublished. Returns where the next one would start: what {@link #publish} takes. */
    long write(ByteBuffer frames, int offset, int lengthBytes, long epochNs, int direction) {
        int captured = Math.min(lengthBytes, snapBytes);
        int recordBytes = (HEADER_BYTES + captured + 7) & ~7;
        int at = (int) written & mask;
        int skip = at + recordBytes > capacity ? capacity - at : 0;
        if (written + skip + recordBytes - (long) HEAD.getAcquire(this) > capacity) {
            DROPPED.setOpaque(this, (long) DROPPED.getOpaque(this) + 1);
            return written;
        }
        if (skip > 0) {
            ring.putInt(at, 0);
            written += skip;
            at = 0;
        }
        ring.putInt(at, recordBytes).putInt(at + 4, captured).putInt(at + 8, lengthBytes);
        ring.putInt(at + 12, direction).putLong(at + 16, epochNs);
        ring.put(at + HEADER_BYTES, frames, offset, captured);
        written += recordBytes;
        return written;
    }

    /** Producer: hands over everything up to a position and forgets what was written beyond it. */
    void publish(long position) {
        written = position;
        TAIL.setRelease(this, position);
    }

    /** Producer: where the next record starts. */
    long position() {
        return written;
    }

    boolean isHalfFull() {
        return (long) TAIL.getOpaque(this) - (long) HEAD.getOpaque(this) > capacity / 2;
    }

    /** Consumer: writes what was published; returns how many packets. */
    int drainTo(PcapngWriter writer) throws IOException {
        long end = (long) TAIL.getAcquire(this);
        long position = (long) HEAD.getOpaque(this);
        int packets = 0;
        while (position < end) {
            int at = (int) position & mask;
            int recordBytes = ring.getInt(at);
            if (recordBytes == 0) {
                position += capacity - at;
                continue;
            }
            writer.packet(
                    ring,
                    at + HEADER_BYTES,
                    ring.getInt(at + 4),
                    ring.getInt(at + 8),
                    ring.getLong(at + 16),
                    ring.getInt(at + 12));
            position += recordBytes;
            packets++;
            HEAD.setRelease(this, position);
        }
        HEAD.setRelease(this, position);
        return packets;
    }

    /** Consumer: forgets what was published; for when the file cannot be written any more. */
    void discard() {
        HEAD.setRelease(this, (long) TAIL.getAcquire(this));
    }

    long dropped() {
        return (long) DROPPED.getOpaque(this);
    }
}
