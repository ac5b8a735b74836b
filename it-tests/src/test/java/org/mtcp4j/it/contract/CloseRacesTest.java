/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Closes and interrupts that meet an operation of another thread; the same on the JDK and on the stack. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CloseRacesTest {
    private static final int CONNECTS = 3_000;
    private static final int INTERRUPTS = 5_000;

    private static ContractEnvironment environment(String name) throws Exception {
        return switch (name) {
            case "jdk" -> new JdkEnvironment();
            case "inline" -> MemoryEnvironment.onStack(",driver=inline");
            default -> MemoryEnvironment.onStack(",driver=dedicated");
        };
    }

    /** The one closes the channel that cannot connect, the other closes it in any case: neither may wait for the other. */
    @ParameterizedTest
    @ValueSource(strings = {"jdk", "inline", "dedicated"})
    void aRefusedFinishConnectMeetsAClose(String name) throws Exception {
        try (ContractEnvironment environment = environment(name)) {
            InetSocketAddress nobody;
            try (ServerSocketChannel server = environment.server().openServerSocketChannel()) {
                server.bind(new InetSocketAddress(environment.serverAddress(), 0));
                nobody = (InetSocketAddress) server.getLocalAddress();
            }
            CyclicBarrier barrier = new CyclicBarrier(2);
            AtomicReference<SocketChannel> channel = new AtomicReference<>();
            AtomicReference<Exception> unexpected = new AtomicReference<>();
            Thread closing = new Thread(() -> {
                try {
                    for (int i = 0; i < CONNECTS; i++) {
                        barrier.await();
                        channel.get().close();
                        barrier.await();
                    }
                } catch (Exception e) {
                    unexpected.set(e);
                }
            });
            closing.setDaemon(true);
            closing.start();
            for (int i = 0; i < CONNECTS; i++) {
                channel.set(refused(environment.client(), nobody));
                barrier.await();
                finish(channel.get());
                await(barrier);
            }
            closing.join();
            assertThat(unexpected.get()).isNull();
        }
    }

    private static void await(CyclicBarrier barrier) throws Exception {
        try {
            barrier.await(20, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            assertThat(ManagementFactory.getThreadMXBean().findDeadlockedThreads())
                    .as("deadlocked threads")
                    .isNull();
            throw e;
        }
    }

    private static SocketChannel refused(SelectorProvider provider, InetSocketAddress nobody) throws IOException {
        SocketChannel channel = provider.openSocketChannel();
        channel.configureBlocking(false);
        try {
            channel.connect(nobody);
        } catch (IOException e) {
            // At once: the close below meets nothing.
        }
        return channel;
    }

    private static void finish(SocketChannel channel) {
        try {
            while (!channel.finishConnect()) {
                Thread.onSpinWait();
            }
        } catch (IOException | NoConnectionPendingException e) {
            // Refused, or closed before.
        }
    }

    /** A thread whose select was ended by an interrupt clears the flag and goes on with a channel, which stays open. */
    @ParameterizedTest
    @ValueSource(strings = {"jdk", "inline", "dedicated"})
    void anInterruptThatEndedASelectClosesNoChannel(String name) throws Exception {
        try (ContractEnvironment environment = environment(name);
                ServerSocketChannel server = environment.server().openServerSocketChannel();
                Selector selector = environment.client().openSelector()) {
            server.bind(new InetSocketAddress(environment.serverAddress(), 0));
            SocketChannel channel = environment.client().openSocketChannel();
            channel.connect(server.getLocalAddress());
            SocketChannel peer = server.accept();
            Thread selecting = Thread.currentThread();
            CyclicBarrier barrier = new CyclicBarrier(2);
            Thread interrupting = new Thread(() -> {
                try {
                    for (int i = 0; i < INTERRUPTS; i++) {
                        barrier.await();
                        selecting.interrupt();
                        barrier.await();
                    }
                } catch (Exception e) {
                    // The other end of the barrier tells.
                }
            });
            interrupting.setDaemon(true);
            interrupting.start();
            int closed = 0;
            for (int i = 0; i < INTERRUPTS; i++) {
                barrier.await();
                do {
                    // An earlier wake-up may end a select before the interrupt comes.
                    selector.select();
                } while (!Thread.interrupted());
                try {
                    channel.write(ByteBuffer.allocate(1));
                } catch (AsynchronousCloseException e) {
                    closed++;
                    Thread.interrupted();
                    channel = environment.client().openSocketChannel();
                    channel.connect(server.getLocalAddress());
                    peer.close();
                    peer = server.accept();
                } catch (ClosedChannelException e) {
                    throw new AssertionError(e);
                }
                peer.read(ByteBuffer.allocate(16));
                barrier.await();
            }
            interrupting.join();
            channel.close();
            peer.close();
            System.out.println(name + ": " + closed + " of " + INTERRUPTS + " interrupts closed a channel");
            // The JDK itself loses 2 of 100,000 (JDK 25).
            assertThat(closed).isLessThanOrEqualTo(5);
        }
    }

    /** As a selector's keys are cancelled by a close of another thread. */
    @ParameterizedTest
    @ValueSource(strings = {"jdk", "inline", "dedicated"})
    void aCloseEndsARegistrationThatIsSelected(String name) throws Exception {
        try (ContractEnvironment environment = environment(name);
                Selector selector = environment.client().openSelector()) {
            for (int i = 0; i < 100; i++) {
                SocketChannel channel = environment.client().openSocketChannel();
                channel.configureBlocking(false);
                SelectionKey key = channel.register(selector, 0);
                Thread closing = new Thread(() -> {
                    try {
                        channel.close();
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
                closing.start();
                while (key.isValid()) {
                    selector.select(1);
                }
                closing.join();
            }
        }
    }
}
