/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.Executors;

/**
 * A program that knows nothing of mtcp4j. Serves HTTP on port 8080: {@code /} answers 64 bytes, {@code /post} the length and MD5 of what is
 * posted. Does what each line of its standard input says and prints what came of it: {@code fetch URL} by HttpURLConnection, {@code
 * fetch-nio URL} by HttpClient: length and MD5; {@code redis HOST N}: N values set and read back; {@code relay PORT HOST PORT}: forwards
 * connections from now on.
 */
final class PeerProgram {
    static final int PORT = 8080;
    private static final int REDIS_PORT = 6379;
    private static final int PIECE_BYTES = 64 * 1024;

    private PeerProgram() {}

    public static void main(String[] arguments) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(PORT), 200);
        server.setExecutor(Executors.newFixedThreadPool(16, PeerProgram::daemon));
        server.createContext("/", exchange -> answer(exchange, "x".repeat(63) + "\n"));
        server.createContext("/post", exchange -> answer(exchange, summary(exchange.getRequestBody())));
        server.start();
        System.out.println("ready");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(line + ": " + obey(line.split(" ", -1)));
        }
        System.exit(0);
    }

    private static String obey(String[] words) {
        try {
            return switch (words[0]) {
                case "fetch" -> fetch(words[1]);
                case "fetch-nio" -> fetchByClient(words[1]);
                case "redis" -> redis(words[1], Integer.parseInt(words[2]));
                case "relay" ->
                    relay(Integer.parseInt(words[1]), new InetSocketAddress(words[2], Integer.parseInt(words[3])));
                default -> "unknown";
            };
        } catch (IOException | InterruptedException | RuntimeException e) {
            return e.toString();
        }
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        return thread;
    }

    private static void answer(HttpExchange exchange, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    private static String summary(InputStream in) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        byte[] piece = new byte[PIECE_BYTES];
        long total = 0;
        for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
            digest.update(piece, 0, n);
            total += n;
        }
        return total + " " + HexFormat.of().formatHex(digest.digest());
    }

    private static String fetch(String url) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(url).toURL().openConnection();
        connection.setReadTimeout(30_000);
        try (InputStream in = connection.getInputStream()) {
            return summary(in);
        }
    }

    private static String fetchByClient(String url) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
        try (InputStream in = HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofInputStream())
                .body()) {
            return summary(in);
        }
    }

    /** Sets without waiting for the answers, then reads all back; and one value of a megabyte. */
    private static String redis(String host, int count) throws IOException {
        try (Socket socket = new Socket(host, REDIS_PORT)) {
            socket.setSoTimeout(30_000);
            OutputStream out = socket.getOutputStream();
            InputStream in = socket.getInputStream();
            StringBuilder commands = new StringBuilder();
            for (int i = 0; i < count; i++) {
                commands.append("SET key").append(i).append(" value").append(i).append("\r\n");
            }
            out.write(commands.toString().getBytes(StandardCharsets.US_ASCII));
            for (int i = 0; i < count; i++) {
                expect("+OK", line(in));
            }
            String large = "z".repeat(1 << 20);
            out.write(("*3\r\n$3\r\nSET\r\n$5\r\nlarge\r\n$" + large.length() + "\r\n" + large + "\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            expect("+OK", line(in));
            for (int i = 0; i < count; i++) {
                out.write(("GET key" + i + "\r\n").getBytes(StandardCharsets.US_ASCII));
                expect("$" + ("value" + i).length(), line(in));
                expect("value" + i, line(in));
            }
            out.write("GET large\r\n".getBytes(StandardCharsets.US_ASCII));
            expect("$" + large.length(), line(in));
            expect(large, line(in));
        }
        return "all " + count;
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("the end after '" + line + "'");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    private static void expect(String wanted, String got) throws IOException {
        if (!wanted.equals(got)) {
            throw new IOException("wanted '" + wanted + "', got '" + got + "'");
        }
    }

    @SuppressWarnings("AddressSelection") // Lives as long as the program.
    private static String relay(int port, InetSocketAddress target) throws IOException {
        ServerSocket server = new ServerSocket(port);
        daemon(() -> {
                    while (true) {
                        try {
                            Socket in = server.accept();
                            Socket out = new Socket();
                            out.connect(target);
                            daemon(() -> pump(in, out)).start();
                            daemon(() -> pump(out, in)).start();
                        } catch (IOException e) {
                            System.out.println("relay: " + e);
                        }
                    }
                })
                .start();
        return "from " + port;
    }

    private static void pump(Socket from, Socket to) {
        byte[] piece = new byte[PIECE_BYTES];
        try {
            for (int n = from.getInputStream().read(piece);
                    n >= 0;
                    n = from.getInputStream().read(piece)) {
                to.getOutputStream().write(piece, 0, n);
            }
            to.shutdownOutput();
        } catch (IOException e) {
            // Either end may go first; the other one is told.
            close(from);
            close(to);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            System.out.println("close: " + e);
        }
    }
}
