/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import reactor.blockhound.BlockHound;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.ConnectionProvider;

/** Reactor Netty, server and client, under BlockHound: prints what blocks its event loops, first of all a handler that does so to be seen. */
public final class BlockHoundProgram {
    private static final int REQUESTS = 2_000;
    private static final int CONNECTIONS = 200;
    private static final int AT_ONCE = 32;
    private static final Duration LIMIT = Duration.ofSeconds(Checks.SECONDS);

    private static final Queue<String> FOUND = new ConcurrentLinkedQueue<>();

    private BlockHoundProgram() {}

    /** @throws Exception what went wrong */
    public static void main(String[] arguments) throws Exception {
        BlockHound.install(builder -> builder.blockingMethodCallback(method -> {
            StringBuilder text = new StringBuilder("blocked " + method.getClassName() + "." + method.getName());
            for (StackTraceElement frame : new Throwable().getStackTrace()) {
                text.append("\n  ").append(frame);
            }
            FOUND.add(text.toString());
        }));
        DisposableServer server = HttpServer.create()
                .host(Checks.LOOPBACK.getHostAddress())
                .port(0)
                .route(routes -> routes.post(
                                "/echo",
                                (request, response) ->
                                        response.send(request.receive().retain()))
                        .get("/sleep", (request, response) -> {
                            sleep();
                            return response.sendString(Mono.just("slept"));
                        }))
                .bindNow(LIMIT);
        ConnectionProvider connections = ConnectionProvider.create("few", AT_ONCE);
        try {
            HttpClient client = HttpClient.create(connections)
                    .baseUrl("http://" + Checks.LOOPBACK.getHostAddress() + ":" + server.port());
            Checks.same("slept", fetch(client.get().uri("/sleep")));
            System.out.println("found of a handler that sleeps: " + FOUND.size());
            FOUND.clear();
            Checks.same((long) REQUESTS, echoes(client.keepAlive(true), REQUESTS));
            Checks.same((long) CONNECTIONS, echoes(client.keepAlive(false), CONNECTIONS));
        } finally {
            connections.dispose();
            server.disposeNow(LIMIT);
        }
        FOUND.forEach(System.out::println);
        System.out.println("found else: " + FOUND.size());
    }

    private static String fetch(HttpClient.ResponseReceiver<?> receiver) {
        return receiver.responseContent().aggregate().asString().block(LIMIT);
    }

    private static long echoes(HttpClient client, int requests) {
        return Flux.range(0, requests)
                .flatMap(
                        i -> client.post()
                                .uri("/echo")
                                .send(ByteBufFlux.fromString(Mono.just("request " + i)))
                                .responseContent()
                                .aggregate()
                                .asString()
                                .filter(("request " + i)::equals),
                        AT_ONCE)
                .count()
                .block(LIMIT);
    }

    private static void sleep() {
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
