/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Pollable;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.socket.StackListener;
import org.mtcp4j.socket.StackSocket;

/** The end of the JVM waits for no context, and is no end of stream. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ExitTest {
    @ParameterizedTest
    @ValueSource(strings = {"inline", "dedicated"})
    void whoReadsFromAPeerInTheSameJvmHearsNothingAtExit(String driver) throws Exception {
        try (Stack stack = Stack.start(StackConfig.of("nic=memory,driver=" + driver))) {
            StackListener listener = stack.newListener();
            listener.bind(new InetSocketAddress("198.18.0.2", 0), 0);
            StackSocket client = stack.newSocket();
            client.startConnect(listener.localAddress());
            while (!client.finishConnect()) {
                client.await(Pollable.CONNECT, 0);
            }
            StackSocket server = listener.accept();
            while (server == null) {
                listener.await(Pollable.ACCEPT, 0);
                server = listener.accept();
            }
            long beganNs = System.nanoTime();
            stack.exit(TimeUnit.SECONDS.toNanos(20));
            assertThat(System.nanoTime() - beganNs).as("ns").isLessThan(TimeUnit.SECONDS.toNanos(10));
            ByteBuffer one = ByteBuffer.allocate(1);
            assertThat(client.read(one)).isEqualTo(StackSocket.UNAVAILABLE);
            assertThat(server.read(one)).isEqualTo(StackSocket.UNAVAILABLE);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"inline", "dedicated"})
    void contextThatIsStuckInARoundHoldsUpNoExit(String driver) throws Exception {
        Stack stack = Stack.start(StackConfig.of("nic=memory,driver=" + driver), sentence -> {});
        Context context = stack.engine().context(0);
        StuckRound round = new StuckRound(context);
        long beganNs = System.nanoTime();
        stack.exit(0);
        assertThat(System.nanoTime() - beganNs).as("ns").isLessThan(TimeUnit.SECONDS.toNanos(10));
        round.end();
    }
}
