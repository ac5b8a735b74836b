/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** Jetty and the JDK's HTTP client in one JVM: a page and 100 MB with a checksum over 127.0.0.1. */
public final class InOneJvm {
    private InOneJvm() {}

    /** No arguments. */
    public static void main(String[] arguments) throws Exception {
        Thread server = new Thread(() -> {
            try {
                JettyExample.main(new String[] {"8080", "127.0.0.1"});
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        server.setDaemon(true);
        server.start();
        HttpClient client = HttpClient.newHttpClient();
        String page = null;
        for (int tries = 0; page == null; tries++) {
            try {
                page = client.send(get("/"), HttpResponse.BodyHandlers.ofString())
                        .body();
            } catch (java.io.IOException e) {
                if (tries == 100) {
                    throw e;
                }
                Thread.sleep(100);
            }
        }
        try (SocketChannel channel = SocketChannel.open()) {
            System.out.println("channels are " + channel.getClass().getName());
        }
        System.out.print("page: " + page);
        String wanted = client.send(get("/big.md5"), HttpResponse.BodyHandlers.ofString())
                .body();
        byte[] big = client.send(get("/big"), HttpResponse.BodyHandlers.ofByteArray())
                .body();
        String got = new String(Pages.hex(Pages.md5().digest(big)), StandardCharsets.US_ASCII);
        System.out.println("big: " + big.length + " bytes, md5 " + got);
        if (!wanted.equals(got)) {
            System.err.println("checksum differs: wanted " + wanted);
            System.exit(1);
        }
        System.exit(0);
    }

    private static HttpRequest get(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:8080" + path))
                .build();
    }
}
