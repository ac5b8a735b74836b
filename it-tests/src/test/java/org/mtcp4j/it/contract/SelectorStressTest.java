/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.spi.nio.MtcpSelectorProvider;

/**
 * Register, cancel, register again, change interest, wake up and close, from many threads, while another selects and echoes: every byte
 * comes back. {@code -Dmtcp.stress.seconds=600} runs it for longer.
 */
class SelectorStressTest {
    private static final int SECONDS = Integer.getInteger("mtcp.stress.seconds", 2);
    private static final int CLIENTS = 6;
    private static final int MOST_ROUND_TRIPS = 20;

    /** One that has not come by then is lost. */
    private static final int PATIENCE_MS = 20_000;

    private final LongAdder roundTrips = new LongAdder();
    private final LongAdder connections = new LongAdder();
    private volatile boolean stopped;
    /** All conversations have ended. */
    private volatile boolean finished;

    @ParameterizedTest
    @ValueSource(strings = {"driver=inline", "driver=dedicated", "driver=dedicated,contexts=2"})
    void noEventIsLostAndNobodyWaitsForEver(String driver) throws Exception {
        StackConfig config = StackConfig.of("nic=memory,ip=198.18.0.2/24,time-wait=1s," + driver);
        long seed = System.nanoTime();
        System.out.println("[stress] " + driver + " seed " + seed);
        ExecutorService threads = Executors.newCachedThreadPool();
        try (Stack stack = Stack.start(config)) {
            MtcpSelectorProvider provider = MtcpSelectorProvider.of(stack, config);
            try (Selector selector = provider.openSelector();
                    ServerSocketChannel server = provider.openServerSocketChannel()) {
                server.bind(new InetSocketAddress("198.18.0.2", 0), CLIENTS);
                Future<?> echoing = threads.submit(() -> echo(selector));
                List<Future<?>> all = new ArrayList<>();
                for (int i = 0; i < CLIENTS; i++) {
                    Random random = new Random(seed + i);
                    all.add(threads.submit(() -> converse(provider, server, selector, random)));
                }
                all.add(threads.submit(() -> disturb(selector, new Random(seed - 1))));
                Thread.sleep(Duration.ofSeconds(SECONDS).toMillis());
                stopped = true;
                for (Future<?> each : all) {
                    each.get(2 * PATIENCE_MS, TimeUnit.MILLISECONDS);
                }
                finished = true;
                selector.wakeup();
                echoing.get(PATIENCE_MS, TimeUnit.MILLISECONDS);
                assertThat(selector.keys().stream()
                                .filter(SelectionKey::isValid)
                                .count())
                        .as("keys of closed channels")
                        .isZero();
            }
        } finally {
            stopped = true;
            finished = true;
            threads.shutdownNow();
        }
        System.out.println("[stress] " + driver + " " + roundTrips + " round trips on " + connections + " connections");
        assertThat(roundTrips.sum()).isPositive();
    }

    private Void echo(Selector selector) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        while (!finished) {
            selector.select();
            Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
            while (ready.hasNext()) {
                SelectionKey key = ready.next();
                ready.remove();
                try {
                    echo((SocketChannel) key.channel(), one);
                } catch (CancelledKeyException | IOException e) {
                    // Its client was at it: it has cancelled, made it blocking, or closed.
                }
            }
        }
        return null;
    }

    private static void echo(SocketChannel channel, ByteBuffer one) throws IOException {
        // Whoever has taken it out of the selector uses it alone.
        synchronized (channel) {
            if (channel.isOpen() && channel.isRegistered() && channel.read(one.clear()) > 0) {
                channel.write(one.flip());
            }
        }
    }

    private Void converse(MtcpSelectorProvider provider, ServerSocketChannel server, Selector selector, Random random)
            throws Exception {
        while (!stopped) {
            SocketChannel client = provider.openSocketChannel();
            SocketChannel accepted;
            // So that it is the other end of this one.
            synchronized (server) {
                client.connect(server.getLocalAddress());
                accepted = server.accept();
            }
            accepted.configureBlocking(false);
            register(accepted, selector, random);
            client.socket().setSoTimeout(PATIENCE_MS);
            for (int i = random.nextInt(MOST_ROUND_TRIPS); i >= 0; i--) {
                int sent = random.nextInt(128);
                client.socket().getOutputStream().write(sent);
                if (random.nextInt(4) == 0) {
                    takeOutAndPutBack(accepted, selector, random);
                }
                int got = client.socket().getInputStream().read();
                if (got < 0) {
                    break;
                }
                assertThat(got).isEqualTo(sent);
                roundTrips.increment();
            }
            connections.increment();
            close(client, accepted, random);
            if (random.nextBoolean()) {
                selector.wakeup();
            }
        }
        return null;
    }

    private static void register(SocketChannel channel, Selector selector, Random random) throws IOException {
        while (true) {
            try {
                SelectionKey key = channel.register(selector, random.nextBoolean() ? SelectionKey.OP_READ : 0);
                key.interestOps(SelectionKey.OP_READ);
                selector.wakeup();
                return;
            } catch (CancelledKeyException e) {
                // The key goes with the next select.
                selector.wakeup();
                Thread.onSpinWait();
            } catch (ClosedChannelException e) {
                return;
            }
        }
    }

    private static void takeOutAndPutBack(SocketChannel channel, Selector selector, Random random) throws IOException {
        SelectionKey key = channel.keyFor(selector);
        if (key == null) {
            return;
        }
        key.cancel();
        if (random.nextBoolean()) {
            synchronized (channel) {
                // Asked once: the next select takes the key away between two questions.
                SelectionKey present = channel.keyFor(selector);
                if (channel.isOpen() && (present == null || !present.isValid())) {
                    channel.configureBlocking(true);
                    channel.configureBlocking(false);
                }
            }
        }
        register(channel, selector, random);
    }

    private static void close(SocketChannel client, SocketChannel accepted, Random random) throws IOException {
        if (random.nextInt(3) == 0) {
            client.setOption(java.net.StandardSocketOptions.SO_LINGER, 0);
        }
        if (random.nextBoolean()) {
            client.close();
            accepted.close();
        } else {
            accepted.close();
            client.close();
        }
    }

    private Void disturb(Selector selector, Random random) throws InterruptedException {
        while (!stopped) {
            selector.wakeup();
            Thread.sleep(random.nextInt(3));
        }
        return null;
    }
}
