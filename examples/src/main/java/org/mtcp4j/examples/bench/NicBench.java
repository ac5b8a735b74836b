/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs {@link PingServer} and {@link PingClient}, one pinned core each, over several paths in turn, and compares: {@code AGENT_JAR
 * ROUNDS WINDOW_MS PATHS CASES}. Paths are {@code lo}, {@code veth}, {@code memif} and {@code memif-dedicated}; cases are {@code
 * MODE:CONNECTIONS}. Must run in a network namespace of its own, which it fills. One line of JSON a figure on standard output; a table
 * on standard error.
 */
public final class NicBench {
    private static final int MESSAGE_BYTES = 64;
    private static final int WARM_MS = Integer.getInteger("bench.warm-ms", 8_000);
    private static final List<String> JVM_FLAGS =
            List.of("-Xms1g", "-Xmx1g", "-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=1g");

    private final String agentJar;
    private final String windowMs;
    private final String peerNamespace = "mtcpbench" + ProcessHandle.current().pid();
    private final Path memifSocket;
    private final Map<String, List<Figure>> figures = new LinkedHashMap<>();

    private record Figure(
            double rate, double mbit, double p50Us, double p99Us, long errors, long ticks, long peerTicks) {}

    private NicBench(String agentJar, String windowMs) throws IOException {
        this.agentJar = agentJar;
        this.windowMs = windowMs;
        this.memifSocket = Files.createTempDirectory("mtcpbench").resolve("memif.sock");
    }

    /** See the class. */
    public static void main(String[] arguments) throws Exception {
        NicBench bench = new NicBench(arguments[0], arguments[2]);
        String[] paths = arguments[3].split(",", -1);
        String[] cases = arguments[4].split(",", -1);
        bench.network();
        try {
            for (int round = 0; round < Integer.parseInt(arguments[1]); round++) {
                for (String each : cases) {
                    for (String path : paths) {
                        bench.measure(path, each);
                    }
                }
            }
        } finally {
            run("ip", "netns", "del", bench.peerNamespace);
            Files.deleteIfExists(bench.memifSocket);
            Files.delete(bench.memifSocket.getParent());
        }
        bench.print(paths, cases);
    }

    private void network() throws Exception {
        run("ip", "link", "set", "lo", "up");
        run("ip", "netns", "add", peerNamespace);
        run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", peerNamespace);
        run("ip", "addr", "add", "198.18.1.1/24", "dev", "v0");
        run("ip", "link", "set", "v0", "up");
        inPeer("ip", "addr", "add", "198.18.1.2/24", "dev", "v1");
        inPeer("ip", "link", "set", "v1", "up");
        for (String setting : List.of(
                "net.ipv4.ip_local_port_range=1024 65535",
                "net.ipv4.tcp_tw_reuse=1",
                "net.ipv4.tcp_congestion_control=reno")) {
            run("sysctl", "-qw", setting);
            inPeer("sysctl", "-qw", setting);
        }
    }

    private void inPeer(String... command) throws Exception {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", peerNamespace));
        all.addAll(List.of(command));
        run(all.toArray(String[]::new));
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command)
                .inheritIO()
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + " failed with status " + process.exitValue());
        }
    }

    /** Segmentation and receive offload of both ends of the veth: bulk is compared at 1,500-byte frames. */
    private void vethOffload(boolean on) throws Exception {
        String value = on ? "on" : "off";
        run("ethtool", "-K", "v0", "tso", value, "gso", value, "gro", "off");
        inPeer("ethtool", "-K", "v1", "tso", value, "gso", value, "gro", "off");
    }

    private void measure(String path, String workload) throws Exception {
        String mode = workload.substring(0, workload.indexOf(':'));
        String connections = workload.substring(workload.indexOf(':') + 1);
        boolean veth = path.equals("veth");
        if (veth) {
            vethOffload(!mode.equals("bulk"));
        }
        String host = path.equals("lo") ? "127.0.0.1" : veth ? "198.18.1.2" : "198.18.9.1";
        Process server = java(path, true, "PingServer", host, "9000", mode, Integer.toString(MESSAGE_BYTES));
        try (BufferedReader serverOut = reader(server)) {
            expect(serverOut, "ready");
            Process client = java(
                    path,
                    false,
                    "PingClient",
                    host,
                    "9000",
                    mode,
                    Integer.toString(MESSAGE_BYTES),
                    connections,
                    Integer.toString(WARM_MS),
                    windowMs,
                    "1");
            try (BufferedReader clientOut = reader(client)) {
                expect(clientOut, "start");
                long serverTicks = ticks(server);
                long clientTicks = ticks(client);
                String line = clientOut.readLine();
                Figure figure = figure(line, ticks(server) - serverTicks, ticks(client) - clientTicks);
                figures.computeIfAbsent(workload + " " + path, key -> new ArrayList<>())
                        .add(figure);
                System.err.printf(Locale.ROOT, "%-14s %-16s %s%n", workload, path, line);
            } finally {
                client.destroyForcibly().waitFor();
            }
        } finally {
            server.destroy();
            if (!server.waitFor(5, TimeUnit.SECONDS)) {
                server.destroyForcibly().waitFor();
            }
        }
    }

    private static BufferedReader reader(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    private static void expect(BufferedReader out, String wanted) throws IOException {
        String line = out.readLine();
        if (!wanted.equals(line)) {
            throw new IOException("expected '" + wanted + "' but got '" + line + "'; see the lines above");
        }
    }

    private Process java(String path, boolean isServer, String program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        if (path.equals("veth") && isServer) {
            command.addAll(List.of("ip", "netns", "exec", peerNamespace));
        }
        command.addAll(List.of("taskset", "-c", isServer ? "0" : "1"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM_FLAGS);
        String more = System.getProperty(isServer ? "bench.server.jvm" : "bench.client.jvm", "");
        if (!more.isEmpty()) {
            command.addAll(List.of(more.split(" ", -1)));
        }
        if (path.startsWith("memif")) {
            command.add("-javaagent:" + agentJar + "=" + agentArguments(path, isServer));
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "org.mtcp4j.examples.bench." + program));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private String agentArguments(String path, boolean isServer) {
        String role = isServer ? "server" : "client";
        return "nic=dpdk:net_memif0+role=" + role + "+socket=" + memifSocket
                + "+socket-abstract=no,ip=198.18.9." + (isServer ? 1 : 2)
                + "/24,on-failure=fail,log=error,wildcard=stack"
                + (path.endsWith("dedicated") ? ",driver=dedicated" : "")
                + System.getProperty("bench.agent", "");
    }

    private static Figure figure(String line, long serverTicks, long clientTicks) throws IOException {
        String[] words = line == null ? new String[0] : line.split(" ", -1);
        if (words.length != 7 || !words[0].equals("window")) {
            throw new IOException("the client ended early: " + line);
        }
        return new Figure(
                Double.parseDouble(words[1]),
                Double.parseDouble(words[2]),
                Double.parseDouble(words[3]),
                Double.parseDouble(words[4]),
                Long.parseLong(words[6]),
                serverTicks,
                clientTicks);
    }

    /** User and system time of a process so far, in ticks of 10 ms. The pinned JVM is the process itself: taskset and ip exec. */
    private static long ticks(Process process) throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    private void print(String[] paths, String[] cases) {
        for (String each : cases) {
            double base = 0;
            for (String path : paths) {
                List<Figure> all = figures.get(each + " " + path);
                boolean bulk = each.startsWith("bulk");
                double[] rates = all.stream()
                        .mapToDouble(figure -> bulk ? figure.mbit : figure.rate)
                        .sorted()
                        .toArray();
                double median = rates[rates.length / 2];
                base = path.equals(paths[0]) ? median : base;
                System.out.printf(
                        Locale.ROOT,
                        "{\"bench\":\"nic\",\"case\":\"%s\",\"path\":\"%s\",\"unit\":\"%s\",\"median\":%.1f,\"min\":%.1f,"
                                + "\"max\":%.1f,\"ratioTo%s\":%.2f,\"p50Us\":%.1f,\"p99Us\":%.1f,\"errors\":%d,"
                                + "\"serverTicks\":%d,\"clientTicks\":%d,\"rounds\":%d}%n",
                        each,
                        path,
                        bulk ? "Mbit/s" : "1/s",
                        median,
                        rates[0],
                        rates[rates.length - 1],
                        paths[0],
                        median / base,
                        middle(all.stream().mapToDouble(Figure::p50Us).sorted().toArray()),
                        middle(all.stream().mapToDouble(Figure::p99Us).sorted().toArray()),
                        all.stream().mapToLong(Figure::errors).sum(),
                        all.stream().mapToLong(Figure::ticks).sum(),
                        all.stream().mapToLong(Figure::peerTicks).sum(),
                        rates.length);
            }
        }
    }

    private static double middle(double[] sorted) {
        return sorted[sorted.length / 2];
    }
}
