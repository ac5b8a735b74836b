/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.CodeSource;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs the exercises that its arguments name, one after the other, and says how each went; waits for a line after each. */
public final class Compatibility {
    private static final Pattern VERSION = Pattern.compile("-(\\d[^/]*)\\.jar$");

    private Compatibility() {}

    public static void main(String[] names) {
        int status = 0;
        for (String name : names) {
            Subject subject = Subject.valueOf(name);
            long startNs = System.nanoTime();
            try {
                Exercise exercise = exercise(subject);
                exercise.run();
                System.out.println("ok\t" + name + "\t" + version(exercise.subject()) + "\t"
                        + (System.nanoTime() - startNs) / 1_000_000 + " ms");
            } catch (Exception | LinkageError | AssertionError e) {
                System.out.println("failed\t" + name + "\t" + e);
                e.printStackTrace();
                status = 1;
            }
            await();
        }
        // What some of them leave running is not waited for.
        System.exit(status);
    }

    private static Exercise exercise(Subject subject) {
        return switch (subject) {
            case JETTY -> JettyExercise.http1();
            case JETTY_HTTP2 -> JettyExercise.http2();
            case JETTY_WEBSOCKET -> JettyExercise.webSocket();
            case TOMCAT_NIO2 -> new TomcatExercise();
            case UNDERTOW -> new UndertowExercise();
            case VERTX -> new VertxExercise();
            case GRPC_NETTY -> GrpcExercise.plain();
            case GRPC_NETTY_SHADED -> GrpcExercise.shaded();
            case NETTY_EPOLL -> new NettyEpollExercise();
            case JDK_HTTP -> new JdkExercise();
            case JDK_TLS -> new TlsExercise();
            case JDK_RMI -> new RmiExercise();
            case JDK_FILES -> new FilesExercise();
            case JDK_PROXIES -> new ProxyExercise();
            case HTTPCLIENT5 -> ApacheExercise.classic();
            case HTTPCLIENT5_ASYNC -> ApacheExercise.asynchronous();
            case OKHTTP -> new OkHttpExercise();
            case ZOOKEEPER -> new ZooKeeperExercise();
            case KAFKA -> new KafkaExercise();
            case LETTUCE -> RedisExercise.lettuce();
            case JEDIS -> RedisExercise.jedis();
        };
    }

    private static void await() {
        try {
            int read;
            do {
                read = System.in.read();
            } while (read != '\n' && read >= 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String version(Class<?> subject) {
        CodeSource source = subject.getProtectionDomain().getCodeSource();
        if (source == null || source.getLocation() == null) {
            return "the JDK's";
        }
        Matcher matcher = VERSION.matcher(source.getLocation().getPath());
        return matcher.find() ? matcher.group(1) : "the JDK's";
    }
}
