/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.Channel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;

/** A listener whose accept queue is full: it ignores further SYNs, as Linux does, so that a connect to it stays pending. */
final class FullListener implements AutoCloseable {
    private final List<Channel> held = new ArrayList<>();
    private final InetSocketAddress address;

    FullListener(SelectorProvider provider, InetAddress on) throws IOException {
        ServerSocketChannel server = provider.openServerSocketChannel();
        held.add(server);
        server.bind(new InetSocketAddress(on, 0), 1);
        address = (InetSocketAddress) server.getLocalAddress();
        SocketChannel last;
        do {
            last = provider.openSocketChannel();
            held.add(last);
            last.configureBlocking(false);
        } while (last.connect(address) || connects(last));
    }

    private static boolean connects(SocketChannel channel) throws IOException {
        try (Selector selector = channel.provider().openSelector()) {
            channel.register(selector, SelectionKey.OP_CONNECT);
            return selector.select(300) > 0;
        }
    }

    InetSocketAddress address() {
        return address;
    }

    @Override
    public void close() {
        for (Channel channel : held) {
            try {
                channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
