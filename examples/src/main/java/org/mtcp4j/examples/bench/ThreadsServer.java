/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A server for {@link PingClient} whose threads wait in many places at once: {@code HOST PORT MESSAGE_BYTES KIND [SELECTORS]}. {@code KIND} is {@code
 * platform} or {@code virtual} (a blocking {@code java.net} thread a connection), {@code selectors} (a thread each, connections in turn), or {@code pipes}
 * (the same, each with a channel of the kernel's).
 */
public final class ThreadsServer {
    private static final int BACKLOG = 4_096;

    private ThreadsServer() {}

    /** See the class. */
    public static void main(String[] arguments) throws Exception {
        InetSocketAddress address =
                new InetSocketAddress(InetAddress.getByName(arguments[0]), Integer.parseInt(arguments[1]));
        int bytes = Integer.parseInt(arguments[2]);
        switch (arguments[3]) {
            case "platform" -> block(address, bytes, Executors.newCachedThreadPool());
            case "virtual" -> block(address, bytes, virtualThreads());
            case "selectors", "pipes" ->
                select(address, bytes, Integer.parseInt(arguments[4]), arguments[3].equals("pipes"));
            default -> throw new IllegalArgumentException(arguments[3]);
        }
    }

    private static ExecutorService virtualThreads() throws ReflectiveOperationException {
        return (ExecutorService)
                Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    }

    private static void block(InetSocketAddress address, int bytes, ExecutorService threads) throws IOException {
        try (ServerSocket listener = new ServerSocket(address.getPort(), BACKLOG, address.getAddress())) {
            System.out.println("ready");
            while (true) {
                Socket socket = listener.accept();
                threads.execute(() -> echo(socket, bytes));
            }
        }
    }

    private static void echo(Socket socket, int bytes) {
        byte[] message = new byte[bytes];
        try (socket;
                InputStream in = socket.getInputStream();
                OutputStream out = socket.getOutputStream()) {
            socket.setTcpNoDelay(true);
            while (in.readNBytes(message, 0, bytes) == bytes) {
                out.write(message);
            }
        } catch (IOException e) {
            // The client has gone.
        }
    }

    private static void select(InetSocketAddress address, int bytes, int selectors, boolean pipes) throws IOException {
        List<Loop> loops = new ArrayList<>();
        for (int i = 0; i < selectors; i++) {
            loops.add(new Loop(bytes, pipes));
        }
        for (Loop loop : loops) {
            new Thread(loop).start();
        }
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(address, BACKLOG);
            System.out.println("ready");
            for (int i = 0; ; i++) {
                SocketChannel channel = listener.accept();
                loops.get(i % selectors).add(channel);
            }
        }
    }

    /** A selector and its thread. */
    private static final class Loop implements Runnable {
        private final Selector selector = Selector.open();
        private final ConcurrentLinkedQueue<SocketChannel> added = new ConcurrentLinkedQueue<>();
        private final ByteBuffer message;

        Loop(int bytes, boolean pipe) throws IOException {
            message = ByteBuffer.allocateDirect(bytes);
            if (pipe) {
                Pipe kernels = Pipe.open();
                kernels.source().configureBlocking(false).register(selector, SelectionKey.OP_READ);
            }
        }

        void add(SocketChannel channel) {
            added.add(channel);
            selector.wakeup();
        }

        @Override
        public void run() {
            try {
                while (true) {
                    selector.select();
                    for (SocketChannel channel = added.poll(); channel != null; channel = added.poll()) {
                        channel.configureBlocking(false);
                        channel.register(selector, SelectionKey.OP_READ);
                    }
                    selector.selectedKeys().forEach(this::turn);
                    selector.selectedKeys().clear();
                }
            } catch (IOException e) {
                System.err.println("a selector ended: " + e);
            }
        }

        /** Messages are short: one arrives in one piece, and there is room for its answer. */
        private void turn(SelectionKey key) {
            SocketChannel channel = (SocketChannel) key.channel();
            message.clear();
            try {
                if (channel.read(message) < 0) {
                    throw new EOFException();
                }
                channel.write(message.flip());
            } catch (IOException e) {
                key.cancel();
                try {
                    channel.close();
                } catch (IOException again) {
                    e.addSuppressed(again);
                }
            }
        }
    }
}
