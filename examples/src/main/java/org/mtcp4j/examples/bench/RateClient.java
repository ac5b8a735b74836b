/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;

/**
 * Requests at a constant rate, whatever the answers do: {@code HOST PORT RATE MESSAGE_BYTES CONNECTIONS WARM_MS WINDOW_MS WINDOWS}, against
 * {@link PingServer} with 0 messages. A request's time counts from the moment when it was due, so that a stall is charged to all requests
 * that it held up (no coordinated omission). Prints as {@link LoadWindows}.
 */
public final class RateClient {
    private final int messageBytes;
    private final long intervalNs;
    private final Selector selector = Selector.open();
    private final ByteBuffer message;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    private final LoadWindows windows = new LoadWindows();
    /** Connections without a request under way. */
    private final ArrayDeque<SelectionKey> free = new ArrayDeque<>();

    private long nextDueNs;

    private RateClient(InetSocketAddress server, long rate, int messageBytes, int connections) throws IOException {
        this.messageBytes = messageBytes;
        this.intervalNs = Math.max(1, TimeUnit.SECONDS.toNanos(1) / rate);
        this.message = ByteBuffer.allocateDirect(messageBytes);
        for (int i = 0; i < connections; i++) {
            SocketChannel channel = SocketChannel.open(server);
            channel.configureBlocking(false);
            free.add(channel.register(selector, SelectionKey.OP_READ, new Peer()));
        }
    }

    private static final class Peer {
        long dueNs;
        int received;
    }

    /** See the class. */
    public static void main(String[] arguments) throws IOException {
        RateClient client = new RateClient(
                new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1])),
                Long.parseLong(arguments[2]),
                Integer.parseInt(arguments[3]),
                Integer.parseInt(arguments[4]));
        client.windows.run(
                client::runFor,
                Long.parseLong(arguments[5]),
                Long.parseLong(arguments[6]),
                Integer.parseInt(arguments[7]));
    }

    private void runFor(long millis) throws IOException {
        nextDueNs = System.nanoTime();
        long endNs = nextDueNs + TimeUnit.MILLISECONDS.toNanos(millis);
        for (long nowNs = nextDueNs; nowNs < endNs; nowNs = System.nanoTime()) {
            sendDue(nowNs);
            // A request may be due sooner than the shortest wait that a selector has.
            if (free.isEmpty() || nextDueNs - nowNs > 2_000_000) {
                selector.select(1);
            } else {
                selector.selectNow();
            }
            Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
            while (ready.hasNext()) {
                SelectionKey key = ready.next();
                ready.remove();
                receive(key);
            }
        }
    }

    private void sendDue(long nowNs) throws IOException {
        while (nextDueNs <= nowNs && !free.isEmpty()) {
            SelectionKey key = free.poll();
            Peer peer = (Peer) key.attachment();
            peer.dueNs = nextDueNs;
            peer.received = 0;
            nextDueNs += intervalNs;
            message.clear();
            ((SocketChannel) key.channel()).write(message);
        }
    }

    private void receive(SelectionKey key) throws IOException {
        buffer.clear();
        int n = ((SocketChannel) key.channel()).read(buffer);
        if (n < 0) {
            throw new IOException("the connection ended early");
        }
        Peer peer = (Peer) key.attachment();
        peer.received += n;
        windows.bytes += n;
        if (peer.received >= messageBytes) {
            windows.record(System.nanoTime() - peer.dueNs);
            free.add(key);
        }
    }
}
