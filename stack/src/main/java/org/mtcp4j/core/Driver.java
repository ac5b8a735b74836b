/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.mtcp4j.stats.Counter;

/**
 * Who drives a context, and who waits for its packets (design section 3: inline and dedicated driver, leaders). Any thread; the
 * context's own state is touched only between {@link Ownership#tryAcquire} and release.
 */
final class Driver {
    /** A write by the thread that ran a round this short a time ago is held back for batching. */
    private static final long HOLD_NS = 50_000;

    private static final int MAX_HELD = 32;
    /** Rounds in a row, for what loopback delivers at once and for commands of others. */
    static final int MAX_ROUNDS = 16;

    /** Tries to run a call before its thread parks. */
    private static final int SPINS = 64;

    static final long TICK_NS = 1_000_000;
    /** Whoever runs a call wakes its thread, so looks in between are for errors alone: hundreds of threads that connect must not take the processor. */
    private static final long MAX_CALL_PARK_NS = 16 * TICK_NS;

    static final long SHORT_PARK_NS = 50_000;
    private static final VarHandle PENDING;

    static {
        try {
            PENDING = MethodHandles.lookup().findVarHandle(Driver.class, "inputPending", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final SleepGate gate = new SleepGate();
    final Sleeper sleeper;
    private final Context context;
    private final Ownership ownership;
    /** Whether the context's own thread owns it for good; changes with {@link #adoption} alone, by that thread. */
    private volatile boolean dedicated;

    /** Null where the user has named a driver, or no descriptor wakes the context's own thread. */
    private final Adoption adoption;

    private final long spinNs;
    private final boolean polled;
    final Leadership leadership;
    final AnswerCount answers = new AnswerCount();
    /** Whether the context's own thread gives it up while it sleeps. */
    boolean lends;

    private volatile Background background;

    /** Set by the doorbell while the context is owned: whoever owns it looks once more before it leaves. */
    @SuppressWarnings("unused") // through PENDING
    private volatile boolean inputPending;

    // Written by owners; read racily by the same thread or as a hint.
    private Thread lastRoundThread;
    private long lastRoundNs;
    private int held;
    /** Rounds that found something to do, ever. */
    private long busyRounds;

    /** A round that takes so long is stuck: others take microseconds. */
    long callLimitNs = 30_000_000_000L;

    private final StackProbe stack;

    private volatile long lastApplicationRoundNs = Long.MIN_VALUE / 2;

    Driver(Context context, Engine engine) {
        this.context = context;
        this.ownership = context.ownership;
        this.stack = new StackProbe(context.faults);
        this.dedicated = engine.dedicated;
        this.adoption = engine.adopts ? new Adoption() : null;
        this.polled = context.isPolled();
        int processors = Runtime.getRuntime().availableProcessors();
        this.spinNs = engine.spinNs(polled, processors);
        // With one processor the change of threads that this saves costs least, and the compiler has more to do.
        this.lends = adoption != null && !polled && processors > 1;
        this.sleeper = engine.newSleeper(context.links);
        this.leadership = new Leadership(context, this, adoption);
    }

    void background(Background thread) {
        background = thread;
    }

    // ---- submitting -------------------------------------------------------------------------------------------------

    /** After a flow's command was queued: sees to its being run; a write may be held back for batching. */
    void kick(boolean mayHold) {
        if (adoption != null) {
            submits();
        }
        if (dedicated) {
            if (!isLent() || !drive(true)) {
                ringIfAsleep();
            }
            return;
        }
        if (mayHold && isHoldable()) {
            return;
        }
        drive(true);
    }

    /** Whether a thread that writes, while no other answer is awaited, may run the round itself. */
    private boolean isLent() {
        return lends && gate.isAsleep() && answers.isLast();
    }

    private boolean isTicking() {
        Background thread = background;
        return thread != null && thread.isTicking();
    }

    private void submits() {
        Thread caller = Thread.currentThread();
        if (dedicated) {
            adoption.submits(caller);
        } else if (adoption.submitsAdopted(caller)) {
            endAdoption();
        }
    }

    /** A thread that sleeps in the kernel does not run the context meanwhile. */
    private void waitsElsewhere() {
        Thread caller = Thread.currentThread();
        if (dedicated) {
            adoption.waitsElsewhere();
        } else if (adoption.isAdopter(caller) || adoption.strangerComes()) {
            endAdoption();
        }
    }

    private boolean isHoldable() {
        if (lastRoundThread != Thread.currentThread() || ++held >= MAX_HELD) {
            return false;
        }
        return isTicking() && System.nanoTime() - lastRoundNs < HOLD_NS;
    }

    /**
     * Runs a call to its end.
     *
     * @throws StuckContextException when nobody has run it for {@link #callLimitNs}
     */
    <T extends Call> T call(T call) {
        ownership.commands.push(call);
        boolean over = false;
        try {
            if (!dedicated && isHoldable()) {
                runHeld();
            }
            if (!call.isDone() && !awaitDone(call)) {
                throw new StuckContextException(context.index);
            }
            over = true;
        } finally {
            if (!over) {
                // An error of the calling thread: what it asked for would be nobody's.
                call.abandon();
            }
        }
        call.rethrow();
        return call;
    }

    /**
     * Runs it, or waits until whoever owns the context has. The limit counts what was waited beside time: a process that was stopped for long
     * finds nothing stuck.
     */
    private boolean awaitDone(Call call) {
        long startNs = System.nanoTime();
        long minWaitsNs = callLimitNs / 4;
        long waitedNs = 0;
        long parkNs = TICK_NS;
        boolean interrupted = false;
        boolean over = false;
        for (int i = 0; !over; i++) {
            if (dedicated) {
                ringIfAsleep();
            } else if (i < SPINS) {
                drive(true);
            } else {
                // An owner that ended in an error may have left it.
                lookAfter();
                drive(true);
            }
            over = call.isDone();
            if (!over && (dedicated || i >= SPINS)) {
                call.park(parkNs);
                waitedNs += parkNs;
                parkNs = Math.min(2 * parkNs, MAX_CALL_PARK_NS);
                interrupted |= Thread.interrupted();
                over = waitedNs > minWaitsNs && System.nanoTime() - startNs > callLimitNs && call.giveUp();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return call.isDone();
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
            int rounds = 0;
            do {
                context.runCommands(System.nanoTime());
            } while (goesOn(++rounds));
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
        } else if (!isTicking()) {
            // The tick that was to send what came of it has ended meanwhile: whoever leads does.
            ringForDeadline();
        }
    }

    /** Takes ownership if it is free and runs rounds until loopback is quiet; false when somebody else owns the context. */
    boolean drive(boolean application) {
        return drive(application, application);
    }

    /** As {@link #drive}, by an application's thread that has driven at this depth of its stack before. */
    boolean driveAgain() {
        return drive(true, false);
    }

    private boolean drive(boolean application, boolean looks) {
        Thread caller = Thread.currentThread();
        if (!ownership.tryAcquire()) {
            return false;
        }
        boolean complete = false;
        try {
            if (looks && !stack.hasRoomAsFarAsSeen(caller)) {
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
            answers.round(nowNs);
            boolean busy = context.round(nowNs) > 0;
            noteRound(nowNs, application && (busy || !polled), busy);
            boolean more = rounds < MAX_ROUNDS;
            if (more && inputPending) {
                continue;
            }
            // The doorbell relies on the owner to look once more after its release.
            if (!goesOn(rounds) && !(more && inputPending && ownership.tryAcquire())) {
                break;
            }
        }
        if (inputPending) {
            ringIfAsleep();
        }
        if (!isTicking()) {
            ringForDeadline();
        }
        if (dedicated) {
            background.lentBack();
        }
    }

    /** Gives the context up, or goes on with commands that have come; after so many rounds the background does, or who leads. */
    private boolean goesOn(int rounds) {
        if (rounds < MAX_ROUNDS) {
            return ownership.releaseOrReacquire();
        }
        if (ownership.release()) {
            ringIfAsleep();
            if (background != null && !leadership.hasLeader()) {
                background.hurry();
            }
        }
        return false;
    }

    long spinNs() {
        return spinNs;
    }

    /** One round by the dedicated thread, which owns the context for good; whether there was anything to do. */
    boolean dedicatedRound(long nowNs) {
        answers.round(nowNs);
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

    /** Another thread, now and then: commands that an error kept from being run are run, and a lead that an error ended is taken. */
    void lookAfter() {
        if (!ownership.commands.isEmpty()) {
            ringLeader();
        }
        Background thread = background;
        if (thread != null && !dedicated && !leadership.hasLeader()) {
            thread.hurry();
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
        if (begins && adoption != null) {
            waitsElsewhere();
        }
        if (begins && !dedicated) {
            drive(true);
        }
        Background thread = background;
        if (thread != null && adoption == null) {
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

    /** Whether the context's own thread owns it for good. */
    boolean isDedicated() {
        return dedicated;
    }

    boolean isPolled() {
        return polled;
    }

    Background background() {
        return background;
    }

    /** Rounds that found something to do, ever; racy. */
    long busyRounds() {
        return busyRounds;
    }

    /** When the last round began; racy. */
    long lastRoundNs() {
        return lastRoundNs;
    }

    boolean hasRoom() {
        return stack.hasRoom();
    }

    /** The context is adopted, and others come too often. */
    void endAdoption() {
        background.giveBack();
    }

    /** The context's own thread, which owns it: an application's runs it from here on. */
    void beginAdoption() {
        context.counters.increment(Counter.ADOPTIONS);
        dedicated = false;
    }

    /** The context's own thread, which owns it: keeps it. */
    void keepOwnership() {
        if (adoption != null && !dedicated) {
            adoption.ends();
        }
        dedicated = true;
    }

    /** Begins to watch queues that announce nothing, which needs their owner; false when that is another thread, or none any more. */
    boolean watch() {
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
            for (int rounds = 1; goesOn(rounds); rounds++) {
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

    static void pause(long durationNs) {
        LockSupport.parkNanos(durationNs);
    }
}
