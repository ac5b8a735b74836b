/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent.boot;

import java.net.SocketImpl;

/** The static methods that replace bodies of the JDK's. */
public final class Bridge {
    private static volatile Hooks hooks;

    private Bridge() {}

    /** Before the first class is woven. */
    public static void install(Hooks installed) {
        hooks = installed;
    }

    /** The body of {@code java.net.SocketImpl.createPlatformSocketImpl}. */
    public static SocketImpl newSocketImpl(boolean server) {
        return hooks.newSocketImpl(server);
    }
}
