/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Load from inside, to see how it scales by cores: {@code HOST PORT THREADS CONNECTIONS WARM_MS WINDOW_MS WINDOWS}. Each thread has its
 * selector, its listener (SO_REUSEPORT), and connections to the port, which send a message of 64 bytes when the one before was answered.
 * Prints as {@link LoadWindows}, without latencies.
 */
public final class InsideLoad implements Runnable {
    private static final int MESSAGE_BYTES = 64;
    /** Counts of threads stand in different cache lines. */
    private static final int APART = 16;

    private final InetSocketAddress address;
    private final int connections;
    private final AtomicLongArray counts;
    private final int index;
    private final CyclicBarrier listening;
    private final Selector selector = Selector.open();
    private final PingServer server = new PingServer("0", MESSAGE_BYTES);
    private final ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);
    private long done;

    private static final class Client {
        int received;
    }

    private InsideLoad(
            InetSocketAddress address, int connections, AtomicLongArray counts, int index, CyclicBarrier listening)
            throws IOException {
        this.address = address;
        this.connections = connections;
        this.counts = counts;
        this.index = index;
        this.listening = listening;
    }

    /** See the class. */
    public static void main(String[] arguments) throws Exception {
        InetSocketAddress address = new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1]));
        int threads = Integer.parseInt(arguments[2]);
        AtomicLongArray counts = new AtomicLongArray(threads * APART);
        CyclicBarrier listening = new CyclicBarrier(threads);
        List<InsideLoad> loads = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            loads.add(new InsideLoad(address, Integer.parseInt(arguments[3]) / threads, counts, i * APART, listening));
        }
        for (InsideLoad load : loads) {
            Thread thread = new Thread(load, "load");
            thread.setDaemon(true);
            thread.start();
        }
        Thread.sleep(Long.parseLong(arguments[4]));
        for (int i = Integer.parseInt(arguments[6]); i > 0; i--) {
            System.out.println("start");
            long before = sum(counts);
            long startNs = System.nanoTime();
            Thread.sleep(Long.parseLong(arguments[5]));
            double rate = (sum(counts) - before) / ((System.nanoTime() - startNs) / 1e9);
            System.out.println(String.format(Locale.ROOT, "window %.0f 0 0 0 0 0 0 0", rate));
            System.out.println("end");
        }
        int ignored = System.in.read();
        System.exit(ignored < 0 ? 0 : 1);
    }

    private static long sum(AtomicLongArray counts) {
        long sum = 0;
        for (int i = 0; i < counts.length(); i += APART) {
            sum += counts.get(i);
        }
        return sum;
    }

    @Override
    public void run() {
        try {
            // As servers do: everybody listens, and has looked once, before the first connection.
            PingServer.listen(selector, address, true);
            selector.selectNow();
            listening.await();
            for (int i = 0; i < connections; i++) {
                SocketChannel channel = SocketChannel.open();
                channel.configureBlocking(false);
                channel.connect(address);
                channel.register(selector, SelectionKey.OP_CONNECT, new Client());
            }
            while (true) {
                selector.select();
                Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
                while (ready.hasNext()) {
                    SelectionKey key = ready.next();
                    ready.remove();
                    turn(key);
                }
                counts.lazySet(index, done);
            }
        } catch (IOException | InterruptedException | BrokenBarrierException e) {
            e.printStackTrace();
            System.exit(1);
        }
    }

    private void turn(SelectionKey key) throws IOException {
        if (key.isAcceptable()) {
            PingServer.acceptAll((ServerSocketChannel) key.channel(), selector);
        } else if (key.attachment() instanceof Client client) {
            client(key, client);
        } else {
            server.turn(key);
        }
    }

    private void client(SelectionKey key, Client client) throws IOException {
        SocketChannel channel = (SocketChannel) key.channel();
        if (key.isConnectable()) {
            channel.finishConnect();
            key.interestOps(SelectionKey.OP_READ);
        } else {
            message.clear();
            int n = channel.read(message);
            if (n < 0) {
                throw new IOException("the connection ended early");
            }
            client.received += n;
            if (client.received < MESSAGE_BYTES) {
                return;
            }
            done++;
        }
        client.received = 0;
        message.clear();
        channel.write(message);
    }
}
