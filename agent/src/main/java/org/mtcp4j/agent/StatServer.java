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
import org.mtcp4j.spi.nio.MtcpRuntime;

/**
 * Answers {@code stat PID} of the same user over a UNIX-domain socket of the kernel: whoever connects is written the report and hung
 * up on. One daemon thread, asleep in accept.
 */
public final class StatServer {
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
                try (SocketChannel client = opened.accept()) {
                    answer(client, runtime);
                }
            }
        } catch (IOException | UnsupportedOperationException | SecurityException e) {
            // Stopped, or no place for the socket: stat then says that nobody answers.
            stop();
        }
    }

    private static void answer(SocketChannel client, MtcpRuntime runtime) {
        try {
            ByteBuffer text = ByteBuffer.wrap(
                    (runtime.stack().report() + NativeTransports.report()).getBytes(StandardCharsets.UTF_8));
            while (text.hasRemaining()) {
                client.write(text);
            }
        } catch (IOException e) {
            // The asker went away.
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
