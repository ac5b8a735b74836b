/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The one contiguous region in which a NIC's frames live. A frame is an {@code int} offset into it. The buffers are shared views:
 * use only their absolute accessors, never their position, limit or mark.
 */
public final class PacketMemory {
    private final ByteBuffer bytes;
    private final ByteBuffer nativeOrder;
    private final long address;

    /**
     * @param bytes the region, whole; direct for every NIC that hands frames to native code
     * @param address its base address, or 0 where no native code needs it
     */
    public PacketMemory(ByteBuffer bytes, long address) {
        this.bytes = bytes.duplicate().order(ByteOrder.BIG_ENDIAN);
        this.nativeOrder = bytes.duplicate().order(ByteOrder.nativeOrder());
        this.address = address;
    }

    /** The region in network byte order. */
    public ByteBuffer bytes() {
        return bytes;
    }

    /** The region in the machine's byte order, for checksums and hashes that fold 8 bytes a step. */
    public ByteBuffer nativeOrder() {
        return nativeOrder;
    }

    /** Base address, or 0 where the NIC is pure Java. */
    public long address() {
        return address;
    }

    public int sizeBytes() {
        return bytes.capacity();
    }
}
