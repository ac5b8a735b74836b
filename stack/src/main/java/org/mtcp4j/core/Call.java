/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.concurrent.locks.LockSupport;

/** A command whose submitter waits for it: binds, connects, listing. Never on the path of a packet. */
abstract class Call extends Command {
    private volatile boolean done;
    private volatile Thread waiting;
    private Throwable failure;

    /** On the owner's thread. */
    abstract void execute(Context context, long nowNs);

    @Override
    final void run(Context context, long nowNs) {
        try {
            execute(context, nowNs);
        } catch (RuntimeException | Error e) {
            failure = e;
            if (context.faults.working != null) {
                context.faults.failed(e, context.faults.working);
            }
        }
        done = true;
        Thread thread = waiting;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    final boolean isDone() {
        return done;
    }

    /** Submitter: parks until it is done; other threads own the context. */
    final void awaitDone() {
        waiting = Thread.currentThread();
        boolean interrupted = false;
        while (!done) {
            LockSupport.parkNanos(this, 1_000_000L);
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
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
