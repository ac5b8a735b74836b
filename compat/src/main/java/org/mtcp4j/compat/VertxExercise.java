/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import java.util.concurrent.TimeUnit;

/** Vert.x, which is on Netty. */
final class VertxExercise implements Exercise {
    @Override
    public Class<?> subject() {
        return Vertx.class;
    }

    @Override
    public void run() throws Exception {
        Vertx vertx = Vertx.vertx();
        try {
            HttpServer server = get(vertx.createHttpServer()
                    .requestHandler(request -> request.body().onSuccess(body -> request.response()
                            .end(HttpMethod.GET.equals(request.method()) ? Buffer.buffer("hello") : body)))
                    .listen(0, Checks.LOOPBACK.getHostAddress()));
            HttpClient client = vertx.createHttpClient();
            Checks.same(
                    "hello",
                    fetch(client, server.actualPort(), HttpMethod.GET, new byte[0])
                            .toString());
            byte[] body = Checks.body();
            Checks.same(
                    body,
                    fetch(client, server.actualPort(), HttpMethod.POST, body).getBytes());
        } finally {
            get(vertx.close());
        }
    }

    private static Buffer fetch(HttpClient client, int port, HttpMethod method, byte[] body) throws Exception {
        return get(client.request(method, port, Checks.LOOPBACK.getHostAddress(), "/")
                .compose(request -> request.send(Buffer.buffer(body)))
                .compose(response -> response.body()));
    }

    private static <T> T get(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(Checks.SECONDS, TimeUnit.SECONDS);
    }
}
