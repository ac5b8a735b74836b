/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** What the JDK itself has: its HTTP server, and blocking sockets with a thread a connection. */
public final class JdkExample {
    private static final int BACKLOG = 1024;

    private JdkExample() {}

    /**
     * @param arguments port, address to bind, {@code http} or {@code blocking}, {@code platform} or {@code virtual} threads (the latter from JDK 21 on)
     */
    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[0]);
        InetAddress host = InetAddress.getByName(arguments[1]);
        ExecutorService threads = threads(arguments[3].equals("virtual"));
        if (arguments[2].equals("http")) {
            serveHttp(new InetSocketAddress(host, port), threads);
        } else {
            serveBlocking(port, host, threads);
        }
    }

    private static ExecutorService threads(boolean virtual) throws ReflectiveOperationException {
        if (!virtual) {
            return Executors.newCachedThreadPool();
        }
        return (ExecutorService)
                Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    }

    private static void serveHttp(InetSocketAddress address, ExecutorService threads) throws IOException {
        HttpServer server = HttpServer.create(address, BACKLOG);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            byte[] page = Pages.page(exchange.getRequestURI().getPath());
            exchange.sendResponseHeaders(200, page.length);
            try (OutputStream body = exchange.getResponseBody()) {
                body.write(page);
            }
        });
        server.start();
        System.out.println("ready");
    }

    private static void serveBlocking(int port, InetAddress host, ExecutorService threads) throws IOException {
        try (ServerSocket listener = new ServerSocket(port, BACKLOG, host)) {
            System.out.println("ready");
            for (; ; ) {
                Socket socket = listener.accept();
                threads.execute(() -> serve(socket));
            }
        }
    }

    private static void serve(Socket socket) {
        try (socket;
                BufferedReader in = new BufferedReader(
                        new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
                OutputStream out = socket.getOutputStream()) {
            socket.setTcpNoDelay(true);
            boolean kept = true;
            while (kept) {
                String request = in.readLine();
                if (request == null) {
                    return;
                }
                String header;
                while ((header = in.readLine()) != null && !header.isEmpty()) {
                    kept &= !header.toLowerCase(Locale.ROOT).equals("connection: close");
                }
                out.write(response(Pages.page(request.split(" ", 3)[1]), kept));
            }
        } catch (IOException e) {
            // The client has gone, as load generators do at their end.
        }
    }

    private static byte[] response(byte[] page, boolean kept) {
        byte[] head = ("HTTP/1.1 200 OK\r\nContent-Length: " + page.length + "\r\nConnection: "
                        + (kept ? "keep-alive" : "close") + "\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        byte[] all = new byte[head.length + page.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(page, 0, all, head.length, page.length);
        return all;
    }
}
