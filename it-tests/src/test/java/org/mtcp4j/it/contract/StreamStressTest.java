/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.core.ChunkPool;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.spi.nio.MtcpSelectorProvider;

/**
 * A blocked reader and a blocked writer at each end, while others close, reset, shut halves and interrupt at any moment: both end soon, what was
 * read is a beginning of what was written, all of it where nothing cut it short, and no storage is left. {@code -Dmtcp.stress.seconds=600} runs it
 * for longer.
 */
class StreamStressTest {
    private static final int SECONDS = Integer.getInteger("mtcp.stress.seconds", 2);
    private static final int PAIRS = 4;
    private static final int MOST_BYTES = 300_000;
    private static final int MOST_PIECE_BYTES = 20_000;
    /** Whoever has not ended by then waits for ever. */
    private static final int PATIENCE_S = 30;

    private final LongAdder rounds = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private volatile boolean stopped;

    /** What happens in the middle. */
    private enum Disturbance {
        NONE,
        CLOSE_WRITER,
        CLOSE_READER,
        RESET_BY_WRITER,
        RESET_BY_READER,
        SHUT_OUTPUT,
        SHUT_INPUT,
        INTERRUPT_WRITER,
        INTERRUPT_READER,
        CLOSE_BOTH
    }

    /** A thread that may be interrupted, while it is there: afterwards it is the pool's again. */
    private static final class Blocked {
        private Thread thread;

        synchronized void enter() {
            thread = Thread.currentThread();
        }

        synchronized void leave() {
            thread = null;
            Thread.interrupted();
        }

        synchronized void interrupt() {
            if (thread != null) {
                thread.interrupt();
            }
        }
    }

    /** One direction of a connection: the bytes are their positions. */
    private static final class Stream {
        final SocketChannel from;
        final SocketChannel to;
        final Blocked writer = new Blocked();
        final Blocked reader = new Blocked();
        final int limit;

        Stream(SocketChannel from, SocketChannel to, int limit) {
            this.from = from;
            this.to = to;
            this.limit = limit;
        }

        /** Bytes that the channel has taken. */
        long write(Random random) throws IOException {
            writer.enter();
            long written = 0;
            try {
                while (written < limit) {
                    ByteBuffer piece =
                            ByteBuffer.allocate((int) Math.min(limit - written, 1 + random.nextInt(MOST_PIECE_BYTES)));
                    for (int i = 0; i < piece.capacity(); i++) {
                        piece.put((byte) (written + i));
                    }
                    written += from.write(piece.flip());
                }
                from.shutdownOutput();
                return written;
            } catch (IOException e) {
                return written;
            } finally {
                writer.leave();
            }
        }

        /** Bytes that came, each where it belongs; negative less one where the end of the stream did not. */
        long read(Random random) {
            reader.enter();
            long received = 0;
            try {
                ByteBuffer piece = ByteBuffer.allocate(MOST_PIECE_BYTES);
                while (true) {
                    piece.clear().limit(1 + random.nextInt(MOST_PIECE_BYTES));
                    int n = to.read(piece);
                    if (n < 0) {
                        return received;
                    }
                    for (int i = 0; i < n; i++) {
                        if (piece.get(i) != (byte) (received + i)) {
                            throw new AssertionError("another byte at " + (received + i));
                        }
                    }
                    received += n;
                }
            } catch (IOException e) {
                return -received - 1;
            } finally {
                reader.leave();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"driver=inline", "driver=dedicated", "driver=dedicated,contexts=2"})
    void nothingIsLostAndNobodyWaitsForEver(String driver) throws Exception {
        StackConfig config = StackConfig.of("nic=memory,ip=198.18.0.2/24,time-wait=1s," + driver);
        long seed = System.nanoTime();
        System.out.println("[stress] streams " + driver + " seed " + seed);
        ExecutorService threads = Executors.newCachedThreadPool();
        try (Stack stack = Stack.start(config)) {
            MtcpSelectorProvider provider = MtcpSelectorProvider.of(stack, config);
            try (ServerSocketChannel server = provider.openServerSocketChannel()) {
                server.bind(new InetSocketAddress("198.18.0.2", 0), PAIRS);
                List<Future<?>> all = new ArrayList<>();
                for (int i = 0; i < PAIRS; i++) {
                    Random random = new Random(seed + i);
                    all.add(threads.submit(() -> pairs(provider, server, threads, random)));
                }
                TimeUnit.SECONDS.sleep(SECONDS);
                stopped = true;
                for (Future<?> each : all) {
                    each.get(2 * PATIENCE_S, TimeUnit.SECONDS);
                }
            }
            awaitNoStorage(stack);
        } finally {
            stopped = true;
            threads.shutdownNow();
        }
        System.out.println("[stress] streams " + driver + " " + rounds + " rounds, " + bytes + " bytes");
        assertThat(rounds.sum()).isPositive();
    }

    private static void awaitNoStorage(Stack stack) throws InterruptedException {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
        ChunkPool chunks = stack.engine().chunks();
        while (chunks.free() < chunks.total() && System.nanoTime() - endNs < 0) {
            Thread.sleep(20);
        }
        assertThat(chunks.free()).as("chunks of storage that are free").isEqualTo(chunks.total());
        assertThat(stack.engine().flows()).as("connections").isEmpty();
    }

    private Void pairs(
            MtcpSelectorProvider provider, ServerSocketChannel server, ExecutorService threads, Random random)
            throws Exception {
        while (!stopped) {
            SocketChannel client = provider.openSocketChannel();
            SocketChannel accepted;
            // So that it is the other end of this one.
            synchronized (server) {
                client.connect(server.getLocalAddress());
                accepted = server.accept();
            }
            round(client, accepted, threads, random);
            rounds.increment();
        }
        return null;
    }

    private void round(SocketChannel client, SocketChannel accepted, ExecutorService threads, Random random)
            throws Exception {
        Stream up = new Stream(client, accepted, random.nextInt(MOST_BYTES));
        Stream down = new Stream(accepted, client, random.nextInt(MOST_BYTES));
        List<Future<Long>> ends = new ArrayList<>();
        for (Stream stream : List.of(up, down)) {
            long seed = random.nextLong();
            ends.add(threads.submit(() -> stream.write(new Random(seed))));
            ends.add(threads.submit(() -> stream.read(new Random(seed + 1))));
        }
        Disturbance disturbance = Disturbance.values()[random.nextInt(Disturbance.values().length)];
        LockSupport.parkNanos(random.nextInt(2_000_000));
        disturb(up, disturbance);
        if (disturbance == Disturbance.SHUT_INPUT || disturbance == Disturbance.INTERRUPT_READER) {
            // A writer whose peer reads no more would rightly wait: somebody has to end it.
            ends.get(1).get(PATIENCE_S, TimeUnit.SECONDS);
            accepted.close();
        }
        long[] seen = new long[4];
        for (int i = 0; i < seen.length; i++) {
            seen[i] = ends.get(i).get(PATIENCE_S, TimeUnit.SECONDS);
        }
        client.close();
        accepted.close();
        check(disturbance, up, seen[0], seen[1]);
        check(disturbance, down, seen[2], seen[3]);
    }

    private static void disturb(Stream stream, Disturbance disturbance) throws IOException {
        switch (disturbance) {
            case NONE -> {}
            case CLOSE_WRITER -> stream.from.close();
            case CLOSE_READER -> stream.to.close();
            case RESET_BY_WRITER -> reset(stream.from);
            case RESET_BY_READER -> reset(stream.to);
            case SHUT_OUTPUT -> stream.from.shutdownOutput();
            case SHUT_INPUT -> stream.to.shutdownInput();
            case INTERRUPT_WRITER -> stream.writer.interrupt();
            case INTERRUPT_READER -> stream.reader.interrupt();
            case CLOSE_BOTH -> {
                stream.from.close();
                stream.to.close();
            }
        }
    }

    private static void reset(SocketChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        channel.close();
    }

    private void check(Disturbance disturbance, Stream stream, long written, long read) {
        long received = read < 0 ? -read - 1 : read;
        bytes.add(received);
        assertThat(received)
                .as(disturbance + ": received of " + written + " written")
                .isLessThanOrEqualTo(stream.limit);
        if (disturbance == Disturbance.NONE) {
            assertThat(written).isEqualTo(stream.limit);
            assertThat(read).as("received").isEqualTo(written);
        } else if (disturbance == Disturbance.SHUT_OUTPUT && read >= 0) {
            assertThat(read).as(disturbance + ": received").isGreaterThanOrEqualTo(written);
        }
    }
}
