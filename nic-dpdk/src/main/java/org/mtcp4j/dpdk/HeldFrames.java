/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import java.util.concurrent.atomic.AtomicIntegerArray;

/** For assertions: which frames somebody outside the NIC holds. Frames are at least 64 bytes apart. */
final class HeldFrames {
    private static final int LINE_SHIFT = 6;

    private final AtomicIntegerArray held;

    HeldFrames(int regionBytes) {
        held = new AtomicIntegerArray((regionBytes >>> LINE_SHIFT) + 1);
    }

    /** False when somebody holds it already. */
    boolean take(int offset) {
        return held.compareAndSet(offset >>> LINE_SHIFT, 0, offset + 1);
    }

    /** False when nobody holds it, or its offset is another. */
    boolean give(int offset) {
        return held.compareAndSet(offset >>> LINE_SHIFT, offset + 1, 0);
    }
}
