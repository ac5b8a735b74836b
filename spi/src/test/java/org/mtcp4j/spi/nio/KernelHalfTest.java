/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Stack;
import sun.nio.ch.SelChImpl;

/** A close that comes between the making of the kernel's half and its watch: the descriptor's number may be another socket's by then. */
@Timeout(60)
class KernelHalfTest {
    private static final int RACES = 2_000;

    private static Stack stack;

    private final AtomicInteger told = new AtomicInteger();

    @BeforeAll
    static void start() throws Exception {
        stack = Stack.start(StackConfig.load("nic=memory"));
    }

    @AfterAll
    static void stop() {
        stack.close();
    }

    private static KernelHalf half() throws IOException {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        return KernelHalf.bind(StandardProtocolFamily.INET, Map.of(), address, 8, new StackPort(stack) {
            @Override
            protected int take(int port) {
                return port;
            }

            @Override
            protected void giveBack() {}
        });
    }

    /** Two listeners of the kernel's, each with a connection that waits. */
    private static final class Other implements AutoCloseable {
        // The first takes the number that has become free.
        final ServerSocketChannel first = KernelProvider.get().openServerSocketChannel();
        final ServerSocketChannel second = KernelProvider.get().openServerSocketChannel();
        final SocketChannel toFirst = connected(first);
        final SocketChannel toSecond = connected(second);

        Other() throws IOException {}

        private static SocketChannel connected(ServerSocketChannel server) throws IOException {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            SocketChannel client = KernelProvider.get().openSocketChannel();
            client.connect(server.getLocalAddress());
            return client;
        }

        @Override
        public void close() throws IOException {
            toFirst.close();
            toSecond.close();
            first.close();
            second.close();
        }
    }

    @Test
    void aHalfThatIsClosedBeforeItsWatchWatchesNobodyElsesDescriptor() throws Exception {
        KernelHalf half = half();
        half.close();
        try (Other other = new Other()) {
            half.watch(told::incrementAndGet);
            assertThat(half.isReady()).isFalse();
            lookOnce(other);
            assertThat(told).hasValue(0);
        }
    }

    /** Once another watch has been told, the watching thread has looked at all. */
    private static void lookOnce(Other other) throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        KernelWatch watch = KernelWatch.begin(((SelChImpl) other.second).getFD(), seen::countDown);
        assertThat(seen.await(10, TimeUnit.SECONDS)).isTrue();
        watch.end();
    }

    @Test
    void aCloseAmidTheBeginningOfTheWatchLeavesNothingWatched() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            for (int i = 0; i < RACES; i++) {
                KernelHalf half = half();
                CyclicBarrier together = new CyclicBarrier(2);
                Future<?> watching = threads.submit(() -> {
                    together.await();
                    half.watch(told::incrementAndGet);
                    return null;
                });
                Future<?> closing = threads.submit(() -> {
                    together.await();
                    half.close();
                    return null;
                });
                watching.get();
                closing.get();
                try (Other other = new Other()) {
                    lookOnce(other);
                }
                assertThat(told).as("race " + i).hasValue(0);
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
