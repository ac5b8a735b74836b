/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A context's own thread. Inline driver: ticks every millisecond while applications drive, so that timers and other selectors'
 * events never wait for a busy application; leads when nobody does; is parked while an application thread leads. Dedicated driver:
 * owns the context and runs it. With {@link Adoption} it does the latter until a thread adopts the context, and the former meanwhile; where the
 * driver lends it, the context is anybody's while this thread sleeps (ADR 0021).
 */
final class Background implements Runnable {
    /** For how long after an application's last round it is expected back. */
    private static final long EXPECTED_BACK_NS = 10_000_000;
    /** Between two tries while another thread owns the context. */
    private static final long OWNED_NS = 50_000;

    final Waiter waiter = new Waiter();
    private final Context context;
    private final Driver driver;
    private final Engine engine;
    private final Thread thread;
    private final AtomicInteger virtualWaiting = new AtomicInteger();
    private volatile boolean ticking;
    private volatile boolean stopped;
    /** An application's thread is to adopt the context. */
    private volatile boolean adopting;
    /** The context is to be this thread's again. */
    private volatile boolean givingBack;

    /** The context's own thread waits for a thread that runs a round while it slept. */
    private volatile boolean waitsForLent;

    private long idleSinceNs;

    Background(Context context, Engine engine) {
        this.context = context;
        this.driver = context.driver;
        this.engine = engine;
        thread = new Thread(null, this, "mtcp-" + context.index, 0, false);
        thread.setDaemon(true);
        driver.background(this);
    }

    void start() {
        thread.start();
    }

    void stop() {
        stopped = true;
        waiter.signal();
        driver.ringLeader();
        LockSupport.unpark(thread);
    }

    void join() throws InterruptedException {
        if (Thread.currentThread() != thread) {
            thread.join(500);
        }
    }

    /** Whether held-back writes are flushed at the next tick. */
    boolean isTicking() {
        return ticking;
    }

    /** An application thread no longer leads: tick, and lead if it does not come back. */
    void leaderLeft() {
        if (!ticking) {
            LockSupport.unpark(thread);
        }
    }

    /** Commands were left: the next tick is now. */
    void hurry() {
        LockSupport.unpark(thread);
    }

    void leadForVirtual() {
        virtualWaiting.incrementAndGet();
        LockSupport.unpark(thread);
    }

    void virtualDone() {
        virtualWaiting.decrementAndGet();
    }

    /** Whether this thread leads for threads that cannot: virtual ones, and selectors that wait in the kernel. */
    boolean leadsForOthers() {
        return virtualWaiting.get() > 0;
    }

    @Override
    public void run() {
        engine.pin(context.index);
        while (!stopped) {
            if (engine.dedicated) {
                runDedicated();
            }
            runInline();
        }
    }

    /** The application's thread that alone waits should run the context from now on. Any thread. */
    void adopt() {
        adopting = true;
        driver.ringLeader();
    }

    /** This thread should run the context again. Any thread. */
    void giveBack() {
        givingBack = true;
        driver.ringLeader();
        LockSupport.unpark(thread);
    }

    private void runInline() {
        while (!stopped && !givingBack) {
            try {
                runInlineOnce();
            } catch (Throwable e) {
                // Rounds contain theirs; this is one beside them, as from a sleep. Without this thread nobody would
                // lead.
                context.faults.note(e);
                Driver.pause(Driver.TICK_NS);
            }
        }
    }

    private void runInlineOnce() {
        if (leadsForOthers() && !driver.leadership.hasLeader()) {
            lead();
        } else if (isExpectedBack()) {
            tick();
        } else if (driver.leadership.hasLeader()) {
            parkWhileLed();
        } else if (!driver.leadership.promote()) {
            lead();
        } else {
            // Time to take the lead, while what is held back is still seen to.
            tick();
        }
    }

    private boolean isExpectedBack() {
        return System.nanoTime() - driver.lastApplicationRoundNs() < EXPECTED_BACK_NS;
    }

    private void tick() {
        ticking = true;
        Driver.pause(Driver.TICK_NS);
        driver.drive(false);
    }

    /** An application thread leads, and none is away: nothing to do until one leaves. */
    private void parkWhileLed() {
        ticking = false;
        // A thread that saw us ticking may have held a write back since: the store above, a fence, then this look.
        java.lang.invoke.VarHandle.fullFence();
        if (!context.ownership.commands.isEmpty()) {
            driver.drive(false);
        }
        driver.ringForDeadline();
        if (driver.leadership.hasLeader() && !stopped && !givingBack) {
            LockSupport.park(this);
        }
    }

    private void lead() {
        ticking = false;
        if (!driver.leadership.tryLeadBackground(waiter)) {
            return;
        }
        try {
            while (!stopped && !driver.leadership.isAskedToLeave() && !givingBack) {
                if (driver.drive(false)) {
                    driver.leadership.sleepAsLeader(waiter, Long.MAX_VALUE);
                    waiter.consume();
                } else {
                    // Its owner may need this processor.
                    Driver.pause(OWNED_NS);
                }
                if (!leadsForOthers() && isExpectedBack()) {
                    // An application that never waits would not ask for the lead, and would be woken beside at every
                    // packet.
                    break;
                }
            }
        } finally {
            driver.leadership.unlead(waiter);
        }
    }

    private void runDedicated() {
        Ownership ownership = context.ownership;
        while (!ownership.tryAcquire()) {
            if (stopped) {
                return;
            }
            // Its owner may need this processor.
            Driver.pause(OWNED_NS);
        }
        try {
            adopting = false;
            driver.keepOwnership();
            runUntilAdopted();
            if (ownership.owner != thread) {
                // Stopped while another thread had it.
                return;
            }
            if (!stopped) {
                givingBack = false;
                driver.beginAdoption();
            }
            driver.leadership.unlead(waiter);
            // What was submitted before is still run.
            do {
                context.round(System.nanoTime());
            } while (ownership.releaseOrReacquire());
        } finally {
            if (ownership.owner == thread) {
                ownership.owner = null;
                ownership.state = Ownership.FREE;
            }
        }
        if (!stopped) {
            // Who rang while we owned it relies on another look.
            driver.drive(false);
        }
    }

    /** Owns the context until an application's thread adopts it, or the stack stops, when another thread may have it. */
    private void runUntilAdopted() {
        while (!stopped && !driver.leadership.tryLeadBackground(waiter)) {
            driver.leadership.askLeaderToLeave();
            driver.dedicatedRound(System.nanoTime());
            Driver.pause(OWNED_NS);
        }
        idleSinceNs = System.nanoTime();
        while (!stopped && !adopting) {
            try {
                runOwned();
            } catch (Throwable e) {
                // Rounds contain theirs; this is one beside them, as from a sleep.
                context.faults.roundEnded(e, System.nanoTime());
                Driver.pause(Driver.TICK_NS);
            }
        }
    }

    private void runOwned() {
        while (!stopped && !adopting) {
            long nowNs = System.nanoTime();
            if (driver.dedicatedRound(nowNs)) {
                idleSinceNs = nowNs;
            } else if (nowNs - idleSinceNs > driver.spinNs()) {
                if (!sleep()) {
                    return;
                }
                waiter.consume();
                if (!context.isPolled()) {
                    idleSinceNs = System.nanoTime();
                }
            } else {
                Thread.onSpinWait();
            }
        }
    }

    /** False when the stack has stopped, and the context is another thread's for good. */
    private boolean sleep() {
        if (!driver.lends) {
            driver.leadership.sleepAsLeader(waiter, Long.MAX_VALUE);
            return true;
        }
        try {
            driver.leadership.sleepLending(waiter);
        } finally {
            takeBack();
        }
        return context.ownership.owner == thread;
    }

    private void takeBack() {
        Ownership ownership = context.ownership;
        // Before each look at who has it: whoever gives it up after that look wakes this thread.
        waitsForLent = true;
        try {
            while (ownership.owner != thread && !ownership.tryAcquire() && !stopped) {
                Driver.pause(Driver.TICK_NS);
            }
        } finally {
            waitsForLent = false;
        }
    }

    /** A thread has run a round while this one slept, and has given the context up. Any thread. */
    void lentBack() {
        if (waitsForLent) {
            LockSupport.unpark(thread);
        }
    }
}
