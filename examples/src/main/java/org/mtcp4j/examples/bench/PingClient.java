/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;

/**
 * The load for {@link PingServer}, from one event loop: {@code HOST PORT MESSAGES MESSAGE_BYTES CONNECTIONS WARM_MS WINDOW_MS WINDOWS [IDLE]}.
 * {@code MESSAGES} is that of the server: with {@code bulk} it sends only, with 0 connections last for ever, else each ends, and is followed
 * by the next, after so many messages; a connection counts when the server's end of stream has come, else each message counts. Another
 * {@code IDLE} connections are opened first and stay silent. Prints as {@link LoadWindows}.
 */
public final class PingClient {
    private static final int AT_ONCE = 256;

    private final InetSocketAddress server;
    private final boolean bulk;
    private final int messages;
    private final int messageBytes;
    private final Selector selector;
    private final ByteBuffer message;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    private final LoadWindows windows = new LoadWindows();
    private int idleOpen;

    private PingClient(InetSocketAddress server, String messages, int messageBytes) throws IOException {
        this.server = server;
        this.bulk = messages.equals("bulk");
        this.messages = bulk ? 0 : Integer.parseInt(messages);
        this.messageBytes = messageBytes;
        this.selector = Selector.open();
        this.message = ByteBuffer.allocateDirect(bulk ? 64 * 1024 : messageBytes);
    }

    private static final class Peer {
        long startedNs;
        int received;
        int answers;
        boolean idle;
    }

    /** See the class. */
    public static void main(String[] arguments) throws IOException {
        InetSocketAddress server = new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1]));
        PingClient client = new PingClient(server, arguments[2], Integer.parseInt(arguments[3]));
        if (arguments.length > 8) {
            client.openIdle(Integer.parseInt(arguments[8]));
        }
        int connections = Integer.parseInt(arguments[4]);
        for (int i = 0; i < connections; i++) {
            client.open(new Peer());
        }
        client.windows.run(
                client::runFor,
                Long.parseLong(arguments[5]),
                Long.parseLong(arguments[6]),
                Integer.parseInt(arguments[7]));
    }

    private void openIdle(int count) throws IOException {
        for (int started = 0; idleOpen < count; ) {
            while (started < count && started - idleOpen < AT_ONCE) {
                Peer peer = new Peer();
                peer.idle = true;
                open(peer);
                started++;
            }
            turns(100);
            if (windows.errors > 0) {
                throw new IOException("only " + idleOpen + " of " + count + " idle connections could be opened");
            }
        }
        System.err.println(idleOpen + " idle connections are open");
    }

    private void open(Peer peer) throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.configureBlocking(false);
        peer.startedNs = System.nanoTime();
        peer.received = 0;
        peer.answers = 0;
        if (channel.connect(server)) {
            channel.register(selector, bulk ? SelectionKey.OP_WRITE : SelectionKey.OP_READ, peer);
            begin(channel, peer);
        } else {
            channel.register(selector, SelectionKey.OP_CONNECT, peer);
        }
    }

    private void runFor(long millis) throws IOException {
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (System.nanoTime() < endNs) {
            turns(100);
        }
    }

    private void turns(long millis) throws IOException {
        selector.select(millis);
        Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
        while (ready.hasNext()) {
            SelectionKey key = ready.next();
            ready.remove();
            turn(key);
        }
    }

    private void turn(SelectionKey key) throws IOException {
        SocketChannel channel = (SocketChannel) key.channel();
        Peer peer = (Peer) key.attachment();
        try {
            if (key.isConnectable()) {
                channel.finishConnect();
                key.interestOps(bulk ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
                begin(channel, peer);
            } else if (key.isWritable()) {
                fill(channel);
            } else {
                receive(channel, peer);
            }
        } catch (IOException e) {
            windows.errors++;
            channel.close();
            open(peer);
        }
    }

    private void begin(SocketChannel channel, Peer peer) throws IOException {
        if (peer.idle) {
            idleOpen++;
        } else if (bulk) {
            fill(channel);
        } else {
            send(channel, peer);
        }
    }

    /** The message before it was answered, so a send buffer of its size does. */
    private void send(SocketChannel channel, Peer peer) throws IOException {
        peer.received = 0;
        message.clear();
        channel.write(message);
        if (message.hasRemaining()) {
            throw new IOException("the send buffer is smaller than a message");
        }
    }

    private void fill(SocketChannel channel) throws IOException {
        message.clear();
        windows.bytes += channel.write(message);
        windows.done++;
    }

    private void receive(SocketChannel channel, Peer peer) throws IOException {
        buffer.clear();
        int n = channel.read(buffer);
        if (n < 0) {
            if (messages == 0 || peer.answers < messages) {
                throw new IOException("the connection ended early");
            }
            windows.record(System.nanoTime() - peer.startedNs);
            channel.close();
            open(peer);
            return;
        }
        windows.bytes += n;
        peer.received += n;
        if (peer.received < messageBytes) {
            return;
        }
        peer.answers++;
        if (messages == 0) {
            windows.record(System.nanoTime() - peer.startedNs);
            peer.startedNs = System.nanoTime();
            send(channel, peer);
        } else if (peer.answers < messages) {
            send(channel, peer);
        }
    }
}
