/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * {@link InsideLoad} on the memory NIC with one context on one processor, and with two on two, in turn: {@code AGENT_JAR ROUNDS WINDOW_MS}.
 * Prints the speed-up, how often a context had to do with another per million
 * transactions, and what the Universal Scalability Law with that contention would make of 8 and 64.
 */
public final class Scale {
    private static final int CONNECTIONS = 64;
    private static final String WARM_MS = "8000";

    /** Of {@code stat}: what a context does for, or leaves to, another. */
    private static final Set<String> CROSSINGS = Set.of("HandedOff", "HandoffFull");

    private Scale() {}

    /** See the class. */
    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[1]);
        double[] one = new double[rounds];
        double[] two = new double[rounds];
        double crossings = 0;
        for (int i = 0; i < rounds; i++) {
            one[i] = run(arguments[0], 1, arguments[2]).rate;
            Outcome outcome = run(arguments[0], 2, arguments[2]);
            two[i] = outcome.rate;
            crossings = Math.max(crossings, outcome.crossingsPerMillion);
            System.err.printf(Locale.ROOT, "%d/%d one %.0f/s, two %.0f/s%n", i + 1, rounds, one[i], two[i]);
        }
        double speedUp = median(two) / median(one);
        // USL without coherency, from one point: S(N) = N / (1 + sigma (N - 1)).
        double sigma = Math.max(0, 2 / speedUp - 1);
        System.out.printf(
                Locale.ROOT,
                "{\"bench\":\"scale\",\"one\":%.0f,\"two\":%.0f,\"speedUp\":%.2f,\"crossingsPerMillion\":%.1f,\"sigma\":%.4f,\"at8\":%.1f,\"at64\":%.1f}%n",
                median(one),
                median(two),
                speedUp,
                crossings,
                sigma,
                8 / (1 + sigma * 7),
                64 / (1 + sigma * 63));
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private record Outcome(double rate, double crossingsPerMillion) {}

    private static Outcome run(String agentJar, int threads, String windowMs) throws IOException {
        List<String> command = new ArrayList<>(List.of("taskset", "-c", threads == 1 ? "0" : "0,1"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Lab.JVM_FLAGS);
        command.add("-javaagent:" + agentJar + "=nic=memory,loopback=stack,on-failure=fail,log=error,contexts="
                + threads + ",linger-on-exit=0s");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), InsideLoad.class.getName()));
        command.addAll(List.of("127.0.0.1", "9000", "" + threads, "" + CONNECTIONS * threads, WARM_MS, windowMs, "1"));
        try (Lab.Running load = new Lab.Running(command)) {
            load.expect("start");
            String line = load.line();
            if (line == null) {
                throw new IOException("the load ended early; see the lines above");
            }
            return new Outcome(Double.parseDouble(line.split(" ", -1)[1]), crossings(agentJar, load.process.pid()));
        }
    }

    /** Since the start, per million transactions of two frames each. */
    private static double crossings(String agentJar, long pid) throws IOException {
        long crossed = Lab.counters(agentJar, pid, CROSSINGS);
        long frames = Lab.counters(agentJar, pid, Set.of("InFrames"));
        if (frames == 0) {
            throw new IOException("stat tells of no frames");
        }
        return crossed * 2e6 / frames;
    }
}
