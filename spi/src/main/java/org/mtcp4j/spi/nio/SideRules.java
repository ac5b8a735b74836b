/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicBoolean;
import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Stack;

/** Which side, stack or kernel, a socket goes to, decided at its bind or connect. Any thread. */
public final class SideRules {
    private final Stack stack;
    private final StackConfig config;
    private final AtomicBoolean saidStackOnly = new AtomicBoolean();

    public SideRules(Stack stack, StackConfig config) {
        this.stack = stack;
        this.config = config;
    }

    public Stack stack() {
        return stack;
    }

    /** Whether a socket bound to this address is the stack's. */
    public boolean owns(InetSocketAddress local) {
        return stack.owns(local.getAddress());
    }

    /** Whether a connection to this address goes through the stack. */
    public boolean routes(InetSocketAddress remote) {
        return stack.routes(remote);
    }

    /**
     * Whether a server binds on the stack. To the any-address it should listen on both sides (design section 6); for the present it
     * listens on the stack, and says so once where somebody could miss the kernel's side.
     */
    public boolean listensOnStack(InetSocketAddress local) {
        if (!local.getAddress().isAnyLocalAddress()) {
            return owns(local);
        }
        if (config.is(Key.WILDCARD, "kernel")) {
            return false;
        }
        if (config.is(Key.WILDCARD, "both")
                && !config.is(Key.LOOPBACK, "stack")
                && saidStackOnly.compareAndSet(false, true)) {
            System.err.println(
                    "[mtcp] WARN a bind to the any-address listens on the stack only; clients of the kernel's"
                            + " addresses do not reach it (mtcp.wildcard=stack accepts that, kernel listens there instead)");
        }
        return true;
    }
}
