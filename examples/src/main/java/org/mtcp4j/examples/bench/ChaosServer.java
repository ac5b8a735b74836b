/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Echoes messages, a length and so many bytes, from threads of {@code java.net} at one port and from a selector at the next. Where it has to
 * give a connection up it resets it; where not even that works it counts what its peer may see as an end.
 */
final class ChaosServer {
    private static final int BACKLOG = 256;
    private static final int BUFFER_BYTES = 8 * 1024;

    private final ServerSocket blocking = new ServerSocket();
    private final ServerSocketChannel selected = ServerSocketChannel.open();
    private final Selector selector = Selector.open();
    private final Set<AutoCloseable> open = ConcurrentHashMap.newKeySet();
    /** Ends that may not have been resets. */
    final AtomicInteger ends = new AtomicInteger();

    ChaosServer(String host, int port) throws IOException {
        blocking.bind(new InetSocketAddress(host, port), BACKLOG);
        selected.bind(new InetSocketAddress(host, port + 1), BACKLOG);
        selected.configureBlocking(false);
        selected.register(selector, SelectionKey.OP_ACCEPT);
    }

    /** Peers that broke down may not have been heard of. */
    void closeAll() {
        open.forEach(ChaosServer::close);
        open.clear();
    }

    void start() {
        daemon(this::accept, "acceptor");
        daemon(this::select, "selector");
    }

    private static void daemon(Runnable work, String name) {
        Thread thread = new Thread(null, work, name, 256 * 1024);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (true) {
            try {
                Socket socket = blocking.accept();
                try {
                    open.add(socket);
                    daemon(() -> echo(socket), "echo");
                } catch (Throwable e) {
                    giveUp(socket);
                }
            } catch (Throwable e) {
                // No memory: the next one.
                Thread.onSpinWait();
            }
        }
    }

    private void echo(Socket socket) {
        try {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            byte[] piece = new byte[BUFFER_BYTES];
            while (true) {
                int left;
                try {
                    left = in.readInt();
                } catch (EOFException e) {
                    socket.close();
                    open.remove(socket);
                    return;
                }
                while (left > 0) {
                    int n = in.read(piece, 0, Math.min(left, piece.length));
                    if (n < 0) {
                        throw new EOFException();
                    }
                    out.write(piece, 0, n);
                    left -= n;
                }
            }
        } catch (Throwable e) {
            giveUp(socket);
        }
    }

    private void giveUp(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
            open.remove(socket);
        } catch (Throwable e) {
            ends.incrementAndGet();
            close(socket);
        }
    }

    /** Tries three times. */
    static void close(AutoCloseable closed) {
        for (int i = 0; i < 3; i++) {
            try {
                closed.close();
                return;
            } catch (Throwable e) {
                Thread.onSpinWait();
            }
        }
    }

    private void select() {
        while (true) {
            try {
                selector.select();
                for (SelectionKey key : selector.selectedKeys()) {
                    if (key.isValid()) {
                        serve(key);
                    }
                }
                selector.selectedKeys().clear();
            } catch (Throwable e) {
                // No memory: the keys are ready still.
                Thread.onSpinWait();
            }
        }
    }

    private void serve(SelectionKey key) throws IOException {
        if (key.isAcceptable()) {
            SocketChannel channel = selected.accept();
            if (channel != null) {
                try {
                    open.add(channel);
                    channel.configureBlocking(false);
                    channel.register(selector, SelectionKey.OP_READ, new Echo());
                } catch (Throwable e) {
                    giveUp(channel);
                }
            }
            return;
        }
        SocketChannel channel = (SocketChannel) key.channel();
        try {
            ((Echo) key.attachment()).turn(key, channel);
        } catch (Throwable e) {
            giveUp(channel);
        }
    }

    private void giveUp(SocketChannel channel) {
        try {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            channel.close();
            open.remove(channel);
        } catch (Throwable e) {
            ends.incrementAndGet();
            close(channel);
        }
    }

    /** A connection of the selector's: the lengths are taken out, the rest goes back. */
    private static final class Echo {
        private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        private int lengthBytes;
        private int length;
        private int left;

        void turn(SelectionKey key, SocketChannel channel) throws IOException {
            if (buffer.position() == 0) {
                int n = channel.read(buffer);
                if (n < 0) {
                    if (left > 0 || lengthBytes > 0) {
                        throw new EOFException();
                    }
                    channel.close();
                    return;
                }
                takeLengthsOut();
            }
            buffer.flip();
            channel.write(buffer);
            boolean more = buffer.hasRemaining();
            buffer.compact();
            key.interestOps(more ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        }

        private void takeLengthsOut() {
            int end = buffer.position();
            int to = 0;
            for (int at = 0; at < end; ) {
                if (left == 0) {
                    length = length << 8 | (buffer.get(at++) & 0xff);
                    if (++lengthBytes == Integer.BYTES) {
                        left = length;
                        lengthBytes = 0;
                    }
                } else {
                    int n = Math.min(left, end - at);
                    buffer.put(to, buffer.array(), at, n);
                    to += n;
                    at += n;
                    left -= n;
                }
            }
            buffer.position(to);
        }
    }
}
