/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

/** A NIC around another one, the same but for what a subclass changes. */
public abstract class NicDecorator implements Nic {
    protected final Nic inner;

    protected NicDecorator(Nic inner) {
        this.inner = inner;
    }

    @Override
    public String name() {
        return inner.name();
    }

    @Override
    public PacketMemory memory() {
        return inner.memory();
    }

    @Override
    public int mtuBytes() {
        return inner.mtuBytes();
    }

    @Override
    public long macAddress() {
        return inner.macAddress();
    }

    @Override
    public int capabilities() {
        return inner.capabilities();
    }

    @Override
    public int frameBytes() {
        return inner.frameBytes();
    }

    @Override
    public int largeFrameBytes() {
        return inner.largeFrameBytes();
    }

    @Override
    public int queues() {
        return inner.queues();
    }

    @Override
    public int vlanId() {
        return inner.vlanId();
    }

    @Override
    public int freeFrames() {
        return inner.freeFrames();
    }

    @Override
    public int totalFrames() {
        return inner.totalFrames();
    }

    @Override
    public long droppedFrames() {
        return inner.droppedFrames();
    }

    @Override
    public boolean isUp() {
        return inner.isUp();
    }

    @Override
    public KernelShare kernelShare() {
        return inner.kernelShare();
    }

    @Override
    public void close() {
        inner.close();
    }

    /** A queue around another one. */
    public abstract static class Queue implements NicQueue {
        protected final NicQueue inner;

        protected Queue(NicQueue inner) {
            this.inner = inner;
        }

        @Override
        public int receive(FrameBatch batch) {
            return inner.receive(batch);
        }

        @Override
        public int transmit(FrameBatch batch) {
            return inner.transmit(batch);
        }

        @Override
        public int allocate() {
            return inner.allocate();
        }

        @Override
        public int allocateLarge() {
            return inner.allocateLarge();
        }

        @Override
        public void free(int offset) {
            inner.free(offset);
        }

        @Override
        public int wakeupFd() {
            return inner.wakeupFd();
        }

        @Override
        public boolean mustBePolled() {
            return inner.mustBePolled();
        }

        @Override
        public QueueWait newWait() {
            return inner.newWait();
        }

        @Override
        public boolean arm() {
            return inner.arm();
        }

        @Override
        public void disarm() {
            inner.disarm();
        }

        @Override
        public long nextDueNs() {
            return inner.nextDueNs();
        }

        @Override
        public void onArrival(Runnable doorbell) {
            inner.onArrival(doorbell);
        }
    }
}
