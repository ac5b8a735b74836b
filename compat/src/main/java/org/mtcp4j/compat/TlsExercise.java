/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** TLS over {@code java.net}: sockets that are their own transport, sockets over another socket; and HTTPS. */
final class TlsExercise implements Exercise {
    private static final char[] PASSWORD = "changeit".toCharArray();

    @Override
    public Class<?> subject() {
        return SSLSocket.class;
    }

    @Override
    public void run() throws Exception {
        SSLContext context = context();
        SSLServerSocket server =
                (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 10, Checks.LOOPBACK);
        Thread serving = new Thread(() -> echo(server), "tls-echo");
        serving.setDaemon(true);
        serving.start();
        try (SSLSocket unlayered =
                (SSLSocket) context.getSocketFactory().createSocket(Checks.LOOPBACK, server.getLocalPort())) {
            talk(unlayered);
        }
        Socket below = new Socket(Checks.LOOPBACK, server.getLocalPort());
        try (SSLSocket layered = (SSLSocket) context.getSocketFactory()
                .createSocket(below, Checks.LOOPBACK.getHostAddress(), server.getLocalPort(), true)) {
            talk(layered);
        }
        Checks.same(true, below.isClosed());
        server.close();
        https(context);
    }

    private static void https(SSLContext context) throws Exception {
        HttpsServer server = HttpsServer.create(Checks.anyPort(), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        server.setExecutor(Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "https");
            thread.setDaemon(true);
            return thread;
        }));
        Checks.serve(server);
        server.start();
        HttpClient client = HttpClient.newBuilder().sslContext(context).build();
        JdkExercise.client(
                client, URI.create("https://localhost:" + server.getAddress().getPort() + "/"));
        server.stop(0);
    }

    private static void talk(SSLSocket socket) throws Exception {
        byte[] body = Checks.body();
        Thread writing = new Thread(
                () -> {
                    try {
                        OutputStream out = socket.getOutputStream();
                        out.write(body);
                        out.flush();
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                },
                "tls-write");
        writing.start();
        InputStream in = socket.getInputStream();
        Checks.same(body, in.readNBytes(body.length));
        writing.join();
    }

    private static void echo(SSLServerSocket server) {
        while (!server.isClosed()) {
            try (Socket accepted = server.accept()) {
                accepted.getInputStream().transferTo(accepted.getOutputStream());
            } catch (java.io.IOException e) {
                // The client or the server was closed.
            }
        }
    }

    private static SSLContext context() throws Exception {
        Path directory = Files.createTempDirectory("mtcp4j-tls");
        Path file = directory.resolve("keys.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "a",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost,ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        new String(PASSWORD),
                        "-keystore",
                        file.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        Checks.same(true, keytool.waitFor(Checks.SECONDS, TimeUnit.SECONDS));
        KeyStore keys = KeyStore.getInstance(file.toFile(), PASSWORD);
        TomcatExercise.delete(directory);
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, PASSWORD);
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init(keys);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
        return context;
    }
}
