/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two programs over shared memory, one of which dies, or the link between them. */
class MemifFaultsIT {
    private static final String SERVER_IP = "198.18.9.1";
    private static final String CLIENT_IP = "198.18.9.2";
    private static final int SECONDS = 20;

    @TempDir
    private Path directory;

    @BeforeAll
    static void needsDpdk() {
        Dpdk.assumeAvailable();
    }

    private Running program(String role, String address, String... arguments) throws Exception {
        return Talker.overMemif(directory, role, address, arguments);
    }

    private Path socket() {
        return directory.resolve("memif.sock");
    }

    private Running server() throws Exception {
        return program("server", SERVER_IP, "serve", "" + Server.PORT);
    }

    private Running client() throws Exception {
        return program("client", CLIENT_IP, "talk", SERVER_IP, "" + Server.PORT);
    }

    /** Opens two connections, the first of which is kept busy. */
    private static void openAndStream(Running client) throws Exception {
        assertThat(client.ask("open", SECONDS)).isEqualTo("opened 0");
        assertThat(client.ask("open", SECONDS)).isEqualTo("opened 1");
        assertThat(client.ask("echo 1", SECONDS)).startsWith("came back");
        assertThat(client.ask("stream 0", SECONDS)).isEqualTo("started");
        awaitProgress(client);
    }

    private static void awaitProgress(Running client) throws Exception {
        long before = Long.parseLong(client.ask("count 0", SECONDS));
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (Long.parseLong(client.ask("count 0", SECONDS)) < before + 100) {
            assertThat(System.nanoTime()).as("no progress").isLessThan(endNs);
        }
    }

    /** A new connection, as soon as there is somebody again. */
    private static void reopen(Running client) throws Exception {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        String answer = client.ask("open", SECONDS);
        while (!answer.startsWith("opened")) {
            assertThat(System.nanoTime()).as(answer).isLessThan(endNs);
            answer = client.ask("open", SECONDS);
        }
        assertThat(client.ask("echo " + answer.split(" ", -1)[1], SECONDS)).startsWith("came back");
    }

    private static void awaitAllFree(Running program) throws Exception {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        Stat stat = Stat.of(program.pid());
        while (!stat.allFree()) {
            assertThat(System.nanoTime()).as(stat.text()).isLessThan(endNs);
            stat = Stat.of(program.pid());
        }
    }

    @Test
    void aServerThatIsKilledAndStartedAgainServesTheSameClient() throws Exception {
        try (Running first = server();
                Running client = client()) {
            openAndStream(client);
            first.kill();
            try (Running second = server()) {
                reopen(client);
                client.awaitLine("stream ended", SECONDS);
                assertThat(client.text())
                        .containsPattern("stream ended, java[.](net[.]SocketException: Connection reset\n"
                                + "|io[.]IOException: Connection reset by peer\n)");
                assertThat(client.ask("echo 1", SECONDS))
                        .isEqualTo("failed, java.net.SocketException: Connection reset");
                assertThat(Stat.of(client.pid()).dropped())
                        .as("frames sent to nobody")
                        .isPositive();
                client.ask("close", SECONDS);
                awaitAllFree(client);
                awaitAllFree(second);
            }
        }
    }

    @Test
    void aClientThatIsKilledLeavesAServerThatServesTheNext() throws Exception {
        try (Running server = server()) {
            for (int round = 0; round < 3; round++) {
                try (Running client = client()) {
                    openAndStream(client);
                    client.kill();
                }
            }
            try (Running client = client()) {
                openAndStream(client);
                client.ask("close", SECONDS);
                client.awaitLine("stream ended", SECONDS);
            }
            assertThat(server.isAlive()).isTrue();
            assertThat(server.text()).doesNotContain("[mtcp] ERROR");
        }
    }

    @Test
    void connectionsSurviveALinkThatIsPulled() throws Exception {
        try (Running server = server();
                Running client = client()) {
            openAndStream(client);
            for (int round = 0; round < 3; round++) {
                MemifLink.pull(server.pid(), socket());
                awaitProgress(client);
                assertThat(client.ask("echo 1", SECONDS)).startsWith("came back");
            }
            client.ask("close", SECONDS);
            awaitAllFree(client);
            awaitAllFree(server);
            assertThat(server.text() + client.text())
                    .doesNotContain("[mtcp] ERROR")
                    .as("DPDK's binding loads classes that are woven after it")
                    .doesNotContain("cannot be changed");
        }
    }
}
