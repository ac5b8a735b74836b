/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.nio.ByteBuffer;

/** Checks of the buffers that a program passes. */
public final class Buffers {
    private Buffers() {}

    /** As {@link SocketEvents#prepare()}, for its reason. */
    static void load() {
        // To be called is enough.
    }

    /** Refuses a buffer that nothing can be read into. */
    public static void ensureWritable(ByteBuffer dst) {
        if (dst.isReadOnly()) {
            throw new IllegalArgumentException("Read-only buffer");
        }
    }

    /** Bytes to write: of {@code src}, or of the others where it is null. */
    static long remaining(ByteBuffer src, ByteBuffer[] srcs, int offset, int length) {
        if (src != null) {
            return src.remaining();
        }
        long sum = 0;
        for (int i = offset; i < offset + length; i++) {
            sum += srcs[i].remaining();
        }
        return sum;
    }
}
