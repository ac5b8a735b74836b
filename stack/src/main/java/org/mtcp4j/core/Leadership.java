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
 */
final class Leadership {
    /** A leader that slept this often without news of its own gives way to one that has news. */
    private static final int COLD = 4;

    private static final long NO_LIMIT = Long.MAX_VALUE;
    private static final VarHandle SPINNING;

    static {
        try {
            SPINNING = MethodHandles.lookup().findVarHandle(Leadership.class, "spinning", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Context context;
    private final Driver driver;
    private final Adoption adoption;
    private final AtomicReference<Waiter> leader = new AtomicReference<>();
    private final AtomicReference<Waiter> candidate = new AtomicReference<>();
    private volatile Waiter leaveRequest;

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
        driver.drive(true);
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
        while (!isOver(waiter, deadlineNs)) {
            if (driver.isDedicated()) {
                parkUntil(waiter, deadlineNs);
                return;
            }
            if (spin(waiter, deadlineNs)) {
                return;
            }
            if (tryLead(waiter)) {
                lead(waiter, deadlineNs);
            } else {
                parkFollowing(waiter, deadlineNs);
                if (!waiter.isSignalled()) {
                    driver.drive(true);
                }
            }
        }
        if (waiter.isSignalled()) {
            waiter.fruitless = 0;
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
        leaveRequest = leader.get();
        driver.ringLeader();
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
                long busyBefore = driver.busyRounds();
                sleepAsLeader(waiter, deadlineNs);
                if (waiter.isSignalled()) {
                    return;
                }
                driver.drive(true);
                boolean idle = driver.isPolled() && driver.busyRounds() == busyBefore;
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
            waiter.park(Math.min(Driver.TICK_NS, remaining(deadlineNs)));
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
        long endNs = nowNs + driver.spinNs();
        while (nowNs < endNs) {
            if (isWanted(waiter) || nowNs >= deadlineNs) {
                return true;
            }
            if ((driver.isPolled() || context.hasInput()) && driver.drive(true)) {
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
        Waiter present = leader.get();
        if (present == null) {
            // Whoever led last is expected back within the tick; a thread that has no news anyway does not get in its
            // way.
            boolean staysBack = adoption == null && waiter.fruitless >= COLD && backgroundIsTicking();
            return !staysBack && leader.compareAndSet(null, waiter);
        }
        Background thread = driver.background();
        if (present.fruitless >= COLD && waiter.fruitless < COLD) {
            // It wakes only to hand others their news: one switch of threads too many for each packet.
            leaveRequest = present;
            driver.ringLeader();
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
        Background thread = driver.background();
        if (thread != null && thread.waiter != waiter) {
            thread.leaderLeft();
        }
    }

    /** One sleep: until input, a signal, a timer, or the deadline. The caller leads. */
    void sleepAsLeader(Waiter waiter, long deadlineNs) {
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

    /** Somebody else leads: parks until signalled or promoted. */
    private void parkFollowing(Waiter waiter, long deadlineNs) {
        candidate.set(waiter);
        Waiter present = leader.get();
        if (present != null && present == leaveRequest) {
            waiter.park(Math.min(Driver.SHORT_PARK_NS, remaining(deadlineNs)));
        } else if (!hasLeader() && waiter.fruitless < COLD && backgroundIsTicking()) {
            // The leader is about to come back, or the next tick promotes us.
            waiter.park(Math.min(Driver.TICK_NS, remaining(deadlineNs)));
        } else if (!hasLeader() && !backgroundIsTicking()) {
            waiter.park(Math.min(Driver.SHORT_PARK_NS, remaining(deadlineNs)));
        } else {
            waiter.park(remaining(deadlineNs));
        }
        candidate.compareAndSet(waiter, null);
    }

    private boolean backgroundIsTicking() {
        Background thread = driver.background();
        return thread != null && thread.isTicking();
    }

    /** The tick found no leader: one of the parked threads becomes it. True when there was one. */
    boolean promote() {
        Waiter waiter = candidate.getAndSet(null);
        return waiter != null && waiter.unparkIfParked();
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
