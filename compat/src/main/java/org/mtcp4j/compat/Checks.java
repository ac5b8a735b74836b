/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;

/** What exercises share: a body that is sent there and back, a server of the JDK for clients that have none. */
final class Checks {
    static final int SECONDS = 60;
    static final int BODY_BYTES = 1 << 20;
    static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private Checks() {}

    static byte[] body() {
        byte[] body = new byte[BODY_BYTES];
        new SplittableRandom(BODY_BYTES).nextBytes(body);
        return body;
    }

    static void same(Object expected, Object actual) {
        if (!expected.equals(actual)) {
            throw new AssertionError("expected " + expected + " but got " + actual);
        }
    }

    static void same(byte[] expected, byte[] actual) {
        if (!Arrays.equals(expected, actual)) {
            throw new AssertionError(
                    "a body of " + actual.length + " bytes differs from the one of " + expected.length);
        }
    }

    static String url(int port) {
        return "http://" + LOOPBACK.getHostAddress() + ":" + port + "/";
    }

    static InetSocketAddress anyPort() {
        return new InetSocketAddress(LOOPBACK, 0);
    }

    /** Answers GET with "hello" and POST with the body it was sent. */
    static HttpServer echo() throws IOException {
        HttpServer server = HttpServer.create(anyPort(), 0);
        server.setExecutor(Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "echo");
            thread.setDaemon(true);
            return thread;
        }));
        serve(server);
        server.start();
        return server;
    }

    static void serve(HttpServer server) {
        server.createContext("/", exchange -> {
            try (exchange;
                    InputStream in = exchange.getRequestBody()) {
                byte[] sent = in.readAllBytes();
                byte[] answer = exchange.getRequestMethod().equals("GET") ? utf8("hello") : sent;
                exchange.sendResponseHeaders(200, answer.length);
                exchange.getResponseBody().write(answer);
            }
        });
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
