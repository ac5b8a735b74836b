/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.net;

import java.io.IOException;
import java.lang.ref.Cleaner;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketOptions;
import java.net.StandardProtocolFamily;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.socket.StackOption;
import org.mtcp4j.spi.nio.KernelProvider;
import org.mtcp4j.spi.nio.SocketOptionTable;
import org.mtcp4j.spi.nio.StackAddresses;

/** What clients and servers on the stack have in common: addresses, options, and being closed when nobody refers to them any more. */
abstract class StackSide implements NetSide {
    private static final Cleaner CLEANER = Cleaner.create(action -> new Thread(null, action, "mtcp-cleaner", 0, false));

    final Stack stack;
    /** Held for changes of state; never while waiting. */
    final Object stateLock = new Object();

    volatile InetSocketAddress local;
    /** Guarded by stateLock; what the application sees as the address. */
    InetAddress address;

    volatile int timeoutMs;
    private Cleaner.Cleanable cleanable;

    StackSide(Stack stack) {
        this.stack = stack;
    }

    /** @param closer refers to what it closes and not to the side */
    final void closeWhenUnreferenced(Runnable closer) {
        cleanable = CLEANER.register(this, closer);
    }

    /** Runs the closer, once. */
    final void clean() {
        cleanable.clean();
    }

    abstract int option(StackOption option);

    abstract void option(StackOption option, int value);

    /** @throws SocketException "Socket closed" */
    abstract void ensureOpen() throws SocketException;

    static ProtocolFamily family() {
        return KernelProvider.isIpv6Available() ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET;
    }

    static InetSocketAddress toBind(InetSocketAddress given) {
        return StackAddresses.toBind(given, family());
    }

    static InetSocketAddress toApplication(InetSocketAddress bound, InetSocketAddress asked) {
        return StackAddresses.toApplication(bound, asked, family());
    }

    /** The JDK's impl throws SocketException for whatever a connection dies of, with the text alone and no cause. */
    static SocketException asSocketException(IOException e) {
        return e instanceof SocketException socketException ? socketException : new SocketException(e.getMessage());
    }

    @Override
    public <T> void setOption(SocketOption<T> option, T value) throws IOException {
        synchronized (stateLock) {
            ensureOpen();
            StackOption stackOption = SocketOptionTable.stackOptionNamed(option.name());
            option(stackOption, SocketOptionTable.toStack(stackOption, value));
        }
    }

    @Override
    public <T> T getOption(SocketOption<T> option) throws IOException {
        synchronized (stateLock) {
            ensureOpen();
            return SocketOptionTable.fromStack(option, option(SocketOptionTable.stackOptionNamed(option.name())));
        }
    }

    @Override
    public void setOption(int option, Object value) throws SocketException {
        synchronized (stateLock) {
            ensureOpen();
            if (option == SocketOptions.SO_TIMEOUT) {
                timeoutMs = timeout(value);
                return;
            }
            StackOption stackOption = LegacyOptions.stackOption(option);
            if (stackOption == null) {
                throw new SocketException("Unknown option " + option);
            }
            option(stackOption, LegacyOptions.toStack(option, stackOption, value));
        }
    }

    private static int timeout(Object value) throws SocketException {
        if (!(value instanceof Integer millis)) {
            throw new SocketException("Bad value for SO_TIMEOUT");
        }
        if (millis < 0) {
            throw new SocketException("timeout < 0");
        }
        return millis;
    }

    @Override
    public Object getOption(int option) throws SocketException {
        synchronized (stateLock) {
            ensureOpen();
            if (option == SocketOptions.SO_TIMEOUT) {
                return timeoutMs;
            }
            if (option == SocketOptions.SO_BINDADDR) {
                InetSocketAddress bound = local;
                return bound == null ? StackAddresses.any(family()).getAddress() : bound.getAddress();
            }
            StackOption stackOption = LegacyOptions.stackOption(option);
            if (stackOption == null) {
                throw new SocketException("Unknown option " + option);
            }
            return LegacyOptions.fromStack(stackOption, option(stackOption));
        }
    }

    @Override
    public InetAddress address() {
        synchronized (stateLock) {
            return address;
        }
    }

    @Override
    public int localPort() {
        InetSocketAddress bound = local;
        return bound == null ? 0 : bound.getPort();
    }
}
