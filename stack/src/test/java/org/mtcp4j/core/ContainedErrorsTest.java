/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Pollable;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.socket.StackListener;
import org.mtcp4j.socket.StackSocket;
import org.mtcp4j.stats.Counter;

/** An error amid a round ends what was worked on, and nothing else. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ContainedErrorsTest {
    private static final int VICTIM_PORT = 7001;
    private static final int INNOCENT_PORT = 7002;
    private static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(30);

    private final Queue<String> told = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> unexpected = new ConcurrentLinkedQueue<>();
    private final AtomicInteger echoes = new AtomicInteger();
    private volatile boolean over;

    /** A server, one connection after the other, and a client; either on a thread of its own. */
    private final class Pair {
        private final Stack stack;
        private final int port;
        private final boolean innocent;
        private final Thread server = new Thread(this::serve);
        private final Thread client = new Thread(this::ask);
        private volatile StackListener listener;

        Pair(Stack stack, int port, boolean innocent) {
            this.stack = stack;
            this.port = port;
            this.innocent = innocent;
        }

        void start() throws IOException {
            listener = stack.newListener();
            listener.bind(new InetSocketAddress("198.18.0.2", port), 16);
            server.start();
            client.start();
        }

        void join() throws InterruptedException {
            server.join();
            client.join();
        }

        private void serve() {
            while (!over) {
                StackSocket socket = null;
                try {
                    socket = listener.accept();
                    if (socket == null) {
                        listener.await(Pollable.ACCEPT, 10_000_000L);
                        continue;
                    }
                    ByteBuffer bytes = ByteBuffer.allocate(64);
                    while (!over && fill(socket, bytes.clear())) {
                        drain(socket, bytes.flip());
                    }
                } catch (IOException | RuntimeException | Error e) {
                    note(e);
                } finally {
                    close(socket);
                }
            }
        }

        private void ask() {
            while (!over) {
                StackSocket socket = stack.newSocket();
                try {
                    socket.startConnect(listener.localAddress());
                    while (!over && !socket.finishConnect()) {
                        socket.await(Pollable.CONNECT, 10_000_000L);
                    }
                    ByteBuffer bytes = ByteBuffer.allocate(64);
                    while (!over) {
                        drain(socket, bytes.clear());
                        if (!fill(socket, bytes.clear())) {
                            break;
                        }
                        if (innocent) {
                            echoes.incrementAndGet();
                        }
                    }
                } catch (IOException | RuntimeException | Error e) {
                    note(e);
                } finally {
                    close(socket);
                }
            }
        }

        private void note(Throwable e) {
            if (innocent && !over) {
                unexpected.add(e);
            }
        }

        private void close(StackSocket socket) {
            try {
                if (socket != null) {
                    socket.close();
                }
            } catch (RuntimeException | Error e) {
                note(e);
            }
        }

        private boolean fill(StackSocket socket, ByteBuffer bytes) throws IOException {
            while (bytes.hasRemaining() && !over) {
                int n = socket.read(bytes);
                if (n == StackSocket.EOF) {
                    return false;
                }
                if (n == StackSocket.UNAVAILABLE) {
                    socket.await(Pollable.READ, 10_000_000L);
                }
            }
            return !bytes.hasRemaining();
        }

        private void drain(StackSocket socket, ByteBuffer bytes) throws IOException {
            while (bytes.hasRemaining() && !over) {
                if (socket.write(bytes) <= 0) {
                    socket.await(Pollable.WRITE, 10_000_000L);
                }
            }
        }
    }

    private static boolean isVictims(Flow flow) {
        return flow != null && (flow.localPort() == VICTIM_PORT || flow.remotePort() == VICTIM_PORT);
    }

    private static Supplier<Throwable> errors(String name) {
        return switch (name) {
            case "memory" -> () -> new OutOfMemoryError("made by the test");
            case "stack" -> StackOverflowError::new;
            case "death" -> ThreadDeath::new;
            default -> () -> new IllegalStateException("made by the test");
        };
    }

    private void await(String what, BooleanSupplier state) throws InterruptedException {
        long endNs = System.nanoTime() + LIMIT_NS;
        while (!state.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(endNs);
            Thread.sleep(1);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "inline memory", "inline stack", "inline death", "inline fault",
                "dedicated memory", "dedicated stack", "dedicated death", "dedicated fault"
            })
    void errorAtAnyStageOfARoundEndsNoInnocentConnection(String how) throws Exception {
        String[] words = how.split(" ", -1);
        Supplier<Throwable> error = errors(words[1]);
        try (Stack stack = Stack.start(StackConfig.of("nic=memory,driver=" + words[0]), told::add)) {
            Context context = stack.engine().context(0);
            Pair victim = new Pair(stack, VICTIM_PORT, false);
            Pair innocent = new Pair(stack, INNOCENT_PORT, true);
            victim.start();
            innocent.start();
            for (int stage = 0; stage < Faults.STAGES; stage++) {
                if (stage != Faults.TIMER) {
                    throwAt(context, stage, error);
                }
                int before = echoes.get();
                await("echoes after errors at stage " + stage, () -> echoes.get() > before + 100);
            }
            over = true;
            victim.join();
            innocent.join();
            assertThat(unexpected).isEmpty();
            assertThat(context.counters.get(Counter.FLOW_ERRORS)).isPositive();
            assertThat(context.counters.get(Counter.CONTEXT_FAILURES)).isZero();
            stack.stop(2_000_000_000L);
            assertThat(stack.engine().chunks().free())
                    .isEqualTo(stack.engine().chunks().total());
        }
    }

    private void throwAt(Context context, int wanted, Supplier<Throwable> error) throws InterruptedException {
        AtomicInteger calls = new AtomicInteger();
        AtomicInteger thrown = new AtomicInteger();
        boolean ofOneFlow = wanted != Faults.RECEIVE && wanted != Faults.FRAME && wanted != Faults.END;
        // A lost frame costs 200 ms.
        int most = wanted == Faults.FRAME ? 3 : 10;
        inContext(
                context,
                () -> context.faults.hook = stage -> {
                    if (stage == wanted
                            && thrown.get() < most
                            && (!ofOneFlow || isVictims(context.faults.working))
                            && calls.incrementAndGet() % 7 == 0) {
                        thrown.incrementAndGet();
                        ContainedErrorsTest.<RuntimeException>raise(error.get());
                    }
                });
        await("thrown at stage " + wanted, () -> thrown.get() >= most);
        inContext(context, () -> context.faults.hook = null);
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T extends Throwable> void raise(Throwable e) throws T {
        throw (T) e;
    }

    private static void inContext(Context context, Runnable what) {
        context.driver.call(new Call() {
            @Override
            void execute(Context owned, long nowNs) {
                what.run();
            }
        });
    }

    /** What comes again with every round is no passing trouble. */
    @ParameterizedTest
    @ValueSource(strings = {"inline", "dedicated"})
    void contextThatFailsWithEachRoundIsRebuiltAndServesNewConnections(String driver) throws Exception {
        try (Stack stack = Stack.start(StackConfig.of("nic=memory,driver=" + driver), told::add)) {
            Context context = stack.engine().context(0);
            Pair pair = new Pair(stack, VICTIM_PORT, true);
            pair.start();
            await("echoes", () -> echoes.get() > 100);
            AtomicInteger left = new AtomicInteger(16);
            inContext(
                    context,
                    () -> context.faults.hook = stage -> {
                        if (stage == Faults.RECEIVE && left.getAndDecrement() > 0) {
                            throw new IllegalStateException("made by the test");
                        }
                    });
            await("rebuilt", () -> context.counters.get(Counter.CONTEXT_FAILURES) == 1);
            int before = echoes.get();
            long rebuiltNs = System.nanoTime();
            await("echoes on a new connection", () -> echoes.get() > before + 100);
            assertThat(System.nanoTime() - rebuiltNs).as("ns").isLessThan(TimeUnit.SECONDS.toNanos(3));
            over = true;
            pair.join();
            assertThat(unexpected).isNotEmpty().allSatisfy(e -> assertThat(e).isInstanceOf(IOException.class));
            assertThat(unexpected.toString()).contains("Connection reset");
            assertThat(told).anyMatch(line -> line.startsWith("context 0 failed and begins anew"));
            stack.stop(2_000_000_000L);
            assertThat(stack.engine().chunks().free())
                    .isEqualTo(stack.engine().chunks().total());
        }
    }

    /** A thread that recurses and writes, catching its own StackOverflowError, is nobody else's trouble. */
    @ParameterizedTest
    @ValueSource(strings = {"inline", "dedicated"})
    void threadAtTheEndOfItsStackStopsNobodyElse(String driver) throws Exception {
        try (Stack stack = Stack.start(StackConfig.of("nic=memory,driver=" + driver), told::add)) {
            Pair innocent = new Pair(stack, INNOCENT_PORT, true);
            innocent.start();
            StackListener sink = stack.newListener();
            sink.bind(new InetSocketAddress("198.18.0.2", VICTIM_PORT), 16);
            StackSocket deep = stack.newSocket();
            deep.startConnect(sink.localAddress());
            while (!deep.finishConnect()) {
                deep.await(Pollable.CONNECT, 0);
            }
            Thread recursing = new Thread(() -> {
                while (!over) {
                    try {
                        recurse(deep, ByteBuffer.allocate(1));
                    } catch (StackOverflowError e) {
                        // As wanted.
                    }
                }
            });
            recursing.start();
            int before = echoes.get();
            await("echoes beside a deep thread", () -> echoes.get() > before + 5_000);
            over = true;
            recursing.join();
            innocent.join();
            assertThat(unexpected).isEmpty();
            assertThat(stack.engine().context(0).counters.get(Counter.CONTEXT_FAILURES))
                    .isZero();
        }
    }

    private static int recurse(StackSocket socket, ByteBuffer one) {
        try {
            socket.write(one.clear());
        } catch (IOException e) {
            // Of no interest.
        }
        return one.capacity() == 0 ? 0 : recurse(socket, one) + 1;
    }
}
