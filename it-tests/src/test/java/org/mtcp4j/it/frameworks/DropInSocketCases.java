/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** As {@link DropInCases}: what Linux makes of binds, ends of connections, names of addresses and full buffers. */
final class DropInSocketCases {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final int PATIENCE_MS = 20_000;
    private static final int UPLOAD_BYTES = 5_000_000;

    private DropInSocketCases() {}

    private static String outcomeAndCause(Callable<?> call) {
        try {
            return String.valueOf(call.call());
        } catch (Exception e) {
            Throwable cause = e.getCause();
            return e.getClass().getName() + ": " + e.getMessage() + (cause == null ? "" : " caused by " + cause);
        }
    }

    private static int port(SocketAddress address) {
        return ((InetSocketAddress) address).getPort();
    }

    // Binds.

    private static String server(InetAddress host, int port, boolean reuse) {
        return outcomeAndCause(() -> {
            try (ServerSocketChannel channel = ServerSocketChannel.open()) {
                channel.setOption(StandardSocketOptions.SO_REUSEADDR, reuse);
                channel.bind(host == null ? new InetSocketAddress(port) : new InetSocketAddress(host, port));
                return "bound";
            }
        });
    }

    private static String client(int port, boolean reuse) {
        return outcomeAndCause(() -> {
            try (SocketChannel channel = SocketChannel.open()) {
                channel.setOption(StandardSocketOptions.SO_REUSEADDR, reuse);
                channel.bind(new InetSocketAddress(LOOPBACK, port));
                return "bound";
            }
        });
    }

    private static String binds(int port) {
        return String.join(
                " | ",
                server(LOOPBACK, port, true),
                server(LOOPBACK, port, false),
                server(null, port, false),
                client(port, true),
                client(port, false));
    }

    /** While connections have the ports, and then while the end that closed first is in TIME-WAIT. */
    static String bindsBesideConnections() throws Exception {
        ServerSocketChannel server = ServerSocketChannel.open().bind(new InetSocketAddress(LOOPBACK, 0));
        SocketChannel client = SocketChannel.open(server.getLocalAddress());
        SocketChannel accepted = server.accept();
        int serverPort = port(accepted.getLocalAddress());
        int clientPort = port(client.getLocalAddress());
        server.close();
        String connected = "accepted: " + binds(serverPort) + "; connecting: " + binds(clientPort);
        accepted.shutdownOutput();
        client.read(ByteBuffer.allocate(1));
        client.shutdownOutput();
        accepted.read(ByteBuffer.allocate(1));
        accepted.close();
        client.close();
        Thread.sleep(100);
        return connected + "; in TIME-WAIT: " + binds(serverPort);
    }

    static String acceptedConnectionsInheritReuse() throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            server.bind(new InetSocketAddress(LOOPBACK, 0));
            try (SocketChannel client = SocketChannel.open(server.getLocalAddress());
                    SocketChannel accepted = server.accept()) {
                return accepted.getOption(StandardSocketOptions.SO_REUSEPORT) + " "
                        + accepted.getOption(StandardSocketOptions.SO_REUSEADDR) + " "
                        + client.getOption(StandardSocketOptions.SO_REUSEADDR);
            }
        }
    }

    // Names.

    private static String withoutPort(Object address) {
        return String.valueOf(address).replaceAll(":\\d+$", "");
    }

    static String localAddressesHaveNoNames() throws Exception {
        List<Object> seen = new ArrayList<>();
        InetSocketAddress any = new InetSocketAddress("localhost", 0);
        try (ServerSocketChannel server = ServerSocketChannel.open().bind(any);
                SocketChannel bound = SocketChannel.open().bind(any)) {
            InetSocketAddress named = new InetSocketAddress("localhost", port(server.getLocalAddress()));
            bound.connect(named);
            SocketChannel accepted = server.accept();
            seen.addAll(List.of(server.getLocalAddress(), server.socket().getLocalSocketAddress()));
            seen.addAll(List.of(bound.getLocalAddress(), bound.getRemoteAddress(), accepted.getLocalAddress()));
            seen.addAll(List.of(accepted.getRemoteAddress(), bound.socket().getRemoteSocketAddress()));
            accepted.close();
        }
        try (ServerSocket server = new ServerSocket();
                Socket bound = new Socket()) {
            server.bind(any);
            bound.bind(any);
            bound.connect(new InetSocketAddress("localhost", server.getLocalPort()));
            seen.addAll(List.of(server.getLocalSocketAddress(), bound.getLocalSocketAddress()));
            seen.addAll(List.of(bound.getRemoteSocketAddress(), bound.getLocalAddress()));
        }
        try (AsynchronousServerSocketChannel server =
                AsynchronousServerSocketChannel.open().bind(any)) {
            seen.add(server.getLocalAddress());
        }
        return String.join(
                " ", seen.stream().map(DropInSocketCases::withoutPort).toList());
    }

    // Ends.

    private static String readsAndWrites(Socket socket) throws Exception {
        InputStream in = socket.getInputStream();
        OutputStream out = socket.getOutputStream();
        byte[] some = new byte[100];
        String reads = outcomeAndCause(() -> in.readNBytes(6).length) + ", " + outcomeAndCause(() -> in.read(some))
                + ", " + outcomeAndCause(() -> in.read(some));
        return reads + ", then " + outcomeAndCause(() -> written(out)) + ", " + outcomeAndCause(() -> written(out));
    }

    private static String written(OutputStream out) throws IOException {
        out.write(1);
        return "written";
    }

    /** Who answers and closes without having read the whole request does not lose the end of the answer. */
    static String closeWithUnreadDataEndsTheStreamUnlessLingerIsZero() throws Exception {
        List<String> seen = new ArrayList<>();
        for (int linger : new int[] {-1, 0, 5}) {
            try (DropInCases.Pair pair = DropInCases.Pair.open()) {
                Socket accepted = pair.accepted();
                accepted.setSoLinger(linger >= 0, Math.max(0, linger));
                pair.client().getOutputStream().write(new byte[1_000]);
                accepted.getInputStream().read();
                while (accepted.getInputStream().available() < 999) {
                    Thread.sleep(1);
                }
                accepted.getOutputStream().write(new byte[6]);
                accepted.close();
                // Until the reset is there, too.
                Thread.sleep(200);
                seen.add(linger + ": " + readsAndWrites(pair.client()));
            }
        }
        return String.join("; ", seen);
    }

    static String failuresHaveNoCause() throws Exception {
        try (DropInCases.Pair pair = DropInCases.Pair.open()) {
            pair.accepted().setSoLinger(true, 0);
            pair.accepted().close();
            Thread.sleep(100);
            OutputStream out = pair.client().getOutputStream();
            return outcomeAndCause(() -> written(out)) + ", " + outcomeAndCause(() -> written(out)) + ", "
                    + outcomeAndCause(() -> pair.client().getInputStream().read());
        }
    }

    static String asynchronousReadsAfterAReset() throws Exception {
        try (AsynchronousServerSocketChannel server =
                        AsynchronousServerSocketChannel.open().bind(new InetSocketAddress(LOOPBACK, 0));
                Socket client = new Socket()) {
            Future<AsynchronousSocketChannel> accepting = server.accept();
            client.setSoLinger(true, 0);
            client.connect(server.getLocalAddress());
            AsynchronousSocketChannel accepted = accepting.get(PATIENCE_MS, TimeUnit.MILLISECONDS);
            closeNow(client);
            Thread.sleep(100);
            List<String> seen = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                seen.add(outcomeAndCause(() -> get(accepted.read(ByteBuffer.allocate(1)))));
            }
            seen.add(outcomeAndCause(() -> get(accepted.write(ByteBuffer.allocate(1)))));
            accepted.close();
            return String.join(", ", seen);
        }
    }

    private static void closeNow(Socket socket) throws IOException {
        socket.close();
    }

    private static Object get(Future<?> future) throws Exception {
        try {
            return future.get(PATIENCE_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw (Exception) e.getCause();
        }
    }

    // Buffers.

    /** As HttpURLConnection and others do when they post a body to a server that answers while it reads. */
    static String anUploadIsTakenBeforeItsEchoIsRead() throws Exception {
        try (DropInCases.Pair pair = DropInCases.Pair.open()) {
            Thread echo = new Thread(() -> {
                try {
                    pair.accepted().getInputStream().transferTo(pair.accepted().getOutputStream());
                    pair.accepted().shutdownOutput();
                } catch (IOException e) {
                    System.out.println(e);
                }
            });
            echo.setDaemon(true);
            echo.start();
            Thread upload = new Thread(() -> {
                try {
                    for (int sent = 0; sent < UPLOAD_BYTES; sent += 10_000) {
                        pair.client().getOutputStream().write(new byte[10_000]);
                    }
                    pair.client().shutdownOutput();
                } catch (IOException e) {
                    System.out.println(e);
                }
            });
            upload.setDaemon(true);
            upload.start();
            upload.join(PATIENCE_MS);
            String taken = upload.isAlive() ? "waits for ever" : "taken";
            return taken + ", " + pair.client().getInputStream().readAllBytes().length + " bytes";
        }
    }
}
