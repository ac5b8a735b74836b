/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.mtcp4j.nic.FramePool;
import org.mtcp4j.nic.KernelShare;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.PacketMemory;
import org.mtcp4j.nic.linux.LinuxCalls;

/**
 * A network interface that stays the kernel's: an XDP program leaves the frames of the stack's own ports to AF_XDP sockets, one for each
 * receive queue, and passes all others on. Addresses, routes and neighbours are the kernel's.
 */
public final class XdpNic implements Nic {
    /** What the kernel keeps free before each frame that it receives; the metadata of sent frames stands in it. */
    static final int HEADROOM_BYTES = 256;

    static final int LARGE_ROOM_BYTES = 65_536 + 64;

    private final String name;
    private final int mtuBytes;
    private final long macAddress;
    private final int chunkBytes;
    private final boolean checksums;
    /** Frames of several segments may be sent. */
    private final boolean hasTso;

    private final FramePool pool;
    private final PacketMemory memory;
    private final XdpShare share;
    private final LongSupplier clockNs;
    private final LongAdder dropped = new LongAdder();
    private final XdpQueue[] queues;
    private final XdpOpening parts;
    private final AtomicBoolean closed = new AtomicBoolean();

    private XdpNic(LinuxCalls calls, XdpOpening opened, NicSettings settings) throws NicUnavailableException {
        parts = opened;
        name = opened.name();
        mtuBytes = opened.mtuBytes();
        macAddress = opened.link().mac();
        chunkBytes = opened.chunkBytes();
        checksums = opened.checksums();
        hasTso = opened.hasTso();
        pool = opened.pool();
        memory = new PacketMemory(pool.region(), calls.address(pool.region()));
        share = opened.share();
        clockNs = settings.clockNs();
        queues = new XdpQueue[settings.queues()];
        for (int i = 0; i < queues.length; i++) {
            queues[i] = new XdpQueue(this, opened, i, i == 0 ? share : null);
        }
    }

    /** @param mode {@code native}, {@code generic}, or empty for the first of them that works */
    static Nic open(LinuxCalls calls, String interfaceName, String mode, NicSettings settings)
            throws NicUnavailableException {
        XdpOpening opening = new XdpOpening(calls, interfaceName, settings);
        try {
            opening.open(mode);
            return new XdpNic(calls, opening, settings);
        } catch (NicUnavailableException | RuntimeException | Error e) {
            opening.close();
            throw e;
        }
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
        return mtuBytes;
    }

    @Override
    public long macAddress() {
        return macAddress;
    }

    @Override
    public int capabilities() {
        return (checksums ? TX_CHECKSUM : 0) | (hasTso ? TSO : 0);
    }

    @Override
    public int frameBytes() {
        return chunkBytes - HEADROOM_BYTES;
    }

    @Override
    public int largeFrameBytes() {
        return hasTso ? pool.largeRoomBytes() : 0;
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
        int free = pool.freeFrames();
        for (XdpQueue queue : closed.get() ? new XdpQueue[0] : queues) {
            free += queue.keptFrames();
        }
        return free;
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
        return share.state().isUp();
    }

    @Override
    public KernelShare kernelShare() {
        return share;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            parts.close();
        }
    }

    // ---- for the queues ---------------------------------------------------------------------------------------------

    XdpShare share() {
        return share;
    }

    LongAdder dropped() {
        return dropped;
    }

    /** Frames that each receive queue has for what arrives. */
    int fillFrames() {
        return parts.fillFrames();
    }

    int chunkBytes() {
        return chunkBytes;
    }

    /** What a segment of a sender on the link has at most. */
    int segmentBytes() {
        return mtuBytes - 40;
    }

    long nowNs() {
        return clockNs.getAsLong();
    }
}
