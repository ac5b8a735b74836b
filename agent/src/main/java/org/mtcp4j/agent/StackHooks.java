/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.net.SocketImpl;
import org.mtcp4j.agent.boot.Hooks;
import org.mtcp4j.spi.net.MtcpSocketImpl;
import org.mtcp4j.spi.nio.SideRules;

/** What the woven methods get from us. */
final class StackHooks implements Hooks {
    private final SideRules rules;

    StackHooks(SideRules rules) {
        this.rules = rules;
    }

    @Override
    public SocketImpl newSocketImpl(boolean server) {
        return new MtcpSocketImpl(rules, server);
    }
}
