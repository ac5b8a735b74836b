/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.nio.channels.spi.AsynchronousChannelProvider;
import java.nio.channels.spi.SelectorProvider;
import java.util.List;
import java.util.function.Supplier;
import org.mtcp4j.spi.async.MtcpAsynchronousChannelProvider;
import org.mtcp4j.spi.nio.MtcpSelectorProvider;

/** Puts our providers in place, and makes sure that they are the ones that answer. */
final class Diversion {
    private static final String SELECTOR = "java.nio.channels.spi.SelectorProvider";
    private static final String ASYNCHRONOUS = "java.nio.channels.spi.AsynchronousChannelProvider";

    /** Of the JDK, used by the channels later: a class loader asks a security manager about these packages at the first use only. */
    private static final List<String> INTERNAL = List.of(
            "jdk.internal.access.JavaIOFileDescriptorAccess",
            "jdk.internal.access.SharedSecrets",
            "sun.nio.ch.DefaultAsynchronousChannelProvider",
            "sun.nio.ch.DefaultSelectorProvider",
            "sun.nio.ch.IOUtil",
            "sun.nio.ch.Net",
            "sun.nio.ch.NioSocketImpl",
            "sun.nio.ch.SelChImpl",
            "sun.nio.ch.SelectionKeyImpl",
            "sun.net.PlatformSocketImpl");

    /** Of ours, whose static initializers do what a program may not: they would run at its first socket, on its stack. They touch no network. */
    private static final List<String> OURS = List.of(
            "org.mtcp4j.spi.net.KernelSide",
            "org.mtcp4j.spi.nio.KernelProvider$Holder",
            "org.mtcp4j.spi.nio.MtcpSocketChannel");

    private Diversion() {}

    /** Before the stack starts: nobody else may claim the selectors' provider. */
    static void check() throws HalfDivertedException {
        if (isAnothers(SELECTOR, MtcpSelectorProvider.class)) {
            throw new HalfDivertedException("-D" + SELECTOR + "=" + System.getProperty(SELECTOR)
                    + " names another selector provider; remove that option, or this agent");
        }
    }

    private static boolean isAnothers(String property, Class<?> ours) {
        String claimed = System.getProperty(property);
        return claimed != null && !claimed.equals(ours.getName());
    }

    /** A provider of asynchronous channels that the program brings along is left in its place: few have one, and those mean it. */
    static void divert() throws HalfDivertedException {
        Class<?> selectors = answering(SELECTOR, MtcpSelectorProvider.class, () -> SelectorProvider.provider());
        verify(selectors, MtcpSelectorProvider.class);
        String brought = broughtAlong();
        if (brought != null) {
            System.err.println(
                    "[mtcp] WARN " + brought
                            + " names a provider of asynchronous channels: those channels are left to it, all others are the stack's");
            return;
        }
        Class<?> asynchronous = answering(
                ASYNCHRONOUS, MtcpAsynchronousChannelProvider.class, () -> AsynchronousChannelProvider.provider());
        verify(asynchronous, MtcpAsynchronousChannelProvider.class);
    }

    /**
     * Has the JDK take the provider that a property names. The JDK keeps it; the property goes again, since programs hand theirs down to children,
     * and a child without the agent has no such class.
     */
    private static Class<?> answering(String property, Class<?> ours, Supplier<Object> provider) {
        String before = System.getProperty(property);
        System.setProperty(property, ours.getName());
        try {
            return provider.get().getClass();
        } finally {
            if (before == null) {
                System.clearProperty(property);
            }
        }
    }

    /** What names the program's own provider, in the order in which the JDK looks; null where nothing does. */
    private static String broughtAlong() {
        if (isAnothers(ASYNCHRONOUS, MtcpAsynchronousChannelProvider.class)) {
            return "-D" + ASYNCHRONOUS + "=" + System.getProperty(ASYNCHRONOUS);
        }
        String services = "META-INF/services/" + ASYNCHRONOUS;
        return ClassLoader.getSystemResource(services) == null ? null : services + " on the class path";
    }

    /**
     * Loads what a security manager that comes later may deny. Initializes nothing of it: what reads java.net.preferIPv4Stack and its like does so
     * once, and main may still set them.
     */
    static void prepare() throws HalfDivertedException {
        try {
            for (String name : INTERNAL) {
                Class.forName(name, false, Diversion.class.getClassLoader());
            }
            for (String name : OURS) {
                Class.forName(name, true, Diversion.class.getClassLoader());
            }
        } catch (ClassNotFoundException e) {
            throw new HalfDivertedException("the kernel's channels cannot be opened (" + e + ")");
        }
    }

    private static void verify(Class<?> answered, Class<?> ours) throws HalfDivertedException {
        if (answered != ours) {
            throw new HalfDivertedException("a channel was opened before the agent started (the JVM's provider is "
                    + answered.getName() + "); put this agent before the others on the command line");
        }
    }
}
