/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/** A piece of a stream's storage. Linked by its stream while in use, by the pool while free. */
final class Chunk {
    static final int BYTES = 8 * 1024;

    private static final VarHandle NEXT;

    static {
        try {
            NEXT = MethodHandles.lookup().findVarHandle(Chunk.class, "next", Chunk.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Use absolute accessors only. */
    final ByteBuffer data;

    final int index;
    /** Stream position of byte 0. */
    long start;

    /** Next chunk of the stream, perhaps behind a gap; written before the stream's position that covers it is published. */
    Chunk next;

    /** Index + 1 of the next free chunk, 0 for none; meaningful while free only. */
    int freeNext;

    /** What it was taken from and counts against until it is given back; null for the chunks that anybody may have. */
    ChunkReserve reserve;

    Chunk(int index, ByteBuffer data) {
        this.index = index;
        this.data = data;
    }

    /** Whoever gets to the next chunk by {@link #linked} sees what was written to it before. */
    void link(Chunk chunk) {
        NEXT.setRelease(this, chunk);
    }

    /** The next chunk, for whoever may get there before the stream's position that covers it is published. */
    Chunk linked() {
        return (Chunk) NEXT.getAcquire(this);
    }

    long end() {
        return start + BYTES;
    }
}
