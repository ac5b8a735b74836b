/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs each of {@link AttackReport#NAMES} beside honest clients, against the kernel behind a veth and against the stack behind a TAP: {@code
 * AGENT_JAR ATTACKER SECONDS [NAME,NAME]}. The server is on processor 0 with what its kernel does with packets, clients and attacker on 1.
 * Properties as of {@link Bench}: {@code bench.out}, {@code bench.docs}, {@code bench.add}; {@code bench.warm-ms}. One line of JSON an attack and side
 * on standard output.
 */
public final class Attack {
    private static final String PORT = "9000";
    private static final int KEPT_RATE = 500;
    private static final int NEW_RATE = 100;
    private static final int CONNECTIONS = 16;
    private static final int AFTER_MS = 1_000;
    /** So long clients wait for the server to be as before. */
    private static final int RECOVERIES = 45;
    /** The first flood that a JVM meets is of the warming. */
    private static final String WARM_ATTACK = "ack";

    private static final long WARM_MS = Long.getLong("bench.warm-ms", 10_000);
    /** A small young generation: what the heap holds, rather than what it has thrown away, is resident. */
    private static final List<String> SERVER_FLAGS = List.of(
            "-Xms1g",
            "-Xmx1g",
            "-Xmn64m",
            "-XX:+UseSerialGC",
            "-XX:+UseCondCardMark",
            "-XX:MaxDirectMemorySize=1g",
            "-XX:-UsePerfData");

    /** Words of a processor's line in {@code /proc/stat}. */
    private static final int IRQ = 6;

    private static final int SOFTIRQ = 7;

    private static final Pattern CHUNKS = Pattern.compile("chunks (\\d+) of (\\d+) free");
    private static final Pattern FRAMES = Pattern.compile("frames tap[^:]*: (\\d+) of (\\d+) free");

    private final Lab lab;
    private final String attacker;
    private final double seconds;
    private final List<Side> sides = List.of(
            new Side("kernel", "veth", "v0", 1, "198.18.1.2,2001:db8:1::2"),
            new Side("stack", "attack", Lab.TAP, 3, "198.18.3.2,2001:db8:3::2"));
    private Lab.Running honest;

    /** One of the two that are compared. */
    private static final class Side {
        final String name;
        final String path;
        final String device;
        final int net;
        final String hosts;
        Lab.Running server;

        Side(String name, String path, String device, int net, String hosts) {
            this.name = name;
            this.path = path;
            this.device = device;
            this.net = net;
            this.hosts = hosts;
        }
    }

    /** What a server holds. */
    private record Held(double memoryMb, double chunks, double frames, double connections) {}

    private Attack(Lab lab, String attacker, double seconds) {
        this.lab = lab;
        this.attacker = attacker;
        this.seconds = seconds;
    }

    /** See the class. */
    public static void main(String[] arguments) throws Exception {
        String names = arguments.length > 3 ? arguments[3] : "";
        List<String> wanted = names.isEmpty() ? List.copyOf(AttackReport.NAMES.keySet()) : List.of(names.split(","));
        AttackReport report = new AttackReport();
        // A run that is cut short leaves no program behind.
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly)));
        try (Lab lab = new Lab(arguments[0])) {
            lab.prepareForAttacks();
            new Attack(lab, arguments[1], Double.parseDouble(arguments[2])).run(wanted, report);
        }
        report.write();
    }

    private void run(List<String> names, AttackReport report) throws Exception {
        List<String> client = List.of(
                "HonestClient",
                PORT,
                Integer.toString(KEPT_RATE),
                Integer.toString(NEW_RATE),
                Integer.toString(CONNECTIONS));
        try (Lab.Running running = lab.start("veth", false, List.of("-Xmx256m", "-XX:+UseSerialGC"), "", client)) {
            honest = running;
            for (Side side : sides) {
                start(side);
            }
            for (String name : names) {
                for (Side side : sides) {
                    Map<String, Double> figures = attack(side, name);
                    report.add(name, side.name, figures);
                    if (figures.containsKey("lost")) {
                        side.server.close();
                        start(side);
                    }
                    System.err.printf(Locale.ROOT, "%-14s %-6s %s%n", name, side.name, AttackReport.brief(figures));
                }
            }
        } finally {
            for (Side side : sides) {
                if (side.server != null) {
                    side.server.close();
                }
            }
        }
    }

    private void start(Side side) throws Exception {
        side.server = lab.start(side.path, true, SERVER_FLAGS, "", List.of("AttackServer", "::", PORT));
        side.server.expect("ready");
        if (side.path.equals("attack")) {
            lab.prepareTapForAttacks();
        }
        serve(side, WARM_MS);
        attack(side, WARM_ATTACK);
    }

    /** Honest requests for so long: share answered, times in milliseconds. */
    private double[] serve(Side side, long ms) throws IOException {
        honest.tell(side.hosts + " " + ms);
        return served();
    }

    private double[] served() throws IOException {
        String[] w = String.valueOf(honest.line()).split(" ", -1);
        if (!w[0].equals("honest")) {
            throw new IOException("the honest clients ended early");
        }
        double[] n = new double[w.length];
        for (int i = 1; i < w.length; i++) {
            n[i] = Double.parseDouble(w[i]);
        }
        return new double[] {(n[2] + n[6]) / (n[1] + n[5]), n[3] / 1e3, n[4] / 1e3, n[7] / 1e3};
    }

    // ---- one attack
    // ------------------------------------------------------------------------------------------------------
    private Map<String, Double> attack(Side side, String name) throws Exception {
        Map<String, Double> figures = new LinkedHashMap<>();
        Held before = held(side);
        List<String> command = List.of(
                "taskset",
                "-c",
                "1",
                attacker,
                side.device,
                Integer.toString(side.net),
                Lab.SERVER_MAC,
                PORT,
                name,
                Double.toString(seconds));
        try (Lab.Running running = new Lab.Running(command)) {
            running.expect("ready");
            long busy = busyTicks(side);
            long back = framesBack(side);
            long startNs = System.nanoTime();
            running.tell("go");
            honest.tell(side.hosts + " " + (long) (seconds * 1e3));
            Thread.sleep((long) (seconds * 1e3));
            double took = (System.nanoTime() - startNs) / 1e9;
            figures.put("processor", (busyTicks(side) - busy) / 100.0 / took);
            figures.put("back", (framesBack(side) - back) / took);
            double[] served = served();
            figures.put("share", served[0]);
            figures.put("p50", served[1]);
            figures.put("p99", served[2]);
            figures.put("p99new", served[3]);
            attackers(running.line(), figures);
            running.expect("held");
            Held during = held(side);
            figures.put("memory", during.memoryMb - before.memoryMb);
            figures.put("frames", during.frames - before.frames);
            running.tell("close");
            running.expect("closed");
        }
        afterwards(side, before, figures);
        return figures;
    }

    private void attackers(String line, Map<String, Double> figures) throws IOException {
        if (line == null) {
            throw new IOException("the attacker ended early");
        }
        String[] words = line.split(" ", -1);
        for (int i = 0; i + 1 < words.length; i += 2) {
            figures.put(words[i], Double.parseDouble(words[i + 1]));
        }
        figures.put("rate", figures.get("sent") / seconds);
    }

    /** Until the clients are served as before, or nobody waits any more. */
    private void afterwards(Side side, Held before, Map<String, Double> figures) throws Exception {
        int more = 0;
        double share = serve(side, AFTER_MS)[0];
        figures.put("after", share);
        for (; share < 0.995 && more < RECOVERIES; more++) {
            share = serve(side, AFTER_MS)[0];
        }
        figures.put("recovery", (double) more);
        Held after = held(side);
        figures.put("left", after.connections - before.connections);
        figures.put("memoryLeft", after.memoryMb - before.memoryMb);
        figures.put("chunksLeft", after.chunks - before.chunks);
        figures.put("framesLeft", after.frames - before.frames);
        if (share < 0.9) {
            figures.put("lost", 1.0);
        }
    }

    /** The server's, and what the kernel did for packets on its processor; in ticks of 10 ms. */
    private static long busyTicks(Side side) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/stat"), StandardCharsets.US_ASCII)) {
            if (line.startsWith("cpu0 ")) {
                String[] n = line.split(" +", -1);
                return side.server.ticks() + Long.parseLong(n[IRQ]) + Long.parseLong(n[SOFTIRQ]);
            }
        }
        throw new IOException("no cpu0 in /proc/stat");
    }

    private static long framesBack(Side side) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/net/dev"), StandardCharsets.US_ASCII)) {
            if (line.strip().startsWith(side.device + ":")) {
                return Long.parseLong(
                        line.substring(line.indexOf(':') + 1).strip().split(" +", -1)[1]);
            }
        }
        throw new IOException("no device " + side.device);
    }

    /** Resident memory, and what the kernel has for sockets, or the stack in chunks and frames. Not while anything is measured. */
    private Held held(Side side) throws IOException {
        double residentMb = residentMb(side.server.process.pid());
        if (!side.path.equals("attack")) {
            double pages = 0;
            for (String line : lab.peerSays("cat", "/proc/net/sockstat")) {
                if (line.startsWith("TCP:")) {
                    pages = Double.parseDouble(
                            line.substring(line.indexOf(" mem ") + 5).strip());
                }
            }
            long open = lab.peerSays("ss", "-tanH", "state", "connected", "exclude", "time-wait")
                    .size();
            return new Held(residentMb + pages * 4 / 1024, 0, 0, open);
        }
        List<String> stat = Lab.says(List.of(
                "taskset",
                "-c",
                "1",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                lab.agentJar,
                "stat",
                Long.toString(side.server.process.pid())));
        double frames = 0;
        double chunks = 0;
        double open = 0;
        for (String line : stat) {
            Matcher matcher = FRAMES.matcher(line);
            frames += matcher.find() ? Double.parseDouble(matcher.group(2)) - Double.parseDouble(matcher.group(1)) : 0;
            String state = line.split(" ", 2)[0];
            boolean isConnection = state.matches("[A-Z][A-Z_0-9]*");
            open += isConnection && !state.equals("LISTEN") && !state.equals("TIME_WAIT") ? 1 : 0;
            matcher = CHUNKS.matcher(line);
            chunks += matcher.find() ? Double.parseDouble(matcher.group(2)) - Double.parseDouble(matcher.group(1)) : 0;
        }
        return new Held(residentMb, chunks, frames, open);
    }

    private static double residentMb(long pid) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"), StandardCharsets.UTF_8)) {
            if (line.startsWith("VmRSS:")) {
                return Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024;
            }
        }
        return 0;
    }
}
