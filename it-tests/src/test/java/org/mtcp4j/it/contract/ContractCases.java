/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** What the cases share: channels that are closed after the case, and threads that are waited for. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class ContractCases {
    private static final long PATIENCE_S = 20;

    private final SocketContract contract;
    private final Deque<AutoCloseable> toClose = new ArrayDeque<>();

    ContractCases(SocketContract contract) {
        this.contract = contract;
    }

    final ContractEnvironment env() {
        return contract.environment();
    }

    /** For cases whose client does what only a channel of this JVM does. */
    final void needsClientHere() {
        assumeTrue(env().hasClientHere(), TwoJvmEnvironment.LEFT_OUT + "more than a peer does");
    }

    @AfterEach
    void closeAll() throws Exception {
        while (!toClose.isEmpty()) {
            toClose.pop().close();
        }
    }

    final <C extends AutoCloseable> C closeLater(C closeable) {
        synchronized (toClose) {
            toClose.push(closeable);
        }
        return closeable;
    }

    // Channels.

    final SocketChannel newClient() throws IOException {
        return closeLater(env().client().openSocketChannel());
    }

    final ServerSocketChannel newServer() throws IOException {
        return closeLater(env().server().openServerSocketChannel());
    }

    final ServerSocketChannel listen() throws IOException {
        return newServer().bind(new InetSocketAddress(env().serverAddress(), 0));
    }

    final Selector clientSelector() throws IOException {
        return closeLater(env().client().openSelector());
    }

    final Selector serverSelector() throws IOException {
        return closeLater(env().server().openSelector());
    }

    static InetSocketAddress addressOf(ServerSocketChannel server) throws IOException {
        return (InetSocketAddress) server.getLocalAddress();
    }

    /** Nobody listens there. */
    final InetSocketAddress refusingAddress() throws IOException {
        try (ServerSocketChannel server = env().server().openServerSocketChannel()) {
            server.bind(new InetSocketAddress(env().serverAddress(), 0));
            return addressOf(server);
        }
    }

    /** Two ends of a connection, both blocking. */
    record Pair(SocketChannel client, SocketChannel accepted) {}

    final Pair pair() throws IOException {
        try (ServerSocketChannel server = env().server().openServerSocketChannel()) {
            server.bind(new InetSocketAddress(env().serverAddress(), 0));
            return pair(server);
        }
    }

    final Pair pair(ServerSocketChannel server) throws IOException {
        SocketChannel client = newClient();
        client.connect(addressOf(server));
        return new Pair(client, closeLater(server.accept()));
    }

    // Data.

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    static void send(SocketChannel channel, String text) throws IOException {
        sendAll(channel, bytes(text));
    }

    static void sendAll(SocketChannel channel, ByteBuffer src) throws IOException {
        while (src.hasRemaining()) {
            if (channel.write(src) == 0) {
                Thread.onSpinWait();
            }
        }
    }

    static String receive(SocketChannel channel, int length) throws IOException {
        ByteBuffer dst = ByteBuffer.allocate(length);
        while (dst.hasRemaining()) {
            if (channel.read(dst) < 0) {
                throw new EOFException("after " + dst.position() + " bytes");
            }
        }
        return new String(dst.array(), StandardCharsets.US_ASCII);
    }

    /** Reads until the end of the stream, or the error that ends it. */
    static void drain(SocketChannel channel) throws IOException {
        ByteBuffer dst = ByteBuffer.allocate(8192);
        while (channel.read(dst.clear()) >= 0) {
            Thread.onSpinWait();
        }
    }

    /** Fills the connection until the non-blocking channel takes nothing more, and goes on taking nothing. */
    static long fill(SocketChannel channel, Selector selector) throws IOException {
        SelectionKey key = channel.register(selector, SelectionKey.OP_WRITE);
        ByteBuffer src = ByteBuffer.allocate(64 * 1024);
        long total = 0;
        while (selector.select(200) > 0) {
            selector.selectedKeys().clear();
            total += channel.write(src.clear());
        }
        // The kernel takes a little more than it reports room for.
        int n;
        while ((n = channel.write(src.clear().limit(1))) > 0) {
            total += n;
        }
        key.interestOps(0);
        return total;
    }

    // Threads.

    /** Between two looks at something that another thread is to change. */
    static void pause() {
        LockSupport.parkNanos(50_000);
    }

    /** A task on a thread of its own. */
    static final class Running<T> {
        private final FutureTask<T> task;
        private final Thread thread;

        Running(Callable<T> body) {
            task = new FutureTask<>(body);
            thread = new Thread(task, "contract-case");
            thread.setDaemon(true);
            thread.start();
        }

        Thread thread() {
            return thread;
        }

        boolean isDone() {
            return task.isDone();
        }

        T result() throws Exception {
            try {
                return task.get(PATIENCE_S, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                if (e.getCause() instanceof Exception cause) {
                    throw cause;
                }
                throw e;
            } catch (TimeoutException e) {
                throw hung();
            }
        }

        /** What the task threw. */
        Throwable failure() throws Exception {
            try {
                T value = task.get(PATIENCE_S, TimeUnit.SECONDS);
                throw new AssertionError("returned " + value + " instead of throwing");
            } catch (ExecutionException e) {
                return e.getCause();
            } catch (TimeoutException e) {
                throw hung();
            }
        }

        private AssertionError hung() {
            AssertionError error = new AssertionError("still running");
            error.setStackTrace(thread.getStackTrace());
            return error;
        }

        /** Waits until the thread sits in a blocking operation of a channel or selector. */
        Running<T> awaitBlocked() {
            long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
            int inARow = 0;
            while (inARow < 3) {
                if (task.isDone()) {
                    return this;
                }
                if (System.nanoTime() - endNs > 0) {
                    throw hung();
                }
                inARow = isBlocked() ? inARow + 1 : 0;
                pause();
            }
            return this;
        }

        private boolean isBlocked() {
            for (StackTraceElement frame : thread.getStackTrace()) {
                String type = frame.getClassName();
                boolean kernel = type.startsWith("sun.nio.ch.") && frame.isNativeMethod();
                boolean stack = type.startsWith("org.mtcp4j.socket.")
                        && frame.getMethodName().equals("await");
                if (kernel || stack) {
                    return true;
                }
            }
            return false;
        }
    }

    final <T> Running<T> start(Callable<T> body) {
        Running<T> running = new Running<>(body);
        closeLater(() -> running.thread().interrupt());
        return running;
    }

    /** Selects until a key of the selector is ready; returns it, taken out of the selected keys. */
    static SelectionKey selectOne(Selector selector) throws IOException {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
        while (System.nanoTime() - endNs < 0) {
            selector.select(1_000);
            for (SelectionKey key : selector.selectedKeys()) {
                selector.selectedKeys().remove(key);
                return key;
            }
        }
        throw new AssertionError("nothing became ready");
    }
}
