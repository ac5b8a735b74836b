/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.mtcp4j.stats.Counter;

/**
 * Who drives a context, and who waits for its packets (design section 3: inline and dedicated driver, leaders). Any thread; the
 * context's own state is touched only between {@link Ownership#tryAcquire} and release.
 */
final class Driver {
    /** A write by the thread that ran a round this short a time ago is held back for batching. */
    private static final long HOLD_NS = 50_000;

    private static final int MOST_HELD = 32;
    /** Rounds in a row for what loopback delivers at once. */
    private static final int MOST_ROUNDS = 16;

    static final long TICK_NS = 1_000_000;
    private static final long SHORT_PARK_NS = 50_000;
    /** A leader that slept this often without news of its own gives way to one that has news. */
    private static final int COLD = 4;

    private static final long NO_LIMIT = Long.MAX_VALUE;

    private static final VarHandle PENDING;
    private static final VarHandle SPINNING;

    static {
        try {
            PENDING = MethodHandles.lookup().findVarHandle(Driver.class, "inputPending", boolean.class);
            SPINNING = MethodHandles.lookup().findVarHandle(Driver.class, "spinning", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final SleepGate gate = new SleepGate();
    final Sleeper sleeper;
    private final Context context;
    private final Ownership ownership;
    private final boolean dedicated;
    private final long spinNs;
    private final boolean polled;
    private final AtomicReference<Waiter> leader = new AtomicReference<>();
    private final AtomicReference<Waiter> candidate = new AtomicReference<>();
    private volatile Background background;
    private volatile Waiter leaveRequest;

    /** Set by the doorbell while the context is owned: whoever owns it looks once more before it leaves. */
    @SuppressWarnings("unused") // through PENDING
    private volatile boolean inputPending;

    @SuppressWarnings("unused") // through SPINNING
    private volatile boolean spinning;

    // Written by owners; read racily by the same thread or as a hint.
    private Thread lastRoundThread;
    private long lastRoundNs;
    private int held;
    /** Rounds that found something to do, ever. */
    private long busyRounds;

    private final StackProbe stack;

    private volatile long lastApplicationRoundNs = Long.MIN_VALUE / 2;

    Driver(Context context, Engine engine) {
        this.context = context;
        this.ownership = context.ownership;
        this.stack = new StackProbe(context.faults);
        this.dedicated = engine.dedicated;
        this.polled = context.isPolled();
        this.spinNs = engine.spinNs(polled);
        this.sleeper = engine.newSleeper(context.links);
    }

    void background(Background thread) {
        background = thread;
    }

    // ---- submitting -------------------------------------------------------------------------------------------------

    /** After a flow's command was queued: sees to its being run; a write may be held back for batching. */
    void kick(boolean mayHold) {
        if (dedicated) {
            ringIfAsleep();
            return;
        }
        if (mayHold && isHoldable()) {
            return;
        }
        drive(true);
    }

    private boolean isHoldable() {
        if (lastRoundThread != Thread.currentThread() || ++held >= MOST_HELD) {
            return false;
        }
        Background thread = background;
        return thread != null && thread.isTicking() && System.nanoTime() - lastRoundNs < HOLD_NS;
    }

    /** Runs a call to its end. */
    <T extends Call> T call(T call) {
        ownership.commands.push(call);
        if (dedicated) {
            ringIfAsleep();
            call.awaitDone();
        } else {
            if (isHoldable()) {
                runHeld();
            }
            for (int i = 0; !call.isDone(); i++) {
                if (!drive(true) && !call.isDone()) {
                    if (i < 64) {
                        Thread.onSpinWait();
                    } else {
                        LockSupport.parkNanos(1_000);
                    }
                }
            }
        }
        call.rethrow();
        return call;
    }

    /** As {@link #call}, for a stack that stops; false when nobody has run it in time. */
    boolean callWithin(Call call, long limitNs) {
        long endNs = System.nanoTime() + limitNs;
        ownership.commands.push(call);
        while (!call.isDone()) {
            if (System.nanoTime() - endNs > 0) {
                return false;
            }
            lookAfter();
            if (dedicated || !drive(true)) {
                LockSupport.parkNanos(SHORT_PARK_NS);
            }
        }
        return true;
    }

    /** Runs the commands alone; the thread's next round, which is near, sends what comes of them. */
    private void runHeld() {
        Thread caller = Thread.currentThread();
        if (!ownership.tryAcquire()) {
            return;
        }
        boolean complete = false;
        try {
            do {
                context.runCommands(System.nanoTime());
            } while (ownership.releaseOrReacquire());
            complete = true;
        } finally {
            if (!complete) {
                if (ownership.owner == caller) {
                    // Stores, no calls: this may be the end of the thread's stack.
                    ownership.owner = null;
                    ownership.state = Ownership.FREE;
                }
                ringLeader();
            }
        }
        if (inputPending) {
            drive(true);
        }
    }

    /** Takes ownership if it is free and runs rounds until loopback is quiet; false when somebody else owns the context. */
    boolean drive(boolean application) {
        Thread caller = Thread.currentThread();
        if (!ownership.tryAcquire()) {
            return false;
        }
        boolean complete = false;
        try {
            if (application && !stack.hasRoomAsFarAsSeen()) {
                // Not even this is to fail amid a round, in the work of others.
                ownership.releaseOrReacquire();
                return false;
            }
            driveOwned(application);
            complete = true;
            return true;
        } finally {
            if (!complete) {
                if (ownership.owner == caller) {
                    ownership.owner = null;
                    ownership.state = Ownership.FREE;
                }
                ringLeader();
            }
        }
    }

    private void driveOwned(boolean application) {
        for (int rounds = 1; ; rounds++) {
            inputPending = false;
            long nowNs = System.nanoTime();
            boolean busy = context.round(nowNs) > 0;
            noteRound(nowNs, application && (busy || !polled), busy);
            boolean more = rounds < MOST_ROUNDS;
            if (more && inputPending) {
                continue;
            }
            // The doorbell relies on the owner to look once more after its release.
            if (!ownership.releaseOrReacquire() && !(more && inputPending && ownership.tryAcquire())) {
                break;
            }
        }
        if (inputPending) {
            ringIfAsleep();
        }
        if (!backgroundIsTicking()) {
            ringForDeadline();
        }
    }

    long spinNs() {
        return spinNs;
    }

    /** One round by the dedicated thread, which owns the context for good; whether there was anything to do. */
    boolean dedicatedRound(long nowNs) {
        boolean busy = context.round(nowNs) > 0;
        if (busy) {
            busyRounds++;
        }
        return busy;
    }

    /** A leader that would sleep past the next timer is rung; while the background ticks, it sees to timers itself. */
    void ringForDeadline() {
        if (gate.mustRingFor(context.nextDeadlineNs())) {
            sleeper.ring();
        }
    }

    private void noteRound(long nowNs, boolean application, boolean busy) {
        lastRoundNs = nowNs;
        if (busy) {
            busyRounds++;
        }
        lastRoundThread = Thread.currentThread();
        held = 0;
        if (application) {
            lastApplicationRoundNs = nowNs;
        }
    }

    /** Another thread, now and then: commands that an error kept from being run are run. */
    void lookAfter() {
        if (!ownership.commands.isEmpty()) {
            ringLeader();
        }
    }

    /** Something arrived from inside the process (loopback, hand-off): the owner looks again, or the sleeper is rung. */
    void doorbell() {
        PENDING.setVolatile(this, true);
        if (!ownership.isOwned() || dedicated) {
            ringIfAsleep();
        }
    }

    void ringIfAsleep() {
        if (gate.mustRing()) {
            sleeper.ring();
        }
    }

    /** For {@link Waiter}: its thread leads and must return. */
    void ringLeader() {
        gate.mustRing();
        sleeper.ring();
    }

    /** Whether the calling thread ran this context's last round. */
    boolean isDrivenByCaller() {
        return lastRoundThread == Thread.currentThread();
    }

    /** A selector waits outside the stack: one round, and the background leads until it is back. */
    void foreignWait(boolean begins) {
        if (begins && !dedicated) {
            drive(true);
        }
        Background thread = background;
        if (thread != null) {
            if (begins) {
                thread.leadForVirtual();
            } else {
                thread.virtualDone();
            }
        }
    }

    long lastApplicationRoundNs() {
        return lastApplicationRoundNs;
    }

    // ---- waiting ----------------------------------------------------------------------------------------------------

    /**
     * The calling thread waits for a signal, driving the context meanwhile. Returns on a signal (not consumed), interrupt, or when
     * the time is over.
     *
     * @param timeoutNs 0: one round only; negative: no limit
     */
    void await(Waiter waiter, long timeoutNs) {
        long deadlineNs = timeoutNs < 0 ? NO_LIMIT : deadlineAfter(timeoutNs);
        if (dedicated || (context.faults.outOfStack && !stack.hasRoom())) {
            parkUntil(waiter, deadlineNs);
            return;
        }
        drive(true);
        if (timeoutNs == 0 || isOver(waiter, deadlineNs)) {
            return;
        }
        if (VirtualThreads.isVirtual()) {
            awaitVirtual(waiter, deadlineNs);
            return;
        }
        while (!isOver(waiter, deadlineNs)) {
            if (spin(waiter, deadlineNs)) {
                return;
            }
            if (tryLead(waiter)) {
                lead(waiter, deadlineNs);
            } else {
                parkFollowing(waiter, deadlineNs);
                if (!waiter.isSignalled()) {
                    drive(true);
                }
            }
        }
        if (waiter.isSignalled()) {
            waiter.fruitless = 0;
        }
    }

    private static long deadlineAfter(long timeoutNs) {
        long startNs = System.nanoTime();
        return startNs + timeoutNs < startNs ? NO_LIMIT : startNs + timeoutNs;
    }

    /** Sleeps and runs rounds until the wait is over, or a thread with more use for the lead asks for it. */
    private void lead(Waiter waiter, long deadlineNs) {
        boolean asked = false;
        try {
            boolean over;
            do {
                long busyBefore = busyRounds;
                sleepAsLeader(waiter, deadlineNs);
                if (waiter.isSignalled()) {
                    return;
                }
                drive(true);
                boolean idle = polled && busyRounds == busyBefore;
                if (!idle) {
                    waiter.fruitless = waiter.isSignalled() ? 0 : Math.min(waiter.fruitless + 1, COLD);
                }
                over = idle ? isOver(waiter, deadlineNs) : spin(waiter, deadlineNs);
            } while (leaveRequest != waiter && !over);
        } finally {
            if (leaveRequest == waiter) {
                leaveRequest = null;
                asked = true;
            }
            unlead(waiter);
        }
        if (asked) {
            waiter.park(Math.min(TICK_NS, remaining(deadlineNs)));
        }
    }

    private static boolean isOver(Waiter waiter, long deadlineNs) {
        return isWanted(waiter) || (deadlineNs != NO_LIMIT && System.nanoTime() >= deadlineNs);
    }

    /** Whether the waiting thread has something else to do than to wait. */
    private static boolean isWanted(Waiter waiter) {
        return waiter.isSignalled() || Thread.currentThread().isInterrupted();
    }

    /** Polls for {@code mtcp.spin-us}, one thread at a time; true when the wait is over. */
    private boolean spin(Waiter waiter, long deadlineNs) {
        if (!SPINNING.compareAndSet(this, false, true)) {
            return isOver(waiter, deadlineNs);
        }
        try {
            return spinAlone(waiter, deadlineNs);
        } finally {
            SPINNING.setVolatile(this, false);
        }
    }

    private boolean spinAlone(Waiter waiter, long deadlineNs) {
        long nowNs = System.nanoTime();
        long endNs = nowNs + spinNs;
        while (nowNs < endNs) {
            if (isWanted(waiter) || nowNs >= deadlineNs) {
                return true;
            }
            if ((polled || context.hasInput()) && drive(true)) {
                // The clock was read for the round.
                nowNs = lastRoundNs;
            } else {
                Thread.onSpinWait();
                nowNs = System.nanoTime();
            }
        }
        return isOver(waiter, deadlineNs);
    }

    private boolean tryLead(Waiter waiter) {
        Waiter present = leader.get();
        if (present == null) {
            // Whoever led last is expected back within the tick; a thread that has no news anyway does not get in its
            // way.
            boolean staysBack = waiter.fruitless >= COLD && backgroundIsTicking();
            return !staysBack && leader.compareAndSet(null, waiter);
        }
        Background thread = background;
        if (present.fruitless >= COLD && waiter.fruitless < COLD) {
            // It wakes only to hand others their news: one switch of threads too many for each packet.
            leaveRequest = present;
            ringLeader();
            return false;
        }
        if (thread != null && present == thread.waiter) {
            // The background leads only while nobody else will: ask it to leave, then try again.
            thread.leave();
            for (int i = 0; i < 20 && leader.get() == thread.waiter; i++) {
                LockSupport.parkNanos(1_000);
            }
            return leader.compareAndSet(null, waiter);
        }
        return false;
    }

    /** For the background thread. */
    boolean tryLeadBackground(Waiter waiter) {
        return leader.compareAndSet(null, waiter);
    }

    boolean hasLeader() {
        return leader.get() != null;
    }

    void unlead(Waiter waiter) {
        leader.compareAndSet(waiter, null);
        Background thread = background;
        if (thread != null && thread.waiter != waiter) {
            thread.leaderLeft();
        }
    }

    /** One sleep: until input, a signal, a timer, or the deadline. The caller leads. */
    void sleepAsLeader(Waiter waiter, long deadlineNs) {
        boolean watching = polled && watch();
        if (polled && !watching) {
            // Its owner may need this processor.
            LockSupport.parkNanos(SHORT_PARK_NS);
            return;
        }
        long untilNs = Math.min(deadlineNs, context.nextDeadlineNs());
        waiter.beginLeading(context);
        gate.announce(untilNs);
        try {
            // Deadlines may have moved between the reading and the announcement.
            untilNs = Math.min(untilNs, context.nextDeadlineNs());
            long durationNs = untilNs == NO_LIMIT ? NO_LIMIT : untilNs - System.nanoTime();
            if (durationNs > 0 && !waiter.isSignalled() && !context.hasInput() && gate.isAsleep()) {
                context.counters.increment(Counter.SLEEPS);
                if (watching) {
                    sleeper.sleep(durationNs, context.queueWait);
                } else {
                    sleeper.sleep(durationNs);
                }
            }
        } finally {
            gate.wake();
            waiter.endLeading();
            if (watching) {
                context.queueWait.end();
            }
            context.disarm();
        }
    }

    /** Begins to watch queues that announce nothing, which needs their owner; false when that is another thread, or none any more. */
    private boolean watch() {
        if (dedicated) {
            return context.watch();
        }
        Thread caller = Thread.currentThread();
        if (!ownership.tryAcquire()) {
            return false;
        }
        boolean complete = false;
        try {
            boolean watching = context.watch();
            while (ownership.releaseOrReacquire()) {
                context.round(System.nanoTime());
            }
            complete = true;
            return watching;
        } finally {
            if (!complete) {
                if (ownership.owner == caller) {
                    // Stores, no calls: this may be the end of the thread's stack.
                    ownership.owner = null;
                    ownership.state = Ownership.FREE;
                }
                ringLeader();
            }
        }
    }

    /** Somebody else leads: parks until signalled or promoted. */
    private void parkFollowing(Waiter waiter, long deadlineNs) {
        candidate.set(waiter);
        Waiter present = leader.get();
        if (present != null && present == leaveRequest) {
            waiter.park(Math.min(SHORT_PARK_NS, remaining(deadlineNs)));
        } else if (!hasLeader() && waiter.fruitless < COLD && backgroundIsTicking()) {
            // The leader is about to come back, or the next tick promotes us.
            waiter.park(Math.min(TICK_NS, remaining(deadlineNs)));
        } else if (!hasLeader() && !backgroundIsTicking()) {
            waiter.park(Math.min(SHORT_PARK_NS, remaining(deadlineNs)));
        } else {
            waiter.park(remaining(deadlineNs));
        }
        candidate.compareAndSet(waiter, null);
    }

    private boolean backgroundIsTicking() {
        Background thread = background;
        return thread != null && thread.isTicking();
    }

    /** The tick found no leader: one of the parked threads becomes it. True when there was one. */
    boolean promote() {
        Waiter waiter = candidate.getAndSet(null);
        return waiter != null && waiter.unparkIfParked();
    }

    private void awaitVirtual(Waiter waiter, long deadlineNs) {
        while (!isOver(waiter, deadlineNs)) {
            Background thread = background;
            if (thread != null) {
                thread.leadForVirtual();
            }
            try {
                waiter.park(remaining(deadlineNs));
            } finally {
                if (thread != null) {
                    thread.virtualDone();
                }
            }
        }
    }

    private void parkUntil(Waiter waiter, long deadlineNs) {
        if (deadlineNs != NO_LIMIT && deadlineNs - System.nanoTime() <= 0) {
            return;
        }
        while (!isOver(waiter, deadlineNs)) {
            waiter.park(remaining(deadlineNs));
        }
    }

    private static long remaining(long deadlineNs) {
        return deadlineNs == NO_LIMIT ? NO_LIMIT : Math.max(1, deadlineNs - System.nanoTime());
    }

    static void pause(long durationNs) {
        LockSupport.parkNanos(durationNs);
    }
}
