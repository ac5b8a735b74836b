/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.net.InetAddress;
import org.mtcp4j.config.StackConfig;

/** A running stack: its contexts, NICs and background threads. One per JVM in production; tests start several. */
public final class Stack implements AutoCloseable {
    private Stack() {}

    /**
     * @throws StackUnavailableException with one sentence: what, why, how to mend; nothing is left open
     */
    public static Stack start(StackConfig config) throws StackUnavailableException {
        throw new StackUnavailableException("not built yet");
    }

    public StackSocket newSocket() {
        throw new UnsupportedOperationException();
    }

    public StackListener newListener() {
        throw new UnsupportedOperationException();
    }

    public EventQueue newEventQueue() {
        throw new UnsupportedOperationException();
    }

    /** Whether a socket may be bound to this address on the stack: its own, the any-address, loopback where the stack has it. */
    public boolean owns(InetAddress local) {
        throw new UnsupportedOperationException();
    }

    /** Whether connections to this address go through the stack: one of its own, or one it has a route for. */
    public boolean routes(InetAddress remote) {
        throw new UnsupportedOperationException();
    }

    /**
     * Closes every socket gracefully and drains for at most {@code lingerNs}, then resets the rest and stops.
     *
     * @return connections that were cut
     */
    public int stop(long lingerNs) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        stop(0);
    }
}
