/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Map;
import sun.nio.ch.SelChImpl;

/** The kernel's half of a server channel that listens on both sides: a channel of the JDK's that nobody else sees, never blocking. */
final class KernelHalf {
    /** Ports of the kernel's choosing that the stack may have in use before the bind is given up. */
    private static final int MOST_TRIES = 64;

    private final ServerSocketChannel channel;
    private volatile KernelWatch watch;
    private boolean closed;

    private KernelHalf(ServerSocketChannel channel) {
        this.channel = channel;
    }

    /** Port 0 is chosen by the kernel and taken on the stack, and chosen again if it is used there. */
    static KernelHalf bind(
            ProtocolFamily family,
            Map<SocketOption<?>, Object> options,
            InetSocketAddress address,
            int backlog,
            StackPort stackPort)
            throws IOException {
        for (int tries = 1; ; tries++) {
            ServerSocketChannel channel = KernelProvider.get().openServerSocketChannel(family);
            try {
                channel.configureBlocking(false);
                for (Map.Entry<SocketOption<?>, Object> option : options.entrySet()) {
                    setUnchecked(channel, option.getKey(), option.getValue());
                }
                stackPort.bind(address, new ServerSocketOfKernel(channel, backlog));
                return new KernelHalf(channel);
            } catch (BindException e) {
                channel.close();
                if (address.getPort() != 0 || tries == MOST_TRIES) {
                    throw e;
                }
            } catch (IOException | RuntimeException | Error e) {
                channel.close();
                throw e;
            }
        }
    }

    private record ServerSocketOfKernel(ServerSocketChannel channel, int backlog) implements StackPort.KernelSocket {
        @Override
        public void bind(InetSocketAddress address, boolean shared) throws IOException {
            if (shared) {
                channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            }
            channel.bind(address, backlog);
        }

        @Override
        public int port() {
            return channel.socket().getLocalPort();
        }
    }

    @SuppressWarnings("unchecked")
    private static <T> void setUnchecked(ServerSocketChannel to, SocketOption<T> name, Object value)
            throws IOException {
        to.setOption(name, (T) value);
    }

    /** @param news see {@link KernelWatch#begin} */
    synchronized void watch(Runnable news) throws IOException {
        if (closed) {
            // Its descriptor's number may be somebody else's by now.
            return;
        }
        watch = KernelWatch.begin(((SelChImpl) channel).getFD(), news);
    }

    boolean isReady() {
        KernelWatch present = watch;
        return present != null && present.isReady();
    }

    /** A connection, or null. One thread at a time. */
    SocketChannel accept() throws IOException {
        SocketChannel accepted = channel.accept();
        KernelWatch present = watch;
        if (accepted == null && present != null) {
            present.rearm();
        }
        return accepted;
    }

    <T> void setOption(SocketOption<T> name, T value) throws IOException {
        channel.setOption(name, value);
    }

    synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        if (watch != null) {
            watch.end();
        }
        channel.close();
    }
}
