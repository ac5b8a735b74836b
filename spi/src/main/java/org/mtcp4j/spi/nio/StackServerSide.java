/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.mtcp4j.socket.Pollable;
import org.mtcp4j.socket.StackListener;
import org.mtcp4j.socket.StackOption;
import org.mtcp4j.socket.StackSocket;
import org.mtcp4j.stats.SideReason;

/** A listener on the stack or, bound to the any-address, on both sides; one thread accepts at a time. */
final class StackServerSide implements ServerSide {
    private final MtcpServerSocketChannel channel;
    private final MtcpSelectorProvider provider;
    private final StackListener listener;
    private final ProtocolFamily family;
    private final ReentrantLock acceptLock = new ReentrantLock();
    private volatile InetSocketAddress local;
    /** The kernel's half of a listener on both sides, else null. */
    private volatile KernelHalf kernel;
    /** Guarded by acceptLock: both halves in turn. */
    private boolean kernelFirst;

    StackServerSide(
            MtcpServerSocketChannel channel,
            MtcpSelectorProvider provider,
            StackListener listener,
            ProtocolFamily family) {
        this.channel = channel;
        this.provider = provider;
        this.listener = listener;
        this.family = family;
        listener.option(StackOption.REUSEADDR, 1);
    }

    private void ensureOpen() throws ClosedChannelException {
        if (!channel.isOpen()) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public void bind(InetSocketAddress address, int backlog) throws IOException {
        try {
            listener.bind(StackAddresses.toBind(address, family), backlog);
        } catch (SocketException e) {
            // The socket layer has its own words for a bind that met a close.
            ensureOpen();
            throw e;
        }
        local = StackAddresses.toApplication(listener.localAddress(), address, family);
    }

    /**
     * Binds both sides to the any-address, or one of the machine's loopback, and one port, or neither.
     *
     * @param options set so far
     */
    void bindBoth(InetSocketAddress address, int backlog, Map<SocketOption<?>, Object> options) throws IOException {
        KernelHalf half;
        try {
            half = KernelHalf.bind(family, options, address, backlog, new StackPort(provider.stack()) {
                @Override
                protected int take(int port) throws IOException {
                    InetSocketAddress wanted = new InetSocketAddress(address.getAddress(), port);
                    listener.bind(StackAddresses.toBind(wanted, family), backlog);
                    return listener.localAddress().getPort();
                }

                @Override
                protected void giveBack() {
                    listener.unbind();
                }
            });
        } catch (BindException e) {
            if (!StackAddresses.isMissing(address, e)) {
                throw e;
            }
            bind(address, backlog);
            return;
        }
        local = StackAddresses.toApplication(listener.localAddress(), address, family);
        kernel = half;
        half.watch(() -> {
            listener.wakeWaiters();
            channel.registrations().enqueue();
        });
        if (!channel.isOpen()) {
            half.close();
        }
    }

    /** Whether the kernel's half may have a connection. */
    boolean isKernelReady() {
        KernelHalf half = kernel;
        return half != null && half.isReady();
    }

    @Override
    public MtcpSocketChannel accept() throws IOException {
        acceptLock.lock();
        try {
            return accept(channel.isBlocking(), 0);
        } finally {
            acceptLock.unlock();
        }
    }

    @Override
    public MtcpSocketChannel timedAccept(long timeoutNs) throws IOException {
        acceptLock.lock();
        try {
            if (!channel.isBlocking()) {
                throw new IllegalBlockingModeException();
            }
            return accept(true, timeoutNs);
        } finally {
            acceptLock.unlock();
        }
    }

    private MtcpSocketChannel accept(boolean blocking, long timeoutNs) throws IOException {
        long startNs = timeoutNs == 0 ? 0 : System.nanoTime();
        MtcpSocketChannel accepted = null;
        try {
            if (blocking) {
                channel.beginBlocking();
            }
            ensureOpen();
            if (local == null) {
                throw new NotYetBoundException();
            }
            accepted = acceptNext();
            // Not until an interrupt is seen: until the channel is closed by whoever interrupted.
            while (blocking && accepted == null && channel.isOpen()) {
                await(startNs, timeoutNs);
                accepted = acceptNext();
            }
        } finally {
            if (blocking) {
                channel.endBlocking(accepted != null);
            }
        }
        return accepted;
    }

    /** A connection of either half, or null. */
    private MtcpSocketChannel acceptNext() throws IOException {
        KernelHalf half = kernel;
        if (half == null || !half.isReady()) {
            return acceptFromStack();
        }
        kernelFirst = !kernelFirst;
        MtcpSocketChannel first = kernelFirst ? acceptFromKernel(half) : acceptFromStack();
        if (first != null) {
            return first;
        }
        return kernelFirst ? acceptFromStack() : acceptFromKernel(half);
    }

    private MtcpSocketChannel acceptFromKernel(KernelHalf half) throws IOException {
        SocketChannel accepted;
        try {
            accepted = half.accept();
        } catch (ClosedChannelException e) {
            // Our own close, which the caller tells in its own way.
            return null;
        }
        if (accepted == null) {
            return null;
        }
        provider.stack().sides().increment(SideReason.KERNEL_ACCEPTED);
        return MtcpSocketChannel.accepted(provider, family, accepted);
    }

    private MtcpSocketChannel acceptFromStack() {
        StackSocket accepted = listener.take();
        if (accepted == null) {
            return null;
        }
        MtcpSocketChannel connection = finishAccept(accepted);
        return listener.handedOver(accepted) ? connection : null;
    }

    private void await(long startNs, long timeoutNs) throws SocketTimeoutException {
        long remainingNs = 0;
        if (timeoutNs != 0) {
            remainingNs = timeoutNs - (System.nanoTime() - startNs);
            if (remainingNs <= 0) {
                throw new SocketTimeoutException("Accept timed out");
            }
        }
        listener.await(Pollable.ACCEPT, remainingNs);
    }

    private MtcpSocketChannel finishAccept(StackSocket accepted) {
        try {
            Permissions.checkAccept(accepted);
        } catch (SecurityException e) {
            accepted.close();
            listener.handedOver(accepted);
            throw e;
        }
        return MtcpSocketChannel.accepted(provider, family, accepted);
    }

    @Override
    public InetSocketAddress localAddress() {
        return local;
    }

    @Override
    public <T> void setOption(SocketOption<T> name, T value) throws IOException {
        StackOption option = SocketOptionTable.server().stackOption(name);
        listener.option(option, SocketOptionTable.toStack(option, value));
        KernelHalf half = kernel;
        if (half != null) {
            half.setOption(name, value);
        }
    }

    @Override
    public <T> T getOption(SocketOption<T> name) {
        return SocketOptionTable.fromStack(
                name, listener.option(SocketOptionTable.server().stackOption(name)));
    }

    @Override
    public void configureBlocking(boolean block) throws ClosedChannelException {
        // A thread inside a blocking accept finishes it in the mode in which it began.
        acceptLock.lock();
        try {
            ensureOpen();
        } finally {
            acceptLock.unlock();
        }
    }

    @Override
    public void close() throws IOException {
        KernelHalf half = kernel;
        if (half != null) {
            half.close();
        }
        listener.close();
        listener.wakeWaiters();
    }
}
