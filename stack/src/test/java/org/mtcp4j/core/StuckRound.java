/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A context in a round that does not end, whoever runs it, before {@link #end()}. */
final class StuckRound {
    private final CountDownLatch stuck = new CountDownLatch(1);
    private final CountDownLatch over = new CountDownLatch(1);
    private final Thread driving;

    /** Returns once the context is stuck. */
    StuckRound(Context context) throws InterruptedException {
        context.faults.hook = stage -> {
            stuck.countDown();
            try {
                over.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        };
        driving = new Thread(() -> {
            context.driver.drive(true);
            context.driver.ringLeader();
        });
        driving.start();
        assertThat(stuck.await(20, TimeUnit.SECONDS)).isTrue();
    }

    void end() throws InterruptedException {
        over.countDown();
        driving.join();
    }
}
