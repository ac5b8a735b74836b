/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/** Whether the calling thread's stack has room for a round. */
final class StackProbe {
    /** About 18 KiB in compiled code, more before: three times what a round needs. */
    private static final int FRAMES = 256;

    private static final int LOOK_EVERY = 64;

    private final Faults faults;
    private int asked;

    StackProbe(Faults faults) {
        this.faults = faults;
    }

    /**
     * Owner: looks now and then, always once a stack was too small: a look costs half a microsecond. A thread that goes deeper with
     * each call is seen in time, since a look takes more than a round needs.
     */
    boolean hasRoomAsFarAsSeen() {
        return ((++asked & (LOOK_EVERY - 1)) != 0 && !faults.outOfStack) || hasRoom();
    }

    /** Any thread. */
    boolean hasRoom() {
        try {
            // Always true, which the compiler can't know.
            return probe(FRAMES, asked, 1, 2, 3, 4, 5) != Long.MIN_VALUE;
        } catch (StackOverflowError e) {
            faults.outOfStack = true;
            return false;
        }
    }

    /** Calls itself with frames of 70 bytes and more. */
    private static long probe(int frames, long a, long b, long c, long d, long e, long f) {
        return frames == 0 ? a : probe(frames - 1, b, c, d, e, f, a + frames) ^ (a + b) ^ (c + d) ^ (e + f);
    }
}
