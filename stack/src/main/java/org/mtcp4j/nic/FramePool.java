/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The frames of one region, shared by the queues of a NIC: small ones, and optionally a few large ones behind them. Every queue has a
 * {@link Cache} that only its owner touches and that meets the others in bursts, so a frame may be freed on another queue than the one
 * it came from.
 */
public final class FramePool {
    /** Frames a cache takes or gives at once. */
    private static final int BURST = 32;

    private static final int LINE_BYTES = 64;
    private static final int PAGE_BYTES = 4_096;
    private static final boolean CHECKED = FramePool.class.desiredAssertionStatus();

    private final ByteBuffer region;
    private final int frames;
    private final int headroomBytes;
    private final int roomBytes;
    private final int strideBytes;
    private final int largeFrames;
    private final int largeRoomBytes;
    private final int largeStrideBytes;
    private final int largeBase;
    private final FrameStack small;
    private final FrameStack large;
    private final Cache[] caches;
    /** Only with assertions on: 1 for each frame that somebody holds. */
    private final byte[] held;

    /** Without headroom. */
    public FramePool(int frames, int roomBytes, int largeFrames, int largeRoomBytes, int caches)
            throws NicUnavailableException {
        this(frames, roomBytes, largeFrames, largeRoomBytes, caches, 0);
    }

    /**
     * @param roomBytes what a frame may take, headroom excluded
     * @param largeFrames 0 for none
     * @param caches one per queue
     * @param headroomBytes free bytes before each frame
     * @throws NicUnavailableException when the region would not fit an {@code int} offset or the JVM's direct memory
     */
    public FramePool(int frames, int roomBytes, int largeFrames, int largeRoomBytes, int caches, int headroomBytes)
            throws NicUnavailableException {
        this(frames, roomBytes, largeFrames, largeRoomBytes, caches, headroomBytes, 0);
    }

    /**
     * The same, but that each small frame has as many bytes of its own, and the first of the region begins a page.
     *
     * @param chunkBytes a power of two, headroom included
     */
    public static FramePool ofChunks(
            int frames, int chunkBytes, int headroomBytes, int largeFrames, int largeRoomBytes, int caches)
            throws NicUnavailableException {
        return new FramePool(
                frames, chunkBytes - headroomBytes, largeFrames, largeRoomBytes, caches, headroomBytes, chunkBytes);
    }

    private FramePool(
            int frames,
            int roomBytes,
            int largeFrames,
            int largeRoomBytes,
            int caches,
            int headroomBytes,
            int chunkBytes)
            throws NicUnavailableException {
        this.frames = frames;
        this.headroomBytes = headroomBytes;
        this.roomBytes = roomBytes;
        this.strideBytes = chunkBytes != 0 ? chunkBytes : stride(headroomBytes + roomBytes);
        this.largeFrames = largeFrames;
        this.largeRoomBytes = largeFrames == 0 ? 0 : largeRoomBytes;
        this.largeStrideBytes = stride(headroomBytes + largeRoomBytes);
        long smallBytes = (long) frames * strideBytes;
        long regionBytes = smallBytes + (long) largeFrames * largeStrideBytes;
        int alignment = chunkBytes == 0 ? 1 : Math.max(PAGE_BYTES, chunkBytes);
        // A slice ends at a multiple, too.
        long wholeBytes = (regionBytes + alignment - 1) / alignment * alignment;
        ByteBuffer allocated = allocate(wholeBytes + alignment - 1, frames, roomBytes);
        this.region =
                chunkBytes == 0 ? allocated : allocated.alignedSlice(alignment).slice(0, (int) regionBytes);
        this.largeBase = (int) smallBytes;
        this.small = new FrameStack(frames);
        this.large = new FrameStack(largeFrames);
        // So that caches never hold more than a quarter of the frames among them.
        int burst = Math.max(1, Math.min(BURST, frames / (8 * caches)));
        this.caches = new Cache[caches];
        Arrays.setAll(this.caches, i -> new Cache(burst));
        this.held = CHECKED ? new byte[frames + largeFrames] : null;
    }

    /** Room for a packet of that MTU with its Ethernet header and tag, at least 2048 bytes. */
    public static int roomBytes(int mtuBytes) {
        int needed = mtuBytes + 18;
        return Math.max(2_048, (needed + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES);
    }

    /** The region, all of it. */
    public ByteBuffer region() {
        return region;
    }

    public int roomBytes() {
        return roomBytes;
    }

    /** 0 where there are no large frames. */
    public int largeRoomBytes() {
        return largeRoomBytes;
    }

    public Cache cache(int index) {
        return caches[index];
    }

    /** Of both sizes. */
    public int totalFrames() {
        return frames + largeFrames;
    }

    /** Frames that nobody holds, of both sizes; exact while no cache is in use. */
    public int freeFrames() {
        int free = small.size() + large.size();
        for (Cache cache : caches) {
            free += cache.count;
        }
        return free;
    }

    /** Whether the frame at this offset is a large one. */
    public boolean isLarge(int offset) {
        return offset >= largeBase;
    }

    /** An odd number of cache lines, so that the headers of neighbouring frames do not fall into the same cache sets. */
    private static int stride(int roomBytes) {
        int lines = (roomBytes + LINE_BYTES - 1) / LINE_BYTES;
        return (lines | 1) * LINE_BYTES;
    }

    private static ByteBuffer allocate(long bytes, int frames, int roomBytes) throws NicUnavailableException {
        if (bytes > Integer.MAX_VALUE) {
            long most = frames * (long) Integer.MAX_VALUE / bytes;
            throw new NicUnavailableException("the NIC's " + frames + " frames of " + roomBytes
                    + " bytes exceed 2 GiB; set mtcp.frames to at most " + most + ", or a smaller mtcp.mtu");
        }
        try {
            return ByteBuffer.allocateDirect((int) bytes);
        } catch (OutOfMemoryError e) {
            throw new NicUnavailableException(
                    "no " + (bytes >> 20) + " MiB of direct memory for the NIC's frames; give the JVM more with"
                            + " -XX:MaxDirectMemorySize, or set a smaller mtcp.frames",
                    e);
        }
    }

    private boolean take(int index) {
        boolean free = held[index] == 0;
        held[index] = 1;
        return free;
    }

    private boolean give(int index) {
        boolean taken = held[index] == 1;
        held[index] = 0;
        return taken;
    }

    /** One queue's share. Only the queue's owner calls it. */
    public final class Cache {
        private final int burst;
        private final int[] stack;
        private int count;

        private Cache(int burst) {
            this.burst = burst;
            this.stack = new int[2 * burst];
        }

        /** A small frame's offset, or -1. */
        public int allocate() {
            if (count == 0) {
                count = small.pop(stack, 0, burst);
                if (count == 0) {
                    return -1;
                }
            }
            int index = stack[--count];
            assert take(index) : "frame " + index + " is held already";
            return index * strideBytes + headroomBytes;
        }

        /** A large frame's offset, or -1. */
        public int allocateLarge() {
            int index = large.pop();
            if (index < 0) {
                return -1;
            }
            assert take(frames + index) : "large frame " + index + " is held already";
            return largeBase + index * largeStrideBytes + headroomBytes;
        }

        /** Gives a frame back, whatever its size and whichever cache it came from. */
        public void free(int offset) {
            if (offset >= largeBase) {
                int index = (offset - largeBase) / largeStrideBytes;
                assert give(frames + index) : "large frame " + index + " freed twice";
                large.push(index);
                return;
            }
            int index = offset / strideBytes;
            assert give(index) : "frame " + index + " freed twice";
            if (count == stack.length) {
                count -= burst;
                small.push(stack, count, burst);
            }
            stack[count++] = index;
        }
    }
}
