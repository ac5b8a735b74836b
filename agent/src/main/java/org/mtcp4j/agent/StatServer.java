/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.mtcp4j.socket.StackCapture;
import org.mtcp4j.socket.StackUnavailableException;
import org.mtcp4j.spi.nio.MtcpRuntime;

/**
 * Answers {@code stat PID} and {@code capture PID} of the same user over a UNIX-domain socket of the kernel. A question is a line; {@code stat} is
 * answered with the report, {@code capture NIC FILE} with a line, and when the asker has no more to say, or is gone, with another. A daemon thread asleep
 * in accept, and one a question.
 */
public final class StatServer {
    private static final int MOST_LINE_BYTES = 8_192;

    private static ServerSocketChannel server;
    private static Path path;

    private StatServer() {}

    /** Where the process of that id listens, if it runs under the agent for this user. */
    public static Path socketOf(long pid) {
        return directory().resolve(pid + ".sock");
    }

    private static Path directory() {
        return Path.of(System.getProperty("java.io.tmpdir"), "mtcp4j-" + System.getProperty("user.name"));
    }

    static void start(MtcpRuntime runtime) {
        Thread thread = new Thread(null, () -> serve(runtime), "mtcp-stat", 0, false);
        thread.setDaemon(true);
        thread.start();
    }

    private static void serve(MtcpRuntime runtime) {
        try {
            Path directory = directory();
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Path socket = socketOf(ProcessHandle.current().pid());
            Files.deleteIfExists(socket);
            ServerSocketChannel opened = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            opened.bind(UnixDomainSocketAddress.of(socket));
            synchronized (StatServer.class) {
                server = opened;
                path = socket;
            }
            while (true) {
                SocketChannel client = opened.accept();
                Thread thread = new Thread(null, () -> answer(client, runtime), "mtcp-stat-answer", 0, false);
                thread.setDaemon(true);
                thread.start();
            }
        } catch (IOException | UnsupportedOperationException | SecurityException e) {
            // Stopped, or no place for the socket: stat then says that nobody answers.
            stop();
        }
    }

    private static void answer(SocketChannel client, MtcpRuntime runtime) {
        try (client) {
            String[] words = line(client).split(" ", 3);
            if (words[0].equals("capture") && words.length == 3) {
                capture(client, runtime.stack().capture(), Integer.parseInt(words[1]), Path.of(words[2]));
            } else {
                write(client, runtime.stack().report() + NativeTransports.report());
            }
        } catch (IOException | IllegalArgumentException e) {
            // The asker went away, or is none of ours.
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
        } catch (IOException e) {
            // A file that stays behind is overwritten by the next process of that id.
        }
    }
}
