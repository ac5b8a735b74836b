/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.net.InetSocketAddress;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.stats.SideReason;

/** Which side, stack or kernel, a socket goes to, decided at its bind or connect, and counted. Any thread. */
public final class SideRules {
    /** Where a server listens. */
    public enum Listening {
        STACK,
        KERNEL,
        BOTH
    }

    private final Stack stack;
    private final SideDecision decision;

    /** @throws IllegalArgumentException with one sentence, where {@code mtcp.offload} cannot be read */
    public SideRules(Stack stack, StackConfig config) {
        this.stack = stack;
        decision = new SideDecision(stack, config);
    }

    public Stack stack() {
        return stack;
    }

    /** Whether a client bound to this address, which is not the any-address, is the stack's. */
    public boolean owns(InetSocketAddress local) {
        SideReason reason = decision.bind(local);
        if (reason != SideReason.STACK) {
            stack.sides().increment(reason);
        }
        return reason == SideReason.STACK;
    }

    /** Whether a connection to this address goes through the stack. */
    public boolean routes(InetSocketAddress remote) {
        SideReason reason = decision.connect(remote);
        stack.sides().increment(reason);
        return reason == SideReason.STACK;
    }

    /** Where a server bound to this address listens. */
    public Listening listens(InetSocketAddress local) {
        SideReason reason = decision.listen(local);
        stack.sides().increment(reason);
        return switch (reason) {
            case STACK -> Listening.STACK;
            case STACK_AND_KERNEL -> Listening.BOTH;
            default -> Listening.KERNEL;
        };
    }
}
