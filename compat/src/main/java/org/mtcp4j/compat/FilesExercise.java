/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A file to a channel, from a channel to a file, and streams over a channel. */
final class FilesExercise implements Exercise {
    private static final long BYTES = 64L << 20;

    @Override
    public Class<?> subject() {
        return FileChannel.class;
    }

    @Override
    public void run() throws Exception {
        Path directory = Files.createTempDirectory("mtcp4j-files");
        Path sent = directory.resolve("sent");
        try (var out = Files.newOutputStream(sent)) {
            byte[] body = Checks.body();
            for (long i = 0; i < BYTES; i += body.length) {
                body[0]++;
                out.write(body);
            }
        }
        byte[] expected = digest(Files.newInputStream(sent));
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(Checks.anyPort());
            Checks.same(expected, toFile(server, sent, directory.resolve("got"), true));
            Checks.same(expected, toFile(server, sent, directory.resolve("got"), false));
            Checks.same(expected, toStream(server, sent));
            interruptClosesBoth(server, sent);
        } finally {
            TomcatExercise.delete(directory);
        }
    }

    private static byte[] toFile(ServerSocketChannel server, Path sent, Path got, boolean blocking) throws Exception {
        long startNs = System.nanoTime();
        CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> send(server, sent, blocking));
        try (SocketChannel from = server.accept();
                FileChannel file = FileChannel.open(
                        got,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING)) {
            long position = 0;
            long moved;
            do {
                moved = file.transferFrom(from, position, BYTES);
                position += moved;
            } while (moved > 0);
            Checks.same(BYTES, position);
        }
        sending.get(Checks.SECONDS, TimeUnit.SECONDS);
        System.out.printf(
                "%s transfers: %.0f MB/s%n",
                blocking ? "blocking" : "non-blocking", BYTES / 1e6 / ((System.nanoTime() - startNs) / 1e9));
        return digest(Files.newInputStream(got));
    }

    /** A transfer that waits for a peer that does not read. */
    private static void interruptClosesBoth(ServerSocketChannel server, Path sent) throws Exception {
        try (SocketChannel to = SocketChannel.open(server.getLocalAddress());
                SocketChannel silent = server.accept();
                FileChannel file = FileChannel.open(sent)) {
            CompletableFuture<Long> outcome = new CompletableFuture<>();
            Thread thread = new Thread(() -> {
                try {
                    long moved = 0;
                    while (moved < Long.MAX_VALUE) {
                        moved += file.transferTo(0, BYTES, to);
                    }
                    outcome.complete(moved);
                } catch (IOException e) {
                    outcome.completeExceptionally(e);
                }
            });
            thread.start();
            while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING) {
                Thread.sleep(1);
            }
            thread.interrupt();
            Class<?> failure = outcome.handle((moved, e) -> e.getClass()).get(Checks.SECONDS, TimeUnit.SECONDS);
            Checks.same(ClosedByInterruptException.class, failure);
            Checks.same(false, file.isOpen());
            Checks.same(false, to.isOpen());
            Checks.same(true, silent.isOpen());
        }
    }

    private static void send(ServerSocketChannel server, Path sent, boolean blocking) {
        try (SocketChannel to = SocketChannel.open(server.getLocalAddress());
                FileChannel file = FileChannel.open(sent);
                Selector selector = Selector.open()) {
            to.configureBlocking(blocking);
            if (!blocking) {
                to.register(selector, SelectionKey.OP_WRITE);
            }
            long position = 0;
            while (position < BYTES) {
                position += file.transferTo(position, BYTES - position, to);
                if (!blocking && position < BYTES) {
                    selector.select();
                    selector.selectedKeys().clear();
                }
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static byte[] toStream(ServerSocketChannel server, Path sent) throws Exception {
        CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
            try (SocketChannel to = SocketChannel.open(server.getLocalAddress())) {
                Files.copy(sent, Channels.newOutputStream(to));
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        try (SocketChannel from = server.accept()) {
            byte[] got = digest(Channels.newInputStream(from));
            sending.get(Checks.SECONDS, TimeUnit.SECONDS);
            return got;
        }
    }

    private static byte[] digest(InputStream in) throws Exception {
        try (DigestInputStream digesting = new DigestInputStream(in, MessageDigest.getInstance("MD5"))) {
            byte[] buffer = new byte[1 << 16];
            while (digesting.read(buffer) >= 0) {
                // All of it.
            }
            return digesting.getMessageDigest().digest();
        }
    }
}
