/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.linux;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.mtcp4j.nic.NicUnavailableException;

/**
 * Loads {@link LinuxCalls} once, when first asked. In the agent JNR-FFI stands in an inner jar and gets a child-first class loader, so
 * that another version on the application's class path does no harm (jffi cannot be relocated: its JNI names break); elsewhere it
 * comes from the class path.
 */
public final class LinuxCallsLoader {
    /** The inner jar: jnr, jffi, ASM, and {@code JnrLinuxCalls} with its nested classes. */
    public static final String INNER_JAR = "META-INF/mtcp4j/native.jar";

    private static final String IMPLEMENTATION = "org.mtcp4j.nic.linux.JnrLinuxCalls";
    private static LinuxCalls calls;

    private LinuxCallsLoader() {}

    /** @throws NicUnavailableException with one sentence where native code cannot be loaded */
    public static synchronized LinuxCalls load() throws NicUnavailableException {
        if (calls == null) {
            if (!System.getProperty("os.name", "").startsWith("Linux")) {
                throw new NicUnavailableException("TAP devices and descriptor wake-ups need Linux, but this is "
                        + System.getProperty("os.name") + "; use mtcp.nic=memory");
            }
            try {
                calls = instantiate();
            } catch (IOException | ReflectiveOperationException | LinkageError | RuntimeException e) {
                throw new NicUnavailableException(
                        "native calls by JNR-FFI cannot be loaded (" + rootCause(e)
                                + "); is the temporary directory mounted noexec? set -Djava.io.tmpdir to another one",
                        e);
            }
        }
        return calls;
    }

    private static LinuxCalls instantiate() throws IOException, ReflectiveOperationException {
        ClassLoader own = LinuxCallsLoader.class.getClassLoader();
        URL inner = own == null ? null : own.getResource(INNER_JAR);
        ClassLoader loader = inner == null ? own : new InnerLoader(extract(inner), own);
        return Class.forName(IMPLEMENTATION, true, loader)
                .asSubclass(LinuxCalls.class)
                .getDeclaredConstructor()
                .newInstance();
    }

    private static URL extract(URL inner) throws IOException {
        Path file = Files.createTempFile("mtcp4j-native", ".jar");
        file.toFile().deleteOnExit();
        try (InputStream in = inner.openStream()) {
            Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        }
        return file.toUri().toURL();
    }

    private static String rootCause(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getClass().getSimpleName() + ": " + cause.getMessage();
    }

    /** Looks into the inner jar first, for classes and for resources (jffi's stub library is one). */
    private static final class InnerLoader extends URLClassLoader {
        InnerLoader(URL jar, ClassLoader parent) {
            super("mtcp4j-native", new URL[] {jar}, parent);
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            // The interface is the one type that both sides must share.
            if (name.startsWith("java.") || name.equals(LinuxCalls.class.getName())) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> found = findLoadedClass(name);
                if (found == null && findResource(name.replace('.', '/') + ".class") != null) {
                    found = findClass(name);
                }
                return found != null ? found : super.loadClass(name, resolve);
            }
        }

        @Override
        public URL getResource(String name) {
            URL found = findResource(name);
            return found != null ? found : super.getResource(name);
        }
    }
}
