/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.Executors;

/**
 * A program that knows nothing of mtcp4j: the JDK's HTTP server at the any-address and the port that it is given. It answers what it was sent
 * with its length, {@code /big} with 20 MiB, and {@code /connect?HOST,PORT} with the local port of a connection there, or why there is none. With
 * {@code come-and-go} behind the port it only listens, accepts for some milliseconds, and stops, again and again.
 */
final class SharedServer {
    static final int BIG_BYTES = 20 << 20;

    private static final int BACKLOG = 200;
    private static final int TURNS = 200;
    private static final long TURN_NS = 20_000_000;

    private SharedServer() {}

    /** No two parts of it are alike. */
    private static byte[] big() {
        byte[] bytes = new byte[BIG_BYTES];
        new Random(BIG_BYTES).nextBytes(bytes);
        return bytes;
    }

    static String sha256OfBig() throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(big()));
    }

    public static void main(String[] arguments) throws IOException {
        if (arguments.length > 1) {
            comeAndGo(Integer.parseInt(arguments[0]));
            return;
        }
        HttpServer server = HttpServer.create(new InetSocketAddress(Integer.parseInt(arguments[0])), BACKLOG);
        server.createContext("/", exchange -> {
            long bytes = exchange.getRequestBody().transferTo(java.io.OutputStream.nullOutputStream());
            answer(exchange, ("got " + bytes).getBytes(StandardCharsets.US_ASCII));
        });
        server.createContext("/big", exchange -> answer(exchange, big()));
        server.createContext(
                "/connect",
                exchange -> answer(
                        exchange, connect(exchange.getRequestURI().getQuery()).getBytes(StandardCharsets.US_ASCII)));
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
        System.out.println("ready");
    }

    private static void comeAndGo(int port) throws IOException {
        System.out.println("ready");
        int accepted = 0;
        for (int i = 0; i < TURNS; i++) {
            try (ServerSocketChannel server = ServerSocketChannel.open()) {
                server.bind(new InetSocketAddress(port));
                server.configureBlocking(false);
                long endNs = System.nanoTime() + TURN_NS;
                while (System.nanoTime() < endNs) {
                    SocketChannel connection = server.accept();
                    if (connection != null) {
                        accepted++;
                        connection.close();
                    }
                }
            }
        }
        System.out.println("turns: " + TURNS + " accepted: " + accepted);
    }

    private static void answer(HttpExchange exchange, byte[] body) throws IOException {
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static String connect(String target) {
        String[] parts = target.split(",", -1);
        try (SocketChannel channel = SocketChannel.open(new InetSocketAddress(parts[0], Integer.parseInt(parts[1])))) {
            channel.write(ByteBuffer.wrap("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
            ByteBuffer answer = ByteBuffer.allocate(64);
            int read = channel.read(answer);
            String status = new String(answer.array(), 0, Math.max(0, Math.min(read, 12)), StandardCharsets.US_ASCII);
            return ((InetSocketAddress) channel.getLocalAddress()).getPort() + " " + status;
        } catch (IOException e) {
            return e.toString();
        }
    }
}
