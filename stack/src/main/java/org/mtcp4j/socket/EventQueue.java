/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.util.ArrayList;
import java.util.List;
import org.mtcp4j.core.Engine;
import org.mtcp4j.core.ReadyQueue;

/**
 * The batched flow-event queue behind a selector. {@link #await} and {@link #poll} are for one thread at a time (the selecting
 * one); everything else may be called from any thread and never blocks on the selecting thread.
 */
public final class EventQueue implements AutoCloseable {
    private static final int UNDECIDED = -1;

    private final Engine engine;
    /** The context that the selecting thread drives; {@link #UNDECIDED} until it first waits. */
    private volatile int home = UNDECIDED;

    /** Listeners that were registered before. */
    private final List<StackListener> early = new ArrayList<>(1);

    private final ReadyQueue ready = new ReadyQueue();
    private volatile boolean wakeup;
    private volatile Runnable foreignWaker;

    EventQueue(Engine engine) {
        this.engine = engine;
    }

    /** Registers; the new key is queued at once, so that its present readiness is looked at. */
    public EventKey register(Pollable pollable, Object attachment) {
        EventKey key = new EventKey(ready, pollable, attachment);
        pollable.addKey(key);
        if (pollable instanceof StackListener listener) {
            accepts(listener);
        }
        ready.enqueue(key);
        return key;
    }

    private synchronized void accepts(StackListener listener) {
        if (home == UNDECIDED) {
            early.add(listener);
        } else {
            listener.drivenBy(home);
        }
    }

    /** The context that the calling thread has driven already, by a connect perhaps, so that its flows and its waits are one. */
    private int home() {
        int decided = home;
        return decided == UNDECIDED ? decideHome() : decided;
    }

    private synchronized int decideHome() {
        if (home == UNDECIDED) {
            home = engine.homeIndexOfCaller();
            early.forEach(listener -> listener.drivenBy(home));
            early.clear();
        }
        return home;
    }

    /** Takes the next key with news, clearing its queued flag (then a full fence: compute readiness afterwards); null when empty. */
    public EventKey poll() {
        return (EventKey) ready.poll();
    }

    /**
     * Runs the stack and waits until a key is queued, {@link #wakeup()} is called, the thread is interrupted, or the time is over.
     * A pending wakeup is consumed. Spurious returns are possible.
     *
     * @param timeoutNs 0: one round and no waiting (selectNow, or ready keys are at hand); negative: no limit
     * @return whether {@link #wakeup()} was called since the last return
     */
    public boolean await(long timeoutNs) {
        boolean atHand = wakeup || !ready.isEmpty();
        engine.await(home(), ready.waiter, atHand ? 0 : timeoutNs);
        return consume();
    }

    private boolean consume() {
        ready.waiter.consume();
        if (wakeup) {
            wakeup = false;
            return true;
        }
        return false;
    }

    /** Makes the present or the next {@link #await} return at once. Sticky, idempotent, cheap. */
    public void wakeup() {
        wakeup = true;
        ready.waiter.signal();
    }

    /**
     * Sets what {@link #wakeup()} and news call in addition, for a selector that waits elsewhere (in a JDK selector, for kernel
     * channels): such a selector calls {@link #beginForeignWait()} before, {@link #endForeignWait()} after its own wait, and the
     * background thread leads meanwhile. Null: none.
     */
    public void foreignWaker(Runnable waker) {
        foreignWaker = waker;
    }

    /** Runs one round, then says whether waiting elsewhere is right: false when news or a wakeup is already there. */
    public boolean beginForeignWait() {
        ready.waiter.foreignWaker(foreignWaker);
        engine.beginForeignWait(home());
        return !wakeup && ready.isEmpty() && !ready.waiter.isSignalled();
    }

    /** After the wait, whatever {@link #beginForeignWait()} returned. Says, as {@link #await}, whether there was a wakeup. */
    public boolean endForeignWait() {
        engine.endForeignWait(home());
        ready.waiter.foreignWaker(null);
        return consume();
    }

    /** Threads in await return. The keys are cancelled by whoever registered them. */
    @Override
    public void close() {
        wakeup();
    }
}
