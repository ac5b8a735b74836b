/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Iterator;

/**
 * A server with one event loop: {@code HOST PORTS MESSAGES MESSAGE_BYTES}. {@code PORTS} is a port or {@code FIRST-LAST}. It answers each
 * message with one of the same size, and closes after {@code MESSAGES} answers, never for 0; with {@code bulk} it reads and throws away.
 */
public final class PingServer {
    private static final int BACKLOG = 4_096;

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(256 * 1024);
    private final ByteBuffer answer;
    private final boolean discards;
    private final int messages;
    private final int messageBytes;

    PingServer(String messages, int messageBytes) {
        this.discards = messages.equals("bulk");
        this.messages = discards ? 0 : Integer.parseInt(messages);
        this.messageBytes = messageBytes;
        this.answer = ByteBuffer.allocateDirect(messageBytes);
    }

    private static final class Peer {
        int received;
        int owedBytes;
        int answers;
    }

    /** See the class. */
    public static void main(String[] arguments) throws IOException {
        Selector selector = Selector.open();
        String[] ports = arguments[1].split("-", 2);
        for (int port = Integer.parseInt(ports[0]); port <= Integer.parseInt(ports[ports.length - 1]); port++) {
            listen(selector, new InetSocketAddress(arguments[0], port), false);
        }
        System.out.println("ready");
        PingServer server = new PingServer(arguments[2], Integer.parseInt(arguments[3]));
        while (true) {
            selector.select();
            server.turns(selector);
        }
    }

    static void listen(Selector selector, InetSocketAddress address, boolean reusePort) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        if (reusePort) {
            server.setOption(StandardSocketOptions.SO_REUSEPORT, true);
        }
        server.bind(address, BACKLOG);
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
    }

    private void turns(Selector selector) throws IOException {
        Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
        while (ready.hasNext()) {
            SelectionKey key = ready.next();
            ready.remove();
            if (key.isAcceptable()) {
                acceptAll((ServerSocketChannel) key.channel(), selector);
            } else {
                turn(key);
            }
        }
    }

    static void acceptAll(ServerSocketChannel server, Selector selector) throws IOException {
        for (SocketChannel peer = server.accept(); peer != null; peer = server.accept()) {
            peer.configureBlocking(false);
            peer.register(selector, SelectionKey.OP_READ, new Peer());
        }
    }

    void turn(SelectionKey key) throws IOException {
        SocketChannel channel = (SocketChannel) key.channel();
        try {
            if (discards) {
                discard(channel);
            } else {
                serve(key, channel, (Peer) key.attachment());
            }
        } catch (IOException e) {
            channel.close();
        }
    }

    private void discard(SocketChannel channel) throws IOException {
        buffer.clear();
        if (channel.read(buffer) < 0) {
            channel.close();
        }
    }

    private void serve(SelectionKey key, SocketChannel channel, Peer peer) throws IOException {
        if (key.isReadable()) {
            buffer.clear();
            int n = channel.read(buffer);
            if (n < 0) {
                channel.close();
                return;
            }
            peer.received += n;
            while (peer.received >= messageBytes) {
                peer.received -= messageBytes;
                peer.owedBytes += messageBytes;
                peer.answers++;
            }
        }
        while (peer.owedBytes > 0) {
            answer.clear().limit(Math.min(messageBytes, peer.owedBytes));
            peer.owedBytes -= channel.write(answer);
            if (answer.hasRemaining()) {
                key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                return;
            }
            if (peer.owedBytes == 0 && messages > 0 && peer.answers >= messages) {
                channel.close();
                return;
            }
        }
        if (key.interestOps() != SelectionKey.OP_READ) {
            key.interestOps(SelectionKey.OP_READ);
        }
    }
}
