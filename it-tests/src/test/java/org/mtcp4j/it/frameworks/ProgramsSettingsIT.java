/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a program sets for itself before its first socket has the effect that it has without the agent. */
class ProgramsSettingsIT {
    private static final int SECONDS = 60;

    /** Of the JDK, which read properties that a program may set, once, when they are initialized; they load libnet, which does too. */
    private static final List<String> READERS = List.of(
            "java/net/InetAddress'",
            "java/net/Inet4Address'",
            "java/net/Inet6Address'",
            "java/net/NetworkInterface'",
            "sun/nio/ch/Net'",
            "sun/nio/ch/IOUtil'",
            "sun/nio/ch/FileChannelImpl'",
            "sun/nio/ch/ServerSocketChannelImpl'",
            "sun/nio/ch/NioSocketImpl'",
            "/libnet.so");

    private static List<String> java(boolean agent, String... arguments) {
        List<String> command = new ArrayList<>(List.of(Build.java().toString()));
        if (agent) {
            command.add(Server.agent("nic=memory,on-failure=fail,log=warn"));
        }
        command.addAll(List.of("-cp", Build.testClasses().toString()));
        command.addAll(Arrays.asList(arguments));
        return command;
    }

    private static String program(boolean agent, String... arguments) throws Exception {
        List<String> command = java(agent, SettingsProgram.class.getName());
        command.addAll(Arrays.asList(arguments));
        return Running.run(SECONDS, command).ok();
    }

    @ParameterizedTest
    @CsvSource({
        "java.net.preferIPv4Stack,true",
        "java.net.preferIPv6Addresses,true",
        "java.net.preferIPv6Addresses,system"
    })
    void aPropertyThatMainSetsHasTheEffectItHasOnTheKernel(String name, String value) throws Exception {
        assertThat(program(true, name, value)).isEqualTo(program(false, name, value));
    }

    @Test
    void aHostsFileThatMainNamesIsRead(@TempDir Path folder) throws Exception {
        Path hosts = Files.writeString(folder.resolve("hosts"), "10.9.8.7 planted.example\n127.0.0.1 localhost\n");
        String kernel = program(false, "jdk.net.hosts.file", hosts.toString());
        assertThat(kernel).contains("planted 10.9.8.7");
        assertThat(program(true, "jdk.net.hosts.file", hosts.toString())).isEqualTo(kernel);
    }

    private static List<String> initializedBeforeMain(Running.Ended ended) {
        String text = ended.ok();
        return text.substring(
                        0, text.indexOf("'" + SettingsProgram.class.getName().replace('.', '/') + "'"))
                .lines()
                .filter(line -> line.contains("Initializing") || line.contains("Loaded library"))
                .filter(line -> READERS.stream().anyMatch(line::contains))
                .toList();
    }

    private static List<String> logging(String agent) {
        return List.of(
                Build.java().toString(),
                agent,
                "-Xlog:class+init=info",
                "-Xlog:library=info",
                "-cp",
                Build.testClasses().toString(),
                SettingsProgram.class.getName(),
                "mine",
                "set");
    }

    @Test
    void theStartInitializesNothingThatReadsAProgramsPropertiesOverMemory(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("mtcp.properties"), "mtcp.nic=memory\n");
        String agent = Server.agent("config=" + file + ",on-failure=fail,log=warn");
        assertThat(initializedBeforeMain(Running.run(SECONDS, logging(agent)))).isEmpty();
    }

    @Test
    void theStartInitializesNothingThatReadsAProgramsPropertiesOverTap() throws Exception {
        try (Namespace namespace = Namespace.create();
                Running running = namespace.start(logging(Server.agent(Server.tap("mt0"))))) {
            assertThat(initializedBeforeMain(running.await(SECONDS))).isEmpty();
        }
    }

    @Test
    void aChildThatGetsTheProgramsPropertiesRunsWithoutTheAgent() throws Exception {
        assertThat(program(true, "child")).contains("done").doesNotContain("Error");
    }

    @Test
    void aDefaultFileSystemOfTheProgramsOwnTakesStatAwayAndNothingElse() throws Exception {
        List<String> command =
                java(true, "-Djava.nio.file.spi.DefaultFileSystemProvider=" + OwnFileSystems.class.getName());
        command.addAll(List.of(LateProgram.class.getName()));
        try (Running running = Running.start(command)) {
            running.awaitLine("[mtcp] WARN stat and capture cannot reach this program: ", SECONDS);
            running.enter();
            assertThat(running.await(SECONDS).ok())
                    .contains("talked over ")
                    .doesNotContain("Exception in thread")
                    .doesNotContain("\tat ");
        }
    }

    @Test
    void theSecondOfTwoAgentsIsIgnoredWithAWarning() throws Exception {
        List<String> command = java(true, SettingsProgram.class.getName(), "mine", "set");
        command.add(1, Server.agent("nic=memory,contexts=2,log=warn"));
        assertThat(Running.run(SECONDS, command).ok())
                .contains("[mtcp] WARN the agent is given twice; the second")
                .doesNotContain("runs on the kernel")
                .contains("done");
    }
}
