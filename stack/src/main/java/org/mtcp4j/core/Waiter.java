/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * A place where one thread at a time waits for news: a selector's, or one direction of a socket. A signal is sticky until {@link
 * #consume()}.
 */
public final class Waiter {
    private static final int RUNNING = 0;
    private static final int PARKED = 1;
    private static final int LEADING = 2;

    private static final VarHandle SIGNAL;
    private static final VarHandle STATE;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            SIGNAL = lookup.findVarHandle(Waiter.class, "signal", int.class);
            STATE = lookup.findVarHandle(Waiter.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // through SIGNAL
    private volatile int signal;

    @SuppressWarnings("unused") // through STATE
    private volatile int state;

    /** An error kept the signal from waking its thread: the next one does. */
    private volatile boolean unwoken;

    private volatile Thread thread;
    private volatile Context leading;
    private volatile Runnable foreignWaker;

    /** Sleeps as leader in a row that brought this waiter nothing. Its thread's; read, and set to 0, by others as a hint. */
    int fruitless;

    /** Waiting thread: takes the signal; a full fence. True when there was one. */
    public boolean consume() {
        return signal != 0 && (int) SIGNAL.getAndSet(this, 0) != 0;
    }

    public boolean isSignalled() {
        return signal != 0;
    }

    /** Any thread: makes the waiting thread, or the next one to wait, return. Cheap when already signalled. After an error it may be called again. */
    public void signal() {
        if ((signal != 0 || (int) SIGNAL.getAndSet(this, 1) != 0) && !unwoken) {
            return;
        }
        boolean woken = false;
        try {
            wakeSignalled();
            woken = true;
        } finally {
            if (!woken) {
                unwoken = true;
            } else if (unwoken) {
                unwoken = false;
            }
        }
    }

    private void wakeSignalled() {
        switch (state) {
            case PARKED -> LockSupport.unpark(thread);
            case LEADING -> {
                Context context = leading;
                if (context != null) {
                    context.driver.ringLeader();
                }
            }
            default -> {
                Runnable waker = foreignWaker;
                if (waker != null) {
                    waker.run();
                }
            }
        }
    }

    /** Any thread: ends a park without a signal; false when nobody is parked here. */
    boolean unparkIfParked() {
        if (state != PARKED) {
            return false;
        }
        LockSupport.unpark(thread);
        return true;
    }

    /** Waiting thread: {@link #wake()} ends its next park from here on. */
    void beginAsking() {
        thread = Thread.currentThread();
    }

    /** Any thread: ends the present park without a signal, or the next one. */
    void wake() {
        LockSupport.unpark(thread);
    }

    /** Called on signals while the thread waits outside the stack (in a JDK selector). */
    public void foreignWaker(Runnable waker) {
        foreignWaker = waker;
        VarHandle.fullFence();
    }

    /** Waiting thread: parks unless signalled. */
    void park(long durationNs) {
        thread = Thread.currentThread();
        STATE.setVolatile(this, PARKED);
        VarHandle.fullFence();
        if (signal == 0) {
            LockSupport.parkNanos(this, durationNs);
        }
        STATE.setVolatile(this, RUNNING);
    }

    /** Waiting thread: signals ring the context's bell from here on; a full fence, re-check {@link #isSignalled()} after it. */
    void beginLeading(Context context) {
        leading = context;
        STATE.setVolatile(this, LEADING);
        VarHandle.fullFence();
    }

    void endLeading() {
        STATE.setVolatile(this, RUNNING);
        leading = null;
    }
}
