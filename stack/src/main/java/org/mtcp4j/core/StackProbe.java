/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/** Whether the calling thread's stack has room for a round. */
final class StackProbe {
    /** About 18 KiB in compiled code, more before: three times what a round needs. */
    private static final int FRAMES = 256;

    static final int LOOK_EVERY = 64;

    private final Faults faults;
    /** Whose stack was looked at last; its hash, since a thread that has ended is not to be kept. */
    private int looked;
    /** How often it has asked since. */
    private int asked;

    StackProbe(Faults faults) {
        this.faults = faults;
    }

    /**
     * Owner: a look costs half a microsecond, so it is taken where {@link #mustLook} says so. A thread that goes deeper with each call is seen in time,
     * since a look takes more than a round and the calls between two looks need.
     */
    boolean hasRoomAsFarAsSeen(Thread caller) {
        return !mustLook(caller) || hasRoom();
    }

    /** Where another thread asked before, every so many calls of one thread, and always once a stack was too small. */
    boolean mustLook(Thread caller) {
        int hash = System.identityHashCode(caller);
        if (hash == looked && ++asked < LOOK_EVERY && !faults.outOfStack) {
            return false;
        }
        looked = hash;
        asked = 0;
        return true;
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
