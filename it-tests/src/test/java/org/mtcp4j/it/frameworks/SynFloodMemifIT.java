/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server of one JVM under a flood of SYNs of another's over memif, twice as many as it can answer, for half a minute. */
class SynFloodMemifIT {
    private static final String SERVER_IP = "198.18.9.1";
    private static final String CLIENT_IP = "198.18.9.2";
    private static final int SECONDS = Integer.getInteger("mtcp.flood.seconds", 30);
    private static final int PATIENCE_SECONDS = 60;
    private static final int MOST_GROWTH_KB = 32 * 1_024;

    @TempDir
    private Path directory;

    @BeforeAll
    static void needsDpdk() {
        Dpdk.assumeAvailable();
    }

    private static long residentKb(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    private static double figure(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return Double.parseDouble(matcher.group(1));
    }

    @Test
    void honestClientsAreServedAndMemoryStaysAsItIs() throws Exception {
        try (Running server = Talker.overMemif(
                        directory, "server", SERVER_IP, ",wildcard=stack,gateway=" + CLIENT_IP, new String[] {
                            "serve", "" + Server.PORT
                        });
                Running flooder = Flooder.start(directory, SERVER_IP, CLIENT_IP, SECONDS)) {
            flooder.awaitLine("capacity", PATIENCE_SECONDS);
            long before = residentKb(server.pid());
            flooder.enter();
            String said = flooder.await(SECONDS + PATIENCE_SECONDS).ok();
            long grown = residentKb(server.pid()) - before;
            Stat stat = Stat.asked(server.pid());
            System.out.println("[it] " + said.strip() + "; the server grew by " + grown + " kB to " + (before + grown)
                    + "; " + stat.counter("TcpExtSyncookiesSent") + " cookies sent, "
                    + stat.counter("TcpExtSyncookiesRecv") + " came back");
            double capacity = figure(said, "capacity (\\d+)");
            assertThat(figure(said, "refused ([0-9.]+)"))
                    .as("the link was full")
                    .isPositive();
            assertThat(figure(said, "offered (\\d+)")).isGreaterThan(1.9 * capacity);
            assertThat(figure(said, "honest (\\d+) of"))
                    .isGreaterThanOrEqualTo(0.95 * figure(said, "honest \\d+ of (\\d+)"));
            assertThat(figure(said, "at least (\\d+) messages")).isPositive();
            assertThat(grown).isLessThan(MOST_GROWTH_KB);
        }
    }
}
