/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.OwnFiles;

/**
 * DPDK's environment layer: one for the JVM, initialised with the first NIC and kept until the process ends, since it cannot be
 * initialised twice. Everything that configures runs on a thread that is thrown away: initialisation pins its thread to a processor,
 * and threads that DPDK starts inherit the signal mask.
 */
final class Eal {
    private static final long STACK_BYTES = 8 << 20;
    private static final int LOG_ERR = 4;
    private static final int LOG_NOTICE = 6;
    private static final int LOG_INFO = 7;
    private static final int MEBIBYTE = 1 << 20;
    /** Rings, ports' own memory, and what the allocator needs. */
    private static final int OVERHEAD_MIB = 64;

    private static Eal instance;
    /** What the one initialisation failed with. */
    private static String failure;

    final DpdkCalls calls;
    private final boolean hugepages;
    private final boolean pci;
    /** DPDK keeps pointers into it. */
    @SuppressWarnings({"unused", "UnusedVariable"})
    private final ByteBuffer arguments;

    private final Log log;
    private final long standardError;
    private int nextLcore = 1;

    private Eal(DpdkCalls calls, boolean hugepages, boolean pci, ByteBuffer arguments, Log log) {
        this.calls = calls;
        this.hugepages = hugepages;
        this.pci = pci;
        this.arguments = arguments;
        this.log = log;
        this.standardError = calls.standardError();
    }

    boolean hasHugepages() {
        return hugepages;
    }

    /** Whether PCI devices can be probed: it is decided by the first NIC. */
    boolean hasPci() {
        return pci;
    }

    /** An lcore id that no other queue has; mempools keep a cache for each. */
    synchronized int takeLcore() {
        int taken = nextLcore;
        nextLcore = nextLcore == 127 ? 1 : nextLcore + 1;
        return taken;
    }

    /**
     * The environment, initialised if it is not yet.
     *
     * @param needBytes of packet memory for the NIC that is about to be opened
     */
    static synchronized Eal get(DevArgs device, NicSettings settings, long needBytes) throws NicUnavailableException {
        if (instance == null) {
            if (failure != null) {
                throw new NicUnavailableException(failure);
            }
            DpdkCalls calls = Shim.load();
            try {
                instance = init(calls, device, settings, needBytes);
            } catch (NicUnavailableException e) {
                // DPDK does not promise that a second try works.
                failure = e.getMessage();
                throw e;
            }
        }
        return instance;
    }

    private static Eal init(DpdkCalls calls, DevArgs device, NicSettings settings, long needBytes)
            throws NicUnavailableException {
        int needMib = (int) (2 * needBytes / MEBIBYTE) + OVERHEAD_MIB;
        boolean huge = wantsHugepages(device, settings, needMib);
        List<String> words = arguments(device, settings, huge, needMib);
        ByteBuffer block = argumentBlock(calls, words);
        Log log = new Log(calls);
        int result = onThrowAwayThread(calls, () -> {
            log.start();
            return calls.ealInit(words.size(), calls.address(block)) < 0 ? -Math.max(1, calls.errno()) : 0;
        });
        if (result < 0) {
            calls.logStream(0);
            throw new NicUnavailableException(EalFailures.sentence(log.take(), huge, calls.errorText(-result)));
        }
        Eal eal = new Eal(calls, huge, device.isPci(), block, log);
        eal.logTo(settings);
        removeRuntimeDirectory();
        return eal;
    }

    /** Errors of DPDK's own go to standard error, more of them with {@code mtcp.log=debug}. */
    private void logTo(NicSettings settings) {
        calls.logStream(standardError);
        calls.logLevel(settings.option("log", "info").equals("debug") ? LOG_INFO : LOG_ERR);
    }

    /**
     * Runs a configuring call with DPDK's messages kept aside.
     *
     * @param said receives the messages
     */
    synchronized <T> T configure(NicSettings settings, StringBuilder said, Callable<T> call)
            throws NicUnavailableException {
        try {
            return onThrowAwayThread(calls, () -> {
                log.start();
                return call.call();
            });
        } finally {
            logTo(settings);
            said.append(log.take());
        }
    }

    private static <T> T onThrowAwayThread(DpdkCalls calls, Callable<T> call) throws NicUnavailableException {
        FutureTask<T> task = new FutureTask<>(() -> {
            calls.blockSignals();
            return call.call();
        });
        Thread thread = new Thread(null, task, "mtcp-dpdk-config", STACK_BYTES, false);
        thread.setDaemon(true);
        thread.start();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof NicUnavailableException unavailable) {
                throw unavailable;
            }
            throw new NicUnavailableException("configuring DPDK failed (" + e.getCause() + "); report this", e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    // ---- arguments --------------------------------------------------------------------------------------------------

    private static boolean wantsHugepages(DevArgs device, NicSettings settings, int needMib)
            throws NicUnavailableException {
        boolean has = Hugepages.freeMib() >= needMib;
        if (settings.option("dpdk.no-huge", "false").equals("true")
                || settings.option("dpdk.eal-args", "").contains("--no-huge")) {
            return false;
        }
        if (!has && device.isPci()) {
            throw new NicUnavailableException("PCI device " + device.name() + " needs " + needMib
                    + " MiB of hugepages, but " + Hugepages.freeMib() + " MiB are free; as root: 'echo "
                    + Math.max(64, needMib / 2 + 1)
                    + " > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages', or try mtcp.dpdk.no-huge=true");
        }
        return has;
    }

    private static List<String> arguments(DevArgs device, NicSettings settings, boolean huge, int needMib) {
        List<String> own = Arrays.stream(
                        settings.option("dpdk.eal-args", "").strip().split("\\s+"))
                .filter(word -> !word.isEmpty())
                .toList();
        List<String> words = new ArrayList<>(List.of("mtcp4j"));
        addUnless(own, words, "--lcores", "0@(" + allowedProcessors() + ")");
        addUnless(own, words, "--file-prefix", filePrefix());
        addUnless(own, words, "--no-telemetry", null);
        if (huge) {
            // No file of its own, neither hugepages nor configuration.
            addUnless(own, words, "--in-memory", null);
        } else {
            addUnless(own, words, "--no-huge", null);
            addUnless(own, words, "--no-shconf", null);
            addUnless(own, words, "-m", Integer.toString(needMib));
        }
        if (device.isPci()) {
            addUnless(own, words, "-a", device.text());
        } else {
            addUnless(own, words, "--no-pci", null);
            addUnless(own, words, "--iova-mode", "va");
        }
        words.addAll(own);
        return words;
    }

    private static void addUnless(List<String> own, List<String> words, String option, String value) {
        for (String word : own) {
            if (word.equals(option) || word.startsWith(option + "=")) {
                return;
            }
        }
        words.add(option);
        if (value != null) {
            words.add(value);
        }
    }

    private static String filePrefix() {
        return "mtcp4j-" + ProcessHandle.current().pid();
    }

    /** As {@code 0-3,5}: what the main lcore, which nobody uses, may float on. */
    private static String allowedProcessors() {
        try {
            return OwnFiles.read(Path.of("/proc/self/status"))
                    .lines()
                    .filter(line -> line.startsWith("Cpus_allowed_list:"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("0");
        } catch (IOException e) {
            return "0";
        }
    }

    private static ByteBuffer argumentBlock(DpdkCalls calls, List<String> words) {
        int bytes = (words.size() + 1) * Long.BYTES;
        for (String word : words) {
            bytes += word.getBytes(StandardCharsets.UTF_8).length + 1;
        }
        ByteBuffer block = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
        int at = (words.size() + 1) * Long.BYTES;
        for (int i = 0; i < words.size(); i++) {
            byte[] text = words.get(i).getBytes(StandardCharsets.UTF_8);
            block.putLong(i * Long.BYTES, calls.address(block) + at);
            block.put(at, text);
            at += text.length + 1;
        }
        return block;
    }

    /** Nothing in it is needed again: there are no secondary processes. */
    private static void removeRuntimeDirectory() {
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        for (String parent : new String[] {"/var/run", runtime == null ? "/tmp" : runtime, "/tmp"}) {
            Path directory = Path.of(parent, "dpdk", filePrefix());
            if (isOwn(directory.getParent()) && isOwn(directory)) {
                try (Stream<Path> files = Files.list(directory)) {
                    for (Path file : files.toList()) {
                        Files.deleteIfExists(file);
                    }
                    Files.deleteIfExists(directory);
                } catch (IOException e) {
                    // Another user's, or in use after all: it does no harm.
                }
            }
        }
    }

    /** Another user may have made a link there, in /tmp, to have the files behind it removed. */
    private static boolean isOwn(Path directory) {
        try {
            return Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS) && OwnFiles.distrust(directory) == null;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * DPDK's messages, in a file without a name. It stays open: another thread of DPDK's may be writing to it when the stream is
     * changed.
     */
    private static final class Log {
        private final DpdkCalls calls;
        private final long stream;
        private final Path file;
        private int taken;

        Log(DpdkCalls calls) {
            this.calls = calls;
            Path named = null;
            long opened = 0;
            try {
                named = Files.createTempFile("mtcp4j-dpdk", ".log");
                opened = calls.openStream(named.toString());
                Files.delete(named);
            } catch (IOException e) {
                // Without it sentences are less exact.
            }
            stream = opened;
            file = opened == 0 ? null : Path.of("/proc/self/fd/" + calls.descriptor(opened));
        }

        void start() {
            if (stream != 0) {
                calls.logStream(stream);
                calls.logLevel(LOG_NOTICE);
            }
        }

        /** What was said since the last call. */
        String take() {
            try {
                String text = file == null ? "" : OwnFiles.read(file);
                String fresh = text.substring(taken);
                taken = text.length();
                return fresh;
            } catch (IOException e) {
                return "";
            }
        }
    }
}
