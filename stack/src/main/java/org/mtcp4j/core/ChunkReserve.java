/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Some of a {@link ChunkPool}'s chunks, for one use alone: counted, not named, so that any free chunk serves. Any thread.
 */
final class ChunkReserve {
    private static final VarHandle OUT;

    static {
        try {
            OUT = MethodHandles.lookup().findVarHandle(ChunkReserve.class, "out", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final int PARTS = 32;
    private final int parts;

    @SuppressWarnings("unused") // through OUT
    private volatile int out;

    /** @param parts of 32 that are kept */
    ChunkReserve(int parts) {
        this.parts = parts;
    }

    /** How many are left, where the pool may have so many in all. */
    int left(int chunks) {
        return Math.max(0, (int) ((long) chunks * parts / PARTS) - out);
    }

    boolean tryTake(int chunks) {
        for (; ; ) {
            int seen = out;
            if (left(chunks) == 0) {
                return false;
            }
            if (OUT.compareAndSet(this, seen, seen + 1)) {
                return true;
            }
        }
    }

    void giveBack() {
        OUT.getAndAdd(this, -1);
    }
}
