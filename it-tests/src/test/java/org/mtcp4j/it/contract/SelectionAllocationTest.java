/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** A round trip by selector, stack included (the inline driver runs it in this thread), allocates nothing once warm. */
class SelectionAllocationTest {
    private static final int WARM_UP = 30_000;
    private static final int COUNTED = 20_000;

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64);
    private long events;

    private void echo(SelectionKey key) {
        SocketChannel channel = (SocketChannel) key.channel();
        try {
            if (channel.read(buffer.clear()) > 0) {
                channel.write(buffer.flip());
                events++;
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void readyKeysCostNoAllocation() throws Exception {
        try (MemoryEnvironment environment = MemoryEnvironment.onStack("");
                ServerSocketChannel server = environment.server().openServerSocketChannel();
                Selector selector = environment.server().openSelector();
                SocketChannel client = environment.client().openSocketChannel()) {
            server.bind(new InetSocketAddress(environment.serverAddress(), 0));
            client.connect(server.getLocalAddress());
            try (SocketChannel accepted = server.accept()) {
                client.configureBlocking(false).register(selector, SelectionKey.OP_READ);
                accepted.configureBlocking(false).register(selector, SelectionKey.OP_READ);
                client.write(ByteBuffer.allocate(32));
                serve(selector, WARM_UP);
                var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
                long before =
                        threads.getThreadAllocatedBytes(Thread.currentThread().getId());
                serve(selector, COUNTED);
                long allocated =
                        threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
                System.out.println("allocated " + allocated + " bytes in " + COUNTED + " events");
                assertThat(allocated).isLessThan(COUNTED);
            }
        }
    }

    private void serve(Selector selector, int count) throws IOException {
        Consumer<SelectionKey> echo = this::echo;
        long end = events + count;
        while (events < end) {
            selector.select(echo, 1_000);
        }
    }
}
