/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.concurrent.CountDownLatch;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.core.StandardService;
import org.apache.catalina.startup.Tomcat;

/** Embedded Tomcat 10.1 with its NIO connector. */
public final class TomcatExample {
    private static final int DRAIN_SECONDS = 5;

    private TomcatExample() {}

    /** @param arguments port, then optionally the address to bind */
    public static void main(String[] arguments) throws Exception {
        AutoCloseable tomcat = start(
                arguments.length > 0 ? Integer.parseInt(arguments[0]) : 8080,
                arguments.length > 1 ? arguments[1] : null);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(tomcat, stopped)));
        System.out.println("ready");
        stopped.await();
    }

    /** For a program with a server inside: closing stops it once its last responses are out. A null host is any. */
    public static AutoCloseable start(int port, String host) throws Exception {
        Path base = Files.createTempDirectory("tomcat");
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(base.toString());
        Connector connector = new Connector("org.apache.coyote.http11.Http11NioProtocol");
        connector.setPort(port);
        if (host != null) {
            connector.setProperty("address", host);
        }
        connector.setProperty("acceptCount", "1024");
        connector.setProperty("maxKeepAliveRequests", "-1");
        tomcat.setConnector(connector);
        Context context = tomcat.addContext("", base.toString());
        Tomcat.addServlet(context, "site", new Site());
        context.addServletMappingDecoded("/*", "site");
        ((StandardService) tomcat.getService()).setGracefulStopAwaitMillis(DRAIN_SECONDS * 1_000L);
        tomcat.start();
        return () -> {
            tomcat.stop();
            tomcat.destroy();
        };
    }

    private static void stop(AutoCloseable tomcat, CountDownLatch stopped) {
        try {
            tomcat.close();
        } catch (Exception e) {
            System.err.println("stop: " + e);
        } finally {
            stopped.countDown();
        }
    }

    private static final class Site extends HttpServlet {
        private static final long serialVersionUID = 1L;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            switch (request.getRequestURI()) {
                case "/big" -> whole(response, Pages.big());
                case "/big.md5" -> whole(response, Pages.hex(Pages.md5().digest(Pages.big())));
                case "/post" -> post(request, response);
                case "/chunked" -> chunked(response);
                case "/slow" -> slow(request, response);
                default -> whole(response, Pages.page(request.getRequestURI()));
            }
        }

        private static void whole(HttpServletResponse response, byte[] body) throws IOException {
            response.setContentLength(body.length);
            response.getOutputStream().write(body);
        }

        private static void slow(HttpServletRequest request, HttpServletResponse response) throws IOException {
            try {
                Thread.sleep(Pages.slowMillis(request.getQueryString()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            whole(response, Pages.SMALL);
        }

        private static void post(HttpServletRequest request, HttpServletResponse response) throws IOException {
            MessageDigest digest = Pages.md5();
            long bytes = 0;
            InputStream in = request.getInputStream();
            byte[] buffer = new byte[64 * 1024];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
                bytes += n;
            }
            whole(response, Pages.posted(bytes, digest));
        }

        private static void chunked(HttpServletResponse response) throws IOException {
            OutputStream out = response.getOutputStream();
            for (int i = 0; i < Pages.CHUNKS; i++) {
                out.write(Pages.CHUNK);
                out.flush();
            }
        }
    }
}
