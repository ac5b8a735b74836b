/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Idle connections, a server in one JVM and its clients in others: {@code AGENT_JAR CONNECTIONS memif|tap}. Over memif one client opens all of
 * them, over a TAP clients on the kernel, which stops at 20,000 descriptors a process. Prints bytes a connection on the server (live heap after
 * a full collection, and what is resident outside the heap, against what they were with none), and the server's share of a processor while
 * nothing happens, beside that of the same program on the kernel without a connection: what a JVM takes.
 */
public final class IdleBench {
    private static final int FIRST_PORT = 9_000;
    /** Each takes as many connections of one client address as there are source ports. */
    private static final int PORTS = 20;

    private static final int MOST_OF_A_KERNEL_CLIENT = 18_000;
    /** What opening left to do, compilation above all, is not idleness. */
    private static final int SETTLING_SECONDS = 15;

    private static final int QUIET_SECONDS = 20;

    private final Lab lab;
    private final String path;
    private final int connections;
    private final List<Lab.Running> clients = new ArrayList<>();

    private IdleBench(Lab lab, String path, int connections) {
        this.lab = lab;
        this.path = path;
        this.connections = connections;
    }

    /** See the class. */
    public static void main(String[] arguments) throws Exception {
        try (Lab lab = new Lab(arguments[0])) {
            new IdleBench(lab, arguments[2], Integer.parseInt(arguments[1])).run();
        }
    }

    /** The heap is resident from the start, so that what becomes resident later is none of it. */
    private static List<String> jvm(String heap) {
        return List.of(
                "-Xms" + heap, "-Xmx" + heap, "-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=1g", "-XX:+AlwaysPreTouch");
    }

    private void run() throws Exception {
        String heap = Math.max(1, connections / 250_000) + "g";
        String ports = FIRST_PORT + "-" + (FIRST_PORT + PORTS - 1);
        try (Lab.Running server = lab.start(
                path,
                true,
                jvm(heap),
                ",max-connections=2000000",
                List.of("PingServer", Lab.host(path), ports, "0", "64"))) {
            server.expect("ready");
            long heapBefore = liveHeapBytes(server);
            long residentBefore = residentBytes(server);
            long startNs = System.nanoTime();
            open(heap);
            double seconds = (System.nanoTime() - startNs) / 1e9;
            long heapBytes = liveHeapBytes(server) - heapBefore;
            long outsideBytes = residentBytes(server) - residentBefore;
            double[] idlePercent = idlePercent(server);
            System.out.printf(
                    Locale.ROOT,
                    "{\"bench\":\"idle\",\"path\":\"%s\",\"connections\":%d,\"openSeconds\":%.1f,\"bytesEach\":%.0f,"
                            + "\"heapBytesEach\":%.0f,\"outsideHeapBytesEach\":%.0f,\"idleCpuPercent\":%.2f,\"emptyJvmCpuPercent\":%.2f}%n",
                    path,
                    connections,
                    seconds,
                    (double) (heapBytes + outsideBytes) / connections,
                    (double) heapBytes / connections,
                    (double) outsideBytes / connections,
                    idlePercent[0],
                    idlePercent[1]);
        } finally {
            for (Lab.Running client : clients) {
                client.close();
            }
        }
    }

    /** The server's, and that of one on the kernel that nobody talks to. */
    private double[] idlePercent(Lab.Running server) throws Exception {
        List<String> empty = List.of("PingServer", Lab.host("lo"), "" + FIRST_PORT, "0", "64");
        try (Lab.Running kernel = lab.start("lo", true, jvm("64m"), "", empty)) {
            kernel.expect("ready");
            Thread.sleep(SETTLING_SECONDS * 1_000L);
            long serverNs = server.cpuNs();
            long kernelNs = kernel.cpuNs();
            Thread.sleep(QUIET_SECONDS * 1_000L);
            double onePercentNs = QUIET_SECONDS * 1e7;
            return new double[] {(server.cpuNs() - serverNs) / onePercentNs, (kernel.cpuNs() - kernelNs) / onePercentNs
            };
        }
    }

    private void open(String heap) throws IOException {
        boolean isKernel = path.equals("tap");
        for (int opened = 0; opened < connections; ) {
            int count = Math.min(connections - opened, isKernel ? MOST_OF_A_KERNEL_CLIENT : connections);
            List<String> load = List.of("IdleClient", Lab.host(path), "" + FIRST_PORT, "" + PORTS, "" + count);
            Lab.Running client =
                    lab.start(path, false, jvm(isKernel ? "256m" : heap), ",max-connections=2000000", load);
            clients.add(client);
            String line;
            do {
                line = client.line();
                if (line == null) {
                    throw new IOException("the client ended early; see the lines above");
                }
                System.err.println(line);
            } while (!line.equals("open " + count));
            opened += count;
        }
    }

    /** The sum line of a class histogram, which collects first. */
    private static long liveHeapBytes(Lab.Running running) throws IOException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(running.process.pid()),
                        "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        String text = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return text.lines()
                .filter(line -> line.startsWith("Total"))
                .mapToLong(line -> Long.parseLong(line.strip().split("\\s+", -1)[2]))
                .findFirst()
                .orElseThrow(() -> new IOException("no sum in: " + text));
    }

    private static long residentBytes(Lab.Running running) throws IOException {
        Path statm = Path.of("/proc", Long.toString(running.process.pid()), "statm");
        return Long.parseLong(Files.readString(statm).split(" ", -1)[1]) * 4096;
    }
}
