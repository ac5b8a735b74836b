/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/** The selectors with news in this round; each is woken at its end, normally once. The owner's. */
final class WakeList {
    /** How far back a queue is looked for; one noted twice is woken twice, which does no harm. */
    private static final int LOOK_BACK = 8;

    private ReadyQueue[] queues = new ReadyQueue[16];
    private int count;

    void note(ReadyQueue queue) {
        for (int i = count - 1; i >= 0 && i >= count - LOOK_BACK; i--) {
            if (queues[i] == queue) {
                return;
            }
        }
        if (count == queues.length) {
            queues = java.util.Arrays.copyOf(queues, 2 * count);
        }
        queues[count++] = queue;
    }

    /** @return wake-ups given */
    int wakeAll() {
        int woken = count;
        for (int i = 0; i < woken; i++) {
            queues[i].waiter.signal();
            queues[i] = null;
        }
        count = 0;
        return woken;
    }
}
