/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import org.mtcp4j.config.Key;
import org.mtcp4j.socket.StackCapture;
import org.mtcp4j.socket.StackUnavailableException;
import org.mtcp4j.spi.nio.MtcpRuntime;
import org.mtcp4j.stats.SideCounters;
import org.mtcp4j.stats.SideReason;

/**
 * Answers {@code stat PID} and {@code capture PID} of the same user over a UNIX-domain socket of the kernel. A question is a line; {@code stat} and
 * the words behind it are answered with the report, {@code capture NIC FILE} with a line, and when the asker has no more to say, or is gone, with
 * another. A daemon thread asleep in accept, and one a question.
 */
public final class StatServer {
    private static final int MOST_LINE_BYTES = 8_192;

    private static final long MAX_WAIT_NS = 5_000_000_000L;
    private static final long POLL_MS = 50;

    private static ServerSocketChannel server;
    private static Path path;

    private StatServer() {}

    static void start(MtcpRuntime runtime) {
        Thread thread = new Thread(null, () -> serve(runtime), "mtcp-stat", 0, false);
        thread.setDaemon(true);
        thread.start();
    }

    private static void serve(MtcpRuntime runtime) {
        try {
            awaitFirstSocket(runtime);
            Path directory = SocketDirectory.make();
            Path socket =
                    SocketDirectory.socketIn(directory, ProcessHandle.current().pid());
            Path unlistened = socket.resolveSibling(socket.getFileName() + ".new");
            Files.deleteIfExists(unlistened);
            ServerSocketChannel opened = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            opened.bind(UnixDomainSocketAddress.of(unlistened));
            // Whoever finds the file is answered: it has its name once somebody listens.
            Files.move(unlistened, socket, StandardCopyOption.ATOMIC_MOVE);
            synchronized (StatServer.class) {
                server = opened;
                path = socket;
            }
            while (true) {
                SocketChannel client = opened.accept();
                Thread thread =
                        new Thread(null, () -> answer(client, runtime, directory), "mtcp-stat-answer", 0, false);
                thread.setDaemon(true);
                thread.start();
            }
        } catch (ClosedChannelException | InterruptedException e) {
            stop();
        } catch (Throwable e) {
            // Whatever of the program's is in the way, its default file system for one, it is not the program's
            // business.
            stop();
            if (!runtime.config().is(Key.LOG, "error")) {
                System.err.println(
                        "[mtcp] WARN stat and capture cannot reach this program: "
                                + (e instanceof IOException ? e.getMessage() : e.toString())
                                + "; remove what is in the way, or set XDG_RUNTIME_DIR or -Djava.io.tmpdir to a directory that this user may write");
            }
        }
    }

    /**
     * A program sets java.net.preferIPv4Stack and its like before its first socket; ours must not come before it, and there may be none for a
     * long time.
     */
    private static void awaitFirstSocket(MtcpRuntime runtime) throws InterruptedException {
        SideCounters sides = runtime.stack().sides();
        long endNs = System.nanoTime() + MAX_WAIT_NS;
        while (System.nanoTime() < endNs
                && Arrays.stream(SideReason.values()).allMatch(reason -> sides.get(reason) == 0)) {
            Thread.sleep(POLL_MS);
        }
    }

    private static void answer(SocketChannel client, MtcpRuntime runtime, Path own) {
        try (client) {
            SocketDirectory.checkPeer(client, own);
            String line = line(client);
            String[] words = line.split(" ", 3);
            if (words[0].equals("capture") && words.length == 3) {
                capture(client, runtime.stack().capture(), Integer.parseInt(words[1]), Path.of(words[2]));
            } else {
                report(client, runtime, List.of(line.split(" ")));
            }
        } catch (Throwable e) {
            // The asker went away, or is none of ours.
        }
    }

    private static void report(SocketChannel client, MtcpRuntime runtime, List<String> words) throws IOException {
        List<String> wanted = words.subList(1, words.size());
        try {
            runtime.stack().report(wanted, Channels.newOutputStream(client));
        } catch (IllegalArgumentException e) {
            write(client, "ERROR " + e.getMessage() + "\n");
            return;
        }
        if (wanted.isEmpty()) {
            write(client, NativeTransports.report());
        }
    }

    /** What comes up to the first line's end, or the end of what comes. */
    private static String line(SocketChannel client) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(MOST_LINE_BYTES);
        String text = "";
        while (!text.contains("\n") && bytes.hasRemaining() && client.read(bytes) >= 0) {
            text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
        }
        return text.strip();
    }

    private static void capture(SocketChannel client, StackCapture capture, int nic, Path file) throws IOException {
        try {
            capture.start(file, nic);
        } catch (StackUnavailableException e) {
            write(client, "ERROR " + e.getMessage() + "\n");
            return;
        }
        String outcome;
        try {
            write(client, "capturing into " + file + "\n");
            line(client);
        } finally {
            outcome = capture.end();
        }
        write(client, outcome + "\n");
    }

    private static void write(SocketChannel client, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            client.write(bytes);
        }
    }

    static synchronized void stop() {
        try {
            if (server != null) {
                server.close();
                Files.deleteIfExists(path);
                server = null;
            }
        } catch (IOException | RuntimeException e) {
            // A file that stays behind is overwritten by the next process of that id.
        }
    }
}
