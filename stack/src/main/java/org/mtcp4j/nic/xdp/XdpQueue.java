/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.LongAdder;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.FramePool;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.nic.linux.LinuxCalls;
import org.mtcp4j.nic.linux.VirtioHeader;
import org.mtcp4j.wire.Checksum;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;

/** What a context has of a shared interface: some receive queues, or none, and a socket to send by. */
final class XdpQueue implements NicQueue {
    private static final int NONE = -1;
    /** Rounds with frames from one look at the kernel's news to the next. */
    private static final int ROUNDS_A_LOOK = 64;

    private static final int FILL_BURST = 64;
    private static final long RETRY_NS = 200_000;
    /** Of an interface that is down; that it is up again the kernel tells. */
    private static final long DOWN_RETRY_NS = 100_000_000;

    private static final int PARTIAL = FrameBatch.RX_L4_CHECKSUM_GOOD | FrameBatch.RX_L4_PARTIAL;
    private static final int TCP = 6;
    private static final int TCP_CHECKSUM = 16;
    private static final long METADATA_CHECKSUM = 2;

    private final XdpNic nic;
    private final FramePool.Cache frames;
    private final XdpSocket[] receivers;
    private final XdpSocket sender;
    /** For frames of several segments; null where there is none. */
    private final PacketSocket tsoSocket;

    private final int epoll;
    /** Null but in queue 0. */
    private final XdpShare share;

    private final KernelNeighbours neighbours;
    private final LongAdder dropped;
    private final ByteBuffer bytes;
    private final ByteBuffer nativeOrder;
    private final long base;
    /** The NIC's frames are as long, headroom included. */
    private final int chunkBytes;

    private final int fillFrames;
    /** Of each receiver: frames that the kernel has for what arrives. */
    private final int[] filled;
    /** Of each receiver: where a packet that comes in pieces is put together; {@link #NONE} where there is no frame for it. */
    private final int[] joined;
    /** Of each receiver: as much of that packet as has come; 0 between packets. */
    private final int[] joinedBytes;

    /** Frames sent and not taken back; of all that send through one queue the sum is right. */
    private int inFlight;

    /** The interface has more to send than {@link #tsoSocket} may add to. */
    private boolean tsoSocketIsFull;

    private int nextReceiver;
    private int rounds;
    /** The owner slept, so news may have woken it. Set by whoever slept. */
    private volatile boolean slept = true;

    /**
     * @param index of the context
     * @param share null but for queue 0
     */
    XdpQueue(XdpNic nic, XdpOpening opened, int index, XdpShare share) {
        this.nic = nic;
        frames = opened.pool().cache(index);
        receivers = opened.receivers(index);
        sender = opened.sender(index);
        tsoSocket = opened.tsoSocket(index);
        epoll = opened.epoll(index);
        this.share = share;
        neighbours = nic.share().neighbours();
        dropped = nic.dropped();
        bytes = nic.memory().bytes();
        nativeOrder = nic.memory().nativeOrder();
        base = nic.memory().address();
        chunkBytes = nic.chunkBytes();
        fillFrames = nic.fillFrames();
        filled = new int[receivers.length];
        joined = new int[receivers.length];
        joinedBytes = new int[receivers.length];
        for (int i = 0; i < receivers.length; i++) {
            joined[i] = NONE;
            refill(i);
        }
    }

    /** Frames that the kernel has; for leak checks. */
    int keptFrames() {
        // Not by a look at the rings, which may be gone already for whoever asks.
        int kept = inFlight;
        for (int i = 0; i < receivers.length; i++) {
            kept += filled[i] + (joined[i] == NONE ? 0 : 1);
        }
        return kept;
    }

    // ---- receiving --------------------------------------------------------------------------------------------------

    @Override
    public int receive(FrameBatch batch) {
        int before = batch.count;
        for (int i = 0; i < receivers.length; i++) {
            int which = nextReceiver;
            nextReceiver = which + 1 == receivers.length ? 0 : which + 1;
            receive(which, batch);
        }
        if (share != null) {
            lookAtKernel(batch, batch.count == before);
        }
        if (sender.transmit.waiting() > 0) {
            sender.kick();
        }
        return batch.count - before;
    }

    private void lookAtKernel(FrameBatch batch, boolean nothing) {
        if ((nothing && slept) || ++rounds >= ROUNDS_A_LOOK) {
            rounds = 0;
            slept = false;
            share.look();
        }
        if (neighbours.hasAnswer()) {
            share.deliver(batch, this, bytes);
        }
    }

    private void receive(int which, FrameBatch batch) {
        XdpRing ring = receivers[which].receive;
        int available = ring.available();
        int taken = 0;
        while (taken < available && batch.free() > 0) {
            int offset = (int) ring.offset(taken);
            int length = ring.lengthBytes(taken);
            boolean goesOn = (ring.options(taken) & XdpRing.CONTINUES) != 0;
            taken++;
            if (goesOn || joinedBytes[which] > 0) {
                join(which, batch, offset, length, goesOn);
            } else {
                batch.add(offset, length, isPartial(offset, length) ? PARTIAL : 0);
            }
        }
        if (taken > 0) {
            ring.consumed(taken);
            filled[which] -= taken;
        }
        if (filled[which] < fillFrames) {
            refill(which);
        }
    }

    /** A packet of a sender that leaves cutting to its interface, in pieces: one frame for the stack, by a copy. */
    private void join(int which, FrameBatch batch, int offset, int length, boolean goesOn) {
        if (joinedBytes[which] == 0) {
            joined[which] = frames.allocateLarge();
        }
        int at = joinedBytes[which];
        int large = joined[which];
        if (large != NONE && at + length <= XdpNic.LARGE_ROOM_BYTES) {
            bytes.put(large + at, bytes, offset, length);
        } else if (large != NONE) {
            frames.free(large);
            joined[which] = NONE;
        }
        frames.free(offset);
        joinedBytes[which] = at + length;
        if (goesOn) {
            return;
        }
        large = joined[which];
        if (large == NONE) {
            dropped.increment();
        } else {
            batch.add(large, at + length, isPartial(large, at + length) ? PARTIAL : 0);
            batch.tsoSize[batch.count - 1] = nic.segmentBytes();
        }
        joined[which] = NONE;
        joinedBytes[which] = 0;
    }

    private void refill(int which) {
        XdpRing fill = receivers[which].fill;
        int wanted = Math.min(fillFrames - filled[which], fill.size() - fill.waiting());
        int most = filled[which] == 0 ? wanted : Math.min(wanted, FILL_BURST);
        int n = 0;
        while (n < most) {
            int offset = frames.allocate();
            if (offset < 0) {
                break;
            }
            fill.put(n, offset & -chunkBytes);
            n++;
        }
        if (n > 0) {
            fill.produced(n);
            filled[which] += n;
        }
    }

    /**
     * Whether only the pseudo-header is summed: so a peer in this machine sends, which leaves the rest to an interface that it never meets.
     * A sum that is right by chance is as good.
     */
    private boolean isPartial(int frame, int lengthBytes) {
        int ip = frame + Ethernet.HEADER_BYTES;
        int type = Ethernet.type(bytes, frame);
        if (type == Ethernet.TYPE_IPV4
                && lengthBytes >= Ethernet.HEADER_BYTES + Ipv4.HEADER_BYTES + TCP_CHECKSUM + 2
                && Ipv4.protocol(bytes, ip) == TCP
                && !Ipv4.isFragment(bytes, ip)) {
            int header = Ipv4.headerBytes(bytes, ip);
            int l4Bytes = Ipv4.totalBytes(bytes, ip) - header;
            int sum = Checksum.pseudoIpv4(Ipv4.source(bytes, ip), Ipv4.destination(bytes, ip), TCP, l4Bytes);
            return isSum(ip + header + TCP_CHECKSUM, frame + lengthBytes, sum);
        }
        if (type == Ethernet.TYPE_IPV6
                && lengthBytes >= Ethernet.HEADER_BYTES + Ipv6.HEADER_BYTES + TCP_CHECKSUM + 2
                && Ipv6.nextHeader(bytes, ip) == TCP) {
            int sum = Ipv6.pseudo(bytes, ip, TCP, Ipv6.payloadBytes(bytes, ip));
            return isSum(ip + Ipv6.HEADER_BYTES + TCP_CHECKSUM, frame + lengthBytes, sum);
        }
        return false;
    }

    private boolean isSum(int field, int end, int sum) {
        return field + 2 <= end && (bytes.getShort(field) & 0xffff) == Checksum.fold(sum);
    }

    // ---- sending ----------------------------------------------------------------------------------------------------

    @Override
    public int transmit(FrameBatch batch) {
        reap();
        XdpRing ring = sender.transmit;
        int room = ring.size() - ring.waiting();
        int put = 0;
        int i = 0;
        for (; i < batch.count; i++) {
            int offset = batch.offset[i];
            if (neighbours.takes(bytes, offset)) {
                frames.free(offset);
                continue;
            }
            if ((batch.flags[i] & FrameBatch.TX_TSO) != 0) {
                send(put);
                put = 0;
                if (!sendLarge(batch, i)) {
                    break;
                }
                room = ring.size() - ring.waiting();
                continue;
            }
            if (put == room) {
                break;
            }
            boolean checksum = (batch.flags[i] & FrameBatch.TX_L4_CHECKSUM) != 0;
            if (checksum) {
                writeMetadata(offset);
            }
            ring.put(put, offset, batch.lengthBytes[i], checksum ? XdpRing.HAS_METADATA : 0);
            put++;
        }
        send(put);
        return i;
    }

    /** So many frames have been put into the ring. */
    private void send(int put) {
        if (put > 0) {
            sender.transmit.produced(put);
            inFlight += put;
            sender.kick();
        }
    }

    /** Sends a frame of several segments, behind all before it; false while that can't be. */
    private boolean sendLarge(FrameBatch batch, int i) {
        tsoSocketIsFull = false;
        if (sender.transmit.waiting() > 0) {
            return false;
        }
        int offset = batch.offset[i];
        VirtioHeader.write(bytes, nativeOrder, offset, batch.flags[i], batch.tsoSize[i]);
        long result = tsoSocket.send(base + offset, batch.lengthBytes[i]);
        if (result == -LinuxCalls.EAGAIN) {
            tsoSocketIsFull = true;
            return false;
        }
        if (result < 0) {
            // The interface is down, or memory short: a wire would lose the frame too.
            dropped.increment();
        }
        frames.free(offset);
        return true;
    }

    private void writeMetadata(int frame) {
        int ip = Ethernet.HEADER_BYTES;
        boolean ipv4 = Ethernet.type(bytes, frame) == Ethernet.TYPE_IPV4;
        int tcp = ip + (ipv4 ? Ipv4.headerBytes(bytes, frame + ip) : Ipv6.HEADER_BYTES);
        int at = frame - XdpSocket.METADATA_BYTES;
        nativeOrder.putLong(at, METADATA_CHECKSUM).putLong(at + 8, 0).putLong(at + 16, 0);
        nativeOrder.putShort(at + 8, (short) tcp).putShort(at + 10, (short) TCP_CHECKSUM);
    }

    /** Takes back frames that are sent. */
    private void reap() {
        if (!sender.tryBeginReaping()) {
            // Another context does.
            return;
        }
        XdpRing ring = sender.completion;
        int available = ring.available();
        for (int i = 0; i < available; i++) {
            frames.free((int) ring.offset(i));
        }
        if (available > 0) {
            ring.consumed(available);
            inFlight -= available;
        }
        sender.endReaping();
    }

    // ---- frames and sleep -------------------------------------------------------------------------------------------

    @Override
    public int allocate() {
        int offset = frames.allocate();
        if (offset < 0) {
            reap();
            offset = frames.allocate();
        }
        return offset;
    }

    @Override
    public int allocateLarge() {
        return tsoSocket == null ? NONE : frames.allocateLarge();
    }

    @Override
    public void free(int offset) {
        frames.free(offset);
    }

    @Override
    public int wakeupFd() {
        return epoll;
    }

    @Override
    public boolean arm() {
        return true;
    }

    @Override
    public void disarm() {
        slept = true;
    }

    @Override
    public long nextDueNs() {
        long dueNs = share == null ? Long.MAX_VALUE : share.nextDueNs();
        if (sender.transmit.waiting() == 0 && !tsoSocketIsFull) {
            return dueNs;
        }
        return Math.min(dueNs, nic.nowNs() + (nic.isUp() ? RETRY_NS : DOWN_RETRY_NS));
    }

    @Override
    public void onArrival(Runnable doorbell) {}
}
