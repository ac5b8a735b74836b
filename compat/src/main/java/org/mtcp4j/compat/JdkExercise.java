/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

/** The JDK's own HTTP. */
final class JdkExercise implements Exercise {
    @Override
    public Class<?> subject() {
        return HttpServer.class;
    }

    @Override
    public void run() throws Exception {
        HttpServer server = Checks.echo();
        URI uri = URI.create(Checks.url(server.getAddress().getPort()));
        client(HttpClient.newHttpClient(), uri);
        connection(uri);
        server.stop(0);
    }

    static void client(HttpClient client, URI uri) throws Exception {
        for (int i = 0; i < 10; i++) {
            Checks.same(
                    "hello",
                    client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                            .body());
        }
        byte[] body = Checks.body();
        HttpRequest post = HttpRequest.newBuilder(uri)
                .POST(BodyPublishers.ofByteArray(body))
                .build();
        Checks.same(body, client.send(post, BodyHandlers.ofByteArray()).body());
    }

    static void connection(URI uri) throws IOException {
        for (int i = 0; i < 3; i++) {
            HttpURLConnection get = (HttpURLConnection) uri.toURL().openConnection();
            Checks.same(Checks.utf8("hello"), get.getInputStream().readAllBytes());
        }
        HttpURLConnection post = (HttpURLConnection) uri.toURL().openConnection();
        byte[] body = Checks.body();
        post.setDoOutput(true);
        post.setFixedLengthStreamingMode(body.length);
        post.getOutputStream().write(body);
        Checks.same(body, post.getInputStream().readAllBytes());
    }
}
