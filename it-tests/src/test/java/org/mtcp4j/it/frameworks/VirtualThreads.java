/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * Virtual threads by the thousand, each blocked in a read of a {@code java.net} socket of its own; then a few hundred that connect, accept,
 * read and write in channels. Prints how many carriers were pinned. Needs JDK 21; knows nothing of mtcp4j.
 */
final class VirtualThreads {
    private static final int CHANNEL_THREADS = 200;
    private static final int SECONDS = 120;
    private static final int SLOW_MS = 50;
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private VirtualThreads() {}

    public static void main(String[] arguments) throws Exception {
        int count = Integer.parseInt(arguments[0]);
        try (Recording recording = new Recording()) {
            recording.enable("jdk.VirtualThreadPinned").withoutThreshold().withStackTrace();
            recording.start();
            once();
            blockedReads(count);
            channels();
            streamsInBothDirections();
            closeEndsABlockedWrite();
            recording.stop();
            report(recording);
        }
        System.exit(0);
    }

    /**
     * One exchange on platform threads, of sockets and of channels, each read longer than the 20 ms from which the flight recorder keeps
     * it: the recorder links its writer when the first event is committed, under monitors that are none of a socket's.
     */
    private static void once() throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(LOOPBACK, 0));
            try (SocketChannel client = SocketChannel.open(server.getLocalAddress());
                    SocketChannel accepted = server.accept()) {
                slowly(() -> client.write(ByteBuffer.allocate(1)), () -> accepted.read(ByteBuffer.allocate(1)));
            }
        }
        try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK);
                Socket client = new Socket(LOOPBACK, server.getLocalPort());
                Socket accepted = server.accept()) {
            slowly(() -> client.getOutputStream().write(1), () -> accepted.getInputStream()
                    .read());
        }
    }

    /** Writes from another thread when this one has waited in its read for a while. */
    private static void slowly(Task write, Task read) throws Exception {
        Thread reader = Thread.currentThread();
        Thread writer = new Thread(() -> {
            try {
                awaitBlocked(List.of(reader));
                TimeUnit.MILLISECONDS.sleep(SLOW_MS);
                write.run();
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        writer.start();
        read.run();
        writer.join();
    }

    private static Thread start(Task task) throws ReflectiveOperationException {
        Runnable runnable = () -> {
            try {
                task.run();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
        // Compiled for JDK 17, which has none.
        return (Thread)
                Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, runnable);
    }

    private interface Task {
        void run() throws IOException;
    }

    private static void blockedReads(int count) throws Exception {
        CountDownLatch read = new CountDownLatch(count);
        List<Thread> readers = new ArrayList<>();
        List<Socket> sockets = new ArrayList<>();
        try (ServerSocket server = new ServerSocket(0, 1_000, LOOPBACK)) {
            for (int i = 0; i < count; i++) {
                Socket client = new Socket(LOOPBACK, server.getLocalPort());
                sockets.add(server.accept());
                readers.add(start(() -> {
                    if (client.getInputStream().read() == 7) {
                        read.countDown();
                    }
                    client.close();
                }));
            }
            long blocked = awaitBlocked(readers);
            System.out.println(blocked + " virtual threads blocked in reads");
            for (Socket socket : sockets) {
                socket.getOutputStream().write(7);
                socket.close();
            }
            if (!read.await(SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError(read.getCount() + " threads did not read their byte");
            }
            System.out.println("all read");
        }
    }

    /** How many wait, when all do. */
    private static long awaitBlocked(List<Thread> threads) throws InterruptedException {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        long blocked;
        do {
            Thread.sleep(20);
            blocked = threads.stream()
                    .map(Thread::getState)
                    .filter(state -> state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING)
                    .count();
        } while (blocked < threads.size() && System.nanoTime() < endNs);
        return blocked;
    }

    private static void channels() throws Exception {
        CountDownLatch done = new CountDownLatch(CHANNEL_THREADS);
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(LOOPBACK, 0), CHANNEL_THREADS);
            InetSocketAddress address = (InetSocketAddress) server.getLocalAddress();
            start(() -> {
                for (int i = 0; i < CHANNEL_THREADS; i++) {
                    SocketChannel accepted = server.accept();
                    startQuietly(() -> echo(accepted));
                }
            });
            for (int i = 0; i < CHANNEL_THREADS; i++) {
                start(() -> {
                    try (SocketChannel client = SocketChannel.open(address)) {
                        ByteBuffer bytes = ByteBuffer.allocate(100_000);
                        writeAll(client, bytes);
                        client.shutdownOutput();
                        bytes.clear();
                        while (bytes.hasRemaining() && client.read(bytes) >= 0) {
                            // More to come.
                        }
                        if (!bytes.hasRemaining()) {
                            done.countDown();
                        }
                    }
                });
            }
            if (!done.await(SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError(done.getCount() + " channels got no echo");
            }
            System.out.println("all echoed");
        }
    }

    /** A thread is blocked in the input stream of a channel while another writes to its output stream; the peer answers only then. */
    private static void streamsInBothDirections() throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(LOOPBACK, 0));
            try (SocketChannel client = SocketChannel.open(server.getLocalAddress());
                    SocketChannel accepted = server.accept()) {
                CountDownLatch read = new CountDownLatch(1);
                Thread reader = start(() -> {
                    if (Channels.newInputStream(client).read() == 9) {
                        read.countDown();
                    }
                });
                awaitBlocked(List.of(reader));
                Channels.newOutputStream(client).write(9);
                accepted.read(ByteBuffer.allocate(1));
                accepted.write(ByteBuffer.wrap(new byte[] {9}));
                if (!read.await(SECONDS, TimeUnit.SECONDS)) {
                    throw new AssertionError("a blocked reader keeps the channel's writer out");
                }
                System.out.println("streams in both directions");
            }
        }
    }

    private static void startQuietly(Task task) {
        try {
            start(task);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.toString(), e);
        }
    }

    /** On a virtual thread a write takes what there is room for. */
    private static void writeAll(SocketChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** The peer reads nothing; a thread that is blocked with no byte of its buffer taken learns that the close came meanwhile. */
    private static void closeEndsABlockedWrite() throws Exception {
        AtomicLong written = new AtomicLong();
        CompletableFuture<String> outcome = new CompletableFuture<>();
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(LOOPBACK, 0));
            try (SocketChannel client = SocketChannel.open(server.getLocalAddress());
                    SocketChannel silent = server.accept()) {
                Thread writer = start(() -> outcome.complete(writeUntilClosed(client, written)));
                long before;
                do {
                    before = written.get();
                    TimeUnit.MILLISECONDS.sleep(SLOW_MS);
                    awaitBlocked(List.of(writer));
                } while (written.get() != before);
                end(client);
                System.out.println("blocked write: " + outcome.get(SECONDS, TimeUnit.SECONDS) + ", " + silent.isOpen());
            }
        }
    }

    /** Before the end of the block that has it. */
    private static void end(SocketChannel channel) throws IOException {
        channel.close();
    }

    private static String writeUntilClosed(SocketChannel channel, AtomicLong written) {
        ByteBuffer bytes = ByteBuffer.allocate(100_000);
        try {
            while (channel.isOpen()) {
                written.addAndGet(channel.write(bytes.clear()));
            }
            return "no exception";
        } catch (IOException e) {
            return e.getClass().getSimpleName();
        }
    }

    private static void echo(SocketChannel channel) throws IOException {
        try (channel) {
            ByteBuffer buffer = ByteBuffer.allocate(10_000);
            while (channel.read(buffer) >= 0) {
                buffer.flip();
                writeAll(channel, buffer);
                buffer.clear();
            }
        }
    }

    private static void report(Recording recording) throws IOException {
        Path file = Files.createTempFile("mtcp4j-pinned", ".jfr");
        try {
            recording.dump(file);
            List<RecordedEvent> pinned = RecordingFile.readAllEvents(file).stream()
                    .filter(event -> event.getEventType().getName().equals("jdk.VirtualThreadPinned"))
                    .toList();
            pinned.stream().limit(3).forEach(System.out::println);
            System.out.println(pinned.size() + " times pinned");
        } finally {
            Files.delete(file);
        }
    }
}
