/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Iterator;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * The load for {@link PingServer}, from one event loop: {@code HOST PORT MODE MESSAGE_BYTES CONNECTIONS WARM_MS WINDOW_MS WINDOWS}. For
 * every window one line {@code window RATE MBIT P50_US P99_US MAX_US ERRORS} on standard output, between lines {@code start} and {@code
 * end}. A short connection counts when the server's end of stream has come.
 */
public final class PingClient {
    private final InetSocketAddress server;
    private final String mode;
    private final int messageBytes;
    private final Selector selector;
    private final ByteBuffer message;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    private final Histogram latencyNs = new Histogram(TimeUnit.MINUTES.toNanos(1), 2);

    private long done;
    private long bytes;
    private long errors;

    private PingClient(InetSocketAddress server, String mode, int messageBytes) throws IOException {
        this.server = server;
        this.mode = mode;
        this.messageBytes = messageBytes;
        this.selector = Selector.open();
        this.message = ByteBuffer.allocateDirect(mode.equals("bulk") ? 64 * 1024 : messageBytes);
    }

    private static final class Peer {
        long startedNs;
        int received;
    }

    /** See the class. */
    public static void main(String[] arguments) throws IOException {
        InetSocketAddress server = new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1]));
        PingClient client = new PingClient(server, arguments[2], Integer.parseInt(arguments[3]));
        int connections = Integer.parseInt(arguments[4]);
        for (int i = 0; i < connections; i++) {
            client.open(new Peer());
        }
        client.runFor(Long.parseLong(arguments[5]));
        for (int i = Integer.parseInt(arguments[7]); i > 0; i--) {
            client.window(Long.parseLong(arguments[6]));
        }
        System.in.read(); // Until the harness has counted our ticks.
        System.exit(0);
    }

    private void window(long millis) throws IOException {
        latencyNs.reset();
        done = 0;
        bytes = 0;
        errors = 0;
        System.out.println("start");
        long startNs = System.nanoTime();
        runFor(millis);
        double seconds = (System.nanoTime() - startNs) / 1e9;
        System.out.println(String.format(
                Locale.ROOT,
                "window %.0f %.1f %.1f %.1f %.1f %d",
                done / seconds,
                bytes * 8 / 1e6 / seconds,
                latencyNs.getValueAtPercentile(50) / 1e3,
                latencyNs.getValueAtPercentile(99) / 1e3,
                latencyNs.getMaxValue() / 1e3,
                errors));
        System.out.println("end");
    }

    private void open(Peer peer) throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.configureBlocking(false);
        peer.startedNs = System.nanoTime();
        peer.received = 0;
        if (channel.connect(server)) {
            channel.register(selector, SelectionKey.OP_READ, peer);
            begin(channel, peer);
        } else {
            channel.register(selector, SelectionKey.OP_CONNECT, peer);
        }
    }

    private void runFor(long millis) throws IOException {
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (System.nanoTime() < endNs) {
            selector.select(100);
            Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
            while (ready.hasNext()) {
                SelectionKey key = ready.next();
                ready.remove();
                turn(key);
            }
        }
    }

    private void turn(SelectionKey key) throws IOException {
        SocketChannel channel = (SocketChannel) key.channel();
        Peer peer = (Peer) key.attachment();
        try {
            if (key.isConnectable()) {
                channel.finishConnect();
                key.interestOps(mode.equals("bulk") ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
                begin(channel, peer);
            } else if (key.isWritable()) {
                fill(channel);
            } else {
                receive(channel, peer);
            }
        } catch (IOException e) {
            errors++;
            channel.close();
            open(peer);
        }
    }

    private void begin(SocketChannel channel, Peer peer) throws IOException {
        if (mode.equals("bulk")) {
            fill(channel);
        } else {
            send(channel, peer);
        }
    }

    /** A message is smaller than any send buffer, and the one before it was answered. */
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
        int n = channel.write(message);
        bytes += n;
        done++;
    }

    private void receive(SocketChannel channel, Peer peer) throws IOException {
        buffer.clear();
        int n = channel.read(buffer);
        boolean isShort = mode.equals("short");
        if (n < 0) {
            if (peer.received < messageBytes || !isShort) {
                throw new IOException("the connection ended early");
            }
            record(peer);
            channel.close();
            open(peer);
            return;
        }
        bytes += n;
        peer.received += n;
        if (!isShort && peer.received >= messageBytes) {
            record(peer);
            peer.startedNs = System.nanoTime();
            send(channel, peer);
        }
    }

    private void record(Peer peer) {
        done++;
        latencyNs.recordValue(System.nanoTime() - peer.startedNs);
    }
}
