/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Pollable;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.socket.StackListener;
import org.mtcp4j.socket.StackOption;
import org.mtcp4j.socket.StackSocket;

/** What a writer gets rid of though nobody reads: as much as Linux would take, unless the program or the memory sets a bound. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ShutWindowTest {
    private static final InetSocketAddress ADDRESS = new InetSocketAddress("198.18.0.2", 80);
    /** What Linux takes over loopback while nobody reads is 3.9 MB, with its default buffers. */
    private static final int AT_LEAST = 4 << 20;

    /** Writes until more than so much is taken, or nothing more for a while. */
    private static long written(StackSocket socket, long enough, long quietSeconds) throws Exception {
        long written = 0;
        ByteBuffer some = ByteBuffer.allocate(16 * 1024);
        while (written <= enough) {
            int n = socket.write(some.clear());
            if (n > 0) {
                written += n;
                continue;
            }
            long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(quietSeconds);
            long leftNs;
            while ((socket.readyOps() & Pollable.WRITE) == 0 && (leftNs = endNs - System.nanoTime()) > 0) {
                socket.await(Pollable.WRITE, leftNs);
            }
            if ((socket.readyOps() & Pollable.WRITE) == 0) {
                break;
            }
        }
        return written;
    }

    private static long writtenTo(String config, int sendBufferBytes, boolean thenRead) throws Exception {
        try (Stack stack = Stack.start(StackConfig.of("nic=memory,time-wait=0," + config))) {
            StackListener listener = stack.newListener();
            listener.bind(ADDRESS, 0);
            StackSocket client = stack.newSocket();
            if (sendBufferBytes > 0) {
                client.option(StackOption.SNDBUF, sendBufferBytes);
            }
            client.startConnect(ADDRESS);
            while (!client.finishConnect()) {
                client.await(Pollable.CONNECT, 0);
            }
            StackSocket accepted;
            while ((accepted = listener.accept()) == null) {
                listener.await(Pollable.ACCEPT, 0);
            }
            long written = thenRead ? written(client, AT_LEAST, 10) : written(client, Long.MAX_VALUE, 1);
            if (thenRead) {
                ByteBuffer some = ByteBuffer.allocate(64 * 1024);
                for (long read = 0; read < written; ) {
                    accepted.await(Pollable.READ, 0);
                    read += Math.max(0, accepted.read(some.clear()));
                }
            }
            Flow flow = stack.engine().flows().stream()
                    .filter(each -> each.remotePort() == ADDRESS.getPort())
                    .findFirst()
                    .orElseThrow();
            while (thenRead && !flow.isDrained()) {
                stack.engine().flows();
            }
            if (thenRead) {
                assertThat(flow.send.limitBytes).as("drained").isLessThanOrEqualTo(1 << 20);
            }
            client.close();
            accepted.close();
            listener.close();
            return written;
        }
    }

    @Test
    void aBufferBehindAShutWindowGrowsToWhatLinuxTakesAndShrinksOnceItIsEmpty() throws Exception {
        assertThat(writtenTo("driver=inline", 0, true)).isGreaterThan(AT_LEAST);
        assertThat(writtenTo("driver=dedicated", 0, true)).isGreaterThan(AT_LEAST);
    }

    @Test
    void aBufferThatTheProgramHasSetDoesNotGrow() throws Exception {
        assertThat(writtenTo("driver=inline", 65_536, false)).isLessThan(1 << 20);
    }

    @Test
    void aBufferDoesNotGrowWhereMemoryIsShort() throws Exception {
        assertThat(writtenTo("driver=inline,memory=4m", 0, false)).isLessThan(2 << 20);
    }
}
