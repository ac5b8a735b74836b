/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each server in one JVM and the JDK's HttpClient in another, both on the stack, over DPDK's shared-memory port. */
class FrameworksMemifIT {
    private static final int SECONDS = 180;
    private static final String SERVER_IP = "198.18.9.1";

    @TempDir
    private Path directory;

    @BeforeAll
    static void needsDpdk() {
        Dpdk.assumeAvailable();
    }

    private String agent(String role, String address) {
        return Server.agent("nic=dpdk:net_memif0+role=" + role + "+socket=" + directory.resolve("memif.sock")
                + "+socket-abstract=no,dpdk.no-huge=true,ip=" + address + "/24,on-failure=fail,log=warn");
    }

    private Running java(Program program, String agent, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Build.java().toString(),
                "-Xmx600m",
                "-XX:+UseSerialGC",
                "-Dio.netty.transport.noNative=true",
                "-Djdk.httpclient.allowRestrictedHeaders=connection",
                agent,
                "-cp",
                Build.examples(program) + File.pathSeparator + Build.testClasses()));
        command.addAll(List.of(arguments));
        return Running.start(command);
    }

    @ParameterizedTest
    @EnumSource(Program.class)
    void servesAnotherJvmOverMemif(Program program) throws Exception {
        try (Running server = java(program, agent("server", SERVER_IP), program.mainClass(), "" + Server.PORT)) {
            server.awaitLine("ready", SECONDS);
            try (Running client = java(
                    program,
                    agent("client", "198.18.9.2"),
                    SelfServing.class.getName(),
                    program.name(),
                    "" + Server.PORT,
                    SERVER_IP)) {
                String text = client.await(SECONDS).ok();
                assertThat(text)
                        .contains("1000 connections at once")
                        .contains("served")
                        .doesNotContain("[mtcp] ERROR");
                Stat stat = Stat.of(server.pid());
                assertThat(stat.counter("TcpPassiveOpens")).as("connections").isGreaterThan(1_000);
                assertThat(stat.counter("InFrames"))
                        .as("frames through the stack")
                        .isGreaterThan(10_000);
                System.out.printf(
                        Locale.ROOT,
                        "[it] %s over memif: %s%n",
                        program,
                        String.join(
                                ", ",
                                text.lines()
                                        .filter(line -> line.endsWith("MB/s") || line.endsWith("at once"))
                                        .toList()));
            }
            server.terminate();
            assertThat(server.await(30).exitCode()).isIn(0, 143);
        }
    }
}
