/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.NativeLoader;
import org.mtcp4j.nic.linux.OwnFiles;

/**
 * Finds the shim that fits the DPDK of this machine: the one the build put into the jar, or one that {@code doctor --build-dpdk} has
 * built here and kept in the user's cache directory. A shim is bound to one ABI version of DPDK by the library names that it needs,
 * and to one mtcp4j by a digest of its source.
 */
public final class Shim {
    private static final String RESOURCES = "/META-INF/mtcp4j/dpdk/";
    private static final String SOURCE = "mtcp4j_dpdk.c";
    private static final String IMPLEMENTATION = "org.mtcp4j.dpdk.JnrDpdkCalls";
    private static final long BUILD_SECONDS = 120;

    private static DpdkCalls loaded;
    /** Files of ours; a library that is loaded needs its file no more. */
    private static final List<Path> EXTRACTED = new ArrayList<>();

    private Shim() {}

    /**
     * DPDK's functions, loaded once.
     *
     * @throws NicUnavailableException with one sentence: no Linux, no libdpdk, no shim for it
     */
    static synchronized DpdkCalls load() throws NicUnavailableException {
        if (loaded != null) {
            return loaded;
        }
        if (!System.getProperty("os.name", "").startsWith("Linux")) {
            throw new NicUnavailableException(
                    "DPDK needs Linux here, but this is " + System.getProperty("os.name") + "; use mtcp.nic=memory");
        }
        try {
            return load(candidates());
        } finally {
            EXTRACTED.forEach(file -> file.toFile().delete());
            EXTRACTED.clear();
        }
    }

    private static DpdkCalls load(List<Path> candidates) throws NicUnavailableException {
        List<String> failures = new ArrayList<>();
        for (Path candidate : candidates) {
            DpdkCalls calls = NativeLoader.instantiate(DpdkCalls.class, IMPLEMENTATION);
            try {
                calls.load(candidate.toString());
                check(calls);
                loaded = calls;
                return calls;
            } catch (LinkageError e) {
                failures.add(firstLine(e.getMessage()));
            } catch (NicUnavailableException e) {
                failures.add(e.getMessage());
            }
        }
        throw new NicUnavailableException(sentence(failures));
    }

    private static void check(DpdkCalls calls) throws NicUnavailableException {
        if (calls.shimId() != sourceId()) {
            throw new NicUnavailableException("the shim was built for another version of mtcp4j");
        }
        String version = calls.version();
        // "DPDK 22.11.11": year and the ABI's first release of that year, or a later one of the same ABI.
        if (!version.startsWith("DPDK " + calls.builtFor())) {
            throw new NicUnavailableException(
                    "the shim was built for DPDK " + calls.builtFor() + ", but the library is " + version);
        }
    }

    private static String sentence(List<String> failures) {
        boolean missing = failures.stream().anyMatch(text -> text.contains("cannot open shared object file"));
        if (failures.isEmpty() || (missing && installed() != null)) {
            String found = installed();
            return found == null
                    ? "DPDK is not installed (no librte_ethdev.so here); install it, as 'apt-get install dpdk libdpdk-dev gcc"
                            + " pkg-config', then run 'java -jar mtcp4j-agent.jar doctor --build-dpdk'"
                    : "there is no shim for the DPDK installed here (" + found
                            + "); build it with 'apt-get install libdpdk-dev gcc pkg-config' and"
                            + " 'java -jar mtcp4j-agent.jar doctor --build-dpdk'";
        }
        if (missing) {
            return "DPDK is not installed (" + failures.get(0) + "); install it, as 'apt-get install dpdk'";
        }
        return "DPDK's shim cannot be loaded (" + String.join("; ", failures)
                + "); build it anew with 'java -jar mtcp4j-agent.jar doctor --build-dpdk'";
    }

    /** The file name of the newest librte_ethdev that the loader would find, or null. */
    private static String installed() {
        for (String directory : List.of(
                "/usr/local/lib/x86_64-linux-gnu",
                "/usr/local/lib/aarch64-linux-gnu",
                "/usr/local/lib64",
                "/usr/local/lib",
                "/usr/lib/x86_64-linux-gnu",
                "/usr/lib/aarch64-linux-gnu",
                "/usr/lib64",
                "/usr/lib")) {
            try (Stream<Path> files = Files.list(Path.of(directory))) {
                String found = files.map(file -> file.getFileName().toString())
                        .filter(name -> name.matches("librte_ethdev\\.so\\.\\d+"))
                        .findFirst()
                        .orElse(null);
                if (found != null) {
                    return found;
                }
            } catch (IOException e) {
                // No such directory: look into the next.
            }
        }
        return null;
    }

    private static String firstLine(String text) {
        return text == null ? "no reason given" : text.lines().findFirst().orElse("");
    }

    // ---- where shims are --------------------------------------------------------------------------------------------

    /** What the user built comes first; what is in the jar is written out. */
    private static List<Path> candidates() throws NicUnavailableException {
        List<Path> found = new ArrayList<>();
        Path cache = cacheDirectory();
        if (cache.isAbsolute() && Files.isDirectory(cache)) {
            requireTrust(cache);
            try (Stream<Path> files = Files.list(cache)) {
                files.filter(file -> file.getFileName().toString().endsWith(fileSuffix()))
                        .filter(Files::isReadable)
                        .sorted()
                        .forEach(found::add);
                boolean isNoexec = OwnFiles.isNoexec(cache);
                for (int i = 0; i < found.size(); i++) {
                    requireTrust(found.get(i));
                    if (isNoexec) {
                        try (InputStream in = new FileInputStream(found.get(i).toFile())) {
                            found.set(i, writeOut(in));
                        }
                    }
                }
            } catch (IOException e) {
                throw new NicUnavailableException(
                        "the shim's cache " + cache + " cannot be read (" + e.getMessage() + "); remove it", e);
            }
        }
        try (InputStream index = Shim.class.getResourceAsStream(RESOURCES + "index")) {
            if (index != null) {
                for (String name : words(new String(index.readAllBytes(), StandardCharsets.US_ASCII))) {
                    if (name.endsWith(System.getProperty("os.arch") + ".so")) {
                        found.add(extract(name));
                    }
                }
            }
        } catch (IOException e) {
            throw new NicUnavailableException(
                    "DPDK's shim cannot be written where it can be loaded from (" + e.getMessage()
                            + "); set -Djava.io.tmpdir to another directory",
                    e);
        }
        return found;
    }

    /** What is loaded from a file runs with all that the program may do. */
    private static void requireTrust(Path path) throws NicUnavailableException {
        String reason;
        try {
            reason = OwnFiles.distrustUnlessRoots(path);
        } catch (IOException e) {
            reason = path + " cannot be read (" + e.getMessage() + ")";
        }
        if (reason != null) {
            throw new NicUnavailableException("DPDK's shim is not loaded from its cache, since " + reason
                    + "; remove it, or set XDG_CACHE_HOME to a directory of this user's, and run 'java -jar mtcp4j-agent.jar doctor"
                    + " --build-dpdk'");
        }
    }

    private static Path extract(String name) throws IOException {
        try (InputStream in = Shim.class.getResourceAsStream(RESOURCES + name)) {
            if (in == null) {
                throw new IOException(name + " is missing in the jar");
            }
            return writeOut(in);
        }
    }

    /** To the first directory where a library can be loaded from. */
    private static Path writeOut(InputStream in) throws IOException {
        List<String> reasons = new ArrayList<>();
        for (String directory : NativeLoader.directories()) {
            Path file;
            try {
                if (OwnFiles.isNoexec(Path.of(directory))) {
                    reasons.add(directory + " is mounted noexec");
                    continue;
                }
                file = Files.createTempFile(Path.of(directory), "mtcp4j-dpdk", ".so");
            } catch (IOException e) {
                reasons.add(e.toString());
                continue;
            }
            EXTRACTED.add(file);
            // Not by Files, which initializes classes whose static state is the program's to set.
            try (OutputStream out = new FileOutputStream(file.toFile())) {
                in.transferTo(out);
            }
            return file;
        }
        throw new IOException(String.join("; ", reasons));
    }

    private static String fileSuffix() {
        return String.format("-%08x-%s.so", sourceId(), System.getProperty("os.arch"));
    }

    /** {@code $XDG_CACHE_HOME/mtcp4j}, else {@code ~/.cache/mtcp4j}. */
    static Path cacheDirectory() {
        String cache = System.getenv("XDG_CACHE_HOME");
        return cache != null && cache.startsWith("/")
                ? Path.of(cache, "mtcp4j")
                : Path.of(System.getProperty("user.home"), ".cache", "mtcp4j");
    }

    /** First 32 bits of the SHA-256 of the source. */
    static int sourceId() {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(source());
            return ByteBuffer.wrap(digest).getInt();
        } catch (NoSuchAlgorithmException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] source() throws IOException {
        try (InputStream in = Shim.class.getResourceAsStream(RESOURCES + SOURCE)) {
            if (in == null) {
                throw new IOException("the shim's source is missing in the jar");
            }
            return in.readAllBytes();
        }
    }

    // ---- building ---------------------------------------------------------------------------------------------------

    /**
     * Builds the shim for the DPDK of this machine and keeps it in the cache directory.
     *
     * @return the file
     * @throws NicUnavailableException with one sentence: no gcc, no pkg-config, no libdpdk-dev, or what the compiler says
     */
    public static Path build() throws NicUnavailableException {
        Path directory = cacheDirectory();
        try {
            String release = run("pkg-config", "--modversion", "libdpdk").strip();
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
            requireTrust(directory);
            Path source = directory.resolve(SOURCE);
            Files.write(source, source());
            Path file = directory.resolve("dpdk-" + release.replaceAll("[^0-9.].*", "") + fileSuffix());
            Path fresh = Files.createTempFile(directory, "shim", ".so");
            List<String> command = new ArrayList<>(List.of(
                    "gcc",
                    "-O3",
                    "-shared",
                    "-fPIC",
                    "-DSHIM_ID=" + Integer.toUnsignedString(sourceId()),
                    source.toString(),
                    "-o",
                    fresh.toString()));
            command.addAll(words(run("pkg-config", "--cflags", "libdpdk")));
            command.add("-Wl,--as-needed");
            command.addAll(words(run("pkg-config", "--libs", "libdpdk")));
            try {
                run(command.toArray(String[]::new));
                Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(fresh);
            }
            return file;
        } catch (IOException e) {
            throw new NicUnavailableException(
                    "the shim cannot be built in " + directory + " (" + e.getMessage()
                            + "); set XDG_CACHE_HOME to a directory that can be written to",
                    e);
        }
    }

    private static List<String> words(String text) {
        return List.of(text.strip().split("\\s+"));
    }

    private static String run(String... command) throws NicUnavailableException {
        try {
            Path output = Files.createTempFile("mtcp4j-build", ".txt");
            try {
                Process process = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
                if (!process.waitFor(BUILD_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new NicUnavailableException(command[0] + " did not end within " + BUILD_SECONDS
                            + " s; is the machine overloaded? try again");
                }
                String text = Files.readString(output);
                if (process.exitValue() != 0) {
                    throw new NicUnavailableException(
                            "pkg-config".equals(command[0])
                                    ? "DPDK's headers are not installed (pkg-config does not know libdpdk); install"
                                            + " them, as 'apt-get install libdpdk-dev'"
                                    : "gcc cannot build DPDK's shim: "
                                            + text.lines()
                                                    .filter(line -> line.contains("error"))
                                                    .findFirst()
                                                    .orElse(firstLine(text))
                                            + "; is this DPDK 22.11 or newer? report this");
                }
                return text;
            } finally {
                Files.deleteIfExists(output);
            }
        } catch (IOException e) {
            throw new NicUnavailableException(
                    command[0] + " is not installed, which the shim is built with; install it, as 'apt-get install gcc"
                            + " libc6-dev pkg-config libdpdk-dev'",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NicUnavailableException("the build of DPDK's shim was interrupted; run it again", e);
        }
    }
}
