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
 * Makes the classes that name JNR-FFI. In the agent they stand with it in an inner jar and get a child-first class loader, so that
 * another version on the application's class path does no harm (jffi cannot be relocated: its JNI names break); elsewhere they come
 * from the class path. What they implement stands outside the inner jar, and is all that the rest of the program knows of them.
 */
public final class NativeLoader {
    /** The inner jar: jnr, jffi, ASM, and the classes that name them. */
    public static final String INNER_JAR = "META-INF/mtcp4j/native.jar";

    private static ClassLoader innerLoader;

    private NativeLoader() {}

    /**
     * A new instance of the class of that name, made by its constructor without parameters.
     *
     * @throws NicUnavailableException with one sentence where native code cannot be loaded
     */
    public static <T> T instantiate(Class<T> type, String implementation) throws NicUnavailableException {
        try {
            return Class.forName(implementation, true, loader(type.getClassLoader()))
                    .asSubclass(type)
                    .getDeclaredConstructor()
                    .newInstance();
        } catch (IOException | ReflectiveOperationException | LinkageError | RuntimeException e) {
            throw new NicUnavailableException(
                    "native calls by JNR-FFI cannot be loaded (" + rootCause(e)
                            + "); is the temporary directory mounted noexec? set -Djava.io.tmpdir to another one",
                    e);
        }
    }

    private static synchronized ClassLoader loader(ClassLoader own) throws IOException {
        URL inner = own == null ? null : own.getResource(INNER_JAR);
        if (inner == null) {
            return own;
        }
        if (innerLoader == null || innerLoader.getParent() != own) {
            innerLoader = new InnerLoader(extract(inner), own);
        }
        return innerLoader;
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
            if (name.startsWith("java.")) {
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
