/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.linux;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.FramePool;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.PacketMemory;
import org.mtcp4j.wire.Ethernet;

/**
 * A Linux TAP device with the virtio-net header: checksums and segmentation are left to the kernel both ways. One {@code readv} or
 * {@code write} a frame, straight between the kernel and NIC memory; the header stands in the headroom before each frame. All queues
 * send through the one descriptor, only queue 0 receives.
 */
public final class TapNic implements Nic {
    /** Before each frame: the header, and what puts the IP header on a multiple of 32. */
    private static final int HEADROOM_BYTES = 18;
    /** The core copies large frames out within a round, so a burst each way is enough. */
    private static final int LARGE_FRAMES = 128;
    /** Where frames are few, since memory is short, a large one stands beside so many. */
    private static final int FRAMES_A_LARGE_ONE = 32;

    private static final int LARGE_ROOM_BYTES = 65_536 + 64;
    private static final int IOVEC_BYTES = 16;

    private static final String PREFIX = "tap:";
    private static final long LOOK_NS = 200_000_000L;

    private final LinuxCalls calls;
    private final String name;
    private final NicSettings settings;
    private final int fd;
    private final long macAddress;
    private final FramePool pool;
    private final PacketMemory memory;
    private final TapQueue[] queues;
    private final LongAdder dropped = new LongAdder();
    private final AtomicBoolean closed = new AtomicBoolean();
    /** The kernel took no frame; looked at again when somebody asks, at most so often. */
    private volatile boolean down;

    private volatile long lookedNs;

    private TapNic(LinuxCalls calls, String name, NicSettings settings, FramePool pool, int fd) {
        this.calls = calls;
        this.name = PREFIX + name;
        this.settings = settings;
        this.fd = fd;
        this.macAddress = settings.macAddress() != 0 ? settings.macAddress() : randomMac();
        this.pool = pool;
        this.memory = new PacketMemory(pool.region(), calls.address(pool.region()));
        this.queues = new TapQueue[settings.queues()];
        for (int i = 0; i < queues.length; i++) {
            queues[i] = i == 0 ? new ReceivingQueue(pool.cache(i)) : new TapQueue(pool.cache(i));
        }
    }

    /** Makes or takes over the device of that name. */
    static TapNic open(LinuxCalls calls, String name, NicSettings settings) throws NicUnavailableException {
        FramePool pool = new FramePool(
                settings.frames(),
                FramePool.roomBytes(settings.mtuBytes()),
                Math.min(LARGE_FRAMES, settings.frames() / FRAMES_A_LARGE_ONE),
                LARGE_ROOM_BYTES,
                settings.queues(),
                HEADROOM_BYTES);
        return new TapNic(calls, name, settings, pool, TapDevice.open(calls, name, settings));
    }

    /** Locally administered, unicast: two stacks on one bridge must differ. */
    private static long randomMac() {
        long random = new SplittableRandom().nextLong() & 0x00ff_ffff_ffffL;
        return 0x0200_0000_0000L | random;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public PacketMemory memory() {
        return memory;
    }

    @Override
    public int mtuBytes() {
        return settings.mtuBytes();
    }

    @Override
    public long macAddress() {
        return macAddress;
    }

    @Override
    public int capabilities() {
        return TX_CHECKSUM | RX_CHECKSUM | TSO;
    }

    @Override
    public int frameBytes() {
        return pool.roomBytes();
    }

    @Override
    public int largeFrameBytes() {
        return pool.largeRoomBytes();
    }

    @Override
    public int queues() {
        return queues.length;
    }

    @Override
    public NicQueue queue(int index) {
        return queues[index];
    }

    @Override
    public int freeFrames() {
        return pool.freeFrames() + queues[0].keptFrames();
    }

    @Override
    public int totalFrames() {
        return pool.totalFrames();
    }

    @Override
    public long droppedFrames() {
        return dropped.sum();
    }

    @Override
    public boolean isUp() {
        if (down) {
            long nowNs = System.nanoTime();
            if (nowNs - lookedNs > LOOK_NS && !closed.get()) {
                lookedNs = nowNs;
                down = !TapDevice.isUp(calls, name.substring(PREFIX.length()));
            }
        }
        return !down;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            calls.close(fd);
        }
    }

    private class TapQueue implements NicQueue {
        final FramePool.Cache frames;
        final ByteBuffer bytes = memory.bytes();
        /** The virtio-net header's byte order. */
        final ByteBuffer nativeOrder = memory.nativeOrder();

        final long base = memory.address();

        TapQueue(FramePool.Cache frames) {
            this.frames = frames;
        }

        int keptFrames() {
            return 0;
        }

        @Override
        public int receive(FrameBatch batch) {
            return 0;
        }

        @Override
        public int transmit(FrameBatch batch) {
            int i = 0;
            for (; i < batch.count; i++) {
                int offset = batch.offset[i];
                VirtioHeader.write(bytes, nativeOrder, offset, batch.flags[i], batch.tsoSize[i]);
                long wanted = VirtioHeader.BYTES + (long) batch.lengthBytes[i];
                long written = calls.write(fd, base + offset - VirtioHeader.BYTES, wanted);
                if (written == -LinuxCalls.EAGAIN) {
                    break;
                }
                if (written == -LinuxCalls.EIO) {
                    down = true;
                }
                if (written != wanted) {
                    // The device is down, or memory short: a wire would lose the frame too.
                    dropped.increment();
                }
                frames.free(offset);
            }
            return i;
        }

        @Override
        public int allocate() {
            return frames.allocate();
        }

        @Override
        public int allocateLarge() {
            return frames.allocateLarge();
        }

        @Override
        public void free(int offset) {
            frames.free(offset);
        }

        @Override
        public int wakeupFd() {
            return -1;
        }

        @Override
        public boolean arm() {
            return true;
        }

        @Override
        public void disarm() {}

        @Override
        public void onArrival(Runnable doorbell) {}
    }

    /**
     * Reads each frame into a small room, and what does not fit behind the place where the small room's bytes would stand in a large
     * one: a frame that turns out large costs one copy of its first 2 KiB, a small one nothing.
     */
    private final class ReceivingQueue extends TapQueue {
        private static final int NONE = -1;

        private final ByteBuffer iovecs = LinuxCalls.memory(2 * IOVEC_BYTES);
        private final long iovecsAddress = calls.address(iovecs);
        private final int smallBytes = pool.roomBytes();
        /** Kept from read to read until one of them uses it. */
        private int small = NONE;

        private int large = NONE;

        ReceivingQueue(FramePool.Cache frames) {
            super(frames);
            iovecs.putLong(8, VirtioHeader.BYTES + (long) smallBytes);
            iovecs.putLong(IOVEC_BYTES + 8, pool.largeRoomBytes() - (long) smallBytes);
        }

        @Override
        int keptFrames() {
            return (small == NONE ? 0 : 1) + (large == NONE ? 0 : 1);
        }

        @Override
        public int receive(FrameBatch batch) {
            int room = batch.free();
            int received = 0;
            while (received < room && prepare()) {
                long got = calls.readv(fd, iovecsAddress, 2);
                if (got < VirtioHeader.BYTES + Ethernet.HEADER_BYTES) {
                    if (got == -LinuxCalls.EAGAIN) {
                        break;
                    }
                    dropped.increment();
                    if (got < 0) {
                        break;
                    }
                    continue;
                }
                deliver(batch, (int) got - VirtioHeader.BYTES);
                received++;
            }
            return received;
        }

        /** Without both rooms nothing is read: the kernel's queue holds the frames meanwhile. */
        private boolean prepare() {
            if (small == NONE) {
                small = frames.allocate();
                if (small == NONE) {
                    return false;
                }
                iovecs.putLong(0, base + small - VirtioHeader.BYTES);
            }
            if (large == NONE) {
                large = frames.allocateLarge();
                if (large == NONE) {
                    return false;
                }
                iovecs.putLong(IOVEC_BYTES, base + large + smallBytes);
            }
            return true;
        }

        private void deliver(FrameBatch batch, int lengthBytes) {
            boolean good = VirtioHeader.isChecksumGood(nativeOrder, small);
            int segmentBytes = VirtioHeader.segmentBytes(nativeOrder, small);
            int offset = small;
            if (lengthBytes > smallBytes) {
                bytes.put(large, bytes, small, smallBytes);
                offset = large;
                large = NONE;
            } else {
                small = NONE;
            }
            batch.add(offset, lengthBytes, good ? FrameBatch.RX_L4_CHECKSUM_GOOD : 0);
            batch.tsoSize[batch.count - 1] = segmentBytes;
        }

        @Override
        public int wakeupFd() {
            return fd;
        }
    }
}
