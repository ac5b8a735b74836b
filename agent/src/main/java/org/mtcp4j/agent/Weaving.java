/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.io.IOException;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.instrument.UnmodifiableClassException;
import java.lang.reflect.Method;
import java.net.SocketImpl;
import java.security.ProtectionDomain;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.mtcp4j.agent.boot.Bridge;
import org.mtcp4j.spi.net.MtcpSocketImpl;
import org.mtcp4j.spi.nio.SideRules;

/** Leads methods of the JDK's to us. Not to be loaded before {@link BootClasses#define()}. */
final class Weaving {
    private static final String BRIDGE = "org/mtcp4j/agent/boot/Bridge";

    private static final String SOCKET_IMPL = "java/net/SocketImpl";
    private static final String FILE_CHANNEL = "sun/nio/ch/FileChannelImpl";
    private static final String STREAMS = "sun/nio/ch/Streams";

    /** What is woven, by class. */
    private static final Map<String, List<ClassPatch.Body>> BODIES = Map.of(
            SOCKET_IMPL,
            List.of(new ClassPatch.Body(
                    "createPlatformSocketImpl",
                    "(Z)Ljava/net/SocketImpl;",
                    "newSocketImpl",
                    "(Z)Ljava/net/SocketImpl;")),
            FILE_CHANNEL,
            List.of(
                    new ClassPatch.Body(
                            "transferTo",
                            "(JJLjava/nio/channels/WritableByteChannel;)J",
                            "transferTo",
                            "(Ljava/nio/channels/FileChannel;JJLjava/nio/channels/WritableByteChannel;)J",
                            ours(5)),
                    new ClassPatch.Body(
                            "transferFrom",
                            "(Ljava/nio/channels/ReadableByteChannel;JJ)J",
                            "transferFrom",
                            "(Ljava/nio/channels/FileChannel;Ljava/nio/channels/ReadableByteChannel;JJ)J",
                            ours(1))),
            STREAMS,
            List.of(
                    new ClassPatch.Body(
                            "of",
                            "(Ljava/nio/channels/ReadableByteChannel;)Ljava/io/InputStream;",
                            "input",
                            "(Ljava/nio/channels/ReadableByteChannel;)Ljava/io/InputStream;",
                            ours(0)),
                    new ClassPatch.Body(
                            "of",
                            "(Ljava/nio/channels/WritableByteChannel;)Ljava/io/OutputStream;",
                            "output",
                            "(Ljava/nio/channels/WritableByteChannel;)Ljava/io/OutputStream;",
                            ours(0))));

    private Weaving() {}

    private static ClassPatch.Guard ours(int slot) {
        return new ClassPatch.Guard("isOurs", "(Ljava/lang/Object;)Z", slot);
    }

    /** Weaves, and makes sure that the hook answers. */
    static void weave(Instrumentation instrumentation, SideRules rules) throws HalfDivertedException {
        Bridge.install(new StackHooks(rules));
        Transformer transformer = new Transformer();
        instrumentation.addTransformer(transformer, true);
        try {
            instrumentation.retransformClasses(SocketImpl.class);
        } catch (UnmodifiableClassException | LinkageError e) {
            throw new HalfDivertedException("java.net's sockets cannot be diverted (" + e + ")");
        }
        String failure = transformer.failure;
        weaveOptional(instrumentation, transformer);
        Object answer = probe();
        if (!(answer instanceof MtcpSocketImpl)) {
            throw new HalfDivertedException("java.net's sockets are not diverted: they are "
                    + (answer == null ? "of no class" : answer.getClass().getName())
                    + (failure == null
                            ? "; another agent changes java.net.SocketImpl too, remove it"
                            : ": " + failure));
        }
    }

    /**
     * Transfers between files and our channels, and on later releases streams over our channels. Without it they are slower, or hold a lock; so a
     * JDK that has these methods elsewhere is worth a warning, and no more.
     */
    private static void weaveOptional(Instrumentation instrumentation, Transformer transformer) {
        for (String name : new String[] {FILE_CHANNEL, STREAMS}) {
            try {
                // Loads and does not initialize. A list of all classes that are loaded would take a reference each of
                // JNI's.
                Class<?> loaded = Class.forName(name.replace('/', '.'), false, null);
                if (!transformer.asLoaded.contains(name)) {
                    instrumentation.retransformClasses(loaded);
                }
            } catch (ClassNotFoundException absent) {
                // Earlier releases have no such class.
            } catch (UnmodifiableClassException | LinkageError e) {
                warn(name.replace('/', '.'), e);
            }
        }
    }

    private static void warn(String className, Throwable why) {
        System.err.println("[mtcp] WARN " + className
                + " cannot be changed, transfers between files and channels, or streams over channels, are the JDK's slow ones ("
                + why + ")");
    }

    private static Object probe() throws HalfDivertedException {
        try {
            Method method = SocketImpl.class.getDeclaredMethod("createPlatformSocketImpl", boolean.class);
            method.setAccessible(true);
            return method.invoke(null, false);
        } catch (ReflectiveOperationException e) {
            throw new HalfDivertedException(
                    "this JDK makes java.net's sockets in another way (" + e + "); JDK 17 to 25 are known to work");
        }
    }

    /** Stays, so that a later retransformation by another agent keeps our bodies. */
    private static final class Transformer implements ClassFileTransformer {
        /** Why java.net's sockets could not be changed, or null: what a transformer throws is ignored silently. */
        volatile String failure;

        /** What was woven as it was loaded. */
        final Set<String> asLoaded = ConcurrentHashMap.newKeySet();

        @Override
        public byte[] transform(
                Module module,
                ClassLoader loader,
                String className,
                Class<?> redefined,
                ProtectionDomain domain,
                byte[] classFile) {
            List<ClassPatch.Body> bodies = loader == null && className != null ? BODIES.get(className) : null;
            if (bodies == null) {
                return null;
            }
            try {
                ClassPatch patch = new ClassPatch(BRIDGE, redefined == null);
                bodies.forEach(patch::replace);
                byte[] woven = patch.apply(classFile);
                if (redefined == null) {
                    asLoaded.add(className);
                }
                return woven;
            } catch (IOException | RuntimeException e) {
                if (className.equals(SOCKET_IMPL)) {
                    failure = e.toString();
                } else {
                    warn(className.replace('/', '.'), e);
                }
                return null;
            }
        }
    }
}
