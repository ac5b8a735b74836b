/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mtcp4j.stats.Counter;

/** A context changes hands between its own thread and an application's, and no command or signal is lost on the way. */
@Timeout(120)
class AdoptedContextTest {
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    private final Engine engine = LoopEngine.make();
    private final Context context = engine.context(0);
    private final Driver driver = context.driver;
    private final Waiter selector = new Waiter();

    @BeforeEach
    void start() {
        engine.start();
    }

    @AfterEach
    void stop() {
        engine.stop(0);
    }

    /** A command that signals the waiter, and the wait for it: what an event loop does for a request. */
    private void turn(Waiter waiter) {
        driver.kick(false);
        driver.call(new Call() {
            @Override
            void execute(Context owned, long nowNs) {
                waiter.signal();
            }
        });
        driver.leadership.await(waiter, 10 * SECOND_NS);
        assertThat(waiter.consume()).isTrue();
    }

    private static void until(BooleanSupplier state, Runnable meanwhile) {
        long endNs = System.nanoTime() + 60 * SECOND_NS;
        while (!state.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(endNs);
            meanwhile.run();
        }
    }

    private void adopt() {
        until(() -> !driver.isDedicated(), () -> turn(selector));
    }

    @Test
    void loopThatAloneWaitsAdoptsTheContext_andLeadsWhileItWaits() {
        assertThat(driver.isDedicated()).isTrue();
        adopt();
        assertThat(context.counters.get(Counter.ADOPTIONS)).isEqualTo(1);
        long sleeps = context.counters.get(Counter.SLEEPS);
        // Its own sleeps, one each: nobody signals.
        until(() -> context.counters.get(Counter.SLEEPS) > sleeps && driver.isDrivenByCaller(), () -> {
            driver.leadership.await(selector, SECOND_NS / 100);
        });
        assertThat(driver.isDedicated()).isFalse();
    }

    @Test
    void strangersThatWaitGetItBackToItsOwnThread() {
        adopt();
        until(driver::isDedicated, () -> {
            Waiter stranger = new Waiter();
            driver.leadership.await(stranger, SECOND_NS / 1_000);
        });
        // Its own thread runs what is submitted.
        turn(selector);
    }

    @Test
    void adopterThatWaitsInTheKernelGivesItBack() {
        adopt();
        until(driver::isDedicated, () -> {
            driver.foreignWait(true);
            driver.foreignWait(false);
        });
        turn(selector);
    }

    @Test
    void adopterThatSubmitsAndWaitsElsewhereGivesItBack() {
        adopt();
        until(driver::isDedicated, () -> driver.kick(false));
        turn(selector);
    }

    @Test
    void waitOfTheAdopterGoesOnWhenTheContextIsGivenBack() throws Exception {
        adopt();
        Thread pool = new Thread(() -> until(driver::isDedicated, () -> driver.kick(false)));
        Waiter late = selector;
        Thread signaller = new Thread(() -> {
            until(driver::isDedicated, Thread::onSpinWait);
            late.signal();
        });
        pool.start();
        signaller.start();
        long startNs = System.nanoTime();
        driver.leadership.await(late, 60 * SECOND_NS);
        assertThat(late.consume()).isTrue();
        assertThat(System.nanoTime() - startNs).isLessThan(30 * SECOND_NS);
        pool.join();
        signaller.join();
    }

    @Test
    void nothingIsLostWhileTheContextChangesHands() throws Exception {
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        for (int change = 0; change < 5; change++) {
            adopt();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Waiter own = new Waiter();
                Thread thread = new Thread(() -> {
                    for (int turns = 0; turns < 200; turns++) {
                        turn(own);
                    }
                });
                thread.setUncaughtExceptionHandler((where, e) -> failures.add(e));
                thread.start();
                threads.add(thread);
            }
            while (threads.stream().anyMatch(Thread::isAlive)) {
                turn(selector);
            }
            for (Thread thread : threads) {
                thread.join();
            }
            until(driver::isDedicated, () -> driver.leadership.await(new Waiter(), SECOND_NS / 1_000));
        }
        assertThat(failures).isEmpty();
        assertThat(context.counters.get(Counter.ADOPTIONS)).isGreaterThanOrEqualTo(5);
    }
}
