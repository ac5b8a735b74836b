/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import jdk.net.ExtendedSocketOptions;

/** Threads that send messages to a {@link ChaosServer} and check each byte of the echo; a connection that ends is followed by another. */
final class ChaosClients {
    /** So long without a byte is standing still: every trouble lasts two seconds at most. */
    private static final int PATIENCE_MS = 20_000;

    private static final int MAX_MESSAGE_BYTES = 100_000;
    private static final int MAX_MESSAGES = 50;

    final AtomicLong messages = new AtomicLong();
    final AtomicLong bytes = new AtomicLong();
    /** Connections that ended with an exception, and with the end of the stream where more was due. */
    final AtomicInteger broken = new AtomicInteger();

    final AtomicInteger cutShort = new AtomicInteger();
    /** What must not be: bytes that differ, connections that stand still. */
    final AtomicInteger wrong = new AtomicInteger();

    final AtomicInteger stuck = new AtomicInteger();
    /** Is told the local port of a connection that stands still, as long as it is there. */
    IntConsumer watcher = port -> {};

    private final List<Thread> threads = new ArrayList<>();
    /** What has not been closed without an error yet: nobody else refers to it, and a collection must not be what closes it. */
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    private final String host;
    /** The server is about to go: what its connections hear is no fault. */
    volatile boolean ending;

    private volatile boolean stopped;

    /** @param port of the server's threads; its selector is at the next */
    ChaosClients(String host, int port, int count, long seed) {
        this.host = host;
        for (int i = 0; i < count; i++) {
            SplittableRandom random = new SplittableRandom(seed + i);
            int to = port + i % 2;
            Thread thread = new Thread(() -> run(to, random), "client-" + i);
            thread.setDaemon(true);
            threads.add(thread);
        }
    }

    void start() {
        threads.forEach(Thread::start);
    }

    boolean isEmpty() {
        return threads.isEmpty();
    }

    /** Interrupts one of the threads, if there are any. */
    void interrupt(SplittableRandom random) {
        if (!threads.isEmpty()) {
            threads.get(random.nextInt(threads.size())).interrupt();
        }
    }

    /** Lets them finish their connections; false when one has not after a time. */
    boolean stop(long mostMs) throws InterruptedException {
        stopped = true;
        long endNs = System.nanoTime() + mostMs * 1_000_000;
        boolean all = true;
        for (Thread thread : threads) {
            thread.join(Math.max(1, (endNs - System.nanoTime()) / 1_000_000));
            all &= !thread.isAlive();
        }
        return all;
    }

    /** Again, what an error kept from being closed. */
    void closeAll() {
        open.forEach(ChaosServer::close);
        open.clear();
    }

    private void run(int to, SplittableRandom random) {
        while (!stopped) {
            try {
                talk(to, random);
            } catch (SocketTimeoutException e) {
                count(stuck);
            } catch (EOFException e) {
                count(cutShort);
            } catch (Throwable e) {
                // No memory, a reset, an interrupt: the next connection.
                count(broken);
            }
            Thread.interrupted();
        }
    }

    private void count(AtomicInteger counter) {
        if (!ending) {
            counter.incrementAndGet();
        }
    }

    private void talk(int to, SplittableRandom random) throws IOException {
        Socket socket = new Socket();
        // Before it has anything of the stack's.
        open.add(socket);
        Closeable closing = () -> {
            socket.close();
            open.remove(socket);
        };
        try (closing) {
            try {
                exchange(socket, to, random);
            } catch (SocketTimeoutException e) {
                watcher.accept(socket.getLocalPort());
                throw e;
            }
        }
    }

    private void exchange(Socket socket, int to, SplittableRandom random) throws IOException {
        socket.setSoTimeout(PATIENCE_MS);
        socket.setTcpNoDelay(random.nextBoolean());
        // An error in a round may lose the reset of the other end: whoever only waits is told by a probe.
        socket.setKeepAlive(true);
        socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 2);
        socket.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, 1);
        socket.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 5);
        socket.connect(new InetSocketAddress(host, to), PATIENCE_MS);
        DataOutputStream out = new DataOutputStream(socket.getOutputStream());
        DataInputStream in = new DataInputStream(socket.getInputStream());
        for (int i = random.nextInt(MAX_MESSAGES); i >= 0 && !stopped; i--) {
            byte[] message = new byte[1 + random.nextInt(random.nextBoolean() ? 100 : MAX_MESSAGE_BYTES)];
            long seed = random.nextLong();
            for (int k = 0; k < message.length; k++) {
                message[k] = at(seed, k);
            }
            out.writeInt(message.length);
            out.write(message);
            in.readFully(message);
            check(seed, message);
            messages.incrementAndGet();
            bytes.addAndGet(message.length);
        }
    }

    private void check(long seed, byte[] echo) {
        for (int k = 0; k < echo.length; k++) {
            if (echo[k] != at(seed, k)) {
                wrong.incrementAndGet();
                System.out.println("byte " + k + " of " + echo.length + " is " + echo[k] + ", not " + at(seed, k));
                return;
            }
        }
    }

    private static byte at(long seed, int index) {
        return (byte) ((seed >>> (index & 31)) + index * 7L + (index >>> 8));
    }

    @Override
    public String toString() {
        return messages + " messages, " + bytes + " bytes, " + broken + " broken, " + cutShort + " cut short, " + wrong
                + " wrong, " + stuck + " stuck";
    }
}
