/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.NicUnavailableException;

/** A program in a JVM of its own that opens a device, since DPDK is initialised once in a process. */
final class DpdkProbe {
    private DpdkProbe() {}

    /** Arguments: the device; "hold" to keep it open until standard input ends. */
    public static void main(String[] arguments) throws Exception {
        DpdkNicProvider provider = new DpdkNicProvider();
        String reason = provider.unavailable();
        System.out.println("unavailable: " + reason);
        if (reason != null) {
            return;
        }
        Map<String, String> before = threads();
        for (int round = 0; round < 2; round++) {
            try (Nic nic = provider.open(arguments[0], settings())) {
                System.out.println("opened " + nic.name());
                before.keySet().retainAll(threads().keySet());
                Map<String, String> during = threads();
                during.keySet().retainAll(before.keySet());
                System.out.println("threads " + (during.equals(before) ? "unchanged" : before + " became " + during));
                if (arguments.length > 1) {
                    while (System.in.read() >= 0) {
                        // Until the test has seen what it wanted.
                    }
                }
            } catch (NicUnavailableException e) {
                System.out.println("refused: " + e.getMessage());
                return;
            }
        }
        System.out.println("left " + left());
    }

    private static NicSettings settings() {
        return new NicSettings(
                1,
                1500,
                0,
                256,
                null,
                System::nanoTime,
                Map.of(
                        "log", System.getProperty("log", "info"),
                        "dpdk.eal-args", System.getProperty("eal-args", ""),
                        "dpdk.checksums", System.getProperty("checksums", "full")));
    }

    /** Processors and signal mask of each of the process's threads. */
    private static Map<String, String> threads() throws IOException {
        Map<String, String> all = new TreeMap<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            for (Path task : tasks.toList()) {
                try (Stream<String> lines = Files.lines(task.resolve("status"))) {
                    List<String> facts = lines.filter(
                                    line -> line.startsWith("Cpus_allowed:") || line.startsWith("SigBlk:"))
                            .toList();
                    all.put(task.getFileName().toString(), facts.toString());
                } catch (IOException e) {
                    // Ended meanwhile.
                }
            }
        }
        return all;
    }

    /** Files that DPDK would keep for this process. */
    private static List<String> left() throws IOException {
        String own = "mtcp4j-" + ProcessHandle.current().pid();
        List<String> found = new ArrayList<>();
        for (String parent : new String[] {"/var/run/dpdk", "/tmp/dpdk", "/dev/hugepages", "/dev/shm"}) {
            if (Files.isDirectory(Path.of(parent))) {
                try (Stream<Path> files = Files.list(Path.of(parent))) {
                    files.map(Path::toString).filter(file -> file.contains(own)).forEach(found::add);
                }
            }
        }
        return found;
    }

    // ---- the other side ---------------------------------------------------------------------------------------------

    /**
     * The command that starts this program.
     *
     * @param prefix words before it, as {@code setpriv ...}
     * @param firstOnClassPath null for nothing
     */
    static List<String> command(List<String> prefix, Path firstOnClassPath, String... arguments) {
        List<String> command = new ArrayList<>(prefix);
        String classPath = System.getProperty("java.class.path");
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                firstOnClassPath == null ? classPath : firstOnClassPath + File.pathSeparator + classPath,
                DpdkProbe.class.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Runs a command to its end and returns what it printed; the cache of shims is an empty directory. */
    static String run(Path directory, List<String> command) throws IOException, InterruptedException {
        Path output = Files.createTempFile(directory, "probe", ".out");
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("XDG_CACHE_HOME", directory.resolve("cache").toString());
        Process process = builder.redirectOutput(output.toFile())
                .redirectInput(new File("/dev/null"))
                .start();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
        return Files.readString(output) + "exit code " + process.exitValue();
    }
}
