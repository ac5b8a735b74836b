/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Flags, tags, pieces, checksum and segmentation requests between mbufs and the shim's area, by a test in C, where mbufs can be made. */
class ShimTranslationTest {
    private static final int SECONDS = 60;

    @TempDir
    private Path directory;

    @Test
    void whatCardsOfferIsTranslated() throws Exception {
        String reason = new DpdkNicProvider().unavailable();
        if (reason != null) {
            System.out.println("[dpdk] skipped: " + reason);
            abort(reason);
        }
        Path sources =
                Path.of(System.getProperty("basedir", "")).toAbsolutePath().resolve("src");
        Path program = directory.resolve("shim_test");
        String build = "gcc -O2 -Wall -Wextra -Werror -I" + sources.resolve("main/c") + " "
                + sources.resolve("test/c/shim_test.c") + " -o " + program
                + " $(pkg-config --cflags libdpdk) -Wl,--as-needed $(pkg-config --libs libdpdk)";
        assertThat(run("command -v gcc pkg-config && pkg-config --exists libdpdk && " + build))
                .endsWith("exit code 0");
        assertThat(run(program.toString())).contains("0 failures").endsWith("exit code 0");
    }

    private String run(String line) throws Exception {
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(List.of("sh", "-c", line))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
        return Files.readString(output) + "exit code " + process.exitValue();
    }
}
