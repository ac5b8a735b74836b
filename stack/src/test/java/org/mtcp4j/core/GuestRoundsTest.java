/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A thread that comes with one wish is not kept in the stack for what others want, and theirs is done all the same. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class GuestRoundsTest {
    private static final int COMMANDS = 1_000;

    /** A command that leaves the next, as a program does that answers in every round. */
    private static final class Chain extends Command {
        final AtomicInteger ran;
        final CountDownLatch last;
        final Thread guest;
        final AtomicInteger ranByGuest;

        Chain(CountDownLatch last, AtomicInteger ran, Thread guest, AtomicInteger ranByGuest) {
            this.last = last;
            this.ran = ran;
            this.guest = guest;
            this.ranByGuest = ranByGuest;
        }

        @Override
        void run(Context context, long nowNs) {
            if (Thread.currentThread() == guest) {
                ranByGuest.incrementAndGet();
            }
            if (ran.incrementAndGet() == COMMANDS) {
                last.countDown();
            } else {
                context.ownership.commands.push(new Chain(last, ran, guest, ranByGuest));
            }
        }
    }

    private static int guestsRounds(Engine engine, boolean mustEnd) throws InterruptedException {
        Context context = engine.context(0);
        CountDownLatch last = new CountDownLatch(1);
        AtomicInteger ran = new AtomicInteger();
        AtomicInteger byGuest = new AtomicInteger();
        context.ownership.commands.push(new Chain(last, ran, Thread.currentThread(), byGuest));
        context.driver.drive(true);
        int rounds = byGuest.get();
        if (mustEnd) {
            assertThat(last.await(20, TimeUnit.SECONDS))
                    .as("all of %s commands run by others", COMMANDS)
                    .isTrue();
        }
        return rounds;
    }

    @Test
    void aRoundsGuestLeavesAfterItsRoundsThoughCommandsKeepComing() throws Exception {
        Engine engine = TestEngines.engine(
                List.of(TestEngines.memory()), TestEngines.OURS + "/24", List.of(), "nic=memory,driver=inline");
        assertThat(guestsRounds(engine, false)).isPositive().isLessThanOrEqualTo(Driver.MAX_ROUNDS);
    }

    @Test
    void whatTheGuestLeavesIsRunByTheStacksOwnThreads() throws Exception {
        Engine engine = TestEngines.engine(
                List.of(TestEngines.memory()), TestEngines.OURS + "/24", List.of(), "nic=memory,driver=inline");
        engine.start();
        try {
            for (int i = 0; i < 50; i++) {
                assertThat(guestsRounds(engine, true)).isLessThanOrEqualTo(Driver.MAX_ROUNDS);
            }
            assertThat(engine.flows()).as("a call is answered").isEmpty();
        } finally {
            engine.stop(0);
        }
    }
}
