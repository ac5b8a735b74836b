/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Idle programs on DPDK ports, with a descriptor and without, and how soon they are awake. */
class DpdkIdleIT {
    private static final int SECONDS = 10;
    private static final int TRIES = 9;
    private static final int WARM_UP = 200;
    /** What a program that is waked by a descriptor may take, on top of the same program on the kernel. */
    private static final long MOST_WAKED_NS = TimeUnit.SECONDS.toNanos(SECONDS) / 1_000;
    /** What one that looks from time to time may take: one per cent, and a half for what else this machine may be busy with. */
    private static final long MOST_POLLED_NS = TimeUnit.SECONDS.toNanos(SECONDS) * 3 / 200;

    private static final long MOST_ANSWER_US = 6_000;

    @TempDir
    private Path directory;

    @BeforeAll
    static void needsDpdkAndRoot() {
        Dpdk.assumeAvailable();
        assumeTrue(System.getProperty("user.name").equals("root"), "packet sockets need root");
    }

    @Test
    void idleProgramsTakeNextToNothingAndAreSoonAwake() throws Exception {
        try (Namespace ours = Namespace.create();
                Namespace kernels = Namespace.create();
                Server waked = Server.overAfPacket(ours, Program.JETTY);
                Server kernel = Server.start(kernels, List.of(), Build.java(), Program.JETTY, List.of());
                Running polled = Talker.overMemif(directory, "server", "198.18.9.1", "serve", "" + Server.PORT);
                // It asks for the answer without a pause: what is measured is how soon the other one is awake.
                Running client = Talker.overMemif(directory, "client", "198.18.9.2", ",spin-us=20000", new String[] {
                    "talk", "198.18.9.1", "" + Server.PORT
                })) {
            ours.shell(30, "curl -sS -f -m 20 " + Server.URL + "/");
            kernels.shell(30, "curl -sS -f -m 20 http://127.0.0.1:" + Server.PORT + "/");
            assertThat(client.ask("open", 20)).startsWith("opened");
            // Compiled code is what is measured.
            for (int i = 0; i < WARM_UP; i++) {
                assertThat(client.ask("echo 0", 20)).startsWith("came back");
            }
            // What start-up left to do, compilation above all, is not idleness.
            TimeUnit.SECONDS.sleep(10);
            long wakedNs = waked.cpuNs();
            long kernelNs = kernel.cpuNs();
            long polledNs = polled.cpuNs();
            TimeUnit.SECONDS.sleep(SECONDS);
            wakedNs = waked.cpuNs() - wakedNs;
            kernelNs = kernel.cpuNs() - kernelNs;
            polledNs = polled.cpuNs() - polledNs;
            System.out.printf(
                    Locale.ROOT,
                    "[it] idle for %d s: Jetty %.1f ms of processor time over af_packet, %.1f ms on the kernel; echo over"
                            + " memif %.1f ms%n",
                    SECONDS,
                    wakedNs / 1e6,
                    kernelNs / 1e6,
                    polledNs / 1e6);
            assertThat(wakedNs).isLessThan(kernelNs + MOST_WAKED_NS);
            assertThat(polledNs).isLessThan(MOST_POLLED_NS);
            answersSoon(client);
        }
    }

    /** A third of the answers, since this machine may be busy with something else; all of them are printed. */
    private static void answersSoon(Running client) throws Exception {
        long[] us = new long[TRIES];
        for (int i = 0; i < TRIES; i++) {
            TimeUnit.SECONDS.sleep(1);
            us[i] = Long.parseLong(client.ask("echo 0", 20).replaceAll("[^0-9]", ""));
        }
        Arrays.sort(us);
        System.out.printf(
                Locale.ROOT, "[it] first answer over memif after a second of silence: %s us%n", Arrays.toString(us));
        assertThat(us[TRIES / 3 - 1]).isLessThan(MOST_ANSWER_US);
    }
}
