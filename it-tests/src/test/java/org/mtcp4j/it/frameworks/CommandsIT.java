/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands of the jar say what became of them, by their exit codes too. */
class CommandsIT {
    private static final int SECONDS = 60;

    private static Running.Ended command(String... words) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Build.java().toString(), "-jar", Build.agentJar().toString()));
        command.addAll(List.of(words));
        return Running.run(SECONDS, command);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "doctor", "config", "config explain", "stat", "capture", "attach", "version"})
    void versionWorksEverywhere(String command) throws Exception {
        assertThat(command((command + " --version").trim().split(" ", -1)).ok()).matches("mtcp4j \\S+\n");
    }

    @Test
    void attachFailsWhereTheProgramRefuses() throws Exception {
        try (Running program = Running.start(List.of(
                Build.java().toString(),
                "-cp",
                Build.testClasses().toString(),
                LateProgram.class.getName(),
                "socket"))) {
            program.awaitLine("ready", SECONDS);
            Running.Ended ended = command("attach", "" + program.pid(), "nic=memory");
            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.text()).contains("refused: the agent was attached too late");
        }
    }

    @Test
    void attachFailsWhereTheStackCannotStart() throws Exception {
        try (Running program = Running.start(
                List.of(Build.java().toString(), "-cp", Build.testClasses().toString(), LateProgram.class.getName()))) {
            program.awaitLine("ready", SECONDS);
            Running.Ended ended = command("attach", "" + program.pid(), "nic=memory,ip=127.0.0.1/8");
            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.text()).contains("refused: ");
            Running.Ended misspelt = command("attach", "" + program.pid(), "nik=memory");
            assertThat(misspelt.exitCode()).isEqualTo(1);
            assertThat(misspelt.text()).contains("refused: unknown key mtcp.nik");
        }
    }

    private static Running trustProgram() throws Exception {
        return Running.start(List.of(
                Build.java().toString(),
                Server.agent("nic=memory,loopback=stack,log=warn"),
                "-cp",
                Build.testClasses().toString(),
                TrustProgram.class.getName()));
    }

    @Test
    void statOfAStoppedProgramGivesUp() throws Exception {
        try (Running program = trustProgram()) {
            program.awaitLine("ready", SECONDS);
            Stat.asked(program.pid());
            Running.run(SECONDS, List.of("kill", "-STOP", "" + program.pid())).ok();
            long startNs = System.nanoTime();
            Running.Ended ended = command("stat", "" + program.pid());
            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.text()).contains("has not answered within 3 s");
            assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startNs))
                    .isLessThan(30);
        }
    }

    @Test
    void statTellsWhatIsAskedForAndOfAllPrograms() throws Exception {
        try (Running program = trustProgram()) {
            program.awaitLine("ready", SECONDS);
            Stat.asked(program.pid());
            String pid = "" + program.pid();
            assertThat(command("stat", pid, "--info").ok())
                    .startsWith("listeners ")
                    .contains("\naddresses ");
            assertThat(command("stat", pid, "--state", "listen", "--json").ok())
                    .startsWith("{\"states\":{")
                    .contains("\"listeners\":[");
            assertThat(command("stat", pid, "--openmetrics").ok()).endsWith("# EOF\n");
            assertThat(command("stat", "--summary").text()).contains("process " + pid + "\nlisteners ");
            Running.Ended misspelt = command("stat", pid, "--state", "open");
            assertThat(misspelt.exitCode()).isEqualTo(1);
            assertThat(misspelt.text()).contains("there is no state 'open'");
            assertThat(command("stat", pid, "--watch", "0").exitCode()).isEqualTo(2);
        }
    }

    @Test
    void aCaptureOfLessThanNothingIsRefused(@TempDir Path folder) throws Exception {
        Running.Ended ended = command("capture", "1", folder.resolve("x.pcapng").toString(), "--seconds", "-1");
        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.text()).contains("--seconds -1");
    }

    @Test
    void explainSaysThatAConnectionHasOneOtherEnd() throws Exception {
        assertThat(command("config", "explain", "198.18.0.255:80").ok())
                .contains("connect kernel: a broadcast or multicast address");
        assertThat(command("config", "explain", "224.0.0.1:80").ok())
                .contains("connect kernel: a broadcast or multicast address");
        assertThat(command("config", "explain", "198.18.0.1:80", "nic=tap:x,tap.host-ip=198.18.0.1/24,loopback=stack")
                        .ok())
                .contains("connect stack while a socket of the stack's listens there, else kernel");
    }
}
