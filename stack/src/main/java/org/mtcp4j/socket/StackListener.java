/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.io.IOException;
import java.net.InetSocketAddress;

/** A listening socket: present in every context, with one accept queue each. All methods may be called from any thread. */
public final class StackListener extends Pollable {
    StackListener() {}

    /** Binds and listens. See {@link StackSocket#bind} for the exceptions. */
    public void bind(InetSocketAddress local, int backlog) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Null while unbound. */
    public InetSocketAddress localAddress() {
        throw new UnsupportedOperationException();
    }

    /** A connected socket, or null when none waits. It inherits RCVBUF and the other options that Linux lets it inherit. */
    public StackSocket accept() {
        throw new UnsupportedOperationException();
    }

    /** Stops listening; connections not yet accepted are reset. Idempotent, never blocks. */
    public void close() {
        throw new UnsupportedOperationException();
    }

    /** See {@link StackSocket#option(StackOption)}. */
    public int option(StackOption option) {
        throw new UnsupportedOperationException();
    }

    public void option(StackOption option, int value) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int readyOps() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void await(int ops, long timeoutNs) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void wakeWaiters() {
        throw new UnsupportedOperationException();
    }
}
