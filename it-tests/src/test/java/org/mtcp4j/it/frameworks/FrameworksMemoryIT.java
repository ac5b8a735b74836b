/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each server and the JDK's HttpClient in one JVM: the program talks to itself over user-level TCP, without any device or right. */
class FrameworksMemoryIT {
    private static final int SECONDS = 180;

    /** The 1,000 of one step, the other client's one, and one more after Connection: close. */
    private static final int FEWEST_CONNECTIONS = 1_002;

    private static final int MOST_CONNECTIONS = 1_020;

    @ParameterizedTest
    @EnumSource(Program.class)
    void servesItselfOverMemory(Program program) throws Exception {
        List<String> command = List.of(
                Build.java().toString(),
                "-Xmx1g",
                "-XX:+UseSerialGC",
                "-Dio.netty.transport.noNative=true",
                "-Djdk.httpclient.allowRestrictedHeaders=connection",
                Server.agent("nic=memory,loopback=stack,on-failure=fail,log=warn"),
                "-cp",
                Build.examples(program) + File.pathSeparator + Build.testClasses(),
                SelfServing.class.getName(),
                program.name(),
                "8080");
        try (Running running = Running.start(command)) {
            running.awaitLine("served", SECONDS);
            Stat stat = Stat.of(running.pid());
            running.enter();
            String text = running.await(SECONDS).ok();
            assertThat(text)
                    .contains("provider org.mtcp4j.spi.nio.MtcpSelectorProvider")
                    .contains("1000 connections at once")
                    .contains("refused java.net.ConnectException")
                    .contains("restarted")
                    .doesNotContain("[mtcp] ERROR");
            assertThat(stat.counter("TcpActiveOpens"))
                    .as("connections that the client made, 400 requests kept on few")
                    .isBetween((long) FEWEST_CONNECTIONS, (long) MOST_CONNECTIONS);
            assertThat(stat.counter("InFrames")).as("frames through the stack").isGreaterThan(10_000);
            System.out.printf(
                    Locale.ROOT,
                    "[it] %s over memory: %s; %d frames, %d connections%n",
                    program,
                    String.join(
                            ", ",
                            text.lines()
                                    .filter(line -> line.endsWith("MB/s") || line.endsWith("at once"))
                                    .toList()),
                    stat.counter("InFrames"),
                    stat.counter("TcpActiveOpens"));
        }
    }
}
