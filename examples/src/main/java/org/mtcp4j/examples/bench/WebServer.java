/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/**
 * A small web server in the manner of the seed's epserver, from one event loop: {@code HOST PORT}. {@code GET /bytes/N} answers N bytes,
 * any other path 64; HTTP/1.1, keep-alive unless the request says {@code Connection: close}. One request of a connection at a time.
 */
public final class WebServer {
    private static final int SMALL = 64;
    private static final int MOST = 16 << 20;

    private final Selector selector = Selector.open();
    private final ByteBuffer in = ByteBuffer.allocateDirect(64 * 1024);
    private final Map<Long, ByteBuffer> answers = new HashMap<>();

    private WebServer() throws IOException {}

    private static final class Peer {
        final StringBuilder head = new StringBuilder();
        ByteBuffer answer;
        boolean close;
    }

    /** See the class. */
    public static void main(String[] arguments) throws IOException {
        WebServer server = new WebServer();
        PingServer.listen(server.selector, new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1])), false);
        System.out.println("ready");
        while (true) {
            server.selector.select();
            Iterator<SelectionKey> ready = server.selector.selectedKeys().iterator();
            while (ready.hasNext()) {
                SelectionKey key = ready.next();
                ready.remove();
                server.turn(key);
            }
        }
    }

    private void turn(SelectionKey key) throws IOException {
        if (key.isAcceptable()) {
            ServerSocketChannel server = (ServerSocketChannel) key.channel();
            for (SocketChannel peer = server.accept(); peer != null; peer = server.accept()) {
                peer.configureBlocking(false);
                peer.register(selector, SelectionKey.OP_READ, new Peer());
            }
            return;
        }
        try {
            if (key.isReadable()) {
                read(key, (Peer) key.attachment());
            } else {
                write(key, (Peer) key.attachment());
            }
        } catch (IOException e) {
            key.channel().close();
        }
    }

    private void read(SelectionKey key, Peer peer) throws IOException {
        in.clear();
        if (((SocketChannel) key.channel()).read(in) < 0) {
            key.channel().close();
            return;
        }
        in.flip();
        while (in.hasRemaining()) {
            peer.head.append((char) in.get());
        }
        int end = peer.head.indexOf("\r\n\r\n");
        if (end < 0) {
            return;
        }
        String head = peer.head.substring(0, end);
        peer.head.setLength(0);
        peer.close = head.contains("Connection: close");
        peer.answer = answer(head, peer.close).duplicate();
        write(key, peer);
    }

    private ByteBuffer answer(String head, boolean close) {
        int begin = head.indexOf("/bytes/");
        int size = SMALL;
        if (begin >= 0) {
            size = Math.min(MOST, Integer.parseInt(head.substring(begin + 7, head.indexOf(' ', begin))));
        }
        return answers.computeIfAbsent(close ? -1L - size : size, any -> page(any));
    }

    private static ByteBuffer page(long which) {
        int size = (int) (which < 0 ? -1 - which : which);
        byte[] head = ("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n"
                        + (which < 0 ? "Connection: close\r\n" : "") + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        ByteBuffer page = ByteBuffer.allocateDirect(head.length + size);
        page.put(head);
        while (page.hasRemaining()) {
            page.put((byte) 'x');
        }
        return page.flip();
    }

    private static void write(SelectionKey key, Peer peer) throws IOException {
        ((SocketChannel) key.channel()).write(peer.answer);
        if (peer.answer.hasRemaining()) {
            key.interestOps(SelectionKey.OP_WRITE);
        } else if (peer.close) {
            key.channel().close();
        } else {
            key.interestOps(SelectionKey.OP_READ);
        }
    }
}
