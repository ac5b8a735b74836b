/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.net.StandardProtocolFamily;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.nio.channels.spi.SelectorProvider;
import sun.nio.ch.DefaultAsynchronousChannelProvider;
import sun.nio.ch.DefaultSelectorProvider;

/**
 * The way to the JDK's own provider, which lives in a package of java.base that is exported by the agent, by {@code
 * --add-exports=java.base/sun.nio.ch=ALL-UNNAMED}, or, where neither is there, by ourselves through {@code sun.misc.Unsafe} (JDK 24 and
 * later print a warning about that).
 */
public final class KernelProvider {
    private static final String PACKAGE = "sun.nio.ch";

    private KernelProvider() {}

    /** The JDK's provider. */
    public static SelectorProvider get() {
        if (Holder.FAILURE != null) {
            throw new IllegalStateException(
                    "the JDK's own channels are out of reach; start Java with --add-exports=java.base/" + PACKAGE
                            + "=ALL-UNNAMED, or with -javaagent:mtcp4j-agent.jar (" + Holder.FAILURE + ")");
        }
        return Holder.PROVIDER;
    }

    /** The JDK's provider of asynchronous channels. */
    public static AsynchronousChannelProvider asynchronous() {
        get();
        return DefaultAsynchronousChannelProvider.create();
    }

    /** Whether the machine has IPv6: then sockets without a family are INET6 and dual-stack, as the JDK's. */
    public static boolean isIpv6Available() {
        return Ipv6.AVAILABLE;
    }

    private static final class Holder {
        /** Null when the package is open to us. */
        static final String FAILURE = exportPackage();

        static final SelectorProvider PROVIDER = FAILURE == null ? DefaultSelectorProvider.get() : null;

        private static String exportPackage() {
            Module base = Object.class.getModule();
            if (base.isExported(PACKAGE, KernelProvider.class.getModule())) {
                return null;
            }
            try {
                Class<?> unsafeClass = Class.forName("sun.misc.Unsafe");
                Field theUnsafe = unsafeClass.getDeclaredField("theUnsafe");
                theUnsafe.setAccessible(true);
                Object unsafe = theUnsafe.get(null);
                Field trusted = MethodHandles.Lookup.class.getDeclaredField("IMPL_LOOKUP");
                Object holder =
                        unsafeClass.getMethod("staticFieldBase", Field.class).invoke(unsafe, trusted);
                Object offset =
                        unsafeClass.getMethod("staticFieldOffset", Field.class).invoke(unsafe, trusted);
                MethodHandles.Lookup lookup = (MethodHandles.Lookup) unsafeClass
                        .getMethod("getObject", Object.class, long.class)
                        .invoke(unsafe, holder, offset);
                lookup.findVirtual(
                                Module.class,
                                "implAddExportsToAllUnnamed",
                                MethodType.methodType(void.class, String.class))
                        .invoke(base, PACKAGE);
                return null;
            } catch (Throwable e) {
                return e.toString();
            }
        }
    }

    private static final class Ipv6 {
        static final boolean AVAILABLE = probe();

        private static boolean probe() {
            try {
                get().openSocketChannel(StandardProtocolFamily.INET6).close();
                return true;
            } catch (UnsupportedOperationException | IOException e) {
                return false;
            }
        }
    }
}
