/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import io.undertow.Undertow;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.BlockingHandler;
import io.undertow.util.Methods;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;

/** Undertow, which is on XNIO. */
final class UndertowExercise implements Exercise {
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
            JdkExercise.client(HttpClient.newHttpClient(), URI.create(Checks.url(address.getPort())));
        } finally {
            server.stop();
        }
    }

    private static void answer(HttpServerExchange exchange) throws Exception {
        byte[] sent = exchange.getInputStream().readAllBytes();
        exchange.getOutputStream().write(exchange.getRequestMethod().equals(Methods.GET) ? Checks.utf8("hello") : sent);
        exchange.getOutputStream().close();
    }
}
