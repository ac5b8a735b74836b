/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import org.mtcp4j.core.Endpoint;

/**
 * Something with readiness: a {@link StackSocket} or a {@link StackListener}. Readiness is level: it is computed from the rings each
 * time, from any thread.
 */
public abstract class Pollable extends Endpoint {
    /** Bits of {@link #readyOps()}; the first four have the values of {@code SelectionKey}'s. */
    public static final int READ = 1;

    public static final int WRITE = 1 << 2;
    public static final int CONNECT = 1 << 3;
    public static final int ACCEPT = 1 << 4;
    /** Error or hang-up: all of a key's interest counts as ready. */
    public static final int ERROR = 1 << 5;

    /** What is ready now. READ also at end of stream and after local shutdownInput; CONNECT while a pending connect has ended. */
    public final int readyOps() {
        return readyOps(READ | WRITE | CONNECT | ACCEPT);
    }

    /** As {@link #readyOps()}; of those that are not wanted it may say nothing: who asks for WRITE is told when that comes. */
    public abstract int readyOps(int wanted);

    /**
     * Blocks the calling thread, which drives the stack meanwhile, until one of {@code ops} (or ERROR) is ready, {@link
     * #wakeWaiters()} is called, the thread is interrupted, or the time is over. Spurious returns are allowed; a wake-up that came
     * before is not lost.
     *
     * @param timeoutNs 0 for no limit
     */
    public abstract void await(int ops, long timeoutNs);

    /** Makes every thread in {@link #await} return (asynchronous close). Any thread; never blocks. */
    public final void wakeWaiters() {
        wakeBoth();
    }

    final void addKey(EventKey key) {
        addNode(key);
    }

    final void removeKey(EventKey key) {
        removeNode(key);
    }
}
