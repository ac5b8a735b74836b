/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

/** The exercises; names only, so that this can be loaded without what they exercise. */
public enum Subject {
    JETTY("Jetty, server and client over HTTP/1.1"),
    JETTY_HTTP2("Jetty, server and client over HTTP/2"),
    JETTY_WEBSOCKET("Jetty, server and client over WebSocket"),
    TOMCAT_NIO2("Tomcat with the NIO2 connector; HttpURLConnection"),
    UNDERTOW("Undertow, server and client; java.net.http.HttpClient"),
    VERTX("Vert.x, server and client"),
    GRPC_NETTY("gRPC on Netty, server and client, unary and streaming"),
    GRPC_NETTY_SHADED("gRPC on a relocated Netty that has its epoll transport with it; steered to NIO"),
    NETTY_EPOLL("Netty asked for its epoll transport, server and client; steered to NIO"),
    JDK_HTTP("com.sun.net.httpserver; java.net.http.HttpClient and HttpURLConnection"),
    JDK_TLS("SSLServerSocket; SSLSocket on its own and over a socket; HttpsServer and HttpClient"),
    JDK_RMI("RMI: registry, remote object, call back"),
    JDK_FILES("FileChannel.transferTo and transferFrom, blocking and not; streams over channels"),
    JDK_PROXIES("java.net through a SOCKS and through an HTTP proxy"),
    HTTPCLIENT5("Apache HttpClient 5 and HttpCore's server, classic"),
    HTTPCLIENT5_ASYNC("Apache HttpClient 5 and HttpCore's server, asynchronous"),
    OKHTTP("OkHttp; com.sun.net.httpserver"),
    ZOOKEEPER("ZooKeeper, server and client"),
    KAFKA("Kafka, a KRaft broker, producer and consumer"),
    LETTUCE("Lettuce; the Redis server of Debian over a TAP"),
    JEDIS("Jedis; the Redis server of Debian over a TAP");

    /** In the order in which they are run in one JVM that talks to itself; those that follow talk to a server elsewhere. */
    public static final Subject LAST_WITH_ITSELF = KAFKA;

    private final String sentence;

    Subject(String sentence) {
        this.sentence = sentence;
    }

    /** What it is and what it is made to do. */
    public String sentence() {
        return sentence;
    }
}
