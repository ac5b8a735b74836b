/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.Callback;

/** Embedded Jetty 12. */
public final class JettyExample {
    private static final long STOP_TIMEOUT_MS = 5_000;

    private JettyExample() {}

    /** @param arguments port, then optionally the address to bind */
    public static void main(String[] arguments) throws Exception {
        Server server = create(
                arguments.length > 0 ? Integer.parseInt(arguments[0]) : 8080,
                arguments.length > 1 ? arguments[1] : null);
        server.setStopAtShutdown(true);
        server.start();
        System.out.println("ready");
        server.join();
    }

    /** For a program with a server inside: closing stops it once its last responses are out. A null host is any. */
    public static AutoCloseable start(int port, String host) throws Exception {
        Server server = create(port, host);
        server.start();
        return server::stop;
    }

    private static Server create(int port, String host) {
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setPort(port);
        connector.setHost(host);
        connector.setAcceptQueueSize(1024);
        server.addConnector(connector);
        server.setHandler(new GracefulHandler(new Site()));
        server.setStopTimeout(STOP_TIMEOUT_MS);
        return server;
    }

    private static final class Site extends Handler.Abstract {
        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            String path = Request.getPathInContext(request);
            switch (path) {
                case "/big" -> response.write(true, ByteBuffer.wrap(Pages.big()), callback);
                case "/big.md5" ->
                    response.write(true, ByteBuffer.wrap(Pages.hex(Pages.md5().digest(Pages.big()))), callback);
                case "/post" -> post(request, response, callback);
                case "/chunked" -> chunked(response, callback);
                case "/slow" -> {
                    Thread.sleep(Pages.slowMillis(request.getHttpURI().getQuery()));
                    response.write(true, ByteBuffer.wrap(Pages.SMALL), callback);
                }
                default -> response.write(true, ByteBuffer.wrap(Pages.page(path)), callback);
            }
            return true;
        }

        private static void post(Request request, Response response, Callback callback) throws Exception {
            MessageDigest digest = Pages.md5();
            long bytes = 0;
            try (InputStream in = Content.Source.asInputStream(request)) {
                byte[] buffer = new byte[64 * 1024];
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    digest.update(buffer, 0, n);
                    bytes += n;
                }
            }
            response.write(true, ByteBuffer.wrap(Pages.posted(bytes, digest)), callback);
        }

        private static void chunked(Response response, Callback callback) throws Exception {
            try (OutputStream out = Content.Sink.asOutputStream(response)) {
                for (int i = 0; i < Pages.CHUNKS; i++) {
                    out.write(Pages.CHUNK);
                    out.flush();
                }
            }
            callback.succeeded();
        }
    }
}
