/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicFactory;
import org.mtcp4j.nic.NicSettings;

class LinuxCallsLoaderTest {
    @BeforeEach
    void linuxOnly() {
        assumeTrue(System.getProperty("os.name").startsWith("Linux"), "needs Linux");
    }

    @Test
    void callsReturnWhatTheyReturnOrMinusErrno() throws Exception {
        LinuxCalls calls = LinuxCallsLoader.load();
        assertThat(LinuxCallsLoader.load()).isSameAs(calls);
        assertThat(calls.open("/no/such/file", LinuxCalls.O_RDWR)).isEqualTo(-LinuxCalls.ENOENT);
        assertThat(calls.errorText(LinuxCalls.ENOENT)).isEqualTo("No such file or directory");
        int event = calls.eventfd(0, LinuxCalls.EFD_NONBLOCK | LinuxCalls.EFD_CLOEXEC);
        assertThat(event).isPositive();
        ByteBuffer eight = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
        assertThat(calls.read(event, calls.address(eight), 8)).isEqualTo(-LinuxCalls.EAGAIN);
        eight.putLong(0, 7);
        assertThat(calls.write(event, calls.address(eight), 8)).isEqualTo(8);
        eight.putLong(0, 0);
        assertThat(calls.read(event, calls.address(eight), 8)).isEqualTo(8);
        assertThat(eight.getLong(0)).isEqualTo(7);
        assertThat(calls.close(event)).isZero();
        assertThat(calls.close(event)).isNegative();
    }

    /** As in the agent: JNR-FFI only in the inner jar, the stack outside, and an application without any JNR. */
    @Test
    void takesJnrFromTheInnerJarWhereThereIsOne(@TempDir Path directory) throws Exception {
        Path inner = directory.resolve(NativeLoader.INNER_JAR);
        Files.createDirectories(inner.getParent());
        writeInnerJar(inner);
        URL[] outside = {
            directory.toUri().toURL(), classesOf(LinuxCallsLoader.class).toUri().toURL()
        };
        try (URLClassLoader loader = new URLClassLoader(outside, ClassLoader.getPlatformClassLoader())) {
            Class<?> outer = loader.loadClass(LinuxCallsLoader.class.getName());
            Object calls = outer.getMethod("load").invoke(null);
            assertThat(calls.getClass().getClassLoader().getName()).isEqualTo("mtcp4j-native");
            Object fd = loader.loadClass(LinuxCalls.class.getName())
                    .getMethod("eventfd", int.class, int.class)
                    .invoke(calls, 0, LinuxCalls.EFD_CLOEXEC);
            assertThat((int) fd).isPositive();
            LinuxCallsLoader.load().close((int) fd);
        }
    }

    /** Moves a frame over a memory NIC in a JVM that says which classes it loads. */
    @Test
    void theMemoryNicLoadsNothingNative() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xlog:class+load",
                        "-Xshare:auto",
                        "-cp",
                        System.getProperty("java.class.path"),
                        OverMemory.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        assertThat(output).contains("org.mtcp4j.nic.MemoryNic").contains("org.mtcp4j.nic.linux.TapNicProvider");
        assertThat(output)
                .doesNotContain(" jnr.")
                .doesNotContain(" com.kenai.")
                .doesNotContain("JnrLinuxCalls ")
                .doesNotContain("LinuxCallsLoader ");
    }

    static final class OverMemory {
        private OverMemory() {}

        public static void main(String[] arguments) throws Exception {
            NicSettings settings = new NicSettings(1, 1500, 0, 64, null, System::nanoTime);
            try (Nic nic = NicFactory.open("memory", settings, "")) {
                FrameBatch batch = new FrameBatch(1);
                batch.add(nic.queue(0).allocate(), 60, 0);
                nic.queue(0).transmit(batch);
                batch.count = 0;
                System.exit(nic.queue(0).receive(batch) == 1 ? 0 : 1);
            }
        }
    }

    private static Path classesOf(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    private static void writeInnerJar(Path jar) throws Exception {
        List<String> libraries = Arrays.stream(
                        System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(path -> path.matches(".*/(jnr-|jffi|asm)[^/]*\\.jar"))
                .toList();
        assertThat(libraries).isNotEmpty();
        Set<String> written = new HashSet<>();
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            for (String library : libraries) {
                try (JarFile from = new JarFile(library)) {
                    Enumeration<JarEntry> entries = from.entries();
                    while (entries.hasMoreElements()) {
                        JarEntry entry = entries.nextElement();
                        boolean wanted =
                                !entry.isDirectory() && !entry.getName().contains("META-INF");
                        if (wanted && written.add(entry.getName())) {
                            try (InputStream in = from.getInputStream(entry)) {
                                copy(out, entry.getName(), in);
                            }
                        }
                    }
                }
            }
            for (String name : List.of("JnrLinuxCalls.class", "JnrLinuxCalls$Libc.class")) {
                try (InputStream in = LinuxCallsLoader.class.getResourceAsStream(name)) {
                    copy(out, "org/mtcp4j/nic/linux/" + name, in);
                }
            }
        }
    }

    private static void copy(JarOutputStream out, String name, InputStream in) throws IOException {
        out.putNextEntry(new JarEntry(name));
        in.transferTo(out);
    }
}
