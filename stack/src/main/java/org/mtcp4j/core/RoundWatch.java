/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.mtcp4j.stats.Counter;

/**
 * Looks twice a second whether a context is still in the round that it was in a second ago. Such a round is a fault of the stack, and
 * its owner, which neither sends nor lets anyone in, can't tell of it: so another thread counts it and reports it, once. A round whose
 * thread could run and got no processor, as among a thousand others that want one, is no fault yet: it has ten seconds. It reports errors,
 * too, which happen where there is no memory to write of them, and sees to commands that a thread left behind with its last error.
 */
final class RoundWatch implements Runnable {
    static final long TOO_LONG_NS = 1_000_000_000L;
    /** For a round whose thread has got less than half a processor since it was seen for the second time. */
    static final long TOO_LONG_WITHOUT_PROCESSOR_NS = 10 * TOO_LONG_NS;

    private static final long PERIOD_NS = TOO_LONG_NS / 2;

    private final Context[] contexts;
    /** Between two reports of errors of one context. */
    private static final long QUIET_NS = 10_000_000_000L;

    private final BiConsumer<Context, Thread> onLongRound;
    private final BiConsumer<Context, Throwable> onErrors;
    private final ToLongFunction<Thread> processorTimeNs;
    private final Thread thread;
    private volatile boolean stopped;
    /** The index of a link is that of its bit. */
    private long conflictsTold;

    private Consumer<String> onConflict = sentence -> {};

    // By context: the round seen last, since when, and the one that was reported.
    private final long[] seen;
    private final long[] sinceNs;
    private final long[] reported;
    // By context: when the round was seen for the second time, and the processor time of its thread then; negative:
    // unknown.
    private final long[] measuredNs;
    private final long[] processorNs;
    // By context: errors seen, and until when nothing is said of more.
    private final long[] errors;
    private final long[] quietUntilNs;

    /**
     * @param onLongRound told of each such round once, with the thread that runs it
     * @param onErrors told of errors that rounds have contained, at most every ten seconds, with the latest
     */
    RoundWatch(Context[] contexts, BiConsumer<Context, Thread> onLongRound, BiConsumer<Context, Throwable> onErrors) {
        this(contexts, onLongRound, onErrors, ProcessorTime::ofThreadNs);
    }

    /** @param processorTimeNs what a thread has used so far, negative where nobody knows */
    RoundWatch(
            Context[] contexts,
            BiConsumer<Context, Thread> onLongRound,
            BiConsumer<Context, Throwable> onErrors,
            ToLongFunction<Thread> processorTimeNs) {
        this.processorTimeNs = processorTimeNs;
        this.onErrors = onErrors;
        measuredNs = new long[contexts.length];
        processorNs = new long[contexts.length];
        errors = new long[contexts.length];
        quietUntilNs = new long[contexts.length];
        Arrays.fill(quietUntilNs, Long.MIN_VALUE);
        this.contexts = contexts;
        this.onLongRound = onLongRound;
        seen = new long[contexts.length];
        sinceNs = new long[contexts.length];
        reported = new long[contexts.length];
        thread = new Thread(null, this, "mtcp-watch", 0, false);
        thread.setDaemon(true);
    }

    /** @param told of the first address on each link that another host uses too, in a sentence */
    RoundWatch conflicts(Consumer<String> told) {
        onConflict = told;
        return this;
    }

    void start() {
        thread.start();
    }

    void stop() {
        stopped = true;
        LockSupport.unpark(thread);
    }

    @Override
    public void run() {
        while (!stopped) {
            LockSupport.parkNanos(this, PERIOD_NS);
            try {
                look(System.nanoTime());
            } catch (Throwable e) {
                // No memory for a report: another look follows.
                contexts[0].faults.note(e);
            }
        }
    }

    private void lookForErrors(int i, long nowNs) {
        long count = contexts[i].counters.get(Counter.FLOW_ERRORS);
        Throwable last = contexts[i].faults.last();
        if (count != errors[i] && last != null && nowNs >= quietUntilNs[i]) {
            errors[i] = count;
            quietUntilNs[i] = nowNs + QUIET_NS;
            onErrors.accept(contexts[i], last);
        }
    }

    private void lookForConflicts(Context context) {
        for (Link link : context.links) {
            AddressConflict conflict = link.neighbours == null ? null : link.neighbours.conflict();
            if (conflict != null && (conflictsTold & 1L << link.index) == 0) {
                conflictsTold |= 1L << link.index;
                onConflict.accept(conflict.sentence());
            }
        }
    }

    void look(long nowNs) {
        for (int i = 0; i < contexts.length; i++) {
            Context context = contexts[i];
            context.driver.lookAfter();
            lookForErrors(i, nowNs);
            lookForConflicts(context);
            long number = context.mark.underWay();
            if (number == 0 || number != seen[i]) {
                seen[i] = number;
                sinceNs[i] = nowNs;
                measuredNs[i] = Long.MIN_VALUE;
            } else if (number != reported[i] && isTooLong(i, nowNs)) {
                reported[i] = number;
                // Nobody else writes this counter.
                context.counters.increment(Counter.LONG_ROUNDS);
                onLongRound.accept(context, context.mark.thread());
            }
        }
    }

    /** For a round that was seen before. */
    private boolean isTooLong(int i, long nowNs) {
        Thread owner = contexts[i].mark.thread();
        if (measuredNs[i] == Long.MIN_VALUE) {
            measuredNs[i] = nowNs;
            processorNs[i] = processorTimeNs.applyAsLong(owner);
        }
        long durationNs = nowNs - sinceNs[i];
        if (durationNs < TOO_LONG_NS) {
            return false;
        }
        boolean mayRun = processorNs[i] >= 0 && owner.getState() == Thread.State.RUNNABLE;
        return durationNs >= TOO_LONG_WITHOUT_PROCESSOR_NS
                || !mayRun
                || processorTimeNs.applyAsLong(owner) - processorNs[i] >= (nowNs - measuredNs[i]) / 2;
    }
}
