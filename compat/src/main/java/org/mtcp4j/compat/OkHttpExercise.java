/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import com.sun.net.httpserver.HttpServer;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/** OkHttp, which is on {@code java.net}. */
final class OkHttpExercise implements Exercise {
    @Override
    public Class<?> subject() {
        return OkHttpClient.class;
    }

    @Override
    public void run() throws Exception {
        HttpServer server = Checks.echo();
        OkHttpClient client = new OkHttpClient();
        Request.Builder request =
                new Request.Builder().url(Checks.url(server.getAddress().getPort()));
        for (int i = 0; i < 10; i++) {
            Checks.same(Checks.utf8("hello"), fetch(client, request.get().build()));
        }
        byte[] body = Checks.body();
        Checks.same(body, fetch(client, request.post(RequestBody.create(body)).build()));
        client.dispatcher().executorService().shutdown();
        client.connectionPool().evictAll();
        server.stop(0);
    }

    private static byte[] fetch(OkHttpClient client, Request request) throws Exception {
        try (Response response = client.newCall(request).execute()) {
            return response.body().bytes();
        }
    }
}
