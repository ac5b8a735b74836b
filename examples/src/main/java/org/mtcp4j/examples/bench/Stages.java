/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import one.profiler.AsyncProfilerLoader;
import org.mtcp4j.examples.bench.Plan.Case;

/**
 * Where a transaction's processor time goes at either end, a frame's share of it, and its garbage: {@code AGENT_JAR WINDOW_MS}. The rate
 * comes from a window without the profiler, the shares from a second one with it. A sample belongs to the innermost frame that says what it
 * is for; the JDK's own code counts for its caller. One line of JSON an end; {@code bench.docs} as in {@link Bench}.
 */
public final class Stages {
    /** From the wire inwards. */
    private enum Stage {
        NIC("librte_", "mtcp_", "org/mtcp4j/dpdk/", "rte_", "org/mtcp4j/nic/"),
        FRAMES("org/mtcp4j/wire/", "org/mtcp4j/ip/", "org/mtcp4j/core/Frame", "org/mtcp4j/core/Neighbour"),
        TCP("org/mtcp4j/tcp/"),
        CORE("org/mtcp4j/core/", "org/mtcp4j/stats/"),
        SOCKETS("org/mtcp4j/socket/", "org/mtcp4j/spi/", "org/mtcp4j/agent/", "java/nio/channels/", "sun/nio/ch/"),
        APPLICATION("org/mtcp4j/examples/"),
        REST();

        private final List<String> marks;

        Stage(String... marks) {
            this.marks = List.of(marks);
        }

        /** What a frame costs, rather than a call of the application. */
        boolean isOfFrames() {
            return this == NIC || this == FRAMES || this == TCP || this == CORE;
        }

        static Stage of(String[] frames) {
            for (int i = frames.length - 1; i >= 0; i--) {
                for (Stage stage : values()) {
                    if (stage.marks.stream().anyMatch(frames[i]::contains)) {
                        return stage;
                    }
                }
            }
            return REST;
        }
    }

    /** The first is measured; the others outlast the profiler. */
    private static final String MOST_WINDOWS = "20";

    private static final Set<String> FRAMES = Set.of("InFrames", "OutFrames");

    private final Lab lab;
    private final String windowMs;
    private final String profiler;
    private final List<String> page = new ArrayList<>();

    private Stages(Lab lab, String windowMs) throws IOException {
        this.lab = lab;
        this.windowMs = windowMs;
        profiler = AsyncProfilerLoader.getAsyncProfilerPath().toString();
    }

    /** See the class. */
    public static void main(String[] arguments) throws IOException {
        try (Lab lab = new Lab(arguments[0])) {
            Stages stages = new Stages(lab, arguments[1]);
            stages.measure(Plan.ping("0", 64, 64));
            stages.measure(Plan.ping("1", 64, 64));
            stages.write();
        }
    }

    private void write() throws IOException {
        String docs = System.getProperty("bench.docs", "");
        if (docs.isEmpty()) {
            return;
        }
        List<String> lines = new ArrayList<>(List.of(
                "# stages: where a transaction's processor time goes",
                "",
                "Made by `bin/bench stages`, one window of " + windowMs
                        + " ms without a profiler, for the rate, and one with it, for the "
                        + "shares. Nanoseconds of processor time a transaction: a request and its answer, or a connection with one of each; all "
                        + "threads, the compiler's and the collector's in `rest`. `core` is flow table, timers, events and the round; `sockets` "
                        + "is selector, keys and channels; a frame's share is nic to core by the frames in and out.",
                "",
                Report.machine(),
                ""));
        StringBuilder head = new StringBuilder("| case | end | in all |");
        for (Stage stage : Stage.values()) {
            head.append(' ').append(stage.name().toLowerCase(Locale.ROOT)).append(" |");
        }
        lines.add(head + " frames | ns a frame | garbage, bytes |");
        lines.add("|---|---|---|" + "---|".repeat(Stage.values().length + 3));
        lines.addAll(page);
        Files.createDirectories(Path.of(docs));
        Files.write(Path.of(docs, "stages.md"), lines);
    }

    /** One end: what it had used and allocated when the first window began. */
    private static final class End {
        final String name;
        final Lab.Running running;
        long ticks;
        double allocatedBytes;
        double microsEach;
        double bytesEach;

        End(String name, Lab.Running running) {
            this.name = name;
            this.running = running;
        }

        long pid() {
            return running.process.pid();
        }
    }

    private void measure(Case of) throws IOException {
        try (Lab.Running server = lab.start("memif", true, Lab.JVM_FLAGS, "", Bench.words(of.server(), "memif"))) {
            server.expect("ready");
            List<String> load = Bench.words(of.client(), "memif");
            load.addAll(List.of("" + Bench.STACK_WARM_MS, windowMs, MOST_WINDOWS));
            try (Lab.Running client = lab.start("memif", false, Lab.JVM_FLAGS, "", load)) {
                List<End> ends = List.of(new End("server", server), new End("client", client));
                client.expect("start");
                for (End end : ends) {
                    end.ticks = end.running.ticks();
                    end.allocatedBytes = allocatedBytes(end.pid());
                }
                double rate = rate(client.line());
                double transactions = rate * Integer.parseInt(windowMs) / 1e3;
                for (End end : ends) {
                    end.microsEach = (end.running.ticks() - end.ticks) * 1e4 / transactions;
                    end.bytesEach = (allocatedBytes(end.pid()) - end.allocatedBytes) / transactions;
                }
                // The load goes on through its other windows meanwhile: tools take seconds to start beside it.
                for (End end : ends) {
                    profile(end, "start,event=cpu,interval=200us");
                }
                pause(Long.parseLong(windowMs));
                for (End end : ends) {
                    profile(end, "stop,collapsed,file=" + file(end));
                }
                double framesEach = framesASecond(server.process.pid()) / rate;
                for (End end : ends) {
                    print(of, end, framesEach);
                    Files.delete(file(end));
                }
            }
        } finally {
            Files.deleteIfExists(lab.file("memif.sock"));
        }
    }

    /** Both ends see the same. */
    private double framesASecond(long pid) throws IOException {
        long before = Lab.counters(lab.agentJar, pid, FRAMES);
        long startNs = System.nanoTime();
        pause(Long.parseLong(windowMs));
        return (Lab.counters(lab.agentJar, pid, FRAMES) - before) * 1e9 / (System.nanoTime() - startNs);
    }

    private static void pause(long millis) throws IOException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw Lab.interrupted(e);
        }
    }

    private static double rate(String line) throws IOException {
        if (line == null || !line.startsWith("window ")) {
            throw new IOException("the load ended early: " + line);
        }
        return Double.parseDouble(line.split(" ", -1)[1]);
    }

    private Path file(End end) {
        return lab.file(end.name + ".collapsed");
    }

    private void profile(End end, String command) throws IOException {
        tool("jcmd", Long.toString(end.pid()), "JVMTI.agent_load", profiler, '"' + command + '"');
    }

    /** Of eden, in which everything is allocated here: what is in it, and how often it was emptied. */
    private static double allocatedBytes(long pid) throws IOException {
        String[] lines = tool("jstat", "-gc", Long.toString(pid)).strip().split("\n", -1);
        String[] names = lines[0].strip().split("\\s+", -1);
        String[] values = lines[1].strip().split("\\s+", -1);
        double edenKib = 0;
        double usedKib = 0;
        double collections = 0;
        for (int i = 0; i < names.length; i++) {
            switch (names[i]) {
                case "EC" -> edenKib = Double.parseDouble(values[i]);
                case "EU" -> usedKib = Double.parseDouble(values[i]);
                case "YGC" -> collections = Double.parseDouble(values[i]);
                default -> {}
            }
        }
        return (collections * edenKib + usedKib) * 1024;
    }

    private static String tool(String name, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", name).toString());
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private void print(Case of, End end, double framesEach) throws IOException {
        Map<Stage, Long> samples = new EnumMap<>(Stage.class);
        long all = 0;
        for (String line : Files.readAllLines(file(end))) {
            int space = line.lastIndexOf(' ');
            long count = Long.parseLong(line.substring(space + 1));
            samples.merge(Stage.of(line.substring(0, space).split(";", -1)), count, Long::sum);
            all += count;
        }
        StringBuilder json = new StringBuilder();
        StringBuilder row = new StringBuilder();
        double ofFramesNs = 0;
        for (Stage stage : Stage.values()) {
            double nanos = samples.getOrDefault(stage, 0L) * end.microsEach * 1e3 / Math.max(1, all);
            ofFramesNs += stage.isOfFrames() ? nanos : 0;
            json.append(
                    String.format(Locale.ROOT, ",\"%sNs\":%.0f", stage.name().toLowerCase(Locale.ROOT), nanos));
            row.append(String.format(Locale.ROOT, " %,.0f |", nanos));
        }
        double frameNs = ofFramesNs / framesEach;
        System.out.printf(
                Locale.ROOT,
                "{\"bench\":\"stages\",\"case\":\"%s\",\"end\":\"%s\",\"transactionNs\":%.0f%s,\"frames\":%.2f,\"frameNs\":%.0f,"
                        + "\"garbageBytes\":%.1f}%n",
                of.name(),
                end.name,
                end.microsEach * 1e3,
                json,
                framesEach,
                frameNs,
                end.bytesEach);
        page.add(String.format(
                Locale.ROOT,
                "| %s | %s | %,.0f |%s %.2f | %.0f | %,.1f |",
                of.name(),
                end.name,
                end.microsEach * 1e3,
                row,
                framesEach,
                frameNs,
                end.bytesEach));
    }
}
