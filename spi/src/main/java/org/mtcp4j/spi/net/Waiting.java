/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.net;

import java.io.InterruptedIOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.mtcp4j.socket.Pollable;

/**
 * One blocking operation's wait. Platform threads do not react to interrupts: the status is put aside while they wait and put back by
 * {@link #end}. Virtual threads do, with an {@link InterruptedIOException} and the status left set.
 */
final class Waiting {
    private static final MethodHandle IS_VIRTUAL = findIsVirtual();

    private final long deadlineNs;
    private final boolean limited;
    private boolean interrupted;

    /** @param timeoutNs from now; 0 for no limit */
    Waiting(long timeoutNs) {
        limited = timeoutNs > 0;
        deadlineNs = limited ? System.nanoTime() + timeoutNs : 0;
    }

    private static MethodHandle findIsVirtual() {
        try {
            return MethodHandles.publicLookup()
                    .findVirtual(Thread.class, "isVirtual", MethodType.methodType(boolean.class));
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    private static boolean isVirtual() {
        if (IS_VIRTUAL == null) {
            return false;
        }
        try {
            return (boolean) IS_VIRTUAL.invokeExact(Thread.currentThread());
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Waits for readiness; returns early at will.
     *
     * @return false when the time is over
     */
    boolean await(Pollable pollable, int ops) throws InterruptedIOException {
        if (Thread.currentThread().isInterrupted()) {
            if (isVirtual()) {
                throw new InterruptedIOException();
            }
            interrupted |= Thread.interrupted();
        }
        long remainingNs = 0;
        if (limited) {
            remainingNs = deadlineNs - System.nanoTime();
            if (remainingNs <= 0) {
                return false;
            }
        }
        pollable.await(ops, remainingNs);
        return true;
    }

    /** After the operation: an interrupt that was put aside is there again. */
    void end() {
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Locks within the time.
     *
     * @param timeoutMs 0 for no limit
     * @return what is left in nanoseconds, 0 where there is no limit, negative when the time was over and the lock is not held
     */
    static long lock(ReentrantLock lock, int timeoutMs) {
        if (timeoutMs == 0) {
            lock.lock();
            return 0;
        }
        long timeoutNs = TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        if (lock.tryLock()) {
            return timeoutNs;
        }
        long startNs = System.nanoTime();
        long remainingNs = timeoutNs;
        boolean acquired = false;
        boolean interrupted = false;
        while (!acquired && remainingNs > 0) {
            try {
                acquired = lock.tryLock(remainingNs, TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
            remainingNs = timeoutNs - (System.nanoTime() - startNs);
        }
        if (acquired && remainingNs <= 0) {
            lock.unlock();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return remainingNs <= 0 ? -1 : remainingNs;
    }
}
