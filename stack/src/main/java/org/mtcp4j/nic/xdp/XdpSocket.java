/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCalls;

/**
 * An AF_XDP socket of one receive queue: all of them share one memory. The first of a queue has the queue's fill and completion rings and
 * receives; further ones of the same queue only send.
 */
final class XdpSocket {
    /** Before each frame that is sent: {@code struct xsk_tx_metadata}. */
    static final int METADATA_BYTES = 24;

    private static final int AF_XDP = 44;
    private static final int SOL_XDP = 283;
    private static final int XDP_MMAP_OFFSETS = 1;
    private static final int XDP_RX_RING = 2;
    private static final int XDP_TX_RING = 3;
    private static final int XDP_UMEM_REG = 4;
    private static final int XDP_UMEM_FILL_RING = 5;
    private static final int XDP_UMEM_COMPLETION_RING = 6;
    private static final int METADATA_FLAG = 1 << 2;

    private static final int SHARED_UMEM = 1;
    private static final int COPY = 1 << 1;
    private static final int NEED_WAKEUP = 1 << 3;
    /** Packets longer than a frame come in several. */
    private static final int USE_SG = 1 << 4;

    private static final long RX_PAGE = 0;
    private static final long TX_PAGE = 0x8000_0000L;
    private static final long FILL_PAGE = 0x1_0000_0000L;
    private static final long COMPLETION_PAGE = 0x1_8000_0000L;
    private static final int RX_AT = 0;
    private static final int TX_AT = 32;
    private static final int FILL_AT = 64;
    private static final int COMPLETION_AT = 96;
    private static final int OFFSETS_BYTES = 128;

    /** The kernel takes at most so many, and then says EAGAIN. */
    private static final int FRAMES_A_CALL = 32;

    private static final int BIND_TRIES = 50;
    private static final int BIND_PAUSE_MS = 20;
    private static final String NEWER =
            "the kernel must be 5.10 or later, with CONFIG_XDP_SOCKETS; use nic=tap:NAME on others";

    private static final String TAKEN =
            "another program, perhaps another JVM with mtcp4j, has the interface: one at a time can; end it, or give this"
                    + " one nic=tap:NAME";

    private final LinuxCalls calls;
    private final XdpFailures failures;
    final int fd;
    final int queue;
    /** Null in a socket that only sends. */
    XdpRing receive;

    XdpRing transmit;
    /** Of the queue; shared with the sockets that only send. */
    XdpRing fill;

    XdpRing completion;
    /** Only who has set it looks at the completion ring, where several contexts send through one queue. */
    private AtomicBoolean reaping = new AtomicBoolean();

    private boolean ownsRings;
    private boolean closed;

    XdpSocket(LinuxCalls calls, XdpFailures failures, int queue) throws NicUnavailableException {
        this.calls = calls;
        this.failures = failures;
        this.queue = queue;
        long opened = calls.socket(AF_XDP, LinuxCalls.SOCK_RAW | LinuxCalls.SOCK_CLOEXEC, 0);
        if (opened == -LinuxCalls.EAFNOSUPPORT) {
            throw failures.of("opening an AF_XDP socket", opened, NEWER);
        }
        fd = (int) failures.must(opened, "opening an AF_XDP socket", NEWER);
    }

    /**
     * Registers the memory, for all sockets.
     *
     * @return whether the kernel makes checksums of what is sent; or {@code -errno}
     */
    int register(long base, int bytes, int chunkBytes) {
        ByteBuffer memory = LinuxCalls.memory(32);
        long at = calls.address(memory);
        memory.putLong(0, base).putLong(8, bytes).putInt(16, chunkBytes).putInt(24, METADATA_FLAG);
        memory.putInt(28, METADATA_BYTES);
        if (calls.setsockopt(fd, SOL_XDP, XDP_UMEM_REG, at, 32) == 0) {
            return 1;
        }
        memory.putLong(24, 0);
        return calls.setsockopt(fd, SOL_XDP, XDP_UMEM_REG, at, 24);
    }

    /** @param ofQueue the queue's socket, whose fill and completion rings these frames use; null if it is this one */
    void makeRings(int size, XdpSocket ofQueue) throws NicUnavailableException {
        ownsRings = ofQueue == null;
        ByteBuffer number = LinuxCalls.memory(8).putInt(0, size);
        int[] options = ownsRings
                ? new int[] {XDP_RX_RING, XDP_TX_RING, XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING}
                : new int[] {XDP_TX_RING};
        for (int ring : options) {
            failures.must(
                    calls.setsockopt(fd, SOL_XDP, ring, calls.address(number), 4),
                    "making the rings of an AF_XDP socket",
                    "set a smaller mtcp.frames");
        }
        ByteBuffer offsets = LinuxCalls.memory(OFFSETS_BYTES);
        number.putInt(0, OFFSETS_BYTES);
        failures.must(
                calls.getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, calls.address(offsets), calls.address(number)),
                "asking for the rings of an AF_XDP socket",
                NEWER);
        int[] descriptors = {size, XdpRing.DESCRIPTOR_BYTES};
        int[] frames = {size, XdpRing.OFFSET_BYTES};
        transmit = new XdpRing(calls, failures, fd, offsets, TX_AT, descriptors, TX_PAGE);
        if (ownsRings) {
            receive = new XdpRing(calls, failures, fd, offsets, RX_AT, descriptors, RX_PAGE);
            fill = new XdpRing(calls, failures, fd, offsets, FILL_AT, frames, FILL_PAGE);
            completion = new XdpRing(calls, failures, fd, offsets, COMPLETION_AT, frames, COMPLETION_PAGE);
        } else {
            fill = ofQueue.fill;
            completion = ofQueue.completion;
            reaping = ofQueue.reaping;
        }
    }

    /**
     * Binds to the queue. One whose owner has just ended stays busy for some 60 ms, so it is tried for a second.
     *
     * @param first the socket that has registered the memory; null if it is this one
     * @return whether longer packets than a frame come
     */
    boolean bind(int interfaceIndex, XdpSocket first) throws NicUnavailableException {
        int flags = first != null ? SHARED_UMEM : COPY | NEED_WAKEUP | USE_SG;
        long bound = tryBind(interfaceIndex, flags, first);
        if (bound == -LinuxCalls.EINVAL && first == null) {
            flags &= ~USE_SG;
            bound = tryBind(interfaceIndex, flags, null);
        }
        mustBeBound(bound);
        return (flags & USE_SG) != 0;
    }

    /** As {@link #bind}, for a further queue; false if the interface has none of that number. */
    boolean isThere(int interfaceIndex, XdpSocket first) throws NicUnavailableException {
        long bound = tryBind(interfaceIndex, SHARED_UMEM, first);
        if (bound != -LinuxCalls.EINVAL) {
            mustBeBound(bound);
        }
        return bound >= 0;
    }

    private void mustBeBound(long bound) throws NicUnavailableException {
        boolean busy = bound == -LinuxCalls.EBUSY;
        failures.must(bound, "binding to receive queue " + queue, busy ? TAKEN : NEWER);
    }

    private long tryBind(int interfaceIndex, int flags, XdpSocket first) {
        ByteBuffer address = LinuxCalls.memory(16);
        address.putShort(0, (short) AF_XDP).putShort(2, (short) flags).putInt(4, interfaceIndex);
        address.putInt(8, queue).putInt(12, first == null ? 0 : first.fd);
        long bound = calls.bind(fd, calls.address(address), 16);
        for (int i = 1; i < BIND_TRIES && bound == -LinuxCalls.EBUSY; i++) {
            try {
                Thread.sleep(BIND_PAUSE_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return bound;
            }
            bound = calls.bind(fd, calls.address(address), 16);
        }
        return bound;
    }

    /** Has the kernel send what is in the ring; what it has no room for now stays there. */
    void kick() {
        // How much it took is no help: before 6.17 a call that ends after its most frames does not publish how far it
        // came.
        kick(transmit.waiting());
    }

    void kick(int waiting) {
        long result = -LinuxCalls.EAGAIN;
        for (int left = waiting; left > 0 && result == -LinuxCalls.EAGAIN; left -= FRAMES_A_CALL) {
            result = calls.send(fd, 0, 0, LinuxCalls.MSG_DONTWAIT);
        }
    }

    boolean tryBeginReaping() {
        return !reaping.getPlain() && reaping.compareAndSet(false, true);
    }

    void endReaping() {
        reaping.setRelease(false);
    }

    void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (transmit != null) {
            transmit.close();
        }
        if (ownsRings) {
            for (XdpRing ring : new XdpRing[] {receive, fill, completion}) {
                if (ring != null) {
                    ring.close();
                }
            }
        }
        calls.close(fd);
    }
}
