/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import sun.nio.ch.SelChImpl;

/** The thread that watches the kernel's halves of all listeners. */
@Timeout(30)
class KernelWatchTest {
    private static final int ERRORS = 3;

    /** A listener with a connection that waits, and the news of it failing so often. */
    private static final class Watched implements AutoCloseable {
        final AtomicInteger left;
        final CountDownLatch told = new CountDownLatch(1);
        final ServerSocketChannel server = KernelProvider.get().openServerSocketChannel();
        final SocketChannel client;
        final KernelWatch watch;

        Watched(int errors) throws Exception {
            left = new AtomicInteger(errors);
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            client = KernelProvider.get().openSocketChannel();
            client.connect(server.getLocalAddress());
            watch = KernelWatch.begin(((SelChImpl) server).getFD(), this::news);
        }

        private void news() {
            if (left.getAndDecrement() > 0) {
                throw new OutOfMemoryError("made by the test");
            }
            told.countDown();
        }

        @Override
        public void close() throws IOException {
            watch.end();
            client.close();
            server.close();
        }
    }

    @Test
    void errorsInTheNewsOfOneListenerLoseNoNewsOfIt() throws Exception {
        try (Watched failing = new Watched(ERRORS)) {
            assertThat(failing.told.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(failing.watch.isReady()).isTrue();
        }
    }

    @Test
    void errorsInTheNewsOfOneListenerHoldUpNoOther() throws Exception {
        try (Watched failing = new Watched(Integer.MAX_VALUE)) {
            long endingNs;
            try (Watched other = new Watched(0)) {
                assertThat(other.told.await(10, TimeUnit.SECONDS)).isTrue();
                endingNs = System.nanoTime();
            }
            // Who ends a watch waits 5 s at most for the thread.
            assertThat(System.nanoTime() - endingNs).isLessThan(3_000_000_000L);
            assertThat(failing.told.getCount()).isOne();
        }
    }
}
