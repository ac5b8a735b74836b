/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.nio.ByteBuffer;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicQueue;

/** One NIC as one context sees it: its queue there, bursts, and what it offloads. The owner's. */
final class Link {
    /** About half of a processor's second-level cache: what a burst brings in is still there when it is looked at again. */
    private static final int MOST_BURST_BYTES = 256 * 1024;

    /** Place in the context's list of links. */
    final int index;

    final Nic nic;
    /** The NIC's, or that with a capture around it. */
    NicQueue queue;
    /** Packets to any address are ours, and nobody is asked for a hardware address. */
    final boolean loopback;

    /**
     * Of its link-local addresses, see {@link org.mtcp4j.ip.IpAddress}; 0 over loopback, where any NIC's addresses are met and packets carry
     * their zone.
     */
    final int zone;

    final FrameBatch rx;
    /** Of the burst received last: frames in all, and those not handled yet. */
    int rxEnd;

    int rxLeft;
    final FrameBatch tx;
    final ByteBuffer bytes;
    final ByteBuffer nativeOrder;
    final long mac;
    /** As {@link Nic#vlanId()}. */
    final int vlanId;

    final int mtuBytes;
    final int frameBytes;
    final int largeFrameBytes;
    final boolean transmitsChecksum;
    final boolean segments;
    final boolean steers;
    /** Buffers that grow with the path would only leave the caches. */
    final boolean isInside;

    final boolean mustBePolled;
    /** Null over loopback. */
    NeighbourDesk neighbours;
    /** In context 0, where addresses are learned; else null. */
    AddressDesk addresses;
    /** In context 0, where the interface is the kernel's, too; else null. */
    KernelLink kernel;
    /** Whether messages of a DHCP server, and router advertisements, are to be brought to context 0. */
    boolean learns;

    /** As of the end of the last round. */
    boolean isDown;

    private int ipv4MtuBytes;
    private int ipv6MtuBytes;

    /** @param index 0 over loopback */
    Link(Nic nic, int index, int queueIndex, int receiveBurst, int transmitBurst) {
        this.index = index;
        this.nic = nic;
        loopback = index == 0;
        zone = index;
        rx = new FrameBatch(burst(nic, receiveBurst));
        tx = new FrameBatch(burst(nic, transmitBurst));
        queue = nic.queue(queueIndex);
        mustBePolled = queue.mustBePolled();
        bytes = nic.memory().bytes();
        nativeOrder = nic.memory().nativeOrder();
        mac = nic.macAddress();
        vlanId = nic.vlanId();
        mtuBytes = nic.mtuBytes();
        frameBytes = nic.frameBytes();
        learnedMtu(0, 0);
        int capabilities = nic.capabilities();
        transmitsChecksum = (capabilities & Nic.TX_CHECKSUM) != 0;
        segments = (capabilities & Nic.TSO) != 0 && transmitsChecksum;
        largeFrameBytes = segments ? nic.largeFrameBytes() : 0;
        steers = (capabilities & Nic.STEERS) != 0;
        isInside = loopback || (capabilities & Nic.INSIDE) != 0;
    }

    /** The flow, which is over this link, has made progress. */
    void confirmed(Flow flow) {
        if (neighbours != null) {
            neighbours.confirmed(flow);
        }
    }

    /** Of what addresses come from. */
    void startLearning(long nowNs) {
        if (addresses != null) {
            addresses.start(nowNs);
        }
        if (kernel != null) {
            kernel.look();
        }
    }

    /** What time has brought for its neighbours and addresses; 0 for nothing. */
    int advance(long nowNs) {
        int work = neighbours.advance(nowNs);
        if (addresses != null) {
            work += addresses.advance(nowNs);
        }
        return kernel == null ? work : work + kernel.look();
    }

    /** Of {@link #advance}. */
    long nextDeadlineNs() {
        long deadline = neighbours == null ? Long.MAX_VALUE : neighbours.nextDeadlineNs();
        return addresses == null ? deadline : Math.min(deadline, addresses.nextDeadlineNs());
    }

    /** Of packets of that family: the NIC's, or less if the network said so. */
    int mtuBytes(boolean isIpv6) {
        return isIpv6 ? ipv6MtuBytes : ipv4MtuBytes;
    }

    /** What the network said, or 0. */
    void learnedMtu(int ipv4Bytes, int ipv6Bytes) {
        ipv4MtuBytes = ipv4Bytes == 0 ? mtuBytes : Math.min(mtuBytes, ipv4Bytes);
        ipv6MtuBytes = ipv6Bytes == 0 ? mtuBytes : Math.min(mtuBytes, ipv6Bytes);
    }

    /** So many frames at once, or as many of the MTU's size as a burst may have. */
    private static int burst(Nic nic, int wanted) {
        return Math.max(1, Math.min(wanted, MOST_BURST_BYTES / nic.mtuBytes()));
    }

    /** Offers the batch to the NIC; false when it still has no room for another frame. */
    boolean flush() {
        tx.removeFirst(queue.transmit(tx));
        return tx.free() > 0;
    }
}
