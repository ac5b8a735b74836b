/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.stats.Counter;

/**
 * What becomes of errors inside a round: no memory, no stack, a fault of this stack. What was worked on ends, a connection by a reset, all
 * others go on. Where an error is caught there is perhaps neither stack nor memory left, so it is only noted there, by plain stores; what is
 * due for it is done at the begin of the next round. The owner's, unless said otherwise.
 */
final class Faults {
    /** Stages of a round, for {@link #hook}. */
    static final int RECEIVE = 0;

    static final int FRAME = 1;
    static final int SEGMENT = 2;
    static final int TIMER = 3;
    static final int COMMAND = 4;
    static final int TURN = 5;
    static final int NEWS = 6;
    static final int END = 7;
    static final int STAGES = 8;

    /** Rounds in a row that an error has ended, until the context counts as broken. */
    private static final int MAX_ENDED_ROUNDS = 16;

    private static final long PATIENCE_NS = 500_000_000L;
    /** For how long a context that was broken does nothing but what applications ask: what broke it may be there still. */
    private static final long REST_NS = 100_000_000L;

    /** For tests: called at each stage. */
    interface Hook {
        void at(int stage);
    }

    Hook hook;
    /** The flow that a frame or a command is about, once it is known. */
    Flow working;

    private final Context context;
    /** A thread has come to the end of its stack in here. */
    volatile boolean outOfStack;

    private Flow failing;
    private boolean doubtful;
    private boolean broken;
    private int endedRounds;
    private long endedSinceNs;
    private long restUntilNs = Long.MIN_VALUE;
    private int noted;

    /** Read by whoever reports. */
    private volatile Throwable last;

    private volatile Throwable breaking;

    Faults(Context context) {
        this.context = context;
    }

    void at(int stage) {
        Hook present = hook;
        if (present != null) {
            present.at(stage);
        }
    }

    /** An error while that flow, or none, was worked on. Calls nothing. */
    void failed(Throwable e, Flow flow) {
        doubtful = true;
        last = e;
        noted++;
        working = null;
        if (e instanceof StackOverflowError) {
            outOfStack = true;
        }
        if (flow != null && !flow.failing) {
            flow.failing = true;
            flow.nextFailing = failing;
            failing = flow;
        }
    }

    /** An error that ended a round. Calls nothing. */
    void roundEnded(Throwable e, long nowNs) {
        doubtful = true;
        last = e;
        noted++;
        working = null;
        if (e instanceof StackOverflowError) {
            outOfStack = true;
        }
        if (endedRounds++ == 0) {
            endedSinceNs = nowNs;
        }
        // No memory is a state of the program that passes; anything else that comes again and again does not.
        long patienceNs = e instanceof VirtualMachineError ? PATIENCE_NS : 0;
        if (endedRounds >= MAX_ENDED_ROUNDS && nowNs - endedSinceNs >= patienceNs) {
            broken = true;
            breaking = e;
        }
    }

    /** Any thread: an error that touched nothing. */
    void note(Throwable e) {
        last = e;
    }

    /** A round came to its end. */
    void roundDone() {
        endedRounds = 0;
    }

    /** Whether {@link #settle} has something to do. */
    boolean isDoubtful() {
        return doubtful;
    }

    boolean isResting(long nowNs) {
        return restUntilNs != Long.MIN_VALUE && nowNs < restUntilNs;
    }

    long restUntilNs() {
        return restUntilNs;
    }

    /** At the begin of a round: does what is due for the errors noted. One more error leaves the rest to the next round. */
    void settle(long nowNs) {
        if (noted > 0) {
            context.counters.add(Counter.FLOW_ERRORS, noted);
            noted = 0;
        }
        if (broken) {
            context.rebuild(nowNs);
            restUntilNs = nowNs + REST_NS;
            context.counters.increment(Counter.CONTEXT_FAILURES);
            broken = false;
            endedRounds = 0;
            // Those that had left the context before: what their applications have asked since would be lost.
            resetFailing(nowNs);
            doubtful = false;
            tell();
            return;
        }
        resetFailing(nowNs);
        // Whoever was on its way into a list or the wheel may be missing there.
        context.listAgain(nowNs);
        doubtful = false;
    }

    private void resetFailing(long nowNs) {
        for (Flow flow = failing; flow != null; flow = failing) {
            reset(flow, nowNs);
            failing = flow.nextFailing;
            flow.nextFailing = null;
        }
    }

    private void tell() {
        try {
            context.engine.contextFailed(context, breaking);
        } catch (Throwable e) {
            last = e;
        }
    }

    /** Ends a flow whose state may be half changed. */
    void reset(Flow flow, long nowNs) {
        if (flow.inTable) {
            try {
                flow.fail();
                context.afterTurn(flow, nowNs);
            } catch (Throwable e) {
                last = e;
                int news = flow.kill();
                context.remove(flow);
                context.publish(flow, news);
            }
        }
        // What its application has asked stays: its command is queued, and would be queued twice.
        flow.failing = false;
    }

    /** Any thread: the latest error. */
    Throwable last() {
        return last;
    }
}
