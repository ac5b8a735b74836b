/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent.cli;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.mtcp4j.agent.SocketDirectory;
import org.mtcp4j.agent.StatServer;

/** A question to a program that runs under the agent for this user: see {@link StatServer}. */
final class Question implements AutoCloseable {
    private static final long MAX_WAIT_S = 3;

    private final long pid;
    private final SocketChannel channel;
    private final CountDownLatch answered = new CountDownLatch(1);

    /** @throws IOException with a sentence for the user */
    Question(long pid, String line) throws IOException {
        this.pid = pid;
        Path path = SocketDirectory.socketOf(pid);
        channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(path));
            SocketDirectory.checkPeer(channel, path.getParent());
            ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            channel.close();
            throw new IOException("process " + pid + " does not answer (" + e.getMessage() + ")", e);
        }
        Thread watch = new Thread(this::closeUnlessAnswered, "mtcp-patience");
        watch.setDaemon(true);
        watch.start();
    }

    private void closeUnlessAnswered() {
        try {
            if (!answered.await(MAX_WAIT_S, TimeUnit.SECONDS)) {
                channel.close();
            }
        } catch (InterruptedException | IOException e) {
            // Closed already.
        }
    }

    /** Prints what comes, as it comes. Returns the beginning of it. */
    String printAnswer() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(16 * 1024);
        String first = "";
        try {
            while (channel.read(buffer) >= 0) {
                answered.countDown();
                String text = StandardCharsets.UTF_8.decode(buffer.flip()).toString();
                first = first.isEmpty() ? text : first;
                System.out.print(text);
                System.out.flush();
                buffer.clear();
            }
        } catch (AsynchronousCloseException e) {
            if (answered.getCount() > 0) {
                throw new IOException(
                        "process " + pid + " has not answered within " + MAX_WAIT_S
                                + " s; is it stopped (SIGSTOP, a frozen container), or in a long collection? 'ps -o stat= -p "
                                + pid
                                + "' prints T for a stopped one",
                        e);
            }
            throw e;
        }
        if (first.isEmpty()) {
            throw new IOException("process " + pid + " has ended, or refused to answer this user");
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
