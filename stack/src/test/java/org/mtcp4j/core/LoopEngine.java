/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.List;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.ip.Routes;
import org.mtcp4j.ip.Subnet;
import org.mtcp4j.nic.NicDecorator;
import org.mtcp4j.nic.NicQueue;

/** An engine whose context is run by its own thread by default, as over a NIC with a descriptor to sleep on. */
final class LoopEngine {
    private static final int FD = 7;

    private LoopEngine() {}

    /** Not started. */
    static Engine make() {
        Routes routes = new Routes(List.of(Subnet.parse(TestEngines.OURS + "/24")), List.of());
        NicDecorator waking = new NicDecorator(TestEngines.memory()) {
            @Override
            public NicQueue queue(int index) {
                return new Queue(inner.queue(index)) {
                    @Override
                    public int wakeupFd() {
                        return FD;
                    }
                };
            }
        };
        return new Engine(
                StackConfig.of("nic=memory"),
                List.of(TestEngines.memory(), waking),
                routes,
                new Parking(),
                (where, cause) -> {
                    throw new AssertionError(cause);
                });
    }

    /** Sleeps by parking: nothing is ever readable at the descriptor of this test. */
    private static final class Parking implements Pinning {
        @Override
        public void pin(int context) {}

        @Override
        public Sleeper newSleeper(int[] fds) {
            return new ParkSleeper();
        }
    }
}
