/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Programs whose end is watched: {@code full ADDRESS} writes to four peers until nothing more is taken; {@code both ADDRESS} has both ends of
 * connections and prints every end of stream that they hear of, {@code recursing ADDRESS} has a thread that runs out of stack amid writes and exits
 * with 7, {@code serve ADDRESS} accepts one connection, writes, and exits with 7.
 */
public final class ExitProgram {
    private static final int PAIRS = 8;
    private static final int FULL = 4;
    /** Looks in a row at which nobody takes anything. */
    private static final int QUIET_LOOKS = 20;

    private static final long LOOK_MS = 20;
    private static final int EXIT_CODE = 7;
    private static final long RECURSES_MS = 2_000;

    private static final List<SocketChannel> HELD = new ArrayList<>();

    private ExitProgram() {}

    public static void main(String[] args) throws Exception {
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(args[1], 0));
        switch (args[0]) {
            case "both" -> both(server);
            case "recursing" -> recursing(server);
            case "full" -> full(server);
            default -> serve(server);
        }
    }

    private static void both(ServerSocketChannel server) throws Exception {
        for (int i = 0; i < PAIRS; i++) {
            SocketChannel client = SocketChannel.open(server.getLocalAddress());
            SocketChannel accepted = server.accept();
            // Else the collector would close them.
            HELD.add(client);
            HELD.add(accepted);
            if (i % 2 == 0) {
                read("accepted", accepted);
                read("client", client);
            } else {
                echo(accepted);
                talk(client);
            }
        }
        System.out.println("ready");
        Thread.sleep(60_000);
        System.out.println("nobody has ended it");
    }

    /** Waits for a byte that never comes. */
    private static void read(String name, SocketChannel channel) {
        start(() -> {
            int n = channel.read(ByteBuffer.allocate(1));
            System.out.println(name + " has read " + n);
        });
    }

    private static void echo(SocketChannel channel) {
        start(() -> {
            channel.configureBlocking(false);
            Selector selector = Selector.open();
            channel.register(selector, SelectionKey.OP_READ);
            ByteBuffer piece = ByteBuffer.allocate(64);
            while (true) {
                selector.select();
                selector.selectedKeys().clear();
                int n = channel.read(piece.clear());
                if (n < 0) {
                    System.out.println("the echo has read " + n);
                    return;
                }
                for (piece.flip(); piece.hasRemaining(); ) {
                    channel.write(piece);
                }
            }
        });
    }

    private static void talk(SocketChannel channel) {
        start(() -> {
            ByteBuffer piece = ByteBuffer.allocate(64);
            while (true) {
                channel.write(piece.clear());
                for (piece.clear(); piece.hasRemaining(); ) {
                    int n = channel.read(piece);
                    if (n < 0) {
                        System.out.println("the talker has read " + n);
                        return;
                    }
                }
            }
        });
    }

    private interface Work {
        void run() throws Exception;
    }

    private static void start(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (Exception e) {
                System.out.println("a thread heard " + e);
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private static void recursing(ServerSocketChannel server) throws Exception {
        SocketChannel client = SocketChannel.open(server.getLocalAddress());
        SocketChannel accepted = server.accept();
        start(() -> {
            ByteBuffer piece = ByteBuffer.allocate(64 * 1024);
            while (accepted.read(piece.clear()) >= 0) {}
        });
        start(() -> {
            while (true) {
                try {
                    recurse(client, 0);
                } catch (StackOverflowError e) {
                    // Once more, with another depth: the channel may be closed by it, as on the kernel.
                }
            }
        });
        Thread.sleep(RECURSES_MS);
        System.out.println("exits");
        System.exit(EXIT_CODE);
    }

    private static int recurse(SocketChannel channel, int depth) {
        try {
            channel.write(ByteBuffer.allocate(10));
        } catch (IOException e) {
            // A write that the end of the stack has cut short.
        }
        return depth == Integer.MAX_VALUE ? depth : recurse(channel, depth + 1) + 1;
    }

    /** To peers that read nothing; ends when it is told to. */
    private static void full(ServerSocketChannel server) throws Exception {
        System.out.println("port " + server.socket().getLocalPort());
        for (int i = 0; i < FULL; i++) {
            SocketChannel accepted = server.accept();
            accepted.configureBlocking(false);
            HELD.add(accepted);
        }
        ByteBuffer piece = ByteBuffer.allocate(64 * 1024);
        for (int quiet = 0; quiet < QUIET_LOOKS; quiet++) {
            for (SocketChannel channel : HELD) {
                while (channel.write(piece.clear()) > 0) {
                    quiet = 0;
                }
            }
            Thread.sleep(LOOK_MS);
        }
        System.out.println("full");
        Thread.sleep(60_000);
        System.out.println("nobody has ended it");
    }

    private static void serve(ServerSocketChannel server) throws Exception {
        System.out.println("port " + server.socket().getLocalPort());
        SocketChannel accepted = server.accept();
        ByteBuffer answer = ByteBuffer.wrap("all of it\n".getBytes(StandardCharsets.US_ASCII));
        while (answer.hasRemaining()) {
            accepted.write(answer);
        }
        System.exit(EXIT_CODE);
    }
}
