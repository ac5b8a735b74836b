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

/** While a context's own thread sleeps, a thread that writes runs the round, and gives the context back. */
@Timeout(120)
class LentContextTest {
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    private final Engine engine = LoopEngine.make();
    private final Context context = engine.context(0);
    private final Driver driver = context.driver;

    @BeforeEach
    void start() {
        driver.lends = true;
        engine.start();
    }

    @AfterEach
    void stop() {
        engine.stop(0);
    }

    private static void until(BooleanSupplier state) {
        long endNs = System.nanoTime() + 60 * SECOND_NS;
        while (!state.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(endNs);
            Thread.onSpinWait();
        }
    }

    /** Its own thread sleeps, and has given the context up. */
    private void untilLent() {
        until(() -> driver.gate.isAsleep() && !context.ownership.isOwned());
    }

    private boolean runsTheRound() {
        untilLent();
        driver.kick(false);
        return driver.isDrivenByCaller();
    }

    @Test
    void whoWritesWhileTheContextsThreadSleepsRunsTheRound_andItStaysThatThreads() {
        until(this::runsTheRound);
        assertThat(driver.isDedicated()).isTrue();
        assertThat(context.ownership.isOwned()).isFalse();
    }

    @Test
    void answerThatIsNotTheLastIsLeftToTheContextsThread() {
        untilLent();
        // What a round has told is known until the next one that begins ten milliseconds later.
        until(() -> context.ownership.tryAcquire());
        driver.answers.round(System.nanoTime() + SECOND_NS);
        driver.answers.told(0);
        driver.answers.told(0);
        context.ownership.release();
        for (int i = 0; i < 100; i++) {
            assertThat(runsTheRound()).isFalse();
        }
    }

    @Test
    void contextThatLendsNothingIsRunByItsOwnThreadAlone() {
        engine.stop(0);
        Engine other = LoopEngine.make();
        Driver its = other.context(0).driver;
        its.lends = false;
        other.start();
        try {
            until(its.gate::isAsleep);
            its.kick(false);
            assertThat(its.isDrivenByCaller()).isFalse();
            assertThat(other.context(0).ownership.isOwned()).isTrue();
        } finally {
            other.stop(0);
        }
    }

    @Test
    void nothingIsLostWhileManyWriteAndItsThreadSleepsAndWakes() throws Exception {
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Waiter own = new Waiter();
            Thread thread = new Thread(() -> {
                for (int turns = 0; turns < 2_000; turns++) {
                    context.ownership.commands.push(new Signal(own));
                    driver.kick(false);
                    driver.leadership.await(own, 10 * SECOND_NS);
                    assertThat(own.consume()).isTrue();
                }
            });
            thread.setUncaughtExceptionHandler((where, e) -> failures.add(e));
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void itsThreadTakesTheContextBackFromOneThatHadIt() {
        untilLent();
        until(() -> context.ownership.tryAcquire());
        Waiter news = new Waiter();
        context.ownership.commands.push(new Signal(news));
        driver.ringIfAsleep();
        // It is awake, and waits.
        until(() -> !driver.gate.isAsleep());
        context.ownership.release();
        driver.background().lentBack();
        driver.leadership.await(news, 10 * SECOND_NS);
        assertThat(news.consume()).isTrue();
    }

    @Test
    void stopEndsThoughAnotherThreadHasTheContext() {
        untilLent();
        until(() -> context.ownership.tryAcquire());
        long startNs = System.nanoTime();
        try {
            Thread stopper = new Thread(() -> engine.stop(0));
            stopper.start();
            until(() -> !stopper.isAlive() || System.nanoTime() - startNs > 20 * SECOND_NS);
            assertThat(stopper.isAlive()).isFalse();
        } finally {
            context.ownership.release();
        }
    }

    private static final class Signal extends Command {
        private final Waiter waiter;

        Signal(Waiter waiter) {
            this.waiter = waiter;
        }

        @Override
        void run(Context owned, long nowNs) {
            waiter.signal();
        }
    }
}
