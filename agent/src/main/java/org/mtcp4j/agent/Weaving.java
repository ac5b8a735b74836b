/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.io.IOException;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.instrument.UnmodifiableClassException;
import java.lang.reflect.Method;
import java.net.SocketImpl;
import java.security.ProtectionDomain;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.mtcp4j.agent.boot.Bridge;
import org.mtcp4j.spi.net.MtcpSocketImpl;
import org.mtcp4j.spi.nio.SideRules;

/** Leads methods of the JDK's to us. Not to be loaded before {@link BootClasses#define()}. */
final class Weaving {
    private static final String BRIDGE = "org/mtcp4j/agent/boot/Bridge";

    private Weaving() {}

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
        String failure = transformer.failures.get(SocketImpl.class.getName().replace('.', '/'));
        Object answer = probe();
        if (!(answer instanceof MtcpSocketImpl)) {
            throw new HalfDivertedException("java.net's sockets are not diverted: they are "
                    + (answer == null ? "of no class" : answer.getClass().getName())
                    + (failure == null
                            ? "; another agent changes java.net.SocketImpl too, remove it"
                            : ": " + failure));
        }
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
        /** Why a class could not be changed: what a transformer throws is ignored silently. */
        final Map<String, String> failures = new ConcurrentHashMap<>();

        @Override
        public byte[] transform(
                Module module,
                ClassLoader loader,
                String className,
                Class<?> redefined,
                ProtectionDomain domain,
                byte[] classFile) {
            if (loader != null || !"java/net/SocketImpl".equals(className)) {
                return null;
            }
            try {
                return new ClassPatch(BRIDGE)
                        .replace(new ClassPatch.Body(
                                "createPlatformSocketImpl",
                                "(Z)Ljava/net/SocketImpl;",
                                "newSocketImpl",
                                "(Z)Ljava/net/SocketImpl;"))
                        .apply(classFile);
            } catch (IOException | RuntimeException e) {
                failures.put(className, e.toString());
                return null;
            }
        }
    }
}
