/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs {@link OwnershipStress}, {@link ChunkStress} and {@link PortGateStress} in a JVM of its own: jcstress forks more, with every compiler mode. */
class OwnershipStressTest {
    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void noForbiddenOutcomeOccurs(@TempDir Path results) throws IOException, InterruptedException {
        run("OwnershipStress|ChunkStress", results);
    }

    /** Of locks and a counter, which compilers may not reorder: in one of jcstress's compiler modes, unless it is asked for longer. */
    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void portBitsFollowConnectionsAndListeners(@TempDir Path results) throws IOException, InterruptedException {
        String[] all = {};
        String[] one = {"-jvmArgs", "-XX:-TieredCompilation"};
        run("PortGateStress", results, System.getProperty("mtcp.jcstress.ms") == null ? one : all);
    }

    private static void run(String tests, Path results, String... more) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "org.openjdk.jcstress.Main",
                "-t",
                tests,
                "-m",
                System.getProperty("mtcp.jcstress.mode", "quick"),
                "-f",
                "1",
                "-fsm",
                "1",
                "-iters",
                "1",
                "-sc",
                System.getProperty("mtcp.jcstress.split", "false"),
                "-time",
                System.getProperty("mtcp.jcstress.ms", "200"),
                "-r",
                results.toString()));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command)
                .directory(results.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = process.waitFor();
        String tail = output.substring(Math.max(0, output.length() - 4_000));
        assertThat(exit).as(tail).isZero();
        assertThat(tail).contains(", 0 failed, 0 soft errs, 0 hard errs");
        System.out.println("jcstress: "
                + output.lines()
                        .filter(l -> l.contains("planned;"))
                        .reduce((a, b) -> b)
                        .orElse(""));
    }
}
