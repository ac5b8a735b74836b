/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.Test;

/** The contract over our channels at addresses of the kernel, and what is special to channels that move there. */
class KernelSideContractTest extends SocketContract {
    @Override
    ContractEnvironment open() throws Exception {
        return MemoryEnvironment.onKernel();
    }

    @Test
    void registrationBeforeTheConnectStaysValid() throws IOException {
        try (ServerSocketChannel server = environment().server().openServerSocketChannel();
                Selector selector = environment().client().openSelector();
                SocketChannel client = environment().client().openSocketChannel()) {
            server.bind(new InetSocketAddress(environment().serverAddress(), 0));
            client.configureBlocking(false);
            SelectionKey key = client.register(selector, SelectionKey.OP_CONNECT, "attached");
            if (!client.connect(server.getLocalAddress())) {
                while (!client.finishConnect()) {
                    selector.select(1_000);
                }
            }
            try (SocketChannel accepted = server.accept()) {
                accepted.write(ByteBuffer.allocate(1));
                key.interestOps(SelectionKey.OP_READ);
                selector.selectedKeys().clear();
                assertThat(ContractCases.selectOne(selector)).isSameAs(key);
                assertThat(key.isReadable()).isTrue();
                assertThat(key.attachment()).isEqualTo("attached");
            }
        }
    }

    @Test
    void registrationOfAServerBeforeTheBindStaysValid() throws IOException {
        try (ServerSocketChannel server = environment().server().openServerSocketChannel();
                Selector selector = environment().server().openSelector();
                SocketChannel client = environment().client().openSocketChannel()) {
            server.configureBlocking(false);
            SelectionKey key = server.register(selector, SelectionKey.OP_ACCEPT);
            server.bind(new InetSocketAddress(environment().serverAddress(), 0));
            client.connect(server.getLocalAddress());
            assertThat(ContractCases.selectOne(selector)).isSameAs(key);
            try (SocketChannel accepted = server.accept()) {
                assertThat(accepted.getRemoteAddress()).isEqualTo(client.getLocalAddress());
            }
        }
    }

    @Test
    void optionsAndPortMoveAlong() throws IOException {
        try (ServerSocketChannel server = environment().server().openServerSocketChannel();
                SocketChannel client = environment().client().openSocketChannel()) {
            server.bind(new InetSocketAddress(environment().serverAddress(), 0));
            client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            client.bind(new InetSocketAddress(0));
            int port = ((InetSocketAddress) client.getLocalAddress()).getPort();
            client.connect(server.getLocalAddress());
            assertThat(client.getOption(StandardSocketOptions.TCP_NODELAY)).isTrue();
            assertThat(client.getLocalAddress())
                    .isEqualTo(new InetSocketAddress(environment().clientAddress(), port));
        }
    }
}
