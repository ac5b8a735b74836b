/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

/**
 * The batched flow-event queue behind a selector. {@link #await} and {@link #poll} are for one thread at a time (the selecting
 * one); everything else may be called from any thread and never blocks on the selecting thread.
 */
public final class EventQueue implements AutoCloseable {
    /** Registers; the new key is queued at once, so that its present readiness is looked at. */
    public EventKey register(Pollable pollable, Object attachment) {
        throw new UnsupportedOperationException();
    }

    /** Takes the next key with news, clearing its queued flag (then a full fence: compute readiness afterwards); null when empty. */
    public EventKey poll() {
        throw new UnsupportedOperationException();
    }

    /**
     * Runs the stack and waits until a key is queued, {@link #wakeup()} is called, the thread is interrupted, or the time is over.
     * A pending wakeup is consumed.
     *
     * @param timeoutNs 0: one round and no waiting (selectNow, or ready keys are at hand); negative: no limit
     */
    public void await(long timeoutNs) {
        throw new UnsupportedOperationException();
    }

    /** Makes the present or the next {@link #await} return at once. Sticky, idempotent, cheap. */
    public void wakeup() {
        throw new UnsupportedOperationException();
    }

    /**
     * Sets what {@link #wakeup()} and news call in addition, for a selector that waits elsewhere (in a JDK selector, for kernel
     * channels): such a selector calls {@link #beginForeignWait()} before, {@link #endForeignWait()} after its own wait, and the
     * background thread leads meanwhile. Null: none.
     */
    public void foreignWaker(Runnable waker) {
        throw new UnsupportedOperationException();
    }

    /** Runs one round, then says whether waiting elsewhere is right: false when news or a wakeup is already there. */
    public boolean beginForeignWait() {
        throw new UnsupportedOperationException();
    }

    public void endForeignWait() {
        throw new UnsupportedOperationException();
    }

    /** Cancels all keys. Threads in await return. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
