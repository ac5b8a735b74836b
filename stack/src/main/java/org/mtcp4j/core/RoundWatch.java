/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import org.mtcp4j.stats.Counter;

/**
 * Looks twice a second whether a context is still in the round that it was in a second ago. Such a round is a fault of the stack, and
 * its owner, which neither sends nor lets anyone in, can't tell of it: so another thread counts it and reports it, once.
 */
final class RoundWatch implements Runnable {
    static final long TOO_LONG_NS = 1_000_000_000L;
    private static final long PERIOD_NS = TOO_LONG_NS / 2;

    private final Context[] contexts;
    private final BiConsumer<Context, Thread> onLongRound;
    private final Thread thread;
    private volatile boolean stopped;

    // By context: the round seen last, since when, and the one that was reported.
    private final long[] seen;
    private final long[] sinceNs;
    private final long[] reported;

    /** @param onLongRound told of each such round once, with the thread that runs it */
    RoundWatch(Context[] contexts, BiConsumer<Context, Thread> onLongRound) {
        this.contexts = contexts;
        this.onLongRound = onLongRound;
        seen = new long[contexts.length];
        sinceNs = new long[contexts.length];
        reported = new long[contexts.length];
        thread = new Thread(null, this, "mtcp-watch", 0, false);
        thread.setDaemon(true);
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
            look(System.nanoTime());
        }
    }

    void look(long nowNs) {
        for (int i = 0; i < contexts.length; i++) {
            Context context = contexts[i];
            long number = context.mark.underWay();
            if (number == 0 || number != seen[i]) {
                seen[i] = number;
                sinceNs[i] = nowNs;
            } else if (number != reported[i] && nowNs - sinceNs[i] >= TOO_LONG_NS) {
                reported[i] = number;
                // Nobody else writes this counter.
                context.counters.increment(Counter.LONG_ROUNDS);
                onLongRound.accept(context, context.mark.thread());
            }
        }
    }
}
