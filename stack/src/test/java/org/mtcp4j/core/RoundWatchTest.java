/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.mtcp4j.stats.Counter;

/** Rounds that never end are seen from outside. */
class RoundWatchTest {
    private static final long MS = 1_000_000L;

    private final Engine engine = TestEngines.engine(List.of(TestEngines.memory()));
    private final Context context = engine.context(0);
    private final List<Thread> reports = new ArrayList<>();
    private long processorMs;
    /** Of each ms between two looks. */
    private double share = 1;

    private long lookedMs;
    private final RoundWatch watch = new RoundWatch(
            new Context[] {context},
            (where, thread) -> reports.add(thread),
            (where, error) -> {},
            thread -> processorMs * MS);

    private void inARound(Runnable meanwhile) {
        context.driver.call(new Call() {
            @Override
            void execute(Context owned, long nowNs) {
                meanwhile.run();
            }
        });
    }

    private void look(long ms) {
        processorMs += (long) ((ms - lookedMs) * share);
        lookedMs = ms;
        watch.look(ms * MS);
    }

    @Test
    void roundThatRunsLongerThanASecondIsCountedAndReportedOnce() {
        inARound(() -> {
            look(0);
            look(500);
            look(999);
            assertThat(reports).isEmpty();
            look(1000);
            look(1500);
            look(9000);
        });
        assertThat(reports).containsExactly(Thread.currentThread());
        assertThat(context.counters.get(Counter.LONG_ROUNDS)).isEqualTo(1);
        inARound(() -> {
            look(10_000);
            look(11_000);
        });
        assertThat(reports).hasSize(2);
    }

    @Test
    void roundWhoseThreadGetsNoProcessorHasTenSeconds() {
        share = 0.01;
        inARound(() -> {
            for (int ms = 0; ms < 10_000; ms += 500) {
                look(ms);
            }
            assertThat(reports).isEmpty();
            look(10_000);
            assertThat(reports).hasSize(1);
        });
    }

    @Test
    void roundWhoseThreadGetsTheProcessorLateIsReportedOnceItHasRunForHalfTheTime() {
        share = 0;
        inARound(() -> {
            look(0);
            look(500);
            look(1500);
            assertThat(reports).isEmpty();
            share = 1;
            look(2400);
            assertThat(reports).isEmpty();
            look(2600);
            assertThat(reports).hasSize(1);
        });
    }

    @Test
    void processorTimeOfAnotherThreadIsKnown() throws Exception {
        Thread busy = new Thread(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
        });
        busy.start();
        try {
            long beforeNs = ProcessorTime.ofThreadNs(busy);
            assertThat(beforeNs).isNotNegative();
            long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (ProcessorTime.ofThreadNs(busy) <= beforeNs) {
                assertThat(System.nanoTime()).as("it runs").isLessThan(endNs);
                Thread.onSpinWait();
            }
        } finally {
            busy.interrupt();
            busy.join();
        }
    }

    @Test
    void manyShortRoundsAreNotALongOne() {
        for (int i = 0; i < 10; i++) {
            int ms = 500 * i;
            inARound(() -> look(ms));
        }
        assertThat(reports).isEmpty();
    }

    @Test
    void contextWithoutWorkIsNotInARound() {
        inARound(() -> {});
        for (int i = 0; i < 10; i++) {
            look(500L * i);
        }
        assertThat(reports).isEmpty();
        assertThat(context.counters.get(Counter.LONG_ROUNDS)).isZero();
    }

    @Test
    void engineReportsTheThreadThatIsStuck() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        engine.watch(
                (where, thread) -> {
                    threads.add(thread);
                    seen.countDown();
                },
                (where, error) -> {},
                sentence -> {});
        engine.start();
        try {
            inARound(() -> {
                try {
                    assertThat(seen.await(30, TimeUnit.SECONDS)).as("reported").isTrue();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            assertThat(threads.get(0)).isNotNull();
        } finally {
            engine.stop(0);
        }
    }
}
