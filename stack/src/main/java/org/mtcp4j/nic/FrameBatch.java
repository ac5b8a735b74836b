/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

/**
 * A burst of frames as parallel arrays: no object per packet. One thread at a time uses a batch. Entries {@code 0 .. count-1} are
 * valid.
 *
 * <p>A frame starts at its Ethernet header. {@code flags} describe what the NIC has verified (receive) or is asked to do
 * (transmit).
 */
public final class FrameBatch {
    /** Receive: the TCP checksum is known to be good, or the frame never left the machine (partial checksum of a local peer). */
    public static final int RX_L4_CHECKSUM_GOOD = 1;
    /** Receive: {@link #hash} holds the flow's hash as the NIC computed it. */
    public static final int RX_HASH = 1 << 1;
    /**
     * Transmit: fill in the TCP checksum. The checksum field already holds the folded, not complemented, sum of the pseudo-header
     * (with the TCP length of the frame as it stands; for TSO too).
     */
    public static final int TX_L4_CHECKSUM = 1 << 2;
    /** Transmit: cut the payload into segments of {@link #tsoSize} bytes. Implies {@link #TX_L4_CHECKSUM}. */
    public static final int TX_TSO = 1 << 3;

    /** Transmit: {@link #hash} holds the {@code FlowHash} of the frame, so that a NIC which steers by it need not look. */
    public static final int TX_HASH = 1 << 4;

    /** Receive, with {@link #RX_L4_CHECKSUM_GOOD}: the checksum field holds the sum of the pseudo-header alone, so a peer in this machine has sent it. */
    public static final int RX_L4_PARTIAL = 1 << 5;

    /** Offset of each frame in the NIC's {@link PacketMemory}. */
    public final int[] offset;

    /** Bytes of each frame, Ethernet header included, frame check sequence excluded. */
    public final int[] lengthBytes;

    public final int[] flags;
    public final int[] hash;

    /** Payload bytes of each segment that {@link #TX_TSO} makes, or that a large received frame was put together from; else 0. */
    public final int[] tsoSize;

    /** Valid entries. */
    public int count;

    public FrameBatch(int capacity) {
        offset = new int[capacity];
        lengthBytes = new int[capacity];
        flags = new int[capacity];
        hash = new int[capacity];
        tsoSize = new int[capacity];
    }

    public int capacity() {
        return offset.length;
    }

    public int free() {
        return offset.length - count;
    }

    /** Appends a frame. The batch must have room. */
    public void add(int frameOffset, int frameLengthBytes, int frameFlags) {
        int i = count++;
        offset[i] = frameOffset;
        lengthBytes[i] = frameLengthBytes;
        flags[i] = frameFlags;
        hash[i] = 0;
        tsoSize[i] = 0;
    }

    /** Drops the first {@code n} entries and moves the rest to the front. */
    public void removeFirst(int n) {
        int rest = count - n;
        System.arraycopy(offset, n, offset, 0, rest);
        System.arraycopy(lengthBytes, n, lengthBytes, 0, rest);
        System.arraycopy(flags, n, flags, 0, rest);
        System.arraycopy(hash, n, hash, 0, rest);
        System.arraycopy(tsoSize, n, tsoSize, 0, rest);
        count = rest;
    }
}
