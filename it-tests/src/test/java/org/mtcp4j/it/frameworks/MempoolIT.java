/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many connections over memif, one side of which has no frame left for a while. */
class MempoolIT {
    private static final int SECONDS = 20;
    private static final int CONNECTIONS = 50;
    private static final int ROUNDS = 3;
    private static final long DROUGHT_MS = 700;

    @TempDir
    private Path directory;

    @BeforeAll
    static void needsDpdk() {
        Dpdk.assumeAvailable();
    }

    private static long sum(Running client) throws Exception {
        long sum = 0;
        for (int i = 0; i < CONNECTIONS; i++) {
            sum += count(client, i);
        }
        return sum;
    }

    private static long count(Running client, int connection) throws Exception {
        return Long.parseLong(client.ask("count " + connection, SECONDS));
    }

    @Test
    void connectionsGoOnWhenTheFramesOfAnExhaustedPoolAreBack() throws Exception {
        try (Running server = HoggedServer.start(directory)) {
            server.awaitLine("ready", SECONDS);
            try (Running client =
                    Talker.overMemif(directory, "client", "198.18.9.2", Talker.FIXED_BUFFERS, new String[] {
                        "talk", HoggedServer.IP, "" + Server.PORT
                    })) {
                for (int i = 0; i < CONNECTIONS; i++) {
                    assertThat(client.ask("open", SECONDS)).isEqualTo("opened " + i);
                }
                for (int i = 0; i < CONNECTIONS; i++) {
                    assertThat(client.ask("stream " + i, SECONDS)).isEqualTo("started");
                }
                for (int round = 0; round < ROUNDS; round++) {
                    awaitEachGoesOn(server, client);
                    drought(server, client, round);
                }
                awaitEachGoesOn(server, client);
                String answer = client.ask("open", SECONDS);
                while (!answer.startsWith("opened")) {
                    // With so many that stream, an attempt of two seconds may be too short.
                    answer = client.ask("open", SECONDS);
                }
                assertThat(client.ask("echo " + answer.split(" ", -1)[1], SECONDS))
                        .startsWith("came back");
                client.ask("close", SECONDS);
                awaitAllFree(server, client);
                assertThat(client.text() + server.text())
                        .doesNotContain("[mtcp] ERROR")
                        .doesNotContain("corrupt");
            }
        }
    }

    /** Until the server has not one frame, and for a while then; what the counters say of it. */
    private static void drought(Running server, Running client, int round) throws Exception {
        Stat stat = HoggedServer.ask(server, "hog");
        long noFrame = stat.counter("NoFrame");
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (stat.pools().stream().noneMatch(line -> line.matches(".*dpdk:.* 0 of \\d+ free.*"))) {
            assertThat(System.nanoTime()).as(stat.text()).isLessThan(endNs);
            stat = HoggedServer.ask(server, "report");
        }
        TimeUnit.MILLISECONDS.sleep(100);
        long before = sum(client);
        TimeUnit.MILLISECONDS.sleep(DROUGHT_MS);
        long after = sum(client);
        stat = HoggedServer.ask(server, "report");
        System.out.printf(
                "[it] drought %d: messages %d to %d, NoFrame %d, %s; the peer's NicBusy %d%n",
                round,
                before,
                after,
                stat.counter("NoFrame") - noFrame,
                stat.pools(),
                Stat.asked(client.pid()).counter("NicBusy"));
        assertThat(after).as("messages without a frame").isEqualTo(before);
        assertThat(stat.counter("NoFrame")).as("NoFrame").isGreaterThan(noFrame);
        HoggedServer.ask(server, "release");
    }

    private static void awaitEachGoesOn(Running server, Running client) throws Exception {
        for (int i = 0; i < CONNECTIONS; i++) {
            long before = count(client, i);
            long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            while (count(client, i) < before + 3) {
                if (System.nanoTime() > endNs) {
                    fail("connection " + i + " does not go on; the server's side\n"
                            + HoggedServer.ask(server, "report").text() + "\nits\n"
                            + Stat.asked(client.pid()).text());
                }
            }
        }
    }

    private static void awaitAllFree(Running server, Running client) throws Exception {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (true) {
            Stat ours = HoggedServer.ask(server, "report");
            Stat peers = Stat.asked(client.pid());
            if (ours.allFree() && peers.allFree()) {
                return;
            }
            assertThat(System.nanoTime()).as(ours.text() + "\n" + peers.text()).isLessThan(endNs);
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }
}
