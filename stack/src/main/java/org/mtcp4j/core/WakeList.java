/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.Arrays;

/** The selectors with news in this round; each is woken at its end, normally once. The owner's. */
final class WakeList {
    /** How far back a queue is looked for; one noted twice is woken twice, which does no harm. */
    private static final int LOOK_BACK = 8;

    private ReadyQueue[] queues = new ReadyQueue[16];
    private int count;

    /** Before something that must be followed by {@link #note}: there is room for it. */
    void reserve() {
        if (count == queues.length) {
            queues = Arrays.copyOf(queues, 2 * count);
        }
    }

    void note(ReadyQueue queue) {
        for (int i = count - 1; i >= 0 && i >= count - LOOK_BACK; i--) {
            if (queues[i] == queue) {
                return;
            }
        }
        reserve();
        queues[count++] = queue;
    }

    /**
     * An error keeps nobody else from being woken, and whom it is about in the list, for the next round.
     *
     * @return wake-ups given
     */
    int wakeAll(Faults faults) {
        int noted = count;
        int kept = 0;
        for (int i = 0; i < noted; i++) {
            ReadyQueue queue = queues[i];
            queues[i] = null;
            try {
                queue.waiter.signal();
            } catch (Throwable e) {
                // Plain stores alone: this may be the end of a stack.
                faults.failed(e, null);
                queues[kept++] = queue;
            }
        }
        count = kept;
        return noted - kept;
    }
}
