/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class BackgroundTest {
    private static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(20);

    /** Else it would wake beside the application at every packet for as long as the application does not wait. */
    @Test
    void aBackgroundThatLeadsGivesWayToAnApplicationThatDrivesWithoutEverWaiting() {
        Engine engine = TestEngines.engine(List.of(TestEngines.memory()));
        engine.start();
        try {
            Driver driver = engine.context(0).driver;
            assertThat(becomes(driver.leadership::hasLeader, () -> {}))
                    .as("led while idle")
                    .isTrue();
            assertThat(becomes(() -> !driver.leadership.hasLeader(), () -> {
                        driver.drive(true);
                        driver.ringIfAsleep();
                    }))
                    .as("left while driven")
                    .isTrue();
            assertThat(becomes(driver.leadership::hasLeader, () -> {}))
                    .as("led again")
                    .isTrue();
        } finally {
            engine.stop(0);
        }
    }

    private static boolean becomes(BooleanSupplier state, Runnable meanwhile) {
        long endNs = System.nanoTime() + LIMIT_NS;
        while (!state.getAsBoolean()) {
            if (System.nanoTime() > endNs) {
                return false;
            }
            meanwhile.run();
            Thread.onSpinWait();
        }
        return true;
    }
}
