/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.linux;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * Looks into the inner jar first, which it holds in memory: no file of ours is left behind, whatever ends the JVM, and its classes have the
 * rights that the agent's jar has. Only jffi's own library must be a file for a moment: it is removed as soon as it is loaded. Loads
 * nothing of {@code sun.nio.ch}, whose static state is the program's to set, so it reads and writes by {@code java.io}.
 */
final class InnerLoader extends ClassLoader {
    private static final String LIBRARY_PATH = "jffi.boot.library.path";
    private static final String STUB_LOADER = "com.kenai.jffi.internal.StubLoader";
    private static final String LIBRARIES = "jni/";

    private final Map<String, byte[]> entries;
    private final ProtectionDomain domain;

    static {
        registerAsParallelCapable();
    }

    private InnerLoader(Map<String, byte[]> entries, ClassLoader parent) {
        super("mtcp4j-native", parent);
        this.entries = entries;
        domain = InnerLoader.class.getProtectionDomain();
    }

    /**
     * A loader whose jffi has loaded its library.
     *
     * @param modules see {@link NativeLoader#makeModulesBy}
     * @throws IOException where no directory will have it
     */
    static InnerLoader load(InputStream jar, ClassLoader parent, BiConsumer<ClassLoader, Set<String>> modules)
            throws IOException {
        String platform = LIBRARIES + platform() + "/";
        Map<String, byte[]> entries = read(jar, platform);
        List<String> reasons = new ArrayList<>();
        for (String directory : directories()) {
            InnerLoader loader = new InnerLoader(entries, parent);
            if (modules != null) {
                modules.accept(loader, packages(entries));
            }
            Throwable reason = loader.tryLibrary(platform, Path.of(directory));
            if (reason == null) {
                return loader;
            }
            if (reason instanceof IllegalCallerException denied) {
                throw denied;
            }
            reasons.add(directory + ": " + NativeLoader.oneLine(reason));
        }
        throw new IOException(String.join("; ", reasons));
    }

    private static Set<String> packages(Map<String, byte[]> entries) {
        Set<String> packages = new HashSet<>();
        for (String name : entries.keySet()) {
            if (name.endsWith(".class")) {
                packages.add(name.substring(0, name.lastIndexOf('/')).replace('/', '.'));
            }
        }
        return packages;
    }

    /** As jffi names it. */
    private static String platform() {
        String arch = System.getProperty("os.arch", "");
        return (arch.equals("amd64") ? "x86_64" : arch) + "-Linux";
    }

    /** Where a library may be written, the usual place first. */
    static List<String> directories() {
        List<String> directories = new ArrayList<>();
        directories.add(System.getProperty("java.io.tmpdir"));
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        for (String directory : new String[] {runtime, System.getProperty("user.home"), "/var/tmp", "/dev/shm"}) {
            if (directory != null && directory.startsWith("/") && new File(directory).isDirectory()) {
                directories.add(directory);
            }
        }
        return directories;
    }

    private static Map<String, byte[]> read(InputStream jar, String platform) throws IOException {
        Map<String, byte[]> entries = new HashMap<>();
        ZipInputStream in = new ZipInputStream(jar);
        for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
            String name = entry.getName();
            if (!entry.isDirectory() && (!name.startsWith(LIBRARIES) || name.startsWith(platform))) {
                entries.put(name, in.readAllBytes());
            }
        }
        return entries;
    }

    /** Why it could not be loaded from there, or null. */
    private Throwable tryLibrary(String platform, Path parent) {
        Path directory = null;
        List<Path> written = new ArrayList<>();
        String before = System.getProperty(LIBRARY_PATH);
        try {
            directory = Files.createTempDirectory(parent, "mtcp4j-native");
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                if (entry.getKey().startsWith(platform)) {
                    Path file = directory.resolve(entry.getKey().substring(platform.length()));
                    written.add(file);
                    try (OutputStream out = new FileOutputStream(file.toFile())) {
                        out.write(entry.getValue());
                    }
                }
            }
            System.setProperty(LIBRARY_PATH, directory.toString());
            Class<?> stub = Class.forName(STUB_LOADER, true, this);
            boolean loaded = (boolean) stub.getMethod("isLoaded").invoke(null);
            return loaded
                    ? null
                    : rootCause((Throwable) stub.getMethod("getFailureCause").invoke(null));
        } catch (IOException | ReflectiveOperationException | LinkageError | RuntimeException e) {
            return rootCause(e);
        } finally {
            if (before == null) {
                System.clearProperty(LIBRARY_PATH);
            } else {
                System.setProperty(LIBRARY_PATH, before);
            }
            if (directory != null) {
                written.add(directory);
            }
            written.forEach(path -> path.toFile().delete());
        }
    }

    private static Throwable rootCause(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        byte[] bytes = entries.get(name.replace('.', '/') + ".class");
        if (bytes == null) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : defineClass(name, bytes, 0, bytes.length, domain);
        }
    }

    @Override
    public InputStream getResourceAsStream(String name) {
        byte[] bytes = entries.get(name);
        return bytes == null ? super.getResourceAsStream(name) : new ByteArrayInputStream(bytes);
    }
}
