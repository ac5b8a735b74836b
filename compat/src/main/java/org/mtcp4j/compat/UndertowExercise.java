/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import io.undertow.Undertow;
import io.undertow.client.ClientCallback;
import io.undertow.client.ClientConnection;
import io.undertow.client.ClientExchange;
import io.undertow.client.ClientRequest;
import io.undertow.client.UndertowClient;
import io.undertow.connector.ByteBufferPool;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.BlockingHandler;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import io.undertow.util.Protocols;
import io.undertow.util.StringReadChannelListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.xnio.OptionMap;
import org.xnio.Xnio;
import org.xnio.XnioWorker;

/** Undertow, which is on XNIO. */
final class UndertowExercise implements Exercise {
    private static final int BUFFER_BYTES = 8_192;

    @Override
    public Class<?> subject() {
        return Undertow.class;
    }

    @Override
    public void run() throws Exception {
        Undertow server = Undertow.builder()
                .addHttpListener(0, Checks.LOOPBACK.getHostAddress())
                .setHandler(new BlockingHandler(UndertowExercise::answer))
                .build();
        server.start();
        try {
            InetSocketAddress address =
                    (InetSocketAddress) server.getListenerInfo().get(0).getAddress();
            URI uri = URI.create(Checks.url(address.getPort()));
            JdkExercise.client(HttpClient.newHttpClient(), uri);
            Checks.same("hello", get(uri));
        } finally {
            server.stop();
        }
    }

    /** By Undertow's own client, on a worker of its own. */
    private static String get(URI uri) throws Exception {
        XnioWorker worker = Xnio.getInstance().createWorker(OptionMap.EMPTY);
        try (ByteBufferPool buffers = new DefaultByteBufferPool(false, BUFFER_BYTES);
                ClientConnection connection = UndertowClient.getInstance()
                        .connect(uri, worker, buffers, OptionMap.EMPTY)
                        .get()) {
            CompletableFuture<String> answer = new CompletableFuture<>();
            ClientRequest request =
                    new ClientRequest().setMethod(Methods.GET).setPath("/").setProtocol(Protocols.HTTP_1_1);
            request.getRequestHeaders().put(Headers.HOST, uri.getAuthority());
            connection.sendRequest(
                    request,
                    done(
                            answer,
                            exchange -> exchange.setResponseListener(done(answer, response -> {
                                new StringReadChannelListener(buffers) {
                                    @Override
                                    protected void stringDone(String text) {
                                        answer.complete(text);
                                    }

                                    @Override
                                    protected void error(IOException e) {
                                        answer.completeExceptionally(e);
                                    }
                                }.setup(response.getResponseChannel());
                            }))));
            return answer.get(Checks.SECONDS, TimeUnit.SECONDS);
        } finally {
            worker.shutdown();
        }
    }

    private static ClientCallback<ClientExchange> done(CompletableFuture<?> answer, Consumer<ClientExchange> next) {
        return new ClientCallback<>() {
            @Override
            public void completed(ClientExchange exchange) {
                next.accept(exchange);
            }

            @Override
            public void failed(IOException e) {
                answer.completeExceptionally(e);
            }
        };
    }

    private static void answer(HttpServerExchange exchange) throws Exception {
        byte[] sent = exchange.getInputStream().readAllBytes();
        exchange.getOutputStream().write(exchange.getRequestMethod().equals(Methods.GET) ? Checks.utf8("hello") : sent);
        exchange.getOutputStream().close();
    }
}
