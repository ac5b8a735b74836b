/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A child process with its output, both streams, in a file. Ends with this object, or with the test's JVM. */
final class Running implements AutoCloseable {
    private static final long POLL_MS = 20;

    private final Process process;
    private final Path output;
    private final Thread reaper;

    private Running(Process process, Path output) {
        this.process = process;
        this.output = output;
        reaper = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(reaper);
    }

    static Running start(List<String> command) throws IOException {
        Path output = Files.createTempFile("mtcp4j-it", ".out");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        return new Running(process, output);
    }

    /** Runs a command to its end. */
    static Ended run(int seconds, List<String> command) throws Exception {
        try (Running running = start(command)) {
            running.process.getOutputStream().close();
            return running.await(seconds);
        }
    }

    Ended await(int seconds) throws Exception {
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
            throw new AssertionError("not ended within " + seconds + " s; it printed:\n" + text());
        }
        return new Ended(process.exitValue(), text());
    }

    /** Waits until the output has a line that starts so. */
    void awaitLine(String start, int seconds) throws Exception {
        awaitLine(start, 0, seconds);
    }

    /** Waits for the line that starts so and has {@code before} such lines before it. */
    String awaitLine(String start, int before, int seconds) throws Exception {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (true) {
            // Only lines that have ended.
            String text = text();
            Optional<String> found = text.substring(0, text.lastIndexOf('\n') + 1)
                    .lines()
                    .filter(line -> line.startsWith(start))
                    .skip(before)
                    .findFirst();
            if (found.isPresent()) {
                return found.get();
            }
            if (!process.isAlive() || System.nanoTime() > endNs) {
                throw new AssertionError("no line '" + start + "'"
                        + (process.isAlive() ? "" : ", it ended with " + process.exitValue()) + "; it printed:\n"
                        + text());
            }
            Thread.sleep(POLL_MS);
        }
    }

    /** Sends an empty line to its standard input. */
    void enter() throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
    }

    /**
     * Writes a line to its standard input and waits for what it prints for it, as {@code LINE: ANSWER}.
     *
     * @return the answer
     */
    String ask(String line, int seconds) throws Exception {
        String start = line + ": ";
        long before = answers(start).count();
        process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (answers(start).count() == before) {
            if (!process.isAlive() || System.nanoTime() > endNs) {
                throw new AssertionError("no answer to '" + line + "'"
                        + (process.isAlive() ? "" : ", it ended with " + process.exitValue()) + "; it printed:\n"
                        + text());
            }
            Thread.sleep(1);
        }
        return answers(start).skip(before).findFirst().orElseThrow().substring(start.length());
    }

    /** Whole lines that begin so. */
    private Stream<String> answers(String start) throws IOException {
        String text = text();
        return text.substring(0, text.lastIndexOf('\n') + 1).lines().filter(line -> line.startsWith(start));
    }

    /** Nanoseconds of processor time of all threads that live. */
    long cpuNs() throws Exception {
        return schedulerNs(0);
    }

    /** Nanoseconds in which threads that live could have run and had no processor. */
    long processorAwaitedNs() throws Exception {
        return schedulerNs(1);
    }

    private long schedulerNs(int field) throws Exception {
        long sum = 0;
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid() + "/task"))) {
            for (Path task : (Iterable<Path>) tasks::iterator) {
                sum += Long.parseLong(
                        Files.readString(task.resolve("schedstat")).split(" ", 3)[field]);
            }
        }
        return sum;
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    String text() throws IOException {
        return Files.readString(output, StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        // A child that waits for a peer which is gone would outlive it.
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().removeShutdownHook(reaper);
        Files.deleteIfExists(output);
    }

    /** How a process ended, and what it printed. */
    record Ended(int exitCode, String text) {
        /** The output of a command that must succeed. */
        String ok() {
            if (exitCode != 0) {
                throw new AssertionError("exit code " + exitCode + "; it printed:\n" + text);
            }
            return text;
        }
    }
}
