/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;

/**
 * A socket on the kernel: a channel of the JDK's that does everything, closing and interrupts included. Whatever closes that channel
 * closes ours.
 */
final class KernelSocketSide implements SocketSide {
    private final MtcpSocketChannel channel;
    private final SocketChannel kernel;

    KernelSocketSide(MtcpSocketChannel channel, SocketChannel kernel) {
        this.channel = channel;
        this.kernel = kernel;
    }

    @Override
    public void ensureBindable() {
        if (kernel.isConnectionPending()) {
            throw new ConnectionPendingException();
        }
        if (localAddress() != null) {
            throw new AlreadyBoundException();
        }
    }

    @Override
    public void bind(InetSocketAddress local) throws IOException {
        kernel.bind(local);
    }

    @Override
    public boolean connect(InetSocketAddress remote) throws IOException {
        try {
            return kernel.connect(remote);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public void timedConnect(InetSocketAddress remote, long timeoutNs) throws IOException {
        try {
            kernel.socket().connect(remote, toMillis(timeoutNs));
        } catch (IOException e) {
            if (!kernel.isOpen()) {
                channel.close();
            }
            throw e;
        }
    }

    @Override
    public boolean finishConnect() throws IOException {
        try {
            return kernel.finishConnect();
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** 0 stays 0, no limit; anything else is at least 1. */
    static int toMillis(long timeoutNs) {
        return (int) Math.min(Integer.MAX_VALUE, TimeUnit.NANOSECONDS.toMillis(timeoutNs + 999_999));
    }

    private ClosedByInterruptException closedByInterrupt(ClosedByInterruptException e) throws IOException {
        channel.close();
        return e;
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        try {
            return kernel.read(dst);
        } catch (ClosedByInterruptException e) {
            throw closedByInterrupt(e);
        }
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        try {
            return kernel.read(dsts, offset, length);
        } catch (ClosedByInterruptException e) {
            throw closedByInterrupt(e);
        }
    }

    /** What the JDK's adaptor checks when it gives out a stream, ours must check in each operation on one. */
    private void ensureOpen() throws ClosedChannelException {
        if (!kernel.isOpen()) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public int timedRead(byte[] dst, int offset, int length, long timeoutNs) throws IOException {
        ensureOpen();
        if (!isInputOpen()) {
            return -1;
        }
        try {
            kernel.socket().setSoTimeout(toMillis(timeoutNs));
            return kernel.socket().getInputStream().read(dst, offset, length);
        } catch (ClosedByInterruptException e) {
            throw closedByInterrupt(e);
        }
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        try {
            return kernel.write(src);
        } catch (ClosedByInterruptException e) {
            throw closedByInterrupt(e);
        }
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        try {
            return kernel.write(srcs, offset, length);
        } catch (ClosedByInterruptException e) {
            throw closedByInterrupt(e);
        }
    }

    @Override
    public void writeFully(byte[] src, int offset, int length) throws IOException {
        ensureOpen();
        if (!isOutputOpen()) {
            throw new ClosedChannelException();
        }
        try {
            kernel.socket().getOutputStream().write(src, offset, length);
        } catch (ClosedByInterruptException e) {
            throw closedByInterrupt(e);
        }
    }

    @Override
    public void sendUrgentData(int data) throws IOException {
        kernel.socket().sendUrgentData(data);
    }

    @Override
    public int available() throws IOException {
        ensureOpen();
        return isInputOpen() ? kernel.socket().getInputStream().available() : 0;
    }

    @Override
    public void shutdownInput() throws IOException {
        kernel.shutdownInput();
    }

    @Override
    public void shutdownOutput() throws IOException {
        kernel.shutdownOutput();
    }

    @Override
    public boolean isInputOpen() {
        return !kernel.socket().isInputShutdown();
    }

    @Override
    public boolean isOutputOpen() {
        return !kernel.socket().isOutputShutdown();
    }

    @Override
    public boolean isConnected() {
        return kernel.isConnected();
    }

    @Override
    public boolean isConnectionPending() {
        return kernel.isConnectionPending();
    }

    @Override
    public InetSocketAddress localAddress() {
        return (InetSocketAddress) kernel.socket().getLocalSocketAddress();
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return (InetSocketAddress) kernel.socket().getRemoteSocketAddress();
    }

    @Override
    public <T> void setOption(SocketOption<T> name, T value) throws IOException {
        kernel.setOption(name, value);
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return kernel.getOption(name);
    }

    @Override
    public void configureBlocking(boolean block) throws IOException {
        if (block) {
            channel.registrations().cancelKernelKeys();
        }
        kernel.configureBlocking(block);
    }

    @Override
    public void close() throws IOException {
        kernel.close();
    }

    @Override
    public void finishClose() {
        // The JDK's selector has finished it.
    }
}
