/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import java.nio.ByteBuffer;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.nic.QueueWait;

/**
 * One receive and transmit queue of a port. A burst is one native call, which reads or fills an area of 16 bytes a frame:
 *
 * <pre>
 *  byte 0   4        7       8      12
 * +--------+--------+-------+------+--------------+
 * | offset | length | flags | hash | segment size |
 * +--------+--------+-------+------+--------------+
 * </pre>
 *
 * Free frames are kept here, most recently used first, and go to and from DPDK's pool in bursts.
 */
final class DpdkQueue implements NicQueue {
    /** Frames of the area, and the most that one call moves. */
    static final int AREA_FRAMES = 64;

    private static final int WORD_BYTES = 16;
    private static final int MORE = 8;
    private static final int SMALL = 0;
    private static final int LARGE = 1;
    /** Frames that go to or come from DPDK's pool at once. */
    private static final int BURST = 32;

    private static final int LARGE_BURST = 4;
    private static final int COUNTERS = 4;
    private static final int RX_DROPPED = 0;
    private static final int TX_DROPPED = 8;
    private static final int EMPTY_POLLS = 16;
    private static final int POLLS = 24;

    private final DpdkCalls calls;
    private final long queue;
    private final ByteBuffer area;
    private final ByteBuffer counters;
    private final int largeAt;
    private final int wakeupFd;
    /** Where an eventfd's count is read to, or 0 where the descriptor is none. */
    private final long countAddress;

    private final boolean receives;
    private final HeldFrames held;
    private final int[] small = new int[2 * BURST];
    private final int[] large = new int[2 * LARGE_BURST];
    /** Kept for its address. */
    @SuppressWarnings({"unused", "UnusedVariable"})
    private final ByteBuffer count;

    private int smallCount;
    private int largeCount;

    /**
     * How a queue learns of frames.
     *
     * @param receives false for a queue beyond those that the port receives with
     * @param fd readable while frames wait, or -1
     * @param isEventfd whether it is an eventfd, readable after frames came until its count is read
     */
    record Arrivals(boolean receives, int fd, boolean isEventfd) {}

    /**
     * @param largeAt no ordinary frame's offset is as large
     * @param held null unless assertions are on
     */
    DpdkQueue(DpdkCalls calls, long queue, int largeAt, Arrivals arrivals, HeldFrames held) {
        this.calls = calls;
        this.queue = queue;
        this.largeAt = largeAt;
        this.wakeupFd = arrivals.fd;
        this.receives = arrivals.receives;
        this.held = held;
        count = arrivals.isEventfd ? ByteBuffer.allocateDirect(Long.BYTES) : null;
        countAddress = arrivals.isEventfd ? calls.address(count) : 0;
        area = calls.view(queue, AREA_FRAMES * WORD_BYTES);
        counters = calls.view(calls.counters(queue), COUNTERS * Long.BYTES);
    }

    @Override
    public int receive(FrameBatch batch) {
        int received = 0;
        while (true) {
            int most = Math.min(batch.free(), AREA_FRAMES);
            int got = calls.receive(queue, most);
            take(batch, got);
            received += got;
            if (got < most || batch.free() == 0) {
                return received;
            }
        }
    }

    private void take(FrameBatch batch, int count) {
        int at = batch.count;
        for (int i = 0; i < count; i++) {
            long place = area.getLong(i * WORD_BYTES);
            long more = area.getLong(i * WORD_BYTES + MORE);
            int offset = (int) place;
            assert held.take(offset);
            batch.offset[at + i] = offset;
            batch.lengthBytes[at + i] = (int) (place >>> 32) & 0xff_ffff;
            batch.flags[at + i] = (int) (place >>> 56);
            batch.hash[at + i] = (int) more;
            batch.tsoSize[at + i] = (int) (more >>> 32);
        }
        batch.count = at + count;
    }

    @Override
    public int transmit(FrameBatch batch) {
        int count = batch.count;
        int sent = 0;
        int burst;
        int accepted;
        // A port that is full ends it as a short burst does: no branch that is first taken when the program has long
        // been compiled.
        do {
            burst = Math.min(count - sent, AREA_FRAMES);
            for (int i = 0; i < burst; i++) {
                int entry = sent + i;
                long place = (batch.offset[entry] & 0xffff_ffffL) | (long) batch.lengthBytes[entry] << 32;
                area.putLong(i * WORD_BYTES, place | (long) batch.flags[entry] << 56);
                area.putLong(i * WORD_BYTES + MORE, (long) batch.tsoSize[entry] << 32);
            }
            accepted = calls.transmit(queue, burst);
            assert given(batch, sent, accepted);
            readFlags(batch, sent, burst);
            sent += accepted;
        } while (accepted == AREA_FRAMES && sent < count);
        return sent;
    }

    /** What there is still to do with frames, if the port did not take them. */
    private void readFlags(FrameBatch batch, int first, int count) {
        for (int i = 0; i < count; i++) {
            batch.flags[first + i] = (int) (area.getLong(i * WORD_BYTES) >>> 56);
        }
    }

    private boolean given(FrameBatch batch, int from, int count) {
        for (int i = from; i < from + count; i++) {
            assert held.give(batch.offset[i]);
        }
        return true;
    }

    @Override
    public int allocate() {
        if (smallCount == 0) {
            smallCount = fill(SMALL, small, BURST);
            if (smallCount == 0) {
                return -1;
            }
        }
        int offset = small[--smallCount];
        assert held.take(offset);
        return offset;
    }

    @Override
    public int allocateLarge() {
        if (largeCount == 0) {
            largeCount = fill(LARGE, large, LARGE_BURST);
            if (largeCount == 0) {
                return -1;
            }
        }
        int offset = large[--largeCount];
        assert held.take(offset);
        return offset;
    }

    private int fill(int size, int[] frames, int count) {
        int got = calls.allocate(queue, size, count);
        for (int i = 0; i < got; i++) {
            frames[i] = (int) area.getLong(i * WORD_BYTES);
        }
        return got;
    }

    @Override
    public void free(int offset) {
        assert held.give(offset);
        if (offset >= largeAt) {
            if (largeCount == large.length) {
                largeCount = drain(LARGE, large, largeCount, LARGE_BURST);
            }
            large[largeCount++] = offset;
            return;
        }
        if (smallCount == small.length) {
            smallCount = drain(SMALL, small, smallCount, BURST);
        }
        small[smallCount++] = offset;
    }

    /** Gives back the last {@code count}; returns how many stay. */
    private int drain(int size, int[] frames, int have, int count) {
        int stay = have - count;
        for (int i = 0; i < count; i++) {
            area.putLong(i * WORD_BYTES, frames[stay + i]);
        }
        calls.free(queue, size, count);
        return stay;
    }

    /** Free frames that are kept here. */
    int keptFrames() {
        return smallCount + largeCount;
    }

    /** Before the queue is closed. */
    void giveBack() {
        while (smallCount > 0) {
            smallCount = drain(SMALL, small, smallCount, Math.min(smallCount, AREA_FRAMES));
        }
        if (largeCount > 0) {
            largeCount = drain(LARGE, large, largeCount, largeCount);
        }
    }

    /** Whether sleepers are rung by the peer rather than look themselves. */
    boolean isRung() {
        return calls.isRung(queue);
    }

    /** Frames that could not be taken or sent. */
    long dropped() {
        return counters.getLong(RX_DROPPED) + counters.getLong(TX_DROPPED);
    }

    long polls() {
        return counters.getLong(POLLS);
    }

    long emptyPolls() {
        return counters.getLong(EMPTY_POLLS);
    }

    @Override
    public int wakeupFd() {
        return wakeupFd;
    }

    @Override
    public boolean mustBePolled() {
        return receives && wakeupFd < 0;
    }

    @Override
    public QueueWait newWait() {
        return new DpdkWait(calls, queue);
    }

    /** Whoever sleeps on the descriptor need not own the queue, and the descriptor tells it. */
    @Override
    public boolean arm() {
        return wakeupFd >= 0 || !receives || calls.peek(queue) == 0;
    }

    /** The count is read before the next receive, so that what comes after that wakes again. */
    @Override
    public void disarm() {
        if (countAddress != 0) {
            calls.readCount(wakeupFd, countAddress);
        }
    }

    @Override
    public void onArrival(Runnable doorbell) {}
}
