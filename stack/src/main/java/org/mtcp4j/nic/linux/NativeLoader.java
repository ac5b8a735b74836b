/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.linux;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import org.mtcp4j.nic.NicUnavailableException;

/**
 * Makes the classes that name JNR-FFI. In the agent they stand with it in an inner jar and get a child-first class loader, so that
 * another version on the application's class path does no harm (jffi cannot be relocated: its JNI names break); elsewhere they come
 * from the class path. What they implement stands outside the inner jar, and is all that the rest of the program knows of them.
 */
public final class NativeLoader {
    /** The inner jar: jnr, jffi, ASM, and the classes that name them. */
    public static final String INNER_JAR = "META-INF/mtcp4j/native.jar";

    private static InnerLoader innerLoader;

    /** Null leaves the classes of the inner jar in their loader's unnamed module. */
    private static volatile BiConsumer<ClassLoader, Set<String>> modules;

    private NativeLoader() {}

    /**
     * Of the agent, before the first NIC is opened.
     *
     * @param maker makes a module of the packages that it is given, for the loader, before a class of them is loaded: the JVM allows
     *     native code to a named module alone, or to every unnamed one, the program's too
     */
    public static void makeModulesBy(BiConsumer<ClassLoader, Set<String>> maker) {
        modules = maker;
    }

    /**
     * A new instance of the class of that name, made by its constructor without parameters.
     *
     * @throws NicUnavailableException with one sentence where native code cannot be loaded
     */
    public static <T> T instantiate(Class<T> type, String implementation) throws NicUnavailableException {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try {
            ClassLoader loader = loader(type.getClassLoader());
            // jffi asks the context's loader first, which may know another version.
            thread.setContextClassLoader(loader);
            return Class.forName(implementation, true, loader)
                    .asSubclass(type)
                    .getDeclaredConstructor()
                    .newInstance();
        } catch (IOException | ReflectiveOperationException | LinkageError | RuntimeException e) {
            throw new NicUnavailableException(sentence(rootCause(e)), e);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** Where a library may be written that is to be loaded, the usual place first. */
    public static List<String> directories() {
        return InnerLoader.directories();
    }

    private static synchronized ClassLoader loader(ClassLoader own) throws IOException {
        if (innerLoader != null && innerLoader.getParent() == own) {
            return innerLoader;
        }
        try (InputStream inner = own == null ? null : own.getResourceAsStream(INNER_JAR)) {
            if (inner == null) {
                return own;
            }
            innerLoader = InnerLoader.load(inner, own, modules);
            return innerLoader;
        }
    }

    private static Throwable rootCause(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static String sentence(Throwable cause) {
        String text = "native calls by JNR-FFI cannot be loaded (" + oneLine(cause) + "); ";
        if (cause instanceof IllegalCallerException) {
            return text
                    + "this JVM denies native code to programs that it does not name: add --enable-native-access=ALL-UNNAMED,"
                    + " or remove --illegal-native-access=deny";
        }
        return text
                + "its library is written to a directory and loaded from there, which must be writable and not mounted noexec: set"
                + " -Djava.io.tmpdir to such a one";
    }

    static String oneLine(Throwable cause) {
        String message = cause.getMessage() == null ? "" : cause.getMessage();
        String first = message.lines().findFirst().orElse("");
        return (cause instanceof IOException ? "" : cause.getClass().getSimpleName() + ": ")
                + first.substring(0, Math.min(first.length(), 400)).strip();
    }
}
