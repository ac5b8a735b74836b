/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;

/**
 * What the stack may take of the memory that the JVM and the container allow; the greater part stays the program's, and nothing is taken
 * beside what their limits cover (ADR 0016).
 */
public final class MemoryBudget {
    /** Of direct memory, and of what a container leaves beside the heap. */
    private static final int DIRECT_SHARE = 4;

    private static final int HEAP_SHARE = 8;
    private static final int FRAME_SHARE = 8;
    /** Of the heap, left to the program. */
    private static final int SPARED_SHARE = 16;

    /** Of a container whose limit the heap may use up. */
    private static final int MIN_CONTAINER_SHARE = 16;
    /** Where the user has said how much: of either memory so many times the share. */
    private static final int MAX_TIMES = 2;

    private final MemoryLimits limits;
    private final long payloadBytes;
    private final boolean direct;
    private final String warning;

    private MemoryBudget(MemoryLimits limits, long payloadBytes, boolean direct, String warning) {
        this.limits = limits;
        this.payloadBytes = payloadBytes;
        this.direct = direct;
        this.warning = warning;
    }

    public static MemoryBudget of(StackConfig config) {
        return of(config.number(Key.MEMORY), !config.isDefault(Key.MEMORY), MemoryLimits.ofThisJvm());
    }

    /** @param asked whether the user has said how much */
    static MemoryBudget of(long wantedBytes, boolean asked, MemoryLimits limits) {
        int times = asked ? MAX_TIMES : 1;
        long directBytes = times * directShare(limits);
        long heapBytes = times * limits.heapBytes() / HEAP_SHARE;
        // Direct memory where it is enough: the heap is what the program runs short of first.
        boolean direct = directBytes >= Math.min(wantedBytes, heapBytes);
        long mostBytes = direct ? directBytes : heapBytes;
        String warning = null;
        if (asked && wantedBytes > mostBytes) {
            warning = "mtcp.memory=" + mebibytes(wantedBytes)
                    + " is above what this JVM and its container leave to the stack: it takes at most "
                    + mebibytes(mostBytes)
                    + "; give the JVM more with -XX:MaxDirectMemorySize or -Xmx, or set mtcp.memory to that or less";
        }
        return new MemoryBudget(limits, Math.min(wantedBytes, mostBytes), direct, warning);
    }

    private static long directShare(MemoryLimits limits) {
        long share = limits.directBytes() / DIRECT_SHARE;
        if (limits.containerBytes() == MemoryLimits.NONE) {
            return share;
        }
        long beside = Math.max(0, limits.containerBytes() - limits.heapBytes()) / DIRECT_SHARE;
        return Math.min(share, Math.max(beside, limits.containerBytes() / MIN_CONTAINER_SHARE));
    }

    private static String mebibytes(long bytes) {
        return bytes >> 20 > 0 ? (bytes >> 20) + "m" : (bytes >> 10) + "k";
    }

    /** Of all streams. */
    public long payloadBytes() {
        return payloadBytes;
    }

    /** Whether payload is in direct memory, and else in the heap. */
    public boolean isDirect() {
        return direct;
    }

    /** What may be had of the heap without a collection, beside what is left to the program. */
    static long freeHeapBytes() {
        Runtime runtime = Runtime.getRuntime();
        long most = runtime.maxMemory();
        return most - (runtime.totalMemory() - runtime.freeMemory()) - most / SPARED_SHARE;
    }

    /** Of the frames of one NIC, which are in direct memory. */
    public long frameBytes() {
        return Math.min(limits.heapBytes(), limits.directBytes()) / FRAME_SHARE;
    }

    /** What the user has set and will not have, in a sentence with the cure; null for nothing. */
    public String warning() {
        return warning;
    }

    /** For the line of the start. */
    public String text() {
        return mebibytes(payloadBytes) + (direct ? " direct" : " heap");
    }
}
