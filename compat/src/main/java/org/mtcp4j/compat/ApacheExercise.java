/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.async.methods.SimpleHttpRequest;
import org.apache.hc.client5.http.async.methods.SimpleHttpResponse;
import org.apache.hc.client5.http.async.methods.SimpleRequestBuilder;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.impl.async.CloseableHttpAsyncClient;
import org.apache.hc.client5.http.impl.async.HttpAsyncClients;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.Message;
import org.apache.hc.core5.http.URIScheme;
import org.apache.hc.core5.http.impl.bootstrap.AsyncServerBootstrap;
import org.apache.hc.core5.http.impl.bootstrap.HttpAsyncServer;
import org.apache.hc.core5.http.impl.bootstrap.HttpServer;
import org.apache.hc.core5.http.impl.bootstrap.ServerBootstrap;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.nio.AsyncRequestConsumer;
import org.apache.hc.core5.http.nio.AsyncServerRequestHandler;
import org.apache.hc.core5.http.nio.entity.BasicAsyncEntityConsumer;
import org.apache.hc.core5.http.nio.entity.BasicAsyncEntityProducer;
import org.apache.hc.core5.http.nio.support.BasicRequestConsumer;
import org.apache.hc.core5.http.nio.support.BasicResponseProducer;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.http.support.BasicResponseBuilder;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.reactor.ListenerEndpoint;

/** Apache's client and the server that comes with its core: over {@code java.net}, and over its own reactor. */
final class ApacheExercise implements Exercise {
    private final boolean async;

    private ApacheExercise(boolean async) {
        this.async = async;
    }

    static Exercise classic() {
        return new ApacheExercise(false);
    }

    static Exercise asynchronous() {
        return new ApacheExercise(true);
    }

    @Override
    public Class<?> subject() {
        return CloseableHttpClient.class;
    }

    @Override
    public void run() throws Exception {
        if (async) {
            runAsync();
        } else {
            runClassic();
        }
    }

    private static void runClassic() throws Exception {
        HttpServer server = ServerBootstrap.bootstrap()
                .setLocalAddress(Checks.LOOPBACK)
                .setCanonicalHostName(Checks.LOOPBACK.getHostAddress())
                .register("*", (request, response, context) -> {
                    byte[] sent = request.getEntity() == null
                            ? Checks.utf8("hello")
                            : EntityUtils.toByteArray(request.getEntity());
                    response.setEntity(new ByteArrayEntity(sent, ContentType.APPLICATION_OCTET_STREAM));
                })
                .create();
        server.start();
        try (CloseableHttpClient client = HttpClients.createDefault()) {
            String url = Checks.url(server.getLocalPort());
            for (int i = 0; i < 10; i++) {
                Checks.same(
                        "hello",
                        client.execute(new HttpGet(url), response -> EntityUtils.toString(response.getEntity())));
            }
            byte[] body = Checks.body();
            HttpPost post = new HttpPost(url);
            post.setEntity(new ByteArrayEntity(body, ContentType.APPLICATION_OCTET_STREAM));
            Checks.same(body, client.execute(post, response -> EntityUtils.toByteArray(response.getEntity())));
        } finally {
            server.close(CloseMode.IMMEDIATE);
        }
    }

    private static void runAsync() throws Exception {
        HttpAsyncServer server =
                AsyncServerBootstrap.bootstrap().register("*", new Echo()).create();
        server.start();
        try (CloseableHttpAsyncClient client = HttpAsyncClients.createDefault()) {
            client.start();
            ListenerEndpoint endpoint =
                    server.listen(Checks.anyPort(), URIScheme.HTTP).get(Checks.SECONDS, TimeUnit.SECONDS);
            InetSocketAddress address = (InetSocketAddress) endpoint.getAddress();
            HttpHost host = new HttpHost("http", Checks.LOOPBACK, address.getPort());
            SimpleHttpRequest get =
                    SimpleRequestBuilder.get().setHttpHost(host).setPath("/").build();
            Checks.same("hello", execute(client, get).getBodyText());
            byte[] body = Checks.body();
            SimpleHttpRequest post = SimpleRequestBuilder.post()
                    .setHttpHost(host)
                    .setPath("/")
                    .setBody(body, ContentType.APPLICATION_OCTET_STREAM)
                    .build();
            Checks.same(body, execute(client, post).getBodyBytes());
        } finally {
            server.close(CloseMode.IMMEDIATE);
        }
    }

    private static SimpleHttpResponse execute(CloseableHttpAsyncClient client, SimpleHttpRequest request)
            throws Exception {
        return client.execute(request, null).get(Checks.SECONDS, TimeUnit.SECONDS);
    }

    private static final class Echo implements AsyncServerRequestHandler<Message<HttpRequest, byte[]>> {
        @Override
        public AsyncRequestConsumer<Message<HttpRequest, byte[]>> prepare(
                HttpRequest request, EntityDetails entity, HttpContext context) {
            return new BasicRequestConsumer<>(entity == null ? null : new BasicAsyncEntityConsumer());
        }

        @Override
        public void handle(Message<HttpRequest, byte[]> message, ResponseTrigger trigger, HttpContext context)
                throws org.apache.hc.core5.http.HttpException, java.io.IOException {
            byte[] answer = message.getBody() == null ? Checks.utf8("hello") : message.getBody();
            trigger.submitResponse(
                    new BasicResponseProducer(
                            BasicResponseBuilder.create(200).build(),
                            new BasicAsyncEntityProducer(answer, ContentType.APPLICATION_OCTET_STREAM)),
                    context);
        }
    }
}
