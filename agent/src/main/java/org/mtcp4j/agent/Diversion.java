/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.nio.channels.spi.SelectorProvider;
import org.mtcp4j.spi.nio.MtcpSelectorProvider;

/** Puts our provider in place, and makes sure that it is the one that answers. */
final class Diversion {
    private static final String PROPERTY = "java.nio.channels.spi.SelectorProvider";

    private Diversion() {}

    /** Before the stack starts: nobody else may claim the provider. */
    static void check() throws HalfDivertedException {
        String claimed = System.getProperty(PROPERTY);
        if (claimed != null && !claimed.equals(MtcpSelectorProvider.class.getName())) {
            throw new HalfDivertedException("-D" + PROPERTY + "=" + claimed
                    + " names another selector provider; remove that option, or this agent");
        }
    }

    static void divert() throws HalfDivertedException {
        System.setProperty(PROPERTY, MtcpSelectorProvider.class.getName());
        Class<?> answered = SelectorProvider.provider().getClass();
        if (answered != MtcpSelectorProvider.class) {
            throw new HalfDivertedException("a channel was opened before the agent started (the JVM's provider is "
                    + answered.getName() + "); put this agent before the others on the command line");
        }
    }
}
