/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Threads that wait for one context's news: who of them leads, and what the others do meanwhile. */
@Timeout(60)
class LeadershipTest {
    private static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(10);
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private final Engine engine = TestEngines.engine(List.of(TestEngines.memory()));
    private final Context context = engine.context(0);
    private final List<Waiting> all = new ArrayList<>();

    @BeforeEach
    void start() {
        engine.start();
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (Waiting each : all) {
            each.waiter.signal();
            each.thread.join(5_000);
            assertThat(each.thread.isAlive()).as("still waits").isFalse();
        }
        engine.stop(0);
    }

    /** They would take the processor from the thread that leads, the more of them the longer. */
    @Test
    void threadsThatWaitBesideALeaderWithoutNewsOfItsOwnDoNotWake() {
        leaderWithoutNews();
        Blocking blocking = keepInItsRound();
        for (int i = 0; i < 40; i++) {
            new Waiting();
        }
        List<Waiting> followers = all.subList(1, all.size());
        until(() -> followers.stream().allMatch(each -> each.isParked()));
        long before = parks(followers);
        Driver.pause(TimeUnit.MILLISECONDS.toNanos(200));
        long parks = parks(followers) - before;
        blocking.goOn.countDown();
        assertThat(parks).as("parks in 200 ms").isLessThan(200);
    }

    @Test
    void leaderWithoutNewsOfItsOwnGivesWayToAThreadThatHasSome() {
        Waiting leader = leaderWithoutNews();
        Waiting other = new Waiting();
        until(other::isLeading);
        until(leader::isParked);
    }

    @Test
    void contextsOwnThreadGivesWayToAThreadThatWaits() {
        until(context.driver.leadership::hasLeader);
        Waiting waiting = new Waiting();
        until(waiting::isLeading);
    }

    @Test
    void threadThatWaitsOnLeadsWhenTheLeaderHasGone() {
        Waiting leader = new Waiting();
        until(leader::isLeading);
        Waiting follower = new Waiting();
        until(follower::isParked);
        leader.waiter.signal();
        until(follower::isLeading);
        assertThat(leader.hasReturned()).isTrue();
    }

    @Test
    void threadThatAskedForTheLeadAndHasNewsMeanwhileLeavesItToOthers() {
        Waiting leader = leaderWithoutNews();
        Blocking blocking = keepInItsRound();
        Waiting asking = new Waiting();
        until(asking::isParked);
        Waiting third = new Waiting();
        until(third::isParked);
        asking.waiter.signal();
        until(asking::hasReturned);
        blocking.goOn.countDown();
        until(() -> leader.isLeading() || third.isLeading());
    }

    @Test
    void virtualThreadsOrForeignSelectorsLeaveTheLeadToTheContextsOwnThread() {
        context.driver.foreignWait(true);
        until(context.driver.leadership::hasLeader);
        Waiting waiting = new Waiting();
        until(waiting::isParked);
        context.driver.foreignWait(false);
    }

    private Waiting leaderWithoutNews() {
        Waiting leader = new Waiting();
        until(leader::isLeading);
        leader.waiter.fruitless = Integer.MAX_VALUE;
        return leader;
    }

    /** Whoever leads, until it is told to go on. */
    private Blocking keepInItsRound() {
        Blocking blocking = new Blocking();
        context.ownership.commands.push(blocking);
        context.driver.ringLeader();
        until(() -> blocking.began.getCount() == 0);
        return blocking;
    }

    private static long parks(List<Waiting> threads) {
        return threads.stream()
                .mapToLong(each -> THREADS.getThreadInfo(each.thread.getId()).getWaitedCount())
                .sum();
    }

    private static void until(BooleanSupplier state) {
        long endNs = System.nanoTime() + LIMIT_NS;
        while (!state.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(endNs);
            Driver.pause(100_000);
        }
    }

    /** A thread that waits until it is signalled. */
    private final class Waiting {
        final Waiter waiter = new Waiter();
        final Thread thread = new Thread(() -> context.driver.leadership.await(waiter, -1));

        Waiting() {
            all.add(this);
            thread.start();
        }

        boolean isLeading() {
            return isIn("sleepAsLeader");
        }

        boolean isParked() {
            return isIn("follow");
        }

        boolean hasReturned() {
            return !thread.isAlive();
        }

        private boolean isIn(String method) {
            return Arrays.stream(thread.getStackTrace())
                    .anyMatch(frame -> frame.getMethodName().equals(method));
        }
    }

    /** Keeps whoever runs it in its round. */
    private static final class Blocking extends Call {
        final CountDownLatch began = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);

        @Override
        void execute(Context context, long nowNs) {
            began.countDown();
            boolean interrupted = false;
            try {
                goOn.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
