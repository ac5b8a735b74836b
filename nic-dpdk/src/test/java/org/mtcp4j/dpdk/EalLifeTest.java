/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DPDK in a JVM leaves the JVM's threads as they are, and nothing behind. */
class EalLifeTest {
    @TempDir
    private Path directory;

    @BeforeAll
    static void needsDpdk() {
        String reason = new DpdkNicProvider().unavailable();
        if (reason != null) {
            System.out.println("[dpdk] skipped: " + reason);
            abort(reason);
        }
    }

    @Test
    void threadsKeepProcessorsAndSignalMasksAndNothingIsLeftBehind() throws Exception {
        String text = DpdkProbe.run(directory, DpdkProbe.command(List.of(), null, memif("server")));
        assertThat(text)
                .contains("threads unchanged")
                .doesNotContain("became")
                .contains("left []")
                .endsWith("exit code 0");
        assertThat(text.lines().filter(line -> line.startsWith("opened")).count())
                .as("times opened in one process")
                .isEqualTo(2);
        assertThat(directory.resolve("memif.sock")).doesNotExist();
    }

    @Test
    void aSecondJvmWorksBesideTheFirst() throws Exception {
        Process first = new ProcessBuilder(DpdkProbe.command(List.of(), null, memif("server"), "hold"))
                .redirectErrorStream(true)
                .start();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(first.getInputStream(), StandardCharsets.UTF_8))) {
            await(lines, "opened");
            assertThat(DpdkProbe.run(directory, DpdkProbe.command(List.of(), null, memif("client"))))
                    .contains("opened")
                    .endsWith("exit code 0");
            first.getOutputStream().close();
            await(lines, "left []");
            assertThat(first.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(first.exitValue()).isZero();
        } finally {
            first.destroyForcibly().waitFor();
        }
    }

    @Test
    void aJvmThatIsKilledLeavesNoHugepageFile() throws Exception {
        Process killed = new ProcessBuilder(DpdkProbe.command(List.of(), null, "net_ring0", "hold"))
                .redirectErrorStream(true)
                .start();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(killed.getInputStream(), StandardCharsets.UTF_8))) {
            await(lines, "opened");
        } finally {
            killed.destroyForcibly().waitFor();
        }
        for (String parent : new String[] {"/var/run/dpdk", "/tmp/dpdk", "/dev/hugepages"}) {
            assertThat(Path.of(parent, "mtcp4j-" + killed.pid())).doesNotExist();
            if (Files.isDirectory(Path.of(parent))) {
                try (var files = Files.list(Path.of(parent))) {
                    assertThat(files).noneMatch(file -> file.toString().contains("mtcp4j-" + killed.pid()));
                }
            }
        }
    }

    private String memif(String role) {
        return "net_memif0,role=" + role + ",socket-abstract=no,socket=" + directory.resolve("memif.sock");
    }

    private static void await(BufferedReader lines, String start) throws IOException {
        StringBuilder seen = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            seen.append(line).append('\n');
            if (line.startsWith(start)) {
                return;
            }
        }
        throw new AssertionError("no line '" + start + "' in\n" + seen);
    }
}
