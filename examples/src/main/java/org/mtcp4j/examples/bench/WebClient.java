/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * An HTTP/1.1 load generator in the manner of the seed's epwget and ApacheBench, from one event loop: {@code HOST PORT keepalive|close
 * SIZES CONNECTIONS WARM_MS WINDOW_MS WINDOWS}. It asks for {@code /bytes/SIZE}; {@code SIZES} is a number, or {@code mix} for the classes of
 * SPECweb's static files: 35 % of 102 B to 921 B, 50 % of 1 to 9 KiB, 14 % of 10 to 92 KiB, 1 % of 100 to 921 KiB. Prints as {@link
 * LoadWindows}; errors are answers other than 200 and broken connections.
 */
public final class WebClient {
    private static final int[] CLASS_PERCENT = {35, 85, 99, 100};
    private static final int STEPS = 9;

    private final InetSocketAddress server;
    private final boolean keepAlive;
    private final int size;
    private final Selector selector = Selector.open();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(256 * 1024);
    private final SplittableRandom random = new SplittableRandom(1);
    private final LoadWindows windows = new LoadWindows();

    private WebClient(InetSocketAddress server, boolean keepAlive, String sizes) throws IOException {
        this.server = server;
        this.keepAlive = keepAlive;
        this.size = sizes.equals("mix") ? 0 : Integer.parseInt(sizes);
    }

    private static final class Peer {
        long startedNs;
        final byte[] head = new byte[4096];
        int headBytes;
        /** Of the body, -1 while the head is not complete. */
        long leftBytes;

        ByteBuffer request;
    }

    /** See the class. */
    public static void main(String[] arguments) throws IOException {
        WebClient client = new WebClient(
                new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1])),
                arguments[2].equals("keepalive"),
                arguments[3]);
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

    private void open(Peer peer) throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.configureBlocking(false);
        peer.startedNs = System.nanoTime();
        peer.request = request();
        channel.connect(server);
        channel.register(selector, SelectionKey.OP_CONNECT, peer);
    }

    private ByteBuffer request() {
        return StandardCharsets.US_ASCII.encode("GET /bytes/" + nextSize() + " HTTP/1.1\r\nHost: bench\r\n"
                + (keepAlive ? "" : "Connection: close\r\n") + "\r\n");
    }

    private int nextSize() {
        if (size > 0) {
            return size;
        }
        int percent = random.nextInt(100);
        int step = 1 + random.nextInt(STEPS);
        int unit = 102;
        for (int limit : CLASS_PERCENT) {
            if (percent < limit) {
                break;
            }
            unit *= 10;
        }
        return unit * step;
    }

    private void turn(SelectionKey key) throws IOException {
        SocketChannel channel = (SocketChannel) key.channel();
        Peer peer = (Peer) key.attachment();
        try {
            if (key.isConnectable()) {
                channel.finishConnect();
                send(key, channel, peer);
            } else if (key.isWritable()) {
                send(key, channel, peer);
            } else {
                receive(key, channel, peer);
            }
        } catch (IOException e) {
            windows.errors++;
            channel.close();
            open(peer);
        }
    }

    private static void send(SelectionKey key, SocketChannel channel, Peer peer) throws IOException {
        peer.headBytes = 0;
        peer.leftBytes = -1;
        channel.write(peer.request);
        key.interestOps(peer.request.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
    }

    private void receive(SelectionKey key, SocketChannel channel, Peer peer) throws IOException {
        buffer.clear();
        int n = channel.read(buffer);
        if (n < 0) {
            throw new IOException("the connection ended early");
        }
        windows.bytes += n;
        buffer.flip();
        if (peer.leftBytes < 0) {
            head(peer);
        }
        if (peer.leftBytes < 0) {
            return;
        }
        peer.leftBytes -= buffer.remaining();
        if (peer.leftBytes > 0) {
            return;
        }
        windows.record(System.nanoTime() - peer.startedNs);
        if (keepAlive) {
            peer.startedNs = System.nanoTime();
            peer.request = request();
            send(key, channel, peer);
        } else {
            channel.close();
            open(peer);
        }
    }

    /** Takes the head's bytes out of the buffer. */
    private void head(Peer peer) throws IOException {
        while (buffer.hasRemaining()) {
            if (peer.headBytes == peer.head.length) {
                throw new IOException("the head is too long");
            }
            peer.head[peer.headBytes++] = buffer.get();
            int at = peer.headBytes;
            if (at >= 4 && peer.head[at - 1] == '\n' && peer.head[at - 3] == '\n') {
                String head = new String(peer.head, 0, at, StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
                int begin = head.indexOf("content-length:");
                if (!head.startsWith("http/1.1 200") || begin < 0) {
                    throw new IOException("not what was asked for: " + head);
                }
                peer.leftBytes = Long.parseLong(
                        head.substring(begin + 15, head.indexOf('\r', begin)).strip());
                return;
            }
        }
    }
}
