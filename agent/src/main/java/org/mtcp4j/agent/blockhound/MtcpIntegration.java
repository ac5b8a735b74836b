/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent.blockhound;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * Tells BlockHound that our waits are no faults of the program: where the kernel waits inside a system call, as select does, we wait in
 * Java. Blocking calls that BlockHound knows by name, {@code Socket.connect} and such, are found as they are on the kernel.
 */
public final class MtcpIntegration implements BlockHoundIntegration {
    /** Each method in which a thread of the program may park, spin or sleep, as {@code CLASS.METHOD}; a test keeps the list complete. */
    private static final String[] WAITS = {
        "org.mtcp4j.core.Call.park",
        "org.mtcp4j.core.ChunkKeeper.awaitAllocation",
        "org.mtcp4j.core.ChunkKeeper.awaitChunks",
        "org.mtcp4j.core.Context.close",
        "org.mtcp4j.core.Driver.callWithin",
        "org.mtcp4j.core.Driver.pause",
        "org.mtcp4j.core.EpollSleeper.sleepInside",
        "org.mtcp4j.core.Leadership.sleep",
        "org.mtcp4j.core.Leadership.spinAlone",
        "org.mtcp4j.core.ParkSleeper.sleep",
        "org.mtcp4j.core.StreamGuard.enter",
        "org.mtcp4j.core.Waiter.park",
        "org.mtcp4j.spi.nio.KernelWatch$Watcher.remove",
        "org.mtcp4j.spi.nio.MtcpSelector.awaitInterrupter",
    };

    /** Called by BlockHound, which makes it by {@link java.util.ServiceLoader}. */
    public MtcpIntegration() {}

    /** @return each as {@code CLASS.METHOD} */
    public static String[] waits() {
        return WAITS.clone();
    }

    @Override
    public void applyTo(BlockHound.Builder builder) {
        for (String wait : WAITS) {
            int dot = wait.lastIndexOf('.');
            builder.allowBlockingCallsInside(wait.substring(0, dot), wait.substring(dot + 1));
        }
    }
}
