/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCalls;

/**
 * One of an AF_XDP socket's rings, in memory shared with the kernel: two counters, each written by one side, and as many descriptors as
 * there is room. The fill and completion rings hold offsets of frames, the others {@code struct xdp_desc}: offset, length, options.
 */
final class XdpRing {
    /** A descriptor's option: the packet goes on in the next one. */
    static final int CONTINUES = 1;
    /** A descriptor's option: the metadata before the frame says what is to be done. */
    static final int HAS_METADATA = 2;

    static final int OFFSET_BYTES = 8;
    static final int DESCRIPTOR_BYTES = 16;

    private static final int READ_WRITE = 3;
    private static final int SHARED_POPULATE = 0x8001;
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private final LinuxCalls calls;
    private final ByteBuffer map;
    private final long address;
    private final int bytes;
    private final int producerAt;
    private final int consumerAt;
    private final int entriesAt;
    private final int entryBytes;
    private final int size;
    /** Our side's counter, published by {@link #produced} or {@link #consumed}. */
    private int mine;

    private boolean closed;

    /**
     * @param offsets {@code struct xdp_mmap_offsets}
     * @param at where this ring's part begins
     * @param page which of the socket's rings is mapped
     */
    XdpRing(LinuxCalls calls, XdpFailures failures, int fd, ByteBuffer offsets, int at, int[] sizes, long page)
            throws NicUnavailableException {
        this.calls = calls;
        size = sizes[0];
        entryBytes = sizes[1];
        producerAt = (int) offsets.getLong(at);
        consumerAt = (int) offsets.getLong(at + 8);
        entriesAt = (int) offsets.getLong(at + 16);
        bytes = entriesAt + size * entryBytes;
        address = failures.must(
                calls.mmap(bytes, READ_WRITE, SHARED_POPULATE, fd, page),
                "mapping a ring of an AF_XDP socket",
                "set a smaller mtcp.frames");
        map = calls.view(address, bytes).order(ByteOrder.nativeOrder());
    }

    int size() {
        return size;
    }

    private int entry(int ahead) {
        return entriesAt + ((mine + ahead) & (size - 1)) * entryBytes;
    }

    // ---- ours to fill -----------------------------------------------------------------------------------------------

    /** Entries that the kernel has not taken. */
    int waiting() {
        return mine - (int) INT.getAcquire(map, consumerAt);
    }

    /** Puts a frame into the next entry but {@code ahead}. */
    void put(int ahead, long offset) {
        map.putLong(entry(ahead), offset);
    }

    void put(int ahead, long offset, int lengthBytes, int options) {
        int at = entry(ahead);
        map.putLong(at, offset).putInt(at + 8, lengthBytes).putInt(at + 12, options);
    }

    void produced(int entries) {
        mine += entries;
        INT.setRelease(map, producerAt, mine);
    }

    // ---- ours to empty ----------------------------------------------------------------------------------------------

    /** Entries that the kernel has put there. */
    int available() {
        return (int) INT.getAcquire(map, producerAt) - mine;
    }

    long offset(int ahead) {
        return map.getLong(entry(ahead));
    }

    int lengthBytes(int ahead) {
        return map.getInt(entry(ahead) + 8);
    }

    int options(int ahead) {
        return map.getInt(entry(ahead) + 12);
    }

    void consumed(int entries) {
        mine += entries;
        INT.setRelease(map, consumerAt, mine);
    }

    /** Once: the address may be another's then. */
    void close() {
        if (!closed) {
            closed = true;
            calls.munmap(address, bytes);
        }
    }
}
