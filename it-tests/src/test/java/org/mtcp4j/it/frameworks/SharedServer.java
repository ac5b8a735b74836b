/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/**
 * A program that knows nothing of mtcp4j: the JDK's HTTP server at the any-address and the port that it is given. It answers what it was sent
 * with its length, {@code /big} with 20 MiB, and {@code /connect?HOST,PORT} with the local port of a connection there, or why there is none;
 * {@code /echo?HOST,PORT} with what comes back over a connection that it keeps, {@code /connects?HOST,PORT,NUMBER} with how many of so many
 * connections, ended by itself, were answered, and {@code /bind?PORT} with what comes of a bind. With {@code come-and-go} behind the port it only
 * listens, answers for some milliseconds, and stops, again and again.
 */
final class SharedServer {
    static final int BIG_BYTES = 20 << 20;

    private static final int BACKLOG = 200;
    private static final int TURNS = 1_000;
    private static final long TURN_NS = 4_000_000;
    private static final int CONNECTING_THREADS = 4;
    private static final int PATIENCE_MS = 20_000;
    private static final Map<String, Socket> KEPT = new ConcurrentHashMap<>();

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
        answerBy(server, "/connect", SharedServer::connect);
        answerBy(server, "/echo", SharedServer::echo);
        answerBy(server, "/connects", SharedServer::connects);
        answerBy(server, "/bind", SharedServer::bind);
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
        System.out.println("ready");
    }

    private static void answerBy(HttpServer server, String path, UnaryOperator<String> byQuery) {
        server.createContext(
                path,
                exchange -> answer(
                        exchange,
                        byQuery.apply(exchange.getRequestURI().getQuery()).getBytes(StandardCharsets.US_ASCII)));
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
                        connection.write(ByteBuffer.wrap(new byte[] {'a'}));
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

    private static String echo(String target) {
        String[] parts = target.split(",", -1);
        Socket socket = KEPT.computeIfAbsent(target, t -> new Socket());
        try {
            if (!socket.isConnected()) {
                socket.connect(new InetSocketAddress(parts[0], Integer.parseInt(parts[1])), PATIENCE_MS);
                socket.setSoTimeout(PATIENCE_MS);
            }
            socket.getOutputStream().write("hello\n".getBytes(StandardCharsets.US_ASCII));
            return socket.getLocalPort() + " "
                    + new String(socket.getInputStream().readNBytes(6), StandardCharsets.US_ASCII).trim();
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static String connects(String target) {
        String[] parts = target.split(",", -1);
        InetSocketAddress to = new InetSocketAddress(parts[0], Integer.parseInt(parts[1]));
        AtomicInteger left = new AtomicInteger(Integer.parseInt(parts[2]));
        AtomicInteger answered = new AtomicInteger();
        Map<String, Integer> failures = new ConcurrentHashMap<>();
        Thread[] threads = new Thread[CONNECTING_THREADS];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> {
                while (left.getAndDecrement() > 0) {
                    try (Socket socket = new Socket()) {
                        socket.connect(to, PATIENCE_MS);
                        socket.setSoTimeout(PATIENCE_MS);
                        // One byte, and the end is ours to begin.
                        answered.addAndGet(socket.getInputStream().read() >= 0 ? 1 : 0);
                    } catch (IOException e) {
                        failures.merge(e.toString(), 1, Integer::sum);
                    }
                }
            });
            threads[i].start();
        }
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return answered + (failures.isEmpty() ? "" : " " + failures);
    }

    private static String bind(String port) {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(Integer.parseInt(port)));
            return "bound";
        } catch (IOException e) {
            return e.toString();
        }
    }
}
