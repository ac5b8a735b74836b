/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.mtcp4j.stats.Counter;

/**
 * Which of the threads that wait for a context's news leads: sleeps on what wakes the context, and runs its rounds; the others park until
 * they are signalled (design section 3). Where the context's own thread owns it for good, that thread leads always. Any thread.
 *
 * <p>Nobody wakes to look whether there is a leader. Whoever stops leading wakes the thread that asked for the lead, and the context's own
 * thread, which runs rounds until the lead is taken again, or has one of the parked threads take it.
 */
final class Leadership {
    /** A leader that slept this often without news of its own gives way to one that has news. */
    private static final int COLD = 4;

    private static final long NO_LIMIT = Long.MAX_VALUE;
    private static final VarHandle SPINNING;
    private static final VarHandle LEADER;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            SPINNING = lookup.findVarHandle(Leadership.class, "spinning", boolean.class);
            LEADER = lookup.findVarHandle(Leadership.class, "leader", Waiter.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Context context;
    private final Driver driver;
    private final Adoption adoption;
    private volatile Waiter leader;
    /** The thread that parked last: the one to lead when nobody does. */
    private final AtomicReference<Waiter> candidate = new AtomicReference<>();
    /** Asks for the lead; one at a time, the others park: their news come through whoever leads. */
    private final AtomicReference<Waiter> successor = new AtomicReference<>();

    @SuppressWarnings("unused") // through SPINNING
    private volatile boolean spinning;

    /** @param adoption the driver's, or null */
    Leadership(Context context, Driver driver, Adoption adoption) {
        this.context = context;
        this.driver = driver;
        this.adoption = adoption;
    }

    /**
     * The calling thread waits for a signal, driving the context meanwhile. Returns on a signal (not consumed), interrupt, or when
     * the time is over.
     *
     * @param timeoutNs 0: one round only; negative: no limit
     */
    void await(Waiter waiter, long timeoutNs) {
        long deadlineNs = timeoutNs < 0 ? NO_LIMIT : deadlineAfter(timeoutNs);
        if (context.faults.outOfStack && !driver.hasRoom()) {
            parkUntil(waiter, deadlineNs);
            return;
        }
        if (driver.isDedicated()) {
            awaitLoop(waiter, deadlineNs, timeoutNs != 0);
            return;
        }
        boolean mayLead = adoption == null || isAdopter(waiter);
        if (timeoutNs == 0 || !hasLeader() || !context.ownership.commands.isEmpty()) {
            // Else a leader sees to what comes, and a round of each thread that waits would be in its way.
            driver.drive(true);
        }
        if (timeoutNs == 0 || isOver(waiter, deadlineNs)) {
            return;
        }
        if (!mayLead) {
            parkUntil(waiter, deadlineNs);
            return;
        }
        if (VirtualThreads.isVirtual()) {
            awaitVirtual(waiter, deadlineNs);
            return;
        }
        try {
            leadOrFollow(waiter, deadlineNs);
        } finally {
            if (successor.get() == waiter) {
                successor.compareAndSet(waiter, null);
            }
        }
        if (waiter.isSignalled()) {
            waiter.fruitless = 0;
        }
    }

    private void leadOrFollow(Waiter waiter, long deadlineNs) {
        boolean gaveWay = false;
        while (!isOver(waiter, deadlineNs)) {
            if (driver.isDedicated()) {
                parkUntil(waiter, deadlineNs);
            } else if (!hasLeader() && spin(waiter, deadlineNs)) {
                return;
            } else if (!gaveWay && tryLead(waiter)) {
                gaveWay = lead(waiter, deadlineNs);
            } else {
                follow(waiter, deadlineNs, gaveWay);
                gaveWay = false;
                if (!waiter.isSignalled()) {
                    driver.drive(true);
                }
            }
        }
    }

    /** The context's own thread runs it; the calling thread may be the one to adopt it. */
    private void awaitLoop(Waiter waiter, long deadlineNs, boolean mayBlock) {
        if (adoption != null
                && mayBlock
                && !VirtualThreads.isVirtual()
                && adoption.waitBegins(waiter, Thread.currentThread())) {
            driver.background().adopt();
        }
        parkUntil(waiter, deadlineNs);
    }

    /** The context is adopted: whether by the calling thread; others park, and the adopter or the tick signals them. */
    private boolean isAdopter(Waiter waiter) {
        if (adoption.isAdopter(waiter, Thread.currentThread())) {
            adoption.adopterWaits();
            return true;
        }
        if (adoption.strangerComes()) {
            driver.endAdoption();
        }
        return false;
    }

    /** The context's own thread: asks whoever leads to leave. */
    void askLeaderToLeave() {
        Background thread = driver.background();
        successor.set(thread.waiter);
        driver.ringLeader();
    }

    private static long deadlineAfter(long timeoutNs) {
        long startNs = System.nanoTime();
        return startNs + timeoutNs < startNs ? NO_LIMIT : startNs + timeoutNs;
    }

    /**
     * Sleeps and runs rounds until the wait is over, or a thread with more use for the lead asks for it.
     *
     * @return whether another was given the lead
     */
    private boolean lead(Waiter waiter, long deadlineNs) {
        boolean gaveWay;
        try {
            boolean over;
            do {
                long busyBefore = driver.busyRounds();
                sleepAsLeader(waiter, deadlineNs);
                if (waiter.isSignalled()) {
                    break;
                }
                driver.drive(true);
                boolean idle = driver.isPolled() && driver.busyRounds() == busyBefore;
                if (!idle) {
                    waiter.fruitless = waiter.isSignalled() ? 0 : Math.min(waiter.fruitless + 1, COLD);
                }
                over = idle ? isOver(waiter, deadlineNs) : spin(waiter, deadlineNs);
            } while (!isAskedToLeave() && !over);
        } finally {
            gaveWay = unlead(waiter);
        }
        return gaveWay;
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
        long endNs = nowNs + driver.spinNs();
        while (nowNs < endNs) {
            if (isWanted(waiter) || nowNs >= deadlineNs) {
                return true;
            }
            if ((driver.isPolled() || context.hasInput()) && driver.driveAgain()) {
                // The clock was read for the round.
                nowNs = driver.lastRoundNs();
            } else {
                Thread.onSpinWait();
                nowNs = System.nanoTime();
            }
        }
        return isOver(waiter, deadlineNs);
    }

    private boolean tryLead(Waiter waiter) {
        Waiter present = leader;
        if (present == null) {
            return !staysBack(waiter) && LEADER.compareAndSet(this, null, waiter);
        }
        if (waiter.fruitless < COLD && givesWay(present)) {
            waiter.beginAsking();
            if (successor.compareAndSet(null, waiter)) {
                driver.ringLeader();
            }
        }
        return false;
    }

    /**
     * Whoever led last is expected back within the tick; a thread that has no news anyway does not get in its way, and is woken for the lead
     * when that is not so.
     */
    private boolean staysBack(Waiter waiter) {
        return adoption == null && waiter.fruitless >= COLD && backgroundIsTicking();
    }

    /** A leader that wakes only to hand others their news costs a switch of threads for each packet. */
    private boolean givesWay(Waiter present) {
        Background thread = driver.background();
        if (thread != null && present == thread.waiter) {
            return !thread.leadsForOthers();
        }
        return present.fruitless >= COLD;
    }

    /** For the background thread. */
    boolean tryLeadBackground(Waiter waiter) {
        if (!LEADER.compareAndSet(this, null, waiter)) {
            return false;
        }
        successor.compareAndSet(waiter, null);
        return true;
    }

    boolean hasLeader() {
        return leader != null;
    }

    boolean isAskedToLeave() {
        return successor.get() != null;
    }

    /** Whether another thread had asked for the lead, which is woken to take it. */
    boolean unlead(Waiter waiter) {
        if (leader == waiter) {
            // A store, no call: this may be the end of the thread's stack. The watch wakes the context's own thread
            // then.
            leader = null;
        }
        // After the store above: a thread that asked before it is seen here, one that asks later sees no leader.
        Waiter next = successor.get() == null ? null : successor.getAndSet(null);
        if (next != null) {
            next.wake();
        }
        Background thread = driver.background();
        if (thread != null && thread.waiter != waiter) {
            thread.leaderLeft();
        }
        return next != null;
    }

    /** One sleep: until input, a signal, a timer, or the deadline. The caller leads. */
    void sleepAsLeader(Waiter waiter, long deadlineNs) {
        sleep(waiter, deadlineNs, false);
    }

    /** As {@link #sleepAsLeader}, by the owner, who gives the context up meanwhile: it is anybody's when this returns. */
    void sleepLending(Waiter waiter) {
        sleep(waiter, NO_LIMIT, true);
    }

    private void sleep(Waiter waiter, long deadlineNs, boolean lends) {
        boolean watching = driver.isPolled() && driver.watch();
        if (driver.isPolled() && !watching) {
            // Its owner may need this processor.
            LockSupport.parkNanos(Driver.SHORT_PARK_NS);
            return;
        }
        long untilNs = Math.min(deadlineNs, context.nextDeadlineNs());
        waiter.beginLeading(context);
        driver.gate.announce(untilNs);
        try {
            if (lends) {
                // Commands that have come meanwhile are looked for below.
                context.ownership.release();
            }
            // Deadlines may have moved between the reading and the announcement.
            untilNs = Math.min(untilNs, context.nextDeadlineNs());
            long durationNs = untilNs == NO_LIMIT ? NO_LIMIT : untilNs - System.nanoTime();
            if (durationNs > 0 && !waiter.isSignalled() && !context.hasInput() && driver.gate.isAsleep()) {
                context.counters.increment(Counter.SLEEPS);
                if (watching) {
                    driver.sleeper.sleep(durationNs, context.queueWait);
                } else {
                    driver.sleeper.sleep(durationNs);
                }
            }
        } finally {
            driver.gate.wake();
            waiter.endLeading();
            if (watching) {
                context.queueWait.end();
            }
            context.disarm();
        }
    }

    /**
     * Somebody else leads, or is about to: parks until signalled or woken for the lead. While nobody leads the context's own thread is awake
     * and sees to it.
     */
    private void follow(Waiter waiter, long deadlineNs, boolean gaveWay) {
        candidate.set(waiter);
        if (gaveWay || hasLeader() || staysBack(waiter)) {
            waiter.park(remaining(deadlineNs));
        }
        candidate.compareAndSet(waiter, null);
    }

    private boolean backgroundIsTicking() {
        Background thread = driver.background();
        return thread != null && thread.isTicking();
    }

    /** The context's own thread found no leader: one of the parked threads is to become it. True when there was one. */
    boolean promote() {
        Waiter waiter = candidate.getAndSet(null);
        if (waiter == null) {
            return false;
        }
        waiter.fruitless = 0;
        return waiter.unparkIfParked();
    }

    private void awaitVirtual(Waiter waiter, long deadlineNs) {
        while (!isOver(waiter, deadlineNs)) {
            Background thread = driver.background();
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
}
