/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import java.net.URI;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.HttpClientTransport;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.client.WebSocketClient;
import org.eclipse.jetty.websocket.server.WebSocketUpgradeHandler;

/** Jetty 12: HTTP/1.1, HTTP/2 in clear text, WebSocket. */
final class JettyExercise implements Exercise {
    private enum Kind {
        HTTP1,
        HTTP2,
        WEB_SOCKET
    }

    private final Kind kind;

    private JettyExercise(Kind kind) {
        this.kind = kind;
    }

    static Exercise http1() {
        return new JettyExercise(Kind.HTTP1);
    }

    static Exercise http2() {
        return new JettyExercise(Kind.HTTP2);
    }

    static Exercise webSocket() {
        return new JettyExercise(Kind.WEB_SOCKET);
    }

    @Override
    public Class<?> subject() {
        return Server.class;
    }

    @Override
    public void run() throws Exception {
        Server server = new Server();
        HttpConfiguration configuration = new HttpConfiguration();
        ServerConnector connector = new ServerConnector(
                server, new HttpConnectionFactory(configuration), new HTTP2CServerConnectionFactory(configuration));
        connector.setHost(Checks.LOOPBACK.getHostAddress());
        server.addConnector(connector);
        server.setHandler(kind == Kind.WEB_SOCKET ? webSocketHandler(server) : new Echo());
        server.start();
        try {
            int port = connector.getLocalPort();
            switch (kind) {
                case HTTP1 -> fetch(port, new HttpClientTransportOverHTTP(), HttpVersion.HTTP_1_1);
                case HTTP2 -> fetch(port, new HttpClientTransportOverHTTP2(new HTTP2Client()), HttpVersion.HTTP_2);
                case WEB_SOCKET -> converse(port);
            }
        } finally {
            server.stop();
        }
    }

    private static void fetch(int port, HttpClientTransport transport, HttpVersion version) throws Exception {
        HttpClient client = new HttpClient(transport);
        client.start();
        try {
            ContentResponse hello = client.GET(Checks.url(port));
            Checks.same("hello", hello.getContentAsString());
            Checks.same(version, hello.getVersion());
            byte[] body = Checks.body();
            ContentResponse echoed = client.POST(Checks.url(port))
                    .body(new BytesRequestContent(body))
                    .timeout(Checks.SECONDS, TimeUnit.SECONDS)
                    .send();
            Checks.same(body, echoed.getContent());
        } finally {
            client.stop();
        }
    }

    private static final class Echo extends Handler.Abstract {
        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            if (request.getMethod().equals("GET")) {
                Content.Sink.write(response, true, "hello", callback);
            } else {
                Content.copy(request, response, callback);
            }
            return true;
        }
    }

    private static Handler webSocketHandler(Server server) {
        return WebSocketUpgradeHandler.from(
                server, container -> container.addMapping("/", (request, response, callback) -> new Echoing()));
    }

    /** Sends back what it is sent. */
    public static final class Echoing extends Session.Listener.Abstract implements Session.Listener.AutoDemanding {
        @Override
        public void onWebSocketText(String message) {
            getSession().sendText(message, org.eclipse.jetty.websocket.api.Callback.NOOP);
        }

        @Override
        public void onWebSocketBinary(ByteBuffer payload, org.eclipse.jetty.websocket.api.Callback callback) {
            byte[] copy = new byte[payload.remaining()];
            payload.get(copy);
            getSession().sendBinary(ByteBuffer.wrap(copy), callback);
        }
    }

    /** Keeps the last text and the last bytes. */
    public static final class Hearing extends Session.Listener.Abstract implements Session.Listener.AutoDemanding {
        final CompletableFuture<String> text = new CompletableFuture<>();
        final CompletableFuture<byte[]> bytes = new CompletableFuture<>();

        @Override
        public void onWebSocketText(String message) {
            text.complete(message);
        }

        @Override
        public void onWebSocketBinary(ByteBuffer payload, org.eclipse.jetty.websocket.api.Callback callback) {
            byte[] copy = new byte[payload.remaining()];
            payload.get(copy);
            bytes.complete(copy);
            callback.succeed();
        }
    }

    private static void converse(int port) throws Exception {
        WebSocketClient client = new WebSocketClient();
        client.start();
        try {
            Hearing hearing = new Hearing();
            Session session = client.connect(
                            hearing, URI.create("ws" + Checks.url(port).substring("http".length())))
                    .get(Checks.SECONDS, TimeUnit.SECONDS);
            session.sendText("hello", org.eclipse.jetty.websocket.api.Callback.NOOP);
            Checks.same("hello", hearing.text.get(Checks.SECONDS, TimeUnit.SECONDS));
            byte[] some = java.util.Arrays.copyOf(Checks.body(), 1 << 15);
            session.sendBinary(ByteBuffer.wrap(some), org.eclipse.jetty.websocket.api.Callback.NOOP);
            Checks.same(some, hearing.bytes.get(Checks.SECONDS, TimeUnit.SECONDS));
            session.close();
        } finally {
            client.stop();
        }
    }
}
