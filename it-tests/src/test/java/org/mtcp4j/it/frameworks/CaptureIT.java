/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code capture PID FILE} of a program that runs. */
class CaptureIT {
    private static final int SECONDS = 60;

    @TempDir
    private Path directory;

    private static List<String> capture(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Build.java().toString(),
                "-XX:TieredStopAtLevel=1",
                "-jar",
                Build.agentJar().toString(),
                "capture"));
        command.addAll(List.of(arguments));
        return command;
    }

    private static void fetch(Namespace namespace) throws Exception {
        namespace.shell(SECONDS, "curl -sS -f -m 30 http://" + Server.STACK_IP + ":" + PeerProgram.PORT + "/captured");
    }

    /** Requests, as tshark reads the file. */
    private static long requests(Path file) throws Exception {
        return Running.run(
                        SECONDS,
                        List.of(
                                "tshark",
                                "-r",
                                file.toString(),
                                "-Y",
                                "http.request.uri == \"/captured\"",
                                "-T",
                                "tabs"))
                .ok()
                .lines()
                .filter(line -> line.contains("/captured"))
                .count();
    }

    @Test
    void writesWhatPassesFromItsStartToItsEnd() throws Exception {
        try (Namespace namespace = Namespace.create();
                Running program = namespace.start(List.of(
                        Build.java().toString(),
                        Server.agent(Server.tap("mt0")),
                        "-cp",
                        Build.testClasses().toString(),
                        PeerProgram.class.getName()))) {
            program.awaitLine("ready", SECONDS);
            String pid = Long.toString(program.pid());
            fetch(namespace);
            Path file = directory.resolve("first.pcapng");
            try (Running first = Running.start(capture(pid, file.toString()))) {
                first.awaitLine("capturing into " + file, SECONDS);
                fetch(namespace);
                fetch(namespace);
                assertThat(Running.run(SECONDS, capture(pid, "/dev/null")))
                        .isEqualTo(new Running.Ended(1, "ERROR a capture is running already; end it first\n"));
                first.terminate();
                String outcome = first.await(SECONDS).text();
                assertThat(outcome).containsPattern("(?m)^[1-9]\\d* packets written, 0 missing$");
            }
            assertThat(requests(file)).isEqualTo(2);
            long bytes = Files.size(file);
            fetch(namespace);
            assertThat(Files.size(file)).as("bytes in the file that has ended").isEqualTo(bytes);
            refusesWithASentence(pid);
            endsByItself(pid);
            fetch(namespace);
        }
    }

    private void refusesWithASentence(String pid) throws Exception {
        Running.Ended where = Running.run(
                SECONDS, capture(pid, directory.resolve("none/x.pcapng").toString()));
        assertThat(where.exitCode()).isEqualTo(1);
        assertThat(where.text())
                .startsWith("ERROR the capture file '")
                .contains("cannot be written")
                .hasLineCount(1);
        assertThat(Running.run(SECONDS, capture("--nic", "1", pid, "/dev/null")).text())
                .isEqualTo("ERROR there is no NIC 1; name one from 0 to 0\n");
        String nobody = Long.toString(ProcessHandle.current().pid());
        assertThat(Running.run(SECONDS, capture(nobody, "/dev/null")).text())
                .startsWith("process " + nobody + " does not run under the agent for this user");
    }

    private void endsByItself(String pid) throws Exception {
        Running.Ended timed = Running.run(
                SECONDS,
                capture("--seconds", "1", pid, directory.resolve("timed.pcapng").toString()));
        assertThat(timed.exitCode()).isZero();
        assertThat(timed.text()).contains(" packets written, 0 missing");
    }
}
