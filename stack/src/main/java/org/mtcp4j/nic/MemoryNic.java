/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import java.lang.invoke.VarHandle;
import org.mtcp4j.wire.FlowHash;

/**
 * A NIC without a wire: what a queue transmits is received, by moving the frame and not its bytes, on the queue of the same NIC (or of
 * the other one of a {@link MemoryLink}) that {@link FlowHash} names; whatever is not TCP comes out of queue 0. Lossless and in order
 * per sending queue.
 */
public final class MemoryNic implements Nic {
    private static final long DEFAULT_MAC = 0x02_6d_74_63_70_01L;

    private final String name;
    private final NicSettings settings;
    private final long macAddress;
    private final FramePool pool;
    private final PacketMemory memory;
    private final MemoryQueue[] queues;
    /** The NIC that receives what this one sends. */
    private MemoryNic peer = this;

    /** A NIC that receives what it sends. */
    public MemoryNic(NicSettings settings) throws NicUnavailableException {
        this("memory", settings, pool(settings, settings.queues()), 0, DEFAULT_MAC);
    }

    MemoryNic(String name, NicSettings settings, FramePool pool, int firstCache, long defaultMac) {
        this(name, settings, pool, new PacketMemory(pool.region(), 0), firstCache, defaultMac);
    }

    MemoryNic(String name, NicSettings settings, FramePool pool, PacketMemory memory, int firstCache, long defaultMac) {
        this.name = name;
        this.settings = settings;
        this.macAddress = settings.macAddress() != 0 ? settings.macAddress() : defaultMac;
        this.pool = pool;
        this.memory = memory;
        this.queues = new MemoryQueue[settings.queues()];
        for (int i = 0; i < queues.length; i++) {
            queues[i] = new MemoryQueue(pool.cache(firstCache + i), new FrameRing(pool.totalFrames()));
        }
    }

    static FramePool pool(NicSettings settings, int caches) throws NicUnavailableException {
        return new FramePool(settings.frames(), FramePool.roomBytes(settings.mtuBytes()), 0, 0, caches);
    }

    void connectTo(MemoryNic other) {
        peer = other;
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
        return TX_CHECKSUM | RX_CHECKSUM | STEERS;
    }

    @Override
    public int frameBytes() {
        return pool.roomBytes();
    }

    @Override
    public int largeFrameBytes() {
        return 0;
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
        return pool.freeFrames();
    }

    @Override
    public int totalFrames() {
        return pool.totalFrames();
    }

    @Override
    public void close() {}

    private final class MemoryQueue implements NicQueue {
        private final FramePool.Cache frames;
        private final FrameRing ring;
        private Runnable doorbell = () -> {};

        MemoryQueue(FramePool.Cache frames, FrameRing ring) {
            this.frames = frames;
            this.ring = ring;
        }

        @Override
        public int receive(FrameBatch batch) {
            return ring.drainTo(batch);
        }

        @Override
        public int transmit(FrameBatch batch) {
            int count = batch.count;
            if (count == 0) {
                return 0;
            }
            MemoryQueue[] targets = peer.queues;
            if (targets.length == 1) {
                deliverAll(batch, targets[0].ring);
                VarHandle.fullFence();
                targets[0].doorbell.run();
            } else {
                long touched = deliverByHash(batch, targets);
                VarHandle.fullFence();
                for (; touched != 0; touched &= touched - 1) {
                    targets[Long.numberOfTrailingZeros(touched)].doorbell.run();
                }
            }
            return count;
        }

        private void deliverAll(FrameBatch batch, FrameRing target) {
            int count = batch.count;
            long sequence = target.claim(count);
            for (int i = 0; i < count; i++) {
                target.put(sequence + i, batch, i, receiveFlags(batch.flags[i]), 0);
            }
        }

        /** Returns the set of queues that got something: contexts are at most 64. */
        private long deliverByHash(FrameBatch batch, MemoryQueue[] targets) {
            long touched = 0;
            for (int i = 0; i < batch.count; i++) {
                int hash = (batch.flags[i] & FrameBatch.TX_HASH) != 0
                        ? batch.hash[i]
                        : FlowHash.ofFrame(memory.bytes(), batch.offset[i], batch.lengthBytes[i]);
                int index = FlowHash.context(hash, targets.length);
                FrameRing target = targets[index].ring;
                int flags = receiveFlags(batch.flags[i]) | FrameBatch.RX_HASH;
                target.put(target.claim(1), batch, i, flags, hash);
                touched |= 1L << index;
            }
            return touched;
        }

        /** A partial checksum is as good as a whole one: no wire can have damaged the frame. */
        private static int receiveFlags(int transmitFlags) {
            return (transmitFlags & (FrameBatch.TX_L4_CHECKSUM | FrameBatch.TX_TSO)) != 0
                    ? FrameBatch.RX_L4_CHECKSUM_GOOD
                    : 0;
        }

        @Override
        public int allocate() {
            return frames.allocate();
        }

        @Override
        public int allocateLarge() {
            return -1;
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
            return ring.isEmpty();
        }

        @Override
        public void disarm() {}

        @Override
        public void onArrival(Runnable doorbell) {
            this.doorbell = doorbell;
        }
    }
}
