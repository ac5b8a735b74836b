/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;

/**
 * Sees the classes of transports that make their sockets in native code, past the JDK, as they are loaded: those of Netty, also relocated
 * ones, are told that they are not available ({@code mtcp.netty=nio}), so the program takes NIO; others are reported. Changes no class.
 */
final class NativeTransports implements ClassFileTransformer {
    /** Ends of class names by which Netty's native transports are known, with the transports' names. */
    private static final Map<String, String> NETTY = Map.of(
            "io/netty/channel/epoll/Epoll", "epoll",
            "io/netty/channel/uring/IoUring", "io_uring",
            "io/netty/incubator/channel/uring/IOUring", "io_uring",
            "io/netty/channel/kqueue/KQueue", "kqueue");

    private static final String NO_NATIVE = "io.netty.transport.noNative";
    private static final String APR = "org/apache/tomcat/util/net/AprEndpoint";

    private static final List<String> SEEN = new CopyOnWriteArrayList<>();

    private final boolean steer;
    private final boolean info;
    private final boolean warn;

    private NativeTransports(StackConfig config) {
        steer = config.is(Key.NETTY, "nio");
        warn = !config.is(Key.LOG, "error");
        info = warn && !config.is(Key.LOG, "warn");
    }

    static void watch(Instrumentation instrumentation, StackConfig config) {
        instrumentation.addTransformer(new NativeTransports(config), false);
    }

    /** A sentence for each that was seen, for {@code stat}; each ends with a newline. */
    static String report() {
        StringBuilder text = new StringBuilder();
        SEEN.forEach(line -> text.append("native: ").append(line).append('\n'));
        return text.toString();
    }

    @Override
    public byte[] transform(
            Module module,
            ClassLoader loader,
            String className,
            Class<?> redefined,
            ProtectionDomain domain,
            byte[] classFile) {
        if (className == null || loader == null) {
            return null;
        }
        if (className.equals(APR)) {
            warn("Tomcat's APR connector makes its sockets in native code, they are the kernel's; use"
                    + " protocol=\"org.apache.coyote.http11.Http11NioProtocol\"");
            return null;
        }
        int netty = className.lastIndexOf("io/netty/");
        String transport = netty < 0 ? null : NETTY.get(className.substring(netty));
        if (transport != null) {
            netty(className.substring(0, netty).replace('/', '.'), transport);
        }
        return null;
    }

    /** @param prefix of a relocated Netty, whose property is relocated too; else empty */
    private void netty(String prefix, String transport) {
        String property = prefix + NO_NATIVE;
        String known = System.getProperty(property);
        if (steer && known == null) {
            // The class is initialized after it is loaded, and looks at this then.
            System.setProperty(property, "true");
            info("Netty's " + transport + " transport is not offered, so the program takes NIO and is on the stack"
                    + " (mtcp.netty=nio)");
        } else if (!Boolean.parseBoolean(known)) {
            warn("Netty's " + transport + " transport makes its sockets in native code, they are the kernel's ("
                    + (steer ? "-D" + property + "=" + known : "mtcp.netty=native") + ")");
        }
    }

    private void info(String line) {
        SEEN.add(line);
        if (info) {
            System.err.println("[mtcp] INFO " + line);
        }
    }

    private void warn(String line) {
        SEEN.add(line);
        if (warn) {
            System.err.println("[mtcp] WARN " + line);
        }
    }
}
