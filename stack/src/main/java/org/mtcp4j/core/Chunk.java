/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.nio.ByteBuffer;

/** A piece of a stream's storage. Linked by its stream while in use, by the pool while free. */
final class Chunk {
    static final int BYTES = 8 * 1024;

    /** Use absolute accessors only. */
    final ByteBuffer data;

    final int index;
    /** Stream position of byte 0. */
    long start;

    /** Next chunk of the stream, perhaps behind a gap; written before the stream's position that covers it is published. */
    Chunk next;

    /** Index + 1 of the next free chunk, 0 for none; meaningful while free only. */
    int freeNext;

    Chunk(int index, ByteBuffer data) {
        this.index = index;
        this.data = data;
    }

    long end() {
        return start + BYTES;
    }
}
