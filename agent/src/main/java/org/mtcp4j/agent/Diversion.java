/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.io.IOException;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.nio.channels.spi.SelectorProvider;
import java.util.List;
import org.mtcp4j.spi.async.MtcpAsynchronousChannelProvider;
import org.mtcp4j.spi.nio.MtcpSelectorProvider;

/** Puts our providers in place, and makes sure that they are the ones that answer. */
final class Diversion {
    private static final String SELECTOR = "java.nio.channels.spi.SelectorProvider";
    private static final String ASYNCHRONOUS = "java.nio.channels.spi.AsynchronousChannelProvider";

    /** Of the JDK, used by the channels later: a class loader asks a security manager about these packages at the first use only. */
    private static final List<String> INTERNAL = List.of(
            "sun.nio.ch.DefaultAsynchronousChannelProvider",
            "sun.nio.ch.DefaultSelectorProvider",
            "sun.nio.ch.IOUtil",
            "sun.nio.ch.Net",
            "sun.nio.ch.NioSocketImpl",
            "sun.nio.ch.SelChImpl",
            "sun.nio.ch.SelectionKeyImpl",
            "sun.net.PlatformSocketImpl");

    private Diversion() {}

    /** Before the stack starts: nobody else may claim the providers. */
    static void check() throws HalfDivertedException {
        check(SELECTOR, "selector", MtcpSelectorProvider.class);
        check(ASYNCHRONOUS, "asynchronous channel", MtcpAsynchronousChannelProvider.class);
    }

    private static void check(String property, String what, Class<?> ours) throws HalfDivertedException {
        String claimed = System.getProperty(property);
        if (claimed != null && !claimed.equals(ours.getName())) {
            throw new HalfDivertedException("-D" + property + "=" + claimed + " names another " + what
                    + " provider; remove that option, or this agent");
        }
    }

    static void divert() throws HalfDivertedException {
        System.setProperty(SELECTOR, MtcpSelectorProvider.class.getName());
        verify(SelectorProvider.provider().getClass(), MtcpSelectorProvider.class);
        System.setProperty(ASYNCHRONOUS, MtcpAsynchronousChannelProvider.class.getName());
        verify(AsynchronousChannelProvider.provider().getClass(), MtcpAsynchronousChannelProvider.class);
    }

    /** One of each, while nothing limits us: a security manager that comes later may deny what loading the JDK's classes takes. */
    static void prepare() throws HalfDivertedException {
        SelectorProvider provider = SelectorProvider.provider();
        try {
            for (String name : INTERNAL) {
                Class.forName(name, false, Diversion.class.getClassLoader());
            }
            provider.openSocketChannel().close();
            provider.openServerSocketChannel().close();
        } catch (IOException | ClassNotFoundException e) {
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
