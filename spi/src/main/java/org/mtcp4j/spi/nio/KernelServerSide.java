/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketOption;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** A listener on the kernel: a channel of the JDK's; what it accepts is wrapped, so that it meets our selectors. */
final class KernelServerSide implements ServerSide {
    private final MtcpServerSocketChannel channel;
    private final MtcpSelectorProvider provider;
    private final ServerSocketChannel kernel;
    private final ProtocolFamily family;

    KernelServerSide(
            MtcpServerSocketChannel channel,
            MtcpSelectorProvider provider,
            ServerSocketChannel kernel,
            ProtocolFamily family) {
        this.channel = channel;
        this.provider = provider;
        this.kernel = kernel;
        this.family = family;
    }

    @Override
    public void bind(InetSocketAddress local, int backlog) throws IOException {
        kernel.bind(local, backlog);
    }

    @Override
    public MtcpSocketChannel accept() throws IOException {
        try {
            return wrap(kernel.accept());
        } catch (ClosedByInterruptException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public MtcpSocketChannel timedAccept(long timeoutNs) throws IOException {
        try {
            kernel.socket().setSoTimeout(KernelSocketSide.toMillis(timeoutNs));
            return wrap(kernel.socket().accept().getChannel());
        } catch (ClosedByInterruptException e) {
            channel.close();
            throw e;
        }
    }

    private MtcpSocketChannel wrap(SocketChannel accepted) throws IOException {
        return accepted == null ? null : MtcpSocketChannel.accepted(provider, family, accepted);
    }

    @Override
    public InetSocketAddress localAddress() {
        return (InetSocketAddress) kernel.socket().getLocalSocketAddress();
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
}
