/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Idle programs on DPDK ports: with a descriptor, with a peer that rings, and with neither; and how soon they are awake. */
class DpdkIdleIT {
    private static final int WINDOWS = 5;
    private static final int WINDOW_SECONDS = 2;
    private static final int ANSWERS = 10;
    private static final int MOST_TRIES = 40;
    private static final long MOST_AWAITED_NS = 1_000_000;
    private static final int WARM_UP = 5_000;
    /** What a program that is waked may take, on top of the same program on the kernel. */
    private static final long MOST_WAKED_NS = TimeUnit.SECONDS.toNanos(WINDOW_SECONDS) / 1_000;
    /** What one that looks every 5 ms may take, where this machine can be waked as often for less. */
    private static final long MOST_POLLED_NS = TimeUnit.SECONDS.toNanos(WINDOW_SECONDS) / 100;

    /** What the looks may take beside the sleeping: 10 us each. */
    private static final long MOST_LOOKED_NS = MOST_POLLED_NS / 5;

    /** Sleeps as often and looks at nothing: 0.6 to 1.0 % of a core where a timer is the hypervisor's. */
    private static final List<String> SLEEPER = List.of("perl", "-e", "select(undef, undef, undef, 0.005) while 1");

    private static final long MOST_ANSWER_US = 6_000;
    /** One that looks every 5 ms takes 2.5 ms in the middle. */
    private static final long MOST_RUNG_ANSWER_US = 1_000;

    /** Frames from nowhere, of which there are none. */
    private static final String NO_FRAMES =
            "nic=dpdk:net_null0+no-rx=1,dpdk.no-huge=true,ip=198.18.7.1/24,on-failure=fail,log=warn";

    @TempDir
    private Path directory;

    @BeforeAll
    static void needsDpdkAndRoot() {
        Dpdk.assumeAvailableToRoot();
    }

    @Test
    void idleProgramsTakeNextToNothingAndAreSoonAwake() throws Exception {
        String[] serve = {"serve", "" + Server.PORT};
        try (Namespace ours = Namespace.create();
                Namespace kernels = Namespace.create();
                Server waked = Server.overAfPacket(ours, Program.JETTY);
                Server kernel = Server.start(kernels, List.of(), Build.java(), Program.JETTY, List.of());
                Running kernelEcho = kernels.start(Talker.onKernel(directory, "serve", "" + (Server.PORT + 1)));
                Running polled = Running.start(Talker.java(directory, NO_FRAMES, "serve", "" + (Server.PORT + 2)));
                Running sleeper = Running.start(SLEEPER);
                Running rung = Talker.overMemif(directory, "server", "198.18.9.1", serve);
                // It asks for the answer without a pause: what is measured is how soon the other one is awake.
                Running client = Talker.overMemif(directory, "client", "198.18.9.2", ",spin-us=20000", new String[] {
                    "talk", "198.18.9.1", "" + Server.PORT
                })) {
            kernelEcho.awaitLine("ready", 30);
            polled.awaitLine("ready", 30);
            ours.shell(30, "curl -sS -f -m 20 " + Server.URL + "/");
            kernels.shell(30, "curl -sS -f -m 20 http://127.0.0.1:" + Server.PORT + "/");
            assertThat(client.ask("open", 20)).startsWith("opened");
            // Compiled code is what is measured.
            for (int i = 0; i < WARM_UP; i++) {
                assertThat(client.ask("echo 0", 20)).startsWith("came back");
            }
            // What start-up left to do, compilation above all, is not idleness.
            TimeUnit.SECONDS.sleep(10);
            List<Cpu> programs =
                    List.of(waked::cpuNs, kernel::cpuNs, rung::cpuNs, kernelEcho::cpuNs, polled::cpuNs, sleeper::cpuNs);
            long[][] ns = new long[programs.size()][WINDOWS];
            for (int window = 0; window < WINDOWS; window++) {
                for (int i = 0; i < ns.length; i++) {
                    ns[i][window] = -programs.get(i).ns();
                }
                TimeUnit.SECONDS.sleep(WINDOW_SECONDS);
                for (int i = 0; i < ns.length; i++) {
                    ns[i][window] += programs.get(i).ns();
                }
            }
            System.out.printf(
                    Locale.ROOT,
                    "[it] idle, ms of processor time in each of %d times %d s: Jetty over af_packet %s, on the kernel %s;"
                            + " echo over memif %s, on the kernel %s, over a port that is polled %s; sleeping as often %s%n",
                    WINDOWS,
                    WINDOW_SECONDS,
                    text(ns[0]),
                    text(ns[1]),
                    text(ns[2]),
                    text(ns[3]),
                    text(ns[4]),
                    text(ns[5]));
            assertThat(median(ns[0])).as("waked").isLessThan(median(ns[1]) + MOST_WAKED_NS);
            assertThat(median(ns[2])).as("rung").isLessThan(median(ns[3]) + MOST_WAKED_NS);
            assertThat(median(ns[4]))
                    .as("polled")
                    .isLessThan(Math.max(MOST_POLLED_NS, median(ns[5]) + median(ns[3]) + MOST_LOOKED_NS));
            List<Long> us = answersSoon("memif", client, rung);
            assertThat(us.get(ANSWERS / 2)).isLessThan(MOST_RUNG_ANSWER_US);
        }
    }

    private interface Cpu {
        long ns() throws Exception;
    }

    /** A packet socket for each of two contexts, which does not say whose frames wait in it. */
    @Test
    void aPortThatIsPolledAnswersWithin6msAfterASecondOfSilence() throws Exception {
        try (Namespace namespace = Namespace.create()) {
            namespace.shell(
                    20,
                    "ip link add v0 numtxqueues 2 numrxqueues 2 type veth peer name v1 numtxqueues 2 numrxqueues 2"
                            + " && ethtool -K v1 tx off >/dev/null && ip addr add " + Server.HOST_IP
                            + "/24 dev v1 && ip link set v0 up && ip link set v1 up");
            try (Running polled = namespace.start(Talker.java(
                            directory,
                            Server.AF_PACKET.replace("iface=v0", "iface=v0+qpairs=2") + ",contexts=2",
                            "serve",
                            "" + Server.PORT));
                    Running client =
                            namespace.start(Talker.onKernel(directory, "talk", Server.STACK_IP, "" + Server.PORT))) {
                polled.awaitLine("ready", 30);
                client.awaitLine("ready", 30);
                assertThat(client.ask("open", 20)).startsWith("opened");
                for (int i = 0; i < WARM_UP; i++) {
                    assertThat(client.ask("echo 0", 20)).startsWith("came back");
                }
                answersSoon("a port that is polled", client, polled);
            }
        }
    }

    /** The median, since this machine may be busy with something else in one or two of the windows. */
    private static long median(long[] values) {
        long[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static String text(long[] ns) {
        return Arrays.stream(ns)
                .mapToObj(value -> String.format(Locale.ROOT, "%.1f", value / 1e6))
                .collect(Collectors.joining(" "));
    }

    /** Nine of ten of those answers during which no thread of either side had to wait for a processor that was busy with others. */
    private static List<Long> answersSoon(String port, Running client, Running server) throws Exception {
        List<Long> us = new ArrayList<>();
        int tries = 0;
        while (us.size() < ANSWERS && tries++ < MOST_TRIES) {
            TimeUnit.SECONDS.sleep(1);
            long awaitedNs = client.processorAwaitedNs() + server.processorAwaitedNs();
            long answerUs = Long.parseLong(client.ask("echo 0", 20).replaceAll("[^0-9]", ""));
            awaitedNs = client.processorAwaitedNs() + server.processorAwaitedNs() - awaitedNs;
            if (awaitedNs < MOST_AWAITED_NS) {
                us.add(answerUs);
            }
        }
        Collections.sort(us);
        System.out.printf(
                Locale.ROOT,
                "[it] first answer over %s after a second of silence: %s us; %d tries were disturbed by others%n",
                port,
                us,
                tries - us.size());
        assumeTrue(us.size() == ANSWERS, "this machine is too busy to tell how soon a program is awake");
        assertThat(us.get((ANSWERS * 9 + 9) / 10 - 1)).isLessThan(MOST_ANSWER_US);
        return us;
    }
}
