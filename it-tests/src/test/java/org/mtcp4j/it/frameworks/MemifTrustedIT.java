/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two programs over shared memory without checksums, and one that makes none beside one that wants them. */
class MemifTrustedIT {
    private static final String SERVER_IP = "198.18.9.1";
    private static final int SECONDS = 20;
    private static final int MESSAGES = 1_000;

    @TempDir
    private Path directory;

    @BeforeAll
    static void needsDpdk() {
        Dpdk.assumeAvailable();
    }

    private Running server(String checksums) throws Exception {
        return Talker.overMemif(
                directory, "server", SERVER_IP, ",dpdk.checksums=" + checksums, new String[] {"serve", "" + Server.PORT
                });
    }

    private Running client(String checksums) throws Exception {
        return Talker.overMemif(directory, "client", "198.18.9.2", ",dpdk.checksums=" + checksums, new String[] {
            "talk", SERVER_IP, "" + Server.PORT
        });
    }

    @Test
    void twoThatTrustEachOtherTalk() throws Exception {
        try (Running server = server("trusted");
                Running client = client("trusted")) {
            assertThat(client.ask("open", SECONDS)).isEqualTo("opened 0");
            assertThat(client.ask("echo 0", SECONDS)).startsWith("came back");
            assertThat(client.ask("stream 0", SECONDS)).isEqualTo("started");
            long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            while (Long.parseLong(client.ask("count 0", SECONDS)) < MESSAGES) {
                assertThat(System.nanoTime()).as("no progress").isLessThan(endNs);
            }
            assertThat(Stat.asked(server.pid()).counter("TcpInCsumErrors")).isZero();
            assertThat(Stat.asked(client.pid()).counter("TcpInCsumErrors")).isZero();
        }
    }

    @Test
    void whoWantsChecksumsDropsAndCountsWhatComesWithoutThem() throws Exception {
        try (Running server = server("trusted");
                Running client = client("full")) {
            assertThat(client.ask("open", SECONDS)).startsWith("failed, java.net.SocketTimeoutException");
            assertThat(Stat.asked(client.pid()).counter("TcpInCsumErrors"))
                    .as("answers without a checksum")
                    .isPositive();
            assertThat(Stat.asked(server.pid()).counter("TcpInCsumErrors")).isZero();
        }
    }
}
