/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.socket.StackListener;
import org.mtcp4j.socket.StackSocket;

/** Who asks a context in which a thread is stuck does not wait for ever. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class StuckContextTest {
    private static final long LIMIT_NS = 200_000_000;

    @ParameterizedTest
    @ValueSource(strings = {"inline", "dedicated", "auto"})
    void aConnectFailsInTimeAndLeavesNothingBehind(String driver) throws Exception {
        try (Stack stack = Stack.start(StackConfig.of("nic=memory,driver=" + driver), sentence -> {})) {
            StackListener listener = stack.newListener();
            listener.bind(new InetSocketAddress("198.18.0.2", 0), 0);
            Context context = stack.engine().context(0);
            context.driver.callLimitNs = LIMIT_NS;
            StuckRound round = new StuckRound(context);
            StackSocket client = stack.newSocket();
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> client.startConnect(listener.localAddress()))
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("context 0 of the stack does not answer");
            assertThat(Thread.interrupted()).as("still interrupted").isTrue();
            assertThat(stack.engine().flows()).as("listed without it").isEmpty();
            context.faults.hook = null;
            round.end();
            assertThat(stack.engine().flows()).as("nobody holds it").isEmpty();
            stack.newSocket().startConnect(listener.localAddress());
            assertThat(stack.engine().flows()).isNotEmpty();
        }
    }
}
