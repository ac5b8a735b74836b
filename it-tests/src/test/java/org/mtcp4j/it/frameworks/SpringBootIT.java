/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code java -jar} with nested jars, which have a class loader of their own; alone and with a second agent on either side of ours. */
class SpringBootIT {
    private static final int SECONDS = 120;

    private static final String OURS = Server.agent("nic=memory,loopback=stack,on-failure=fail,log=warn");

    private static void serves(List<String> agents) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Build.java().toString(), "-Xmx600m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(agents);
        command.addAll(List.of(
                "-Dotel.traces.exporter=none",
                "-Dotel.metrics.exporter=none",
                "-Dotel.logs.exporter=none",
                "-jar",
                Build.boot().toString(),
                "--server.port=0"));
        try (Running running = Running.start(command)) {
            running.awaitLine("served", SECONDS);
            Stat stat = Stat.asked(running.pid());
            assertThat(running.text())
                    .contains("fetched hello from Spring Boot ")
                    .doesNotContain("[mtcp] ERROR");
            assertThat(stat.counter("TcpActiveOpens"))
                    .as("connections over the stack")
                    .isPositive();
            running.enter();
            running.await(SECONDS).ok();
        }
    }

    @Test
    void servesAndFetches() throws Exception {
        serves(List.of(OURS));
    }

    @Test
    void anotherAgentMayComeBefore() throws Exception {
        serves(List.of("-javaagent:" + Build.openTelemetry(), OURS));
    }

    @Test
    void anotherAgentMayComeAfter() throws Exception {
        serves(List.of(OURS, "-javaagent:" + Build.openTelemetry()));
    }
}
