/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Whether a context's leader sleeps, and until when. The sleeper publishes, fences and re-checks what it waits for; who brings
 * something new publishes that, fences, and rings if it sees a sleeper. Covered by jcstress.
 */
final class SleepGate {
    private static final long AWAKE = Long.MIN_VALUE;
    private static final VarHandle UNTIL;

    static {
        try {
            UNTIL = MethodHandles.lookup().findVarHandle(SleepGate.class, "untilNs", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // through UNTIL
    private volatile long untilNs = AWAKE;

    /** Leader: announces the sleep; a full fence. Re-check everything after it, then sleep or {@link #wake()}. */
    void announce(long sleepUntilNs) {
        UNTIL.setVolatile(this, sleepUntilNs);
        VarHandle.fullFence();
    }

    /** Leader: after the sleep. */
    void wake() {
        UNTIL.setVolatile(this, AWAKE);
    }

    /** Any thread, after it published something: whether the caller must ring. One of several callers is told so. */
    boolean mustRing() {
        VarHandle.fullFence();
        long seen = untilNs;
        return seen != AWAKE && UNTIL.compareAndSet(this, seen, AWAKE);
    }

    /** Any thread: whether the leader would sleep past this deadline, and so must be rung. */
    boolean mustRingFor(long deadlineNs) {
        long seen = untilNs;
        return seen != AWAKE && deadlineNs < seen && UNTIL.compareAndSet(this, seen, AWAKE);
    }

    boolean isAsleep() {
        return untilNs != AWAKE;
    }
}
