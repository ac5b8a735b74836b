/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent.cli;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.mtcp4j.agent.StatServer;

/** A question to a program that runs under the agent for this user: see {@link StatServer}. */
final class Question implements AutoCloseable {
    private final SocketChannel channel;

    /** @throws IOException with a sentence for the user */
    Question(long pid, String line) throws IOException {
        Path path = StatServer.socketOf(pid);
        if (!Files.exists(path)) {
            throw new IOException("process " + pid + " does not run under the agent for this user (no " + path + ")");
        }
        channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(path));
            ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            channel.close();
            throw new IOException("process " + pid + " does not answer (" + e.getMessage() + ")", e);
        }
    }

    /** Prints what comes, as it comes. Returns the beginning of it. */
    String printAnswer() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(16 * 1024);
        String first = "";
        while (channel.read(buffer) >= 0) {
            String text = StandardCharsets.UTF_8.decode(buffer.flip()).toString();
            first = first.isEmpty() ? text : first;
            System.out.print(text);
            System.out.flush();
            buffer.clear();
        }
        return first;
    }

    /** There is no more to say. */
    void end() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
