/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.compat;

import com.sun.net.httpserver.HttpServer;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** {@code java.net} through proxies: {@code new Socket(Proxy)} for both kinds, and HttpURLConnection. */
final class ProxyExercise implements Exercise {
    @Override
    public Class<?> subject() {
        return Proxy.class;
    }

    @Override
    public void run() throws Exception {
        HttpServer target = Checks.echo();
        InetSocketAddress address = target.getAddress();
        try (ServerSocket socks = new ServerSocket(0, 10, Checks.LOOPBACK);
                ServerSocket http = new ServerSocket(0, 10, Checks.LOOPBACK)) {
            serve(socks, ProxyExercise::socks5);
            serve(http, ProxyExercise::connect);
            fetch(new Proxy(Proxy.Type.SOCKS, socks.getLocalSocketAddress()), address);
            fetch(new Proxy(Proxy.Type.HTTP, http.getLocalSocketAddress()), address);
            HttpURLConnection through = (HttpURLConnection) URI.create(Checks.url(address.getPort()))
                    .toURL()
                    .openConnection(new Proxy(Proxy.Type.SOCKS, socks.getLocalSocketAddress()));
            Checks.same(Checks.utf8("hello"), through.getInputStream().readAllBytes());
        }
        target.stop(0);
    }

    private static void fetch(Proxy proxy, InetSocketAddress target) throws IOException {
        try (Socket socket = new Socket(proxy)) {
            socket.connect(target, Checks.SECONDS * 1000);
            socket.getOutputStream().write(Checks.utf8("GET / HTTP/1.0\r\n\r\n"));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            Checks.same(true, answer.startsWith("HTTP/1.") && answer.endsWith("hello"));
        }
    }

    private interface Handshake {
        Socket forward(Socket client) throws IOException;
    }

    private static void serve(ServerSocket server, Handshake handshake) {
        start(() -> {
            while (true) {
                try {
                    Socket client = server.accept();
                    start(() -> relay(client, handshake));
                } catch (IOException e) {
                    return;
                }
            }
        });
    }

    private static void relay(Socket client, Handshake handshake) {
        try (client;
                Socket target = handshake.forward(client)) {
            Thread up = start(() -> copy(client, target));
            copy(target, client);
            up.join();
        } catch (IOException e) {
            // A side was closed.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void copy(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
            to.shutdownOutput();
        } catch (IOException e) {
            // A side was closed.
        }
    }

    private static Thread start(Runnable task) {
        Thread thread = new Thread(task, "proxy");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static Socket socks5(Socket client) throws IOException {
        DataInputStream in = new DataInputStream(client.getInputStream());
        OutputStream out = client.getOutputStream();
        in.readByte();
        in.skipNBytes(in.readUnsignedByte());
        out.write(new byte[] {5, 0});
        in.skipNBytes(3);
        int type = in.readUnsignedByte();
        byte[] host = new byte[type == 1 ? 4 : type == 4 ? 16 : in.readUnsignedByte()];
        in.readFully(host);
        int port = in.readUnsignedShort();
        InetAddress address = type == 3
                ? InetAddress.getByName(new String(host, StandardCharsets.US_ASCII))
                : InetAddress.getByAddress(host);
        Socket target = new Socket(address, port);
        out.write(new byte[] {5, 0, 0, 1, 127, 0, 0, 1, (byte) (port >> 8), (byte) port});
        return target;
    }

    private static Socket connect(Socket client) throws IOException {
        InputStream in = client.getInputStream();
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int read = in.read();
            if (read < 0) {
                throw new IOException("no request");
            }
            head.append((char) read);
        }
        String authority = head.substring("CONNECT ".length(), head.indexOf(" HTTP"));
        int colon = authority.lastIndexOf(':');
        Socket target = new Socket(authority.substring(0, colon), Integer.parseInt(authority.substring(colon + 1)));
        client.getOutputStream().write(Checks.utf8("HTTP/1.1 200 OK\r\n\r\n"));
        return target;
    }
}
