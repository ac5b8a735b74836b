/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import org.mtcp4j.socket.Stack;

/** One port for a socket on both sides. */
public abstract class StackPort {
    /** The kernel's socket. */
    public interface KernelSocket {
        /** @param shared whether the stack has reserved the port, by a socket with SO_REUSEADDR, which this one needs as well then */
        void bind(InetSocketAddress address, boolean shared) throws IOException;

        int port();
    }

    private final boolean stackFirst;

    protected StackPort(Stack stack) {
        stackFirst = stack.reservesInKernel();
    }

    /**
     * Takes a port on the stack.
     *
     * @return the port
     * @throws BindException where it is in use there
     */
    protected abstract int take(int port) throws IOException;

    /** Gives it back. */
    protected abstract void giveBack();

    /**
     * Binds both sides, or neither. Port 0 is chosen by the kernel. Where the stack reserves ports in the kernel it comes first: a kernel's
     * listener before it would take connections whose packets go to the stack a moment later.
     */
    public final void bind(InetSocketAddress address, KernelSocket kernel) throws IOException {
        if (!stackFirst) {
            kernel.bind(address, false);
            take(kernel.port());
            return;
        }
        int port = take(address.getPort());
        boolean bound = false;
        try {
            kernel.bind(new InetSocketAddress(address.getAddress(), port), true);
            bound = true;
        } finally {
            if (!bound) {
                giveBack();
            }
        }
    }
}
