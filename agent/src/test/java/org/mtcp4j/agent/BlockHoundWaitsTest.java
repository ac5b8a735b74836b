/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.mtcp4j.agent.blockhound.MtcpIntegration;

/** What BlockHound is told of our waits. */
class BlockHoundWaitsTest {
    /** Of threads of ours, which BlockHound does not watch, of the start, and of the end. */
    private static final Set<String> OTHERS = Set.of(
            "org.mtcp4j.core.Background.join",
            "org.mtcp4j.core.Background.parkWhileLed",
            "org.mtcp4j.core.Background.runOwned",
            "org.mtcp4j.core.ChunkKeeper.rest",
            "org.mtcp4j.core.ChunkKeeper.run",
            "org.mtcp4j.core.Engine.awaitAddresses",
            "org.mtcp4j.core.EpollSleeper.close",
            "org.mtcp4j.core.RoundWatch.run",
            "org.mtcp4j.nic.capture.Capture.close",
            "org.mtcp4j.nic.capture.Capture.writeUntilClosed",
            "org.mtcp4j.nic.xdp.XdpSocket.tryBind",
            "org.mtcp4j.spi.async.ChannelGroup.run",
            "org.mtcp4j.spi.nio.KernelWatch$Watcher.run",
            "org.mtcp4j.spi.nio.MtcpRuntime.within");

    @Test
    void everyMethodInWhichAThreadOfTheProgramWaitsIsNamed() {
        Set<String> waiting = new TreeSet<>();
        for (JavaClass type : new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("org.mtcp4j.core", "org.mtcp4j.socket", "org.mtcp4j.nic", "org.mtcp4j.spi")) {
            for (JavaAccess<?> access : type.getAccessesFromSelf()) {
                if (waits(access)) {
                    waiting.add(type.getName() + "." + access.getOrigin().getName());
                }
            }
        }
        waiting.removeAll(OTHERS);
        assertThat(waiting).containsExactlyInAnyOrder(MtcpIntegration.waits());
    }

    private static boolean waits(JavaAccess<?> access) {
        Class<?>[] all = {LockSupport.class, Thread.class, Object.class, CountDownLatch.class};
        for (Class<?> owner : all) {
            if (access.getTargetOwner().isEquivalentTo(owner)) {
                return access.getTarget().getName().matches("park.*|sleep|yield|onSpinWait|wait|await|join");
            }
        }
        return false;
    }
}
