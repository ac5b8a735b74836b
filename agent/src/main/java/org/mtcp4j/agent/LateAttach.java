/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.lang.instrument.Instrumentation;
import java.util.Map;

/** Whether a running program can still be diverted: what it has opened stays what it is, so it must have opened nothing. */
final class LateAttach {
    /** Classes that the JDK loads when it makes the first of something, and what that is. */
    private static final Map<String, String> TRACES = Map.of(
            "java.nio.channels.spi.SelectorProvider$Holder", "opened a channel or a selector",
            "java.nio.channels.spi.AsynchronousChannelProvider$ProviderHolder", "opened an asynchronous channel",
            "sun.nio.ch.NioSocketImpl", "opened a socket",
            "java.net.PlainSocketImpl", "opened a socket",
            "java.net.SocksSocketImpl", "opened a socket");

    private LateAttach() {}

    /** Why it is too late, or null. */
    static String tooLate(Instrumentation instrumentation) {
        for (Class<?> loaded : instrumentation.getAllLoadedClasses()) {
            String trace = loaded.getClassLoader() == null ? TRACES.get(loaded.getName()) : null;
            if (trace != null) {
                return "the agent was attached too late: the program has " + trace
                        + " already; start it with -javaagent:mtcp4j-agent.jar";
            }
        }
        return null;
    }
}
