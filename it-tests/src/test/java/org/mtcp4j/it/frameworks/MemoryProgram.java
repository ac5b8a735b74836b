/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** Connections that want more memory than there is: {@code unread ADDRESS CONNECTIONS MEBIBYTES}, or {@code upload ADDRESS CLIENTS}. */
public final class MemoryProgram {
    private static final int UPLOAD_BYTES = 1 << 20;
    private static final int PIECE_BYTES = 64 * 1024;

    private MemoryProgram() {}

    public static void main(String[] args) throws Exception {
        int connections = Integer.parseInt(args[2]);
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(args[1], 0), 1_024);
            if (args[0].equals("unread")) {
                unread(server, connections, Integer.parseInt(args[3]));
            } else {
                uploads(server, connections);
            }
        }
    }

    private static void unread(ServerSocketChannel server, int connections, int mebibytes) throws Exception {
        List<SocketChannel> held = new ArrayList<>();
        ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
        for (int i = 0; i < connections; i++) {
            SocketChannel client = SocketChannel.open(server.getLocalAddress());
            held.add(client);
            held.add(server.accept());
            client.configureBlocking(false);
            for (int k = 0; k < 64 && client.write(piece.clear()) > 0; k++) {}
        }
        List<ByteBuffer> own = new ArrayList<>();
        for (int i = 0; i < mebibytes; i++) {
            own.add(ByteBuffer.allocateDirect(1 << 20));
        }
        System.out.println("own " + own.size());
        try (SocketChannel client = SocketChannel.open(server.getLocalAddress());
                SocketChannel accepted = server.accept()) {
            Thread writer = upload(client);
            ByteBuffer all = ByteBuffer.allocate(UPLOAD_BYTES);
            while (all.hasRemaining() && accepted.read(all) >= 0) {}
            writer.join();
            System.out.println("talked " + all.position());
        }
        for (SocketChannel channel : held) {
            channel.close();
        }
    }

    private static Thread upload(SocketChannel client) {
        Thread writer = new Thread(() -> {
            try {
                for (int sent = 0; sent < UPLOAD_BYTES; sent += PIECE_BYTES) {
                    ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
                    while (piece.hasRemaining()) {
                        client.write(piece);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        writer.setDaemon(true);
        writer.start();
        return writer;
    }

    private static void uploads(ServerSocketChannel server, int clients) throws IOException {
        SocketAddress address = server.getLocalAddress();
        for (int i = 0; i < clients; i++) {
            Thread client = new Thread(() -> {
                try (SocketChannel channel = SocketChannel.open(address)) {
                    upload(channel).join();
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            client.setDaemon(true);
            client.start();
        }
        server.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            server.register(selector, SelectionKey.OP_ACCEPT);
            System.out.println("uploaded " + receive(selector, server, clients));
        }
    }

    private static long receive(Selector selector, ServerSocketChannel server, int clients) throws IOException {
        ByteBuffer piece = ByteBuffer.allocateDirect(PIECE_BYTES);
        long received = 0;
        for (int ended = 0; ended < clients; ) {
            selector.select();
            for (SelectionKey key : selector.selectedKeys()) {
                if (key.isAcceptable()) {
                    for (SocketChannel c = server.accept(); c != null; c = server.accept()) {
                        c.configureBlocking(false);
                        c.register(selector, SelectionKey.OP_READ);
                    }
                    continue;
                }
                int n = ((SocketChannel) key.channel()).read(piece.clear());
                received += Math.max(0, n);
                if (n < 0) {
                    key.channel().close();
                    ended++;
                }
            }
            selector.selectedKeys().clear();
        }
        return received;
    }
}
