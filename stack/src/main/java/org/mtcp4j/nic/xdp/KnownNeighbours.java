/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Neighbours whose hardware address the kernel has, as far as it has told: a cache, in which two that meet in one place drive each other out. Any
 * thread, without a lock or an allocation. A false answer needs 63 bits of a keyed hash to be alike.
 */
final class KnownNeighbours {
    /** The kernel keeps 1,024 neighbours of a family unless it is told otherwise (gc_thresh3). */
    private static final int PLACES = 1 << 14;

    private static final long MIX = 0xff51_afd7_ed55_8ccdL;

    private final AtomicLongArray places = new AtomicLongArray(PLACES);
    private final long factorHi;
    private final long factorLo;

    /** @param secret what nobody on the link knows, so that nobody can choose addresses that meet in one place */
    KnownNeighbours(long secret) {
        SplittableRandom random = new SplittableRandom(secret);
        factorHi = random.nextLong() | 1;
        factorLo = random.nextLong() | 1;
    }

    /** Never 0, which is an empty place. */
    private long print(long hi, long lo) {
        long hash = hi * factorHi + lo * factorLo;
        hash = (hash ^ (hash >>> 33)) * MIX;
        return (hash ^ (hash >>> 33)) | 1;
    }

    private static int place(long print) {
        return (int) (print >>> 1) & (PLACES - 1);
    }

    /** @param hi upper half of the address; of IPv4 in its mapped form */
    void add(long hi, long lo) {
        long print = print(hi, lo);
        places.set(place(print), print);
    }

    void remove(long hi, long lo) {
        long print = print(hi, lo);
        places.compareAndSet(place(print), print, 0);
    }

    boolean contains(long hi, long lo) {
        long print = print(hi, lo);
        return places.get(place(print)) == print;
    }
}
