/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A program that knows nothing of mtcp4j. {@code serve PORT} echoes on every connection. {@code talk HOST PORT} does what each line of its
 * standard input says, and prints what came of it: {@code open}, or {@code open HOST}; {@code echo I}, a message there and back on connection I; {@code stream
 * I}, messages without end, written by one thread and read by another, so that there is always something on its way, and what ended them;
 * {@code count I}, how many of those came back; {@code close}, all.
 */
final class Talker {
    private static final int MESSAGE_BYTES = 16 * 1024;
    /** For many connections that stream in a JVM whose memory they would use up. */
    static final String FIXED_BUFFERS = ",sndbuf-most=0,rcvbuf-most=0,sndbuf=64k,rcvbuf=64k";

    private static final int START_SECONDS = 30;

    private final InetSocketAddress server;
    private final List<Connection> connections = new ArrayList<>();

    private Talker(InetSocketAddress server) {
        this.server = server;
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("serve")) {
            serve(Integer.parseInt(arguments[1]));
            return;
        }
        Talker talker = new Talker(new InetSocketAddress(arguments[1], Integer.parseInt(arguments[2])));
        System.out.println("ready");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(line + ": " + talker.obey(line.split(" ", -1)));
        }
    }

    /**
     * Starts one in a JVM of its own, over memif with the socket {@code memif.sock} in the directory; ready when it returns.
     *
     * @param role and further arguments of the port's, each after a {@code +}
     * @param address the stack's
     */
    static Running overMemif(Path directory, String role, String address, String... arguments) throws Exception {
        return overMemif(directory, role, address, "", arguments);
    }

    /** @param more further configuration of the stack's, each key after a comma */
    static Running overMemif(Path directory, String role, String address, String more, String[] arguments)
            throws Exception {
        Running running = Running.start(java(
                directory,
                "nic=dpdk:net_memif0+role=" + role + "+socket=" + directory.resolve("memif.sock")
                        + "+socket-abstract=no,dpdk.no-huge=true,ip=" + address + "/24,on-failure=fail,log=warn"
                        + more,
                arguments));
        try {
            running.awaitLine("ready", START_SECONDS);
            return running;
        } catch (AssertionError | Exception e) {
            running.close();
            throw e;
        }
    }

    /** The command that starts one; a crash is reported in the directory. */
    static List<String> java(Path directory, String agentArguments, String... arguments) {
        return command(directory, List.of(Server.agent(agentArguments)), arguments);
    }

    /** Without the agent. */
    static List<String> onKernel(Path directory, String... arguments) {
        return command(directory, List.of(), arguments);
    }

    private static List<String> command(Path directory, List<String> options, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Build.java().toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:ErrorFile=" + directory.resolve("crash-%p.log")));
        command.addAll(options);
        command.addAll(List.of("-cp", Build.testClasses().toString(), Talker.class.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    private String obey(String[] words) {
        try {
            switch (words[0]) {
                case "open" -> {
                    SocketChannel channel = SocketChannel.open();
                    try {
                        channel.socket()
                                .connect(
                                        words.length == 1 ? server : new InetSocketAddress(words[1], server.getPort()),
                                        2_000);
                    } catch (IOException e) {
                        channel.close();
                        throw e;
                    }
                    connections.add(new Connection(channel));
                    return "opened " + (connections.size() - 1);
                }
                case "echo" -> {
                    long startNs = System.nanoTime();
                    connection(words).echo(64);
                    return "came back after " + (System.nanoTime() - startNs) / 1_000 + " us";
                }
                case "stream" -> {
                    connection(words).start();
                    return "started";
                }
                case "count" -> {
                    return connection(words).messages.toString();
                }
                case "close" -> {
                    for (Connection connection : connections) {
                        connection.channel.close();
                    }
                    return "closed";
                }
                default -> {
                    return "what?";
                }
            }
        } catch (IOException e) {
            return "failed, " + e;
        }
    }

    private Connection connection(String[] words) {
        return connections.get(Integer.parseInt(words[1]));
    }

    private static final class Connection extends Thread {
        private final SocketChannel channel;
        private final AtomicLong messages = new AtomicLong();

        Connection(SocketChannel channel) {
            this.channel = channel;
            setDaemon(true);
        }

        void echo(int bytes) throws IOException {
            write(bytes);
            read(bytes);
        }

        private void write(int bytes) throws IOException {
            ByteBuffer out = ByteBuffer.allocate(bytes);
            while (out.hasRemaining()) {
                channel.write(out);
            }
        }

        private void read(int bytes) throws IOException {
            ByteBuffer in = ByteBuffer.allocate(bytes);
            while (in.hasRemaining()) {
                if (channel.read(in) < 0) {
                    throw new EOFException("end of stream");
                }
            }
        }

        @Override
        public void run() {
            FutureTask<IOException> writing = new FutureTask<>(() -> untilFailure(() -> write(MESSAGE_BYTES)));
            Thread writer = new Thread(writing);
            writer.setDaemon(true);
            writer.start();
            IOException reading = untilFailure(() -> {
                read(MESSAGE_BYTES);
                messages.incrementAndGet();
            });
            try {
                // A reset is told once: to the writer, if it comes first, and the reader then finds the end of the
                // stream.
                System.out.println("stream ended, " + (reading instanceof EOFException ? writing.get() : reading));
            } catch (InterruptedException | ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }

        private interface Step {
            void take() throws IOException;
        }

        private static IOException untilFailure(Step step) {
            try {
                while (true) {
                    step.take();
                }
            } catch (IOException e) {
                return e;
            }
        }
    }

    private static void serve(int port) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(port));
        System.out.println("ready");
        serve(server);
    }

    static void serve(ServerSocketChannel server) throws IOException {
        while (true) {
            SocketChannel channel = server.accept();
            Thread thread = new Thread(() -> echo(channel));
            thread.setDaemon(true);
            thread.start();
        }
    }

    private static void echo(SocketChannel channel) {
        ByteBuffer buffer = ByteBuffer.allocate(MESSAGE_BYTES);
        try (channel) {
            while (channel.read(buffer) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                buffer.clear();
            }
        } catch (IOException e) {
            System.out.println("connection ended, " + e);
        }
    }
}
