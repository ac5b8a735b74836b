/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

/**
 * A network interface with one queue per context. Configuration calls are for start and stop; packets pass through
 * {@link NicQueue}.
 */
public interface Nic extends AutoCloseable {
    /** Capability: computes TCP checksums on transmit ({@link FrameBatch#TX_L4_CHECKSUM}). */
    int TX_CHECKSUM = 1;
    /** Capability: segments large TCP frames ({@link FrameBatch#TX_TSO}), up to {@link #largeFrameBytes()} a frame. */
    int TSO = 1 << 1;
    /** Capability: verifies TCP checksums on receive. */
    int RX_CHECKSUM = 1 << 2;
    /**
     * Capability: puts a flow's frames on the queue that {@code FlowHash} names, so that no software hand-off between contexts is
     * needed. Without it every frame may arrive on any queue.
     */
    int STEERS = 1 << 3;

    /** Property: whoever is at the other end is in this machine, so that there is no path to fill, only caches to leave. */
    int INSIDE = 1 << 6;

    /** As configured, e.g. {@code tap:mt0}. */
    String name();

    PacketMemory memory();

    /** Largest IP packet, in bytes, without the Ethernet header. */
    int mtuBytes();

    /** The hardware address in the low 48 bits. */
    long macAddress();

    /** OR of the capability bits above. */
    int capabilities();

    /** Room of every frame that {@link NicQueue#allocate()} returns, in bytes; ≥ MTU + 18. */
    int frameBytes();

    /** Room of a frame from {@link NicQueue#allocateLarge()}, in bytes; 0 where {@link #TSO} is absent. */
    int largeFrameBytes();

    int queues();

    NicQueue queue(int index);

    /** The VLAN whose tag every frame has, sent or to be taken: 1 to 4094, or 0 where tags do not matter. */
    default int vlanId() {
        return 0;
    }

    /** Frames of the pool that are free now; equals {@link #totalFrames()} when nothing is held. For leak checks: call when idle. */
    int freeFrames();

    int totalFrames();

    /** Frames that the NIC itself has lost since it was opened, other than on purpose. */
    default long droppedFrames() {
        return 0;
    }

    /** Whether it is not known to be down. Any thread; cheap while it is up. */
    default boolean isUp() {
        return true;
    }

    /** What it shares with the kernel; null for a NIC of the stack's alone. */
    default KernelShare kernelShare() {
        return null;
    }

    /** Releases descriptors and memory. No queue may be in use. */
    @Override
    void close();
}
