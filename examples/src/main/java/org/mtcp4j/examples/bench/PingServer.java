/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Iterator;

/**
 * A server with one event loop: {@code HOST PORT MODE MESSAGE_BYTES}. Mode {@code persist} answers each message with one of the same
 * size, {@code short} closes after the first answer, {@code bulk} reads and throws away.
 */
public final class PingServer {
    private static final int BACKLOG = 4_096;

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(256 * 1024);
    private final ByteBuffer answer;
    private final boolean closesAfterAnswer;
    private final boolean discards;
    private final int messageBytes;

    private PingServer(String mode, int messageBytes) {
        this.closesAfterAnswer = mode.equals("short");
        this.discards = mode.equals("bulk");
        this.messageBytes = messageBytes;
        this.answer = ByteBuffer.allocateDirect(messageBytes);
    }

    private static final class Peer {
        int received;
        int owedBytes;
    }

    /** See the class. */
    public static void main(String[] arguments) throws IOException {
        InetSocketAddress address = new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1]));
        new PingServer(arguments[2], Integer.parseInt(arguments[3])).serve(address);
    }

    private void serve(InetSocketAddress address) throws IOException {
        Selector selector = Selector.open();
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(address, BACKLOG);
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
        System.out.println("ready");
        while (true) {
            selector.select();
            Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
            while (ready.hasNext()) {
                SelectionKey key = ready.next();
                ready.remove();
                if (key.isAcceptable()) {
                    acceptAll(server, selector);
                } else {
                    turn(key);
                }
            }
        }
    }

    private static void acceptAll(ServerSocketChannel server, Selector selector) throws IOException {
        for (SocketChannel peer = server.accept(); peer != null; peer = server.accept()) {
            peer.configureBlocking(false);
            peer.register(selector, SelectionKey.OP_READ, new Peer());
        }
    }

    private void turn(SelectionKey key) throws IOException {
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
            }
        }
        while (peer.owedBytes > 0) {
            answer.clear().limit(Math.min(messageBytes, peer.owedBytes));
            int n = channel.write(answer);
            peer.owedBytes -= n;
            if (answer.hasRemaining()) {
                key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                return;
            }
            if (closesAfterAnswer && peer.owedBytes == 0) {
                channel.close();
                return;
            }
        }
        if (key.interestOps() != SelectionKey.OP_READ) {
            key.interestOps(SelectionKey.OP_READ);
        }
    }
}
