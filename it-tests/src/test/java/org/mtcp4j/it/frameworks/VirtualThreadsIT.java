/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Blocking in our sockets parks a virtual thread and never its carrier. */
class VirtualThreadsIT {
    private static final int SECONDS = 180;
    private static final int THREADS = 10_000;

    @ParameterizedTest
    @ValueSource(strings = {"driver=inline", "driver=dedicated"})
    void tenThousandBlockInReadsAndNoCarrierIsPinned(String driver) throws Exception {
        List<Path> jdks = Build.otherJdks("25");
        if (jdks.isEmpty()) {
            System.out.println("[it] skipped: no JDK 25 for virtual threads");
        }
        assumeFalse(jdks.isEmpty(), "no JDK 25");
        String text = Running.run(
                        SECONDS,
                        List.of(
                                jdks.get(0).resolve("bin/java").toString(),
                                "-Xmx1500m",
                                "-XX:+UseSerialGC",
                                Server.agent(
                                        "nic=memory,loopback=stack,on-failure=fail,log=warn,time-wait=1s," + driver),
                                "-cp",
                                Build.testClasses().toString(),
                                VirtualThreads.class.getName(),
                                Integer.toString(THREADS)))
                .ok();
        assertThat(text)
                .contains(THREADS + " virtual threads blocked in reads")
                .contains("all read")
                .contains("all echoed")
                .contains("streams in both directions")
                .contains("blocked write: AsynchronousCloseException")
                .contains("\n0 times pinned");
    }
}
