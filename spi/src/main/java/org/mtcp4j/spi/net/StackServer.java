/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.net;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketOptions;
import java.net.SocketTimeoutException;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.mtcp4j.socket.Pollable;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.socket.StackListener;
import org.mtcp4j.socket.StackOption;
import org.mtcp4j.socket.StackSocket;
import org.mtcp4j.spi.nio.KernelWatch;
import org.mtcp4j.spi.nio.StackAddresses;
import org.mtcp4j.spi.nio.StackPort;
import org.mtcp4j.stats.SideReason;

/**
 * A listener on the stack or, bound to the any-address, on both sides. It is bound when it begins to listen, which {@code ServerSocket}
 * asks for right after the bind.
 */
final class StackServer extends StackSide {
    private final StackListener listener;
    private final ReentrantLock acceptLock = new ReentrantLock();
    private volatile boolean closed;
    /** Guarded by stateLock. */
    private InetSocketAddress asked;
    /** Guarded by stateLock: the options for the kernel's half, where there is to be one. */
    private Map<Object, Object> kernelOptions;

    private final Halves halves;
    /** Guarded by acceptLock: both halves in turn. */
    private boolean kernelFirst;

    StackServer(Stack stack) {
        super(stack);
        listener = stack.newListener();
        halves = new Halves(listener);
        closeWhenUnreferenced(halves);
    }

    /** What is to be closed; refers to nothing that keeps the application's socket alive. */
    private static final class Halves implements Runnable {
        private final StackListener listener;
        /** The kernel's half, where there is one; set before its watch. */
        volatile KernelSide kernel;

        volatile KernelWatch watch;

        Halves(StackListener listener) {
            this.listener = listener;
        }

        @Override
        public void run() {
            if (watch != null) {
                watch.end();
            }
            try {
                if (kernel != null) {
                    kernel.close();
                }
            } catch (IOException e) {
                // A listener's descriptor has nothing left to fail with.
            }
            listener.close();
        }
    }

    @Override
    int option(StackOption option) {
        return listener.option(option);
    }

    @Override
    void option(StackOption option, int value) {
        listener.option(option, value);
    }

    @Override
    void ensureOpen() throws SocketException {
        if (closed) {
            throw new SocketException("Socket closed");
        }
    }

    @Override
    public void bind(InetAddress host, int port) throws IOException {
        synchronized (stateLock) {
            ensureOpen();
            if (asked != null) {
                throw new SocketException("Already bound");
            }
            asked = new InetSocketAddress(host, port);
            address = host;
        }
    }

    /** As {@link #bind}, on both sides. */
    void bindBoth(InetSocketAddress wanted, Map<Object, Object> options) throws IOException {
        synchronized (stateLock) {
            bind(wanted.getAddress(), wanted.getPort());
            kernelOptions = options;
        }
    }

    @Override
    public void listen(int backlog) throws IOException {
        synchronized (stateLock) {
            ensureOpen();
            if (asked == null) {
                throw new SocketException("Not bound");
            }
            if (local == null) {
                if (kernelOptions != null) {
                    listenOnBoth(backlog);
                } else {
                    listener.bind(toBind(asked), backlog);
                }
                local = toApplication(listener.localAddress(), asked);
            }
        }
    }

    private void listenOnBoth(int backlog) throws IOException {
        InetAddress host = asked.getAddress();
        KernelSide half;
        try {
            half = KernelSide.bound(true, kernelOptions, asked, new StackPort(stack) {
                @Override
                protected int take(int port) throws IOException {
                    listener.bind(toBind(new InetSocketAddress(host, port)), backlog);
                    return listener.localAddress().getPort();
                }

                @Override
                protected void giveBack() {
                    listener.unbind();
                }
            });
        } catch (BindException e) {
            if (!StackAddresses.isMissing(asked, e)) {
                throw e;
            }
            listener.bind(toBind(asked), backlog);
            return;
        }
        try {
            half.listen(backlog);
            halves.kernel = half;
            halves.watch = KernelWatch.begin(half.descriptor(), listener::wakeWaiters);
        } catch (IOException | RuntimeException | Error e) {
            half.close();
            throw e;
        }
    }

    @Override
    public NetSide accept(int timeout) throws IOException {
        long timeoutNs = Waiting.lock(acceptLock, timeout);
        if (timeoutNs < 0) {
            throw new SocketTimeoutException("Accept timed out");
        }
        try {
            ensureOpen();
            if (local == null) {
                throw new SocketException("Not bound");
            }
            return acceptNext(timeoutNs);
        } finally {
            acceptLock.unlock();
        }
    }

    private NetSide acceptNext(long timeoutNs) throws IOException {
        NetSide accepted = tryAccept();
        if (accepted != null) {
            return accepted;
        }
        Waiting waiting = new Waiting(timeoutNs);
        try {
            while (accepted == null) {
                if (!waiting.await(listener, Pollable.ACCEPT)) {
                    throw new SocketTimeoutException("Accept timed out");
                }
                ensureOpen();
                accepted = tryAccept();
            }
        } finally {
            waiting.end();
        }
        return accepted;
    }

    /** A connection of either half, or null. */
    private NetSide tryAccept() throws IOException {
        KernelWatch half = halves.watch;
        if (half == null || !half.isReady()) {
            return acceptFromStack();
        }
        kernelFirst = !kernelFirst;
        NetSide first = kernelFirst ? acceptFromKernel() : acceptFromStack();
        if (first != null) {
            return first;
        }
        return kernelFirst ? acceptFromStack() : acceptFromKernel();
    }

    private NetSide acceptFromStack() {
        StackSocket accepted = listener.take();
        if (accepted == null) {
            return null;
        }
        NetSide connection = new StackClient(stack, accepted);
        return listener.handedOver(accepted) ? connection : null;
    }

    private NetSide acceptFromKernel() throws IOException {
        try {
            NetSide accepted = halves.kernel.accept(1);
            stack.sides().increment(SideReason.KERNEL_ACCEPTED);
            return accepted;
        } catch (SocketTimeoutException e) {
            halves.watch.rearm();
            return null;
        } catch (SocketException e) {
            ensureOpen();
            throw e;
        }
    }

    @Override
    public <T> void setOption(SocketOption<T> option, T value) throws IOException {
        super.setOption(option, value);
        KernelSide half = halves.kernel;
        if (half != null) {
            half.setOption(option, value);
        }
    }

    @Override
    public void setOption(int option, Object value) throws SocketException {
        super.setOption(option, value);
        KernelSide half = halves.kernel;
        if (half != null && option != SocketOptions.SO_TIMEOUT) {
            half.setOption(option, value);
        }
    }

    @Override
    public void close() {
        synchronized (stateLock) {
            closed = true;
        }
        clean();
        listener.wakeWaiters();
    }

    @Override
    public int port() {
        return 0;
    }

    // What a listener does not do: the JDK's words for a socket that is not connected.

    private static SocketException notConnected() {
        return new SocketException("Not connected");
    }

    @Override
    public void connect(InetSocketAddress remote, int timeout) throws IOException {
        throw new SocketException("Connection refused");
    }

    @Override
    public InputStream inputStream() {
        return InputStream.nullInputStream();
    }

    @Override
    public OutputStream outputStream() {
        return OutputStream.nullOutputStream();
    }

    @Override
    public int available() throws IOException {
        ensureOpen();
        throw notConnected();
    }

    @Override
    public void shutdownInput() throws IOException {
        ensureOpen();
        throw notConnected();
    }

    @Override
    public void shutdownOutput() throws IOException {
        ensureOpen();
        throw notConnected();
    }

    @Override
    public boolean supportsUrgentData() {
        return false;
    }

    @Override
    public void sendUrgentData(int data) throws IOException {
        ensureOpen();
        throw notConnected();
    }
}
