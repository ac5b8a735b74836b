/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What {@code java -jar mtcp4j-agent.jar stat PID} prints of a running program. */
record Stat(String text) {
    private static final int START_SECONDS = 10;
    private static final Pattern FREE = Pattern.compile("(\\d+) of (\\d+) free");

    static Stat of(long pid) throws Exception {
        return new Stat(Running.run(
                        60,
                        List.of(
                                Build.java().toString(),
                                "-Xshare:auto",
                                "-XX:TieredStopAtLevel=1",
                                "-jar",
                                Build.agentJar().toString(),
                                "stat",
                                Long.toString(pid)))
                .ok());
    }

    /** The same without a JVM of its own: asks the program itself, as soon as it listens, which it does beside its start. */
    static Stat asked(long pid) throws Exception {
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        Path socket = (runtime == null
                        ? Path.of(System.getProperty("java.io.tmpdir"), "mtcp4j-" + System.getProperty("user.name"))
                        : Path.of(runtime, "mtcp4j"))
                .resolve(pid + ".sock");
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (!Files.exists(socket) && System.nanoTime() < endNs) {
            Thread.sleep(10);
        }
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.shutdownOutput();
            return new Stat(new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /** Sum of the counters, in any context, whose names start so. */
    long counters(String prefix) {
        long sum = 0;
        Matcher matcher =
                Pattern.compile("(?m)^(?:\\d+ )?" + prefix + "\\w* +(\\d+)$").matcher(text);
        while (matcher.find()) {
            sum += Long.parseLong(matcher.group(1));
        }
        return sum;
    }

    long connections(String state) {
        return text.lines().filter(line -> line.startsWith(state + " ")).count();
    }

    /** Sum over the contexts; 0 where it is not printed. */
    long counter(String label) {
        long sum = 0;
        Matcher matcher = Pattern.compile("(?m)^\\d+ " + label + " +(\\d+)$").matcher(text);
        while (matcher.find()) {
            sum += Long.parseLong(matcher.group(1));
        }
        return sum;
    }

    /** Frames that the NICs have lost, or sent into a link that was down. */
    long dropped() {
        long sum = 0;
        Matcher matcher = Pattern.compile("(\\d+) dropped by it").matcher(text);
        while (matcher.find()) {
            sum += Long.parseLong(matcher.group(1));
        }
        return sum;
    }

    /** The lines about pools. */
    List<String> pools() {
        return text.lines().filter(line -> FREE.matcher(line).find()).toList();
    }

    /** Whether every chunk and frame is back. */
    boolean allFree() {
        return !pools().isEmpty()
                && pools().stream().allMatch(line -> {
                    Matcher matcher = FREE.matcher(line);
                    return matcher.find() && matcher.group(1).equals(matcher.group(2));
                });
    }
}
