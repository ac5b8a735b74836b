/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * HTTPS requests over {@code java.net} sockets, a blocked thread a connection: {@code HOST PORT keepalive|handshake THREADS WARM_MS
 * WINDOW_MS WINDOWS}. With {@code handshake} every request has a connection and a full handshake of its own. The certificate is not checked:
 * it is the harness's own. Prints as {@link LoadWindows}.
 */
public final class TlsClient {
    private final String host;
    private final int port;
    private final boolean keepAlive;
    private final LoadWindows windows = new LoadWindows();
    private volatile boolean counting;

    private TlsClient(String host, int port, boolean keepAlive) {
        this.host = host;
        this.port = port;
        this.keepAlive = keepAlive;
    }

    /** See the class. */
    public static void main(String[] arguments) throws IOException {
        TlsClient client =
                new TlsClient(arguments[0], Integer.parseInt(arguments[1]), arguments[2].equals("keepalive"));
        for (int i = Integer.parseInt(arguments[3]); i > 0; i--) {
            Thread thread = new Thread(client::load, "load");
            thread.setDaemon(true);
            thread.start();
        }
        client.windows.run(
                client::count,
                Long.parseLong(arguments[4]),
                Long.parseLong(arguments[5]),
                Integer.parseInt(arguments[6]));
    }

    private void count(long millis) throws IOException {
        counting = true;
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IOException(e);
        } finally {
            counting = false;
        }
    }

    private void load() {
        try {
            while (true) {
                connection();
            }
        } catch (IOException | GeneralSecurityException e) {
            // Behind the last window connections end because the stack does.
            if (counting) {
                e.printStackTrace();
                System.exit(1);
            }
        }
    }

    private void connection() throws IOException, GeneralSecurityException {
        long startNs = System.nanoTime();
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new TrustAll()}, null);
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(host, port)) {
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            do {
                socket.getOutputStream()
                        .write(("GET / HTTP/1.1\r\nHost: bench\r\n" + (keepAlive ? "" : "Connection: close\r\n")
                                        + "\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                answer(in);
                record(System.nanoTime() - startNs);
                startNs = System.nanoTime();
            } while (keepAlive);
        }
    }

    private static void answer(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int b = in.read();
            if (b < 0) {
                throw new IOException("the connection ended early");
            }
            head.append((char) b);
        }
        String text = head.toString().toLowerCase(Locale.ROOT);
        int begin = text.indexOf("content-length:") + 15;
        in.readNBytes(Integer.parseInt(
                text.substring(begin, text.indexOf('\r', begin)).strip()));
    }

    private void record(long latencyNs) {
        if (counting) {
            synchronized (windows) {
                windows.record(Math.min(latencyNs, TimeUnit.MINUTES.toNanos(1)));
            }
        }
    }

    private static final class TrustAll implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
