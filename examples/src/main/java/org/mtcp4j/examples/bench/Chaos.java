/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Programs in trouble, one after the other, each a JVM of its own: {@code AGENT_JAR MINUTES [SEED]}. Each driver over memory and over a TAP; what
 * happens to a {@link ChaosProgram} from inside and from outside follows from the seed. Half of them are left in peace at last and
 * must have come back to themselves; the others exit amid their troubles. All must end in time. One line of JSON on standard output;
 * exit code 1 where a run failed. Must run in a network namespace of its own.
 */
public final class Chaos {
    private static final List<String> DRIVERS = List.of("inline", "dedicated", "auto");
    private static final String ADDRESS = "198.18.0.2";
    private static final int PORT = 5_000;
    private static final int CLIENTS = 16;
    private static final int MIN_RUN_MS = 3_000;
    private static final int MAX_RUN_MS = 8_000;
    private static final Pattern STAGES = Pattern.compile(" stages \\d+ of (\\d+): (\\p{XDigit}+)");
    private static final int START_SECONDS = 60;
    private static final long SECONDS_A_YEAR = 365 * 24 * 3_600L;
    /** {@code linger-on-exit} and two seconds, and what a busy machine adds. */
    private static final int EXIT_SECONDS = 3 + 12;

    private static final int REPORT_SECONDS = 120;
    private static final int CALM_MS = 5_000;
    private static final int LEFT_MS = 30_000;

    private final String agentJar;
    private final Path logs;
    /** Where errors were thrown, in the runs that could tell; all that there are, once one has told. */
    private BigInteger thrown = BigInteger.ZERO;

    private int stages;
    private final Path clock;
    private int runs;
    private int failed;
    private long bytes;
    private double slowestExit;

    private Chaos(String agentJar) throws IOException {
        this.agentJar = agentJar;
        logs = Files.createDirectories(Path.of("target/bench/chaos"));
        clock = Files.write(logs.resolve("clock"), new byte[Long.BYTES]);
    }

    /** See the class. */
    public static void main(String[] arguments) throws Exception {
        long seed = arguments.length > 2 ? Long.parseLong(arguments[2]) : System.nanoTime();
        System.err.println("seed " + seed);
        long endNs = System.nanoTime() + TimeUnit.MINUTES.toNanos(Long.parseLong(arguments[1]));
        Lab.run("ip", "link", "set", "lo", "up");
        Chaos chaos = new Chaos(arguments[0]);
        SplittableRandom random = new SplittableRandom(seed);
        while (System.nanoTime() < endNs) {
            for (String driver : DRIVERS) {
                for (boolean tap : new boolean[] {false, true}) {
                    if (System.nanoTime() < endNs) {
                        chaos.run(driver, tap, random.split());
                    }
                }
            }
        }
        if (chaos.thrown.bitCount() < chaos.stages) {
            System.err.println("errors at " + chaos.thrown.bitCount() + " of " + chaos.stages
                    + " stages and kinds alone: " + chaos.thrown.toString(16));
            chaos.failed++;
        }
        System.out.printf(
                Locale.ROOT,
                "{\"bench\":\"chaos\",\"seed\":%d,\"runs\":%d,\"failed\":%d,\"bytes\":%d,\"stages\":%d,\"slowest_exit_s\":%.1f}%n",
                seed,
                chaos.runs,
                chaos.failed,
                chaos.bytes,
                chaos.thrown.bitCount(),
                chaos.slowestExit);
        System.exit(chaos.failed == 0 && chaos.runs > 0 ? 0 : 1);
    }

    private void run(String driver, boolean tap, SplittableRandom random) throws Exception {
        String name = ++runs + "-" + driver + (tap ? "-tap" : "-memory");
        Path log = logs.resolve(name + ".log");
        ProcessBuilder builder = new ProcessBuilder(command(driver, tap, random))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        Path stepping = logs.resolve("clock.so");
        if (Files.exists(stepping)) {
            builder.environment().put("LD_PRELOAD", stepping.toAbsolutePath().toString());
            builder.environment().put("CHAOS_CLOCK", clock.toAbsolutePath().toString());
        }
        Process process = builder.start();
        ChaosClients outside = new ChaosClients(ADDRESS, PORT, tap ? CLIENTS : 0, random.nextLong());
        String fault = "";
        try {
            awaitLine(process, log, "ready", START_SECONDS);
            outside.start();
            trouble(process, tap, random);
            fault = random.nextBoolean() ? calm(process, log, outside) : "";
            outside.ending = true;
            fault += end(process, random.nextBoolean());
        } catch (IOException e) {
            fault += e.getMessage();
        } finally {
            outside.ending = true;
            process.destroyForcibly().waitFor();
            outside.stop(0);
        }
        bytes += outside.bytes.get();
        if (outside.wrong.get() + outside.stuck.get() > 0) {
            fault += " clients outside: " + outside;
        }
        if (!fault.isEmpty()) {
            failed++;
        }
        System.err.println(name + ": " + (fault.isEmpty() ? "ok" : "FAILED " + fault + ", see " + log));
    }

    private List<String> command(String driver, boolean tap, SplittableRandom random) {
        String nic = tap ? "nic=tap:" + Lab.TAP + ",tap.host-ip=198.18.0.1/24" : "nic=memory";
        String frames = random.nextInt(3) == 0 ? ",frames=256" : "";
        String contexts = random.nextInt(4) == 0 ? ",contexts=2" : "";
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:MaxDirectMemorySize=48m",
                "-XX:+UseSerialGC",
                "-javaagent:" + agentJar + "=" + nic + ",ip=" + ADDRESS
                        + "/24,on-failure=fail,linger-on-exit=1s,driver=" + driver + frames + contexts,
                "-cp",
                System.getProperty("java.class.path"),
                ChaosProgram.class.getName(),
                ADDRESS,
                Integer.toString(PORT),
                Integer.toString(tap ? 0 : CLIENTS),
                Long.toString(random.nextLong()));
    }

    /** From outside: stops the process, has its wall clock step by up to a year, and takes the link down. */
    private void trouble(Process process, boolean tap, SplittableRandom random) throws Exception {
        long endNs = System.nanoTime() + random.nextInt(MIN_RUN_MS, MAX_RUN_MS) * 1_000_000L;
        while (System.nanoTime() < endNs && process.isAlive()) {
            Thread.sleep(random.nextInt(800));
            step(random.nextLong(-SECONDS_A_YEAR, SECONDS_A_YEAR));
            if (random.nextBoolean()) {
                signal(process, "STOP");
                Thread.sleep(random.nextInt(1_000));
                signal(process, "CONT");
            } else if (tap) {
                Lab.run("ip", "link", "set", "dev", Lab.TAP, "down");
                Thread.sleep(random.nextInt(1_000));
                Lab.run("ip", "link", "set", "dev", Lab.TAP, "up");
            }
        }
    }

    private void step(long seconds) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
        try (FileChannel file = FileChannel.open(clock, StandardOpenOption.WRITE)) {
            file.write(bytes.putLong(0, seconds));
        }
    }

    private static void signal(Process process, String name) throws IOException {
        Lab.run("kill", "-" + name, Long.toString(process.pid()));
    }

    /** Empty, or what has not come back to itself. */
    private String calm(Process process, Path log, ChaosClients outside) throws Exception {
        say(process, "calm");
        awaitLine(process, log, "calm", REPORT_SECONDS);
        long before = outside.messages.get();
        Thread.sleep(CALM_MS);
        String fault = outside.isEmpty() || outside.messages.get() > before
                ? ""
                : "no message of a client outside in " + CALM_MS + " ms after the troubles; ";
        if (!outside.stop(LEFT_MS)) {
            fault += "a client outside does not end; ";
        }
        say(process, "quiet");
        String line = awaitLine(process, log, "quiet", REPORT_SECONDS);
        Matcher told = STAGES.matcher(line);
        if (told.find()) {
            stages = Integer.parseInt(told.group(1));
            thrown = thrown.or(new BigInteger(told.group(2), 16));
        }
        int ends = Integer.parseInt(line.replaceFirst(".* ends (\\d+).*", "$1"));
        if (outside.cutShort.get() > ends) {
            fault += "cut short outside: " + outside + "; ";
        }
        return line.startsWith("quiet ok") ? fault : fault + line;
    }

    private static void say(Process process, String order) throws IOException {
        process.getOutputStream().write((order + "\n").getBytes(StandardCharsets.US_ASCII));
        process.getOutputStream().flush();
    }

    private String end(Process process, boolean bySignal) throws Exception {
        long startNs = System.nanoTime();
        if (bySignal) {
            process.destroy();
        } else {
            say(process, "exit");
        }
        if (!process.waitFor(EXIT_SECONDS, TimeUnit.SECONDS)) {
            return "not ended " + EXIT_SECONDS + " s after " + (bySignal ? "SIGTERM" : "System.exit") + ":\n"
                    + String.join("\n", Lab.says(List.of("timeout", "20", "jstack", Long.toString(process.pid()))));
        }
        slowestExit = Math.max(slowestExit, (System.nanoTime() - startNs) / 1e9);
        int code = process.exitValue();
        return code == 0 || code == 143 ? "" : "exit code " + code;
    }

    private static String awaitLine(Process process, Path log, String start, int seconds) throws Exception {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (true) {
            String text = Files.readString(log);
            List<String> lines = new ArrayList<>(
                    text.substring(0, text.lastIndexOf('\n') + 1).lines().toList());
            lines.removeIf(line -> !line.startsWith(start));
            if (!lines.isEmpty()) {
                return lines.get(0);
            }
            if (!process.isAlive() || System.nanoTime() > endNs) {
                throw new IOException("no line '" + start + "'"
                        + (process.isAlive()
                                ? ":\n"
                                        + String.join(
                                                "\n",
                                                Lab.says(List.of(
                                                        "timeout", "20", "jstack", Long.toString(process.pid()))))
                                : ", it ended with " + process.exitValue()));
            }
            Thread.sleep(20);
        }
    }
}
