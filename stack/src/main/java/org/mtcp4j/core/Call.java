/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/** A command whose submitter waits for it: binds, connects, listing. Never on the path of a packet. */
abstract class Call extends Command {
    private static final int SUBMITTED = 0;
    private static final int RUNNING = 1;
    private static final int DONE = 2;
    /** The submitter waits no longer. */
    private static final int GIVEN_UP = 3;

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Call.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile int state;

    private volatile Thread waiting;
    private Throwable failure;

    /** On the owner's thread. */
    abstract void execute(Context context, long nowNs);

    /** On the owner's thread: executed, but the submitter did not wait so long. */
    void tooLate(Context context, long nowNs) {}

    /** On the submitter's thread: executed, but an error keeps the submitter from taking what came of it. */
    void untaken() {}

    @Override
    final void run(Context context, long nowNs) {
        if (!STATE.compareAndSet(this, SUBMITTED, RUNNING)) {
            return;
        }
        try {
            execute(context, nowNs);
        } catch (RuntimeException | Error e) {
            failure = e;
            if (context.faults.working != null) {
                context.faults.failed(e, context.faults.working);
            }
        }
        if (!STATE.compareAndSet(this, RUNNING, DONE)) {
            tooLate(context, nowNs);
            return;
        }
        Thread thread = waiting;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    /** Whoever waits hears of the error at once. */
    @Override
    final void refused(Context context, Throwable e) {
        if (STATE.compareAndSet(this, SUBMITTED, RUNNING)) {
            failure = e;
            STATE.compareAndSet(this, RUNNING, DONE);
            Thread thread = waiting;
            if (thread != null) {
                LockSupport.unpark(thread);
            }
        }
    }

    final boolean isDone() {
        return state == DONE;
    }

    /** Submitter: parks until it is done, for so long at most. */
    final void park(long mostNs) {
        waiting = Thread.currentThread();
        if (!isDone()) {
            LockSupport.parkNanos(this, mostNs);
        }
    }

    /** Submitter: nobody runs it any more, unless somebody is amid it. False when it is done. */
    final boolean giveUp() {
        return STATE.compareAndSet(this, SUBMITTED, GIVEN_UP) || STATE.compareAndSet(this, RUNNING, GIVEN_UP);
    }

    /** Submitter: an error has ended its wait. */
    final void abandon() {
        if (!giveUp() && isDone()) {
            untaken();
        }
    }

    final void rethrow() {
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure instanceof RuntimeException exception) {
            throw exception;
        }
    }
}
