/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.Closeable;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A program that knows nothing of mtcp4j: opens so many connections to itself, sends a byte each way on each, and prints {@code KIND open HEAP
 * KERNEL}, bytes a socket of the Java heap and direct buffers, and of the kernel's slabs; after closing them {@code KIND closed HEAP KERNEL}.
 */
public final class SocketMemory {
    private static final int COLLECTIONS = 5;
    /** What a first connection loads and keeps for all that follow. */
    private static final int WARM_UP = 50;

    private final List<Closeable> open = new ArrayList<>();

    private SocketMemory() {}

    public static void main(String[] arguments) throws Exception {
        int connections = Integer.parseInt(arguments[0]);
        new SocketMemory().measure("blocking", connections);
        new SocketMemory().measure("channel", connections);
        System.out.println("done");
        while (System.in.read() > '\n') {
            // The rest of the line.
        }
    }

    private void measure(String kind, int connections) throws Exception {
        try (Selector selector = Selector.open();
                ServerSocketChannel channels = ServerSocketChannel.open();
                ServerSocket sockets = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            channels.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            connect(kind, WARM_UP, selector, channels, sockets);
            closeAll(selector);
            long heap = heapBytes();
            long slabs = slabBytes();
            connect(kind, connections, selector, channels, sockets);
            print(kind + " open", connections, heapBytes() - heap, slabBytes() - slabs);
            closeAll(selector);
            print(kind + " closed", connections, heapBytes() - heap, slabBytes() - slabs);
        }
    }

    private static void print(String what, int connections, long heapBytes, long slabBytes) {
        System.out.println(what + " " + heapBytes / (2L * connections) + " " + slabBytes / (2L * connections));
    }

    private void connect(
            String kind, int connections, Selector selector, ServerSocketChannel channels, ServerSocket sockets)
            throws IOException {
        for (int i = 0; i < connections; i++) {
            if (kind.equals("blocking")) {
                Socket client = new Socket(sockets.getInetAddress(), sockets.getLocalPort());
                Socket accepted = sockets.accept();
                pass(client, accepted);
                pass(accepted, client);
                open.add(client);
                open.add(accepted);
            } else {
                SocketChannel client = SocketChannel.open(channels.getLocalAddress());
                SocketChannel accepted = channels.accept();
                pass(client, accepted);
                pass(accepted, client);
                register(client, selector);
                register(accepted, selector);
            }
        }
    }

    private static void pass(Socket from, Socket to) throws IOException {
        from.getOutputStream().write(1);
        to.getInputStream().read();
    }

    private static void pass(SocketChannel from, SocketChannel to) throws IOException {
        from.write(ByteBuffer.allocate(1));
        to.read(ByteBuffer.allocate(1));
    }

    private void register(SocketChannel channel, Selector selector) throws IOException {
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ);
        open.add(channel);
    }

    private void closeAll(Selector selector) throws IOException, InterruptedException {
        for (Closeable each : open) {
            each.close();
        }
        open.clear();
        selector.selectNow();
        selector.selectedKeys().clear();
        // TIME-WAIT, which the test makes short.
        Thread.sleep(1_500);
        selector.selectNow();
    }

    private static long heapBytes() throws InterruptedException {
        for (int i = 0; i < COLLECTIONS; i++) {
            System.gc();
            Thread.sleep(20);
        }
        long bytes = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            bytes += pool.getMemoryUsed();
        }
        return bytes;
    }

    /** Of the whole machine: what else happens on it shows. */
    private static long slabBytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/meminfo"), StandardCharsets.US_ASCII).stream()
                .filter(line -> line.startsWith("Slab:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .sum();
    }
}
