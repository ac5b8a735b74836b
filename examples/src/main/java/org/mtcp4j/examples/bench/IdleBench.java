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
 * Idle connections, a server in one JVM and its clients in another, over memif: {@code AGENT_JAR CONNECTIONS}. Prints bytes a connection on
 * the server (live heap after a full collection, and resident memory, against what they were with none), and the server's share of a
 * processor while nothing happens.
 */
public final class IdleBench {
    private static final int FIRST_PORT = 9_000;
    /** Each takes as many connections of one client address as there are source ports. */
    private static final int PORTS = 20;

    private static final int QUIET_SECONDS = 10;

    private IdleBench() {}

    /** See the class. */
    public static void main(String[] arguments) throws Exception {
        int connections = Integer.parseInt(arguments[1]);
        String heap = Math.max(1, connections / 250_000) + "g";
        List<String> jvm = List.of("-Xms" + heap, "-Xmx" + heap, "-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=1g");
        String more = ",max-connections=2000000";
        try (Lab lab = new Lab(arguments[0]);
                Lab.Running server = lab.start(
                        "memif",
                        true,
                        jvm,
                        more,
                        List.of(
                                "PingServer",
                                Lab.host("memif"),
                                FIRST_PORT + "-" + (FIRST_PORT + PORTS - 1),
                                "0",
                                "64"))) {
            server.expect("ready");
            long heapBefore = liveHeapBytes(server);
            long residentBefore = residentBytes(server);
            List<String> load = new ArrayList<>(
                    List.of("IdleClient", Lab.host("memif"), "" + FIRST_PORT, "" + PORTS, "" + connections));
            long startNs = System.nanoTime();
            try (Lab.Running client = lab.start("memif", false, jvm, more, load)) {
                String line;
                do {
                    line = client.line();
                    if (line == null) {
                        throw new IOException("the client ended early; see the lines above");
                    }
                    System.err.println(line);
                } while (!line.equals("open " + connections));
                double seconds = (System.nanoTime() - startNs) / 1e9;
                long heapBytes = liveHeapBytes(server) - heapBefore;
                long residentBytes = residentBytes(server) - residentBefore;
                long ticks = server.ticks();
                Thread.sleep(QUIET_SECONDS * 1_000L);
                System.out.printf(
                        Locale.ROOT,
                        "{\"bench\":\"idle\",\"connections\":%d,\"openSeconds\":%.1f,\"heapBytesEach\":%.0f,"
                                + "\"residentBytesEach\":%.0f,\"idleCpuPercent\":%.2f}%n",
                        connections,
                        seconds,
                        (double) heapBytes / connections,
                        (double) residentBytes / connections,
                        (server.ticks() - ticks) / (double) QUIET_SECONDS);
            }
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
