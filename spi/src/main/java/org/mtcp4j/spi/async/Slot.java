/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.async;

import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.InterruptedByTimeoutException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A direction of a channel, in which one operation at a time can be pending. Any thread; outcomes are told with no lock held. */
final class Slot {
    private final Member member;
    private final int operation;
    private final Object lock = new Object();
    /** Guarded by lock. */
    private Pending<?> pending;
    /** Guarded by lock: after a timeout or a cancellation nobody knows what has been done, so nothing more is. */
    private boolean killed;

    Slot(Member member, int operation) {
        this.member = member;
        this.operation = operation;
    }

    int operation() {
        return operation;
    }

    /**
     * Does the operation at once, or leaves it pending.
     *
     * @param refusal what is thrown after a timeout or a cancellation
     * @param busy what is thrown where one is pending
     * @param timeoutNs 0 is none
     */
    void start(
            Pending<?> next,
            Supplier<? extends RuntimeException> refusal,
            Supplier<? extends RuntimeException> busy,
            long timeoutNs) {
        boolean done;
        synchronized (lock) {
            if (killed) {
                throw refusal.get();
            }
            if (pending != null) {
                throw busy.get();
            }
            done = next.attempt();
            if (!done) {
                pending = next;
                done = !armOrFail(next);
            }
        }
        if (done) {
            next.deliver();
        } else if (timeoutNs > 0) {
            next.timer(Pools.timer().schedule(() -> timeOut(next), timeoutNs, TimeUnit.NANOSECONDS));
        }
    }

    /** With the lock held: false where the channel was closed in between. */
    private boolean armOrFail(Pending<?> waiting) {
        if (member.arm(operation)) {
            return true;
        }
        pending = null;
        waiting.fail(new AsynchronousCloseException());
        return false;
    }

    /** The channel below is ready. */
    void retry() {
        Pending<?> done;
        synchronized (lock) {
            done = pending;
            if (done == null) {
                return;
            }
            if (!done.attempt() && armOrFail(done)) {
                return;
            }
            pending = null;
        }
        done.deliver();
    }

    /** Ends what is pending. */
    void end(Throwable why) {
        Pending<?> ending;
        synchronized (lock) {
            ending = pending;
            pending = null;
            if (ending != null) {
                ending.fail(why);
            }
        }
        if (ending != null) {
            ending.deliver();
        }
    }

    private void timeOut(Pending<?> late) {
        if (withdraw(late)) {
            late.fail(new InterruptedByTimeoutException());
            late.deliver();
        }
    }

    /** Takes an operation back, with the direction, where it is still pending. */
    boolean withdraw(Pending<?> which) {
        synchronized (lock) {
            if (pending != which) {
                return false;
            }
            pending = null;
            killed = true;
            return true;
        }
    }

    /** Nothing is done in this direction any more. */
    void kill() {
        synchronized (lock) {
            killed = true;
        }
    }
}
