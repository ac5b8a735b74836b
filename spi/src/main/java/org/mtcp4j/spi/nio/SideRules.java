/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.net.InetSocketAddress;
import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.OffloadRules;
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
    private final OffloadRules offload;
    private final Listening wildcard;

    /** @throws IllegalArgumentException with one sentence, where {@code mtcp.offload} cannot be read */
    public SideRules(Stack stack, StackConfig config) {
        this.stack = stack;
        offload = OffloadRules.parse(config.text(Key.OFFLOAD));
        wildcard = config.is(Key.WILDCARD, "kernel")
                ? Listening.KERNEL
                : config.is(Key.WILDCARD, "stack") ? Listening.STACK : Listening.BOTH;
    }

    public Stack stack() {
        return stack;
    }

    /** Whether a client bound to this address, which is not the any-address, is the stack's. */
    public boolean owns(InetSocketAddress local) {
        SideReason reason = reasonForBind(local);
        if (reason != SideReason.STACK) {
            stack.sides().increment(reason);
        }
        return reason == SideReason.STACK;
    }

    private SideReason reasonForBind(InetSocketAddress local) {
        if (!offload.allows(local)) {
            return SideReason.KERNEL_EXCLUDED;
        }
        boolean own = stack.owns(local.getAddress());
        return own ? SideReason.STACK : SideReason.KERNEL_ADDRESS;
    }

    /** Whether a connection to this address goes through the stack. */
    public boolean routes(InetSocketAddress remote) {
        SideReason reason = reasonForConnect(remote);
        stack.sides().increment(reason);
        return reason == SideReason.STACK;
    }

    private SideReason reasonForConnect(InetSocketAddress remote) {
        if (!offload.allows(remote)) {
            return SideReason.KERNEL_EXCLUDED;
        }
        return stack.sideOf(remote);
    }

    /** Where a server bound to this address listens. */
    public Listening listens(InetSocketAddress local) {
        SideReason reason = reasonForListening(local);
        stack.sides().increment(reason);
        return switch (reason) {
            case STACK -> Listening.STACK;
            case STACK_AND_KERNEL -> Listening.BOTH;
            default -> Listening.KERNEL;
        };
    }

    private SideReason reasonForListening(InetSocketAddress local) {
        if (!local.getAddress().isAnyLocalAddress()) {
            SideReason reason = reasonForBind(local);
            boolean both = reason == SideReason.STACK && wildcard == Listening.BOTH && stack.shares(local.getAddress());
            return both ? SideReason.STACK_AND_KERNEL : reason;
        }
        if (!offload.allowsAnyAddress(local.getPort())) {
            return SideReason.KERNEL_EXCLUDED;
        }
        return switch (wildcard) {
            case STACK -> SideReason.STACK;
            case BOTH -> SideReason.STACK_AND_KERNEL;
            case KERNEL -> SideReason.KERNEL_WILDCARD;
        };
    }
}
