/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.mtcp4j.examples.bench.Plan.Case;

/**
 * Runs a {@link Plan}: {@code AGENT_JAR NAME ROUNDS WINDOW_MS}. Each round takes each case over each of its paths in turn, so that what else
 * the machine does meets all of them. Properties: {@code
 * bench.kernel-warm-ms}, {@code bench.stack-warm-ms}, {@code bench.out} (CSV and charts), {@code bench.docs} (a page
 * NAME.md; none if empty), {@code bench.only} (a regular expression, found in the cases' names), {@code bench.paths}, {@code bench.add} (the rounds whose CSV is in
 * {@code bench.out} count too). One line of JSON a figure on standard output.
 */
public final class Bench {
    /**
     * The kernel's side is compiled already; with the stack a pinned JVM, which shares its processor with its compiler, gets faster for 12 to
     * 20 s.
     */
    static final long KERNEL_WARM_MS = Long.getLong("bench.kernel-warm-ms", 8_000);

    static final long STACK_WARM_MS = Long.getLong("bench.stack-warm-ms", 25_000);
    private static final String KEYSTORE_PASSWORD = "benchbench";

    private final Lab lab;
    private final int rounds;
    private final long windowMs;
    private final Map<String, List<Figure>> figures = new LinkedHashMap<>();

    /** One window; ticks of 10 ms are user and system time of each end. */
    record Figure(
            double rate,
            double mbit,
            double p50Us,
            double p99Us,
            double p9999Us,
            long errors,
            long serverTicks,
            long clientTicks,
            double seconds) {}

    private Bench(Lab lab, int rounds, long windowMs) {
        this.lab = lab;
        this.rounds = rounds;
        this.windowMs = windowMs;
    }

    /** See the class. */
    public static void main(String[] arguments) throws IOException {
        try (Lab lab = new Lab(arguments[0])) {
            Bench bench = new Bench(lab, Integer.parseInt(arguments[2]), Long.parseLong(arguments[3]));
            Plan plan = bench.plan(arguments[1]);
            if (Boolean.getBoolean("bench.add")) {
                bench.figures.putAll(Report.earlier(plan, bench.windowMs));
            }
            bench.run(plan);
            new Report(plan, bench.figures).write();
        }
    }

    private Plan plan(String name) throws IOException {
        return switch (name) {
            case "nic" -> Plan.nic();
            case "fig4" -> Plan.fig4();
            case "fig5" -> Plan.fig5();
            case "bulk" -> Plan.bulk();
            case "xdp" -> Plan.xdp();
            case "threads" -> Plan.threads();
            case "batching" -> Plan.batching();
            case "churn" -> Plan.churn();
            case "latency" -> Plan.latency(capacity());
            case "tls" -> {
                String keystore = lab.file("keys.p12").toString();
                Lab.run(
                        "keytool",
                        "-genkeypair",
                        "-keyalg",
                        "RSA",
                        "-keysize",
                        "2048",
                        "-storetype",
                        "PKCS12",
                        "-dname",
                        "CN=bench",
                        "-alias",
                        "bench",
                        "-storepass",
                        KEYSTORE_PASSWORD,
                        "-keystore",
                        keystore);
                yield Plan.tls(keystore, KEYSTORE_PASSWORD);
            }
            default -> throw new IllegalArgumentException("there is no plan " + name);
        };
    }

    private double capacity() throws IOException {
        Figure figure = measure("lo", Plan.ping("0", 64, 64));
        System.err.printf(Locale.ROOT, "capacity of loopback: %.0f/s%n", figure.rate);
        return figure.rate;
    }

    private void run(Plan plan) throws IOException {
        Pattern only = Pattern.compile(System.getProperty("bench.only", ""));
        List<String> wanted = List.of(System.getProperty("bench.paths", "lo,veth,memif,memif-dedicated,tap,shared,xdp")
                .split(","));
        for (int round = 1; round <= rounds; round++) {
            for (Case each : plan.cases()) {
                for (String path : each.paths()) {
                    if (only.matcher(each.name()).find() && wanted.contains(path)) {
                        Figure figure = measure(path, each);
                        figures.computeIfAbsent(key(each, path), key -> new ArrayList<>())
                                .add(figure);
                        System.err.printf(
                                Locale.ROOT,
                                "%d/%d %-34s %-16s %10.0f/s %8.0f Mbit/s p50 %.1f p99 %.1f us, %d errors%n",
                                round,
                                rounds,
                                each.name(),
                                path,
                                figure.rate,
                                figure.mbit,
                                figure.p50Us,
                                figure.p99Us,
                                figure.errors);
                    }
                }
            }
        }
    }

    static String key(Case each, String path) {
        return each.name() + " | " + path;
    }

    private Figure measure(String path, Case each) throws IOException {
        if (path.equals("veth") || path.equals("shared")) {
            lab.vethOffload(!each.isBulk());
        }
        try (Lab.Running server = lab.start(path, true, Lab.JVM_FLAGS, each.agent(), words(each.server(), path))) {
            server.expect("ready");
            List<String> load = words(each.client(), path);
            long warmMs = path.startsWith("memif") || Lab.isBehindKernel(path) ? STACK_WARM_MS : KERNEL_WARM_MS;
            int at = load.indexOf(Plan.WINDOWS);
            if (at >= 0) {
                load.remove(at);
            }
            load.addAll(at < 0 ? load.size() : at, List.of("" + warmMs, "" + windowMs, "1"));
            try (Lab.Running client = lab.start(path, false, Lab.JVM_FLAGS, each.agent(), load)) {
                client.expect("start");
                long serverTicks = server.ticks();
                long clientTicks = client.ticks();
                String line = client.line();
                return figure(line, server.ticks() - serverTicks, client.ticks() - clientTicks);
            }
        } finally {
            Files.deleteIfExists(lab.file("memif.sock"));
        }
    }

    static List<String> words(List<String> words, String path) {
        List<String> all = new ArrayList<>();
        for (String word : words) {
            all.add(word.equals("HOST") ? Lab.host(path) : word);
        }
        return all;
    }

    private Figure figure(String line, long serverTicks, long clientTicks) throws IOException {
        String[] words = line == null ? new String[0] : line.split(" ", -1);
        if (words.length != 9 || !words[0].equals("window")) {
            throw new IOException("the load ended early: " + line);
        }
        return new Figure(
                Double.parseDouble(words[1]),
                Double.parseDouble(words[2]),
                Double.parseDouble(words[3]),
                Double.parseDouble(words[4]),
                Double.parseDouble(words[6]),
                Long.parseLong(words[8]),
                serverTicks,
                clientTicks,
                windowMs / 1e3);
    }
}
