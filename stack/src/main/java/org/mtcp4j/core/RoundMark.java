/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.stats.Counters;

/**
 * Tells {@link RoundWatch} which round a context is in, for one opaque store a round: the number of the round that has begun. The end is
 * known from the counters, which the round keeps anyway.
 */
final class RoundMark {
    private static final VarHandle BEGUN;
    private static final VarHandle THREAD;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            BEGUN = lookup.findVarHandle(RoundMark.class, "begun", long.class);
            THREAD = lookup.findVarHandle(RoundMark.class, "thread", Thread.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Counters counters;
    /** Number of the latest round, from 1. */
    @SuppressWarnings("unused") // through BEGUN
    private long begun;

    /** Who runs it. */
    private Thread thread;

    RoundMark(Counters counters) {
        this.counters = counters;
    }

    private long ended() {
        return counters.get(Counter.ROUNDS) + counters.get(Counter.IDLE_ROUNDS);
    }

    /** Owner: a round begins. */
    void begin() {
        Thread current = Thread.currentThread();
        if (thread != current) {
            THREAD.setOpaque(this, current);
        }
        BEGUN.setOpaque(this, ended() + 1);
    }

    /** Owner: an error has ended the round. A plain store, which the watching thread may see late: this may be the end of a stack. */
    void broken() {
        begun = 0;
    }

    /** Any thread: the number of the round that is under way, or 0. */
    long underWay() {
        long number = (long) BEGUN.getOpaque(this);
        return number > ended() ? number : 0;
    }

    /** Any thread: who runs the round that is under way. */
    Thread thread() {
        return (Thread) THREAD.getOpaque(this);
    }
}
