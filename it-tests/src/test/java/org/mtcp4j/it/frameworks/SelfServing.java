/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.spi.SelectorProvider;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.mtcp4j.examples.JettyExample;
import org.mtcp4j.examples.NettyExample;
import org.mtcp4j.examples.TomcatExample;

/**
 * A program that serves and fetches in one JVM, and knows nothing of mtcp4j: a server of the examples and the JDK's HttpClient. Ends
 * with exit code 1 and the reason where an answer is not what it must be. Arguments: the program, the port; and, where the server runs
 * elsewhere, its address.
 */
final class SelfServing {
    private static final int CONNECTIONS = 1_000;
    private static final int BIG = 100 << 20;
    private static final int SECONDS = 90;

    private final Program program;
    private final int port;
    private final String url;

    private SelfServing(Program program, int port, String host) {
        this.program = program;
        this.port = port;
        url = "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        System.out.println("at " + url);
    }

    public static void main(String[] arguments) {
        try {
            System.out.println(
                    "provider " + SelectorProvider.provider().getClass().getName());
            boolean clientOnly = arguments.length > 2;
            String host =
                    clientOnly ? arguments[2] : InetAddress.getLoopbackAddress().getHostAddress();
            SelfServing program = new SelfServing(Program.valueOf(arguments[0]), Integer.parseInt(arguments[1]), host);
            if (clientOnly) {
                program.fetch();
                System.out.println("served");
            } else {
                program.run();
            }
            System.exit(0);
        } catch (Exception | AssertionError e) {
            e.printStackTrace();
            System.exit(1);
        }
    }

    private AutoCloseable start() throws Exception {
        return switch (program) {
            case JETTY -> JettyExample.start(port, null);
            case TOMCAT -> TomcatExample.start(port, null);
            case NETTY_41, NETTY_42 -> NettyExample.start(port, null);
        };
    }

    private void run() throws Exception {
        AutoCloseable server = start();
        fetch();
        System.out.println("served");
        System.in.read();
        server.close();
        refused();
        AutoCloseable again = start();
        smallRequests(client());
        again.close();
        System.out.println("restarted");
    }

    private void fetch() throws Exception {
        HttpClient client = client();
        smallRequests(client);
        post(client, 1 << 20);
        chunked(client);
        connectionClose(client);
        aThousandConnections();
        timed("100 MB down", () -> fetchBig(client));
        timed("100 MB up", () -> post(client, BIG));
    }

    private static HttpClient client() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(SECONDS))
                .build();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(SECONDS));
    }

    /** One after the other, so the client keeps its connection; the test looks at how many were opened. */
    private void smallRequests(HttpClient client) throws Exception {
        for (int i = 0; i < 100; i++) {
            same("x".repeat(63) + "\n", body(client.send(request("/").build(), BodyHandlers.ofString())));
        }
    }

    private void post(HttpClient client, int bytes) throws Exception {
        byte[] body = new byte[bytes];
        new SplittableRandom(bytes).nextBytes(body);
        HttpRequest post =
                request("/post").POST(BodyPublishers.ofByteArray(body)).build();
        same(bytes + " " + hex(md5().digest(body)) + "\n", body(client.send(post, BodyHandlers.ofString())));
    }

    private void chunked(HttpClient client) throws Exception {
        HttpResponse<String> response = client.send(request("/chunked").build(), BodyHandlers.ofString());
        same("chunked", response.headers().firstValue("transfer-encoding").orElse("none"));
        same("chunk of sixteen".repeat(64 * 64), body(response));
    }

    private void connectionClose(HttpClient client) throws Exception {
        // The client refuses the header unless told by jdk.httpclient.allowRestrictedHeaders.
        HttpRequest close = request("/").header("Connection", "close").build();
        HttpResponse<String> response = client.send(close, BodyHandlers.ofString());
        same("close", response.headers().firstValue("connection").orElse("none").toLowerCase(Locale.ROOT));
        same("x".repeat(63) + "\n", body(response));
    }

    /** No request gets its body before all of them have a connection. */
    private void aThousandConnections() throws Exception {
        HttpClient client = client();
        byte[] body = new byte[1_000];
        Gate gate = new Gate(CONNECTIONS, body);
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            HttpRequest post = request("/post").POST(gate.publisher()).build();
            answers.add(client.sendAsync(post, BodyHandlers.ofString()));
        }
        gate.openWhenAllWait();
        String expected = body.length + " " + hex(md5().digest(body)) + "\n";
        for (CompletableFuture<HttpResponse<String>> answer : answers) {
            same(expected, body(answer.get(SECONDS, TimeUnit.SECONDS)));
        }
        System.out.println(CONNECTIONS + " connections at once");
    }

    private void fetchBig(HttpClient client) throws Exception {
        String expected = body(client.send(request("/big.md5").build(), BodyHandlers.ofString()));
        HttpResponse<InputStream> response = client.send(request("/big").build(), BodyHandlers.ofInputStream());
        try (DigestInputStream in = new DigestInputStream(response.body(), md5())) {
            same(Integer.toString(BIG), Long.toString(in.transferTo(OutputStream.nullOutputStream())));
            same(expected, hex(in.getMessageDigest().digest()));
        }
    }

    private void refused() throws InterruptedException {
        try {
            client().send(request("/").build(), BodyHandlers.ofString());
        } catch (IOException e) {
            System.out.println("refused " + e.getClass().getName());
            return;
        }
        throw new AssertionError("the stopped server answered");
    }

    private static void timed(String what, Step step) throws Exception {
        long startNs = System.nanoTime();
        step.run();
        System.out.printf(Locale.ROOT, "%s: %.0f MB/s%n", what, BIG / 1e6 / ((System.nanoTime() - startNs) / 1e9));
    }

    private static String body(HttpResponse<String> response) {
        same("200", Integer.toString(response.statusCode()));
        return response.body();
    }

    private static void same(String expected, String actual) {
        if (!expected.equals(actual)) {
            throw new AssertionError("expected '" + shortened(expected) + "' but got '" + shortened(actual) + "'");
        }
    }

    private static String shortened(String text) {
        return text.length() > 80 ? text.substring(0, 80) + "… (" + text.length() + ")" : text;
    }

    private static MessageDigest md5() throws Exception {
        return MessageDigest.getInstance("MD5");
    }

    private static String hex(byte[] digest) {
        return HexFormat.of().formatHex(digest);
    }

    private interface Step {
        void run() throws Exception;
    }

    /** Publishers of the same body that all wait for the last of them to be asked. */
    private static final class Gate {
        private final CountDownLatch waiting;
        private final CompletableFuture<Void> open = new CompletableFuture<>();
        private final byte[] body;

        Gate(int count, byte[] body) {
            waiting = new CountDownLatch(count);
            this.body = body;
        }

        void openWhenAllWait() throws Exception {
            if (!waiting.await(SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError(waiting.getCount() + " of the connections were not made");
            }
            open.complete(null);
        }

        BodyPublisher publisher() {
            return BodyPublishers.fromPublisher(this::subscribe, body.length);
        }

        private void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
            AtomicBoolean asked = new AtomicBoolean();
            subscriber.onSubscribe(new Flow.Subscription() {
                @Override
                @SuppressWarnings("FutureReturnValueIgnored") // The response says how it went.
                public void request(long n) {
                    if (asked.compareAndSet(false, true)) {
                        waiting.countDown();
                        open.thenRunAsync(() -> {
                            subscriber.onNext(ByteBuffer.wrap(body));
                            subscriber.onComplete();
                        });
                    }
                }

                @Override
                public void cancel() {
                    asked.set(true);
                }
            });
        }
    }
}
