/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.config.StackConfig;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class StackLoopbackTest {
    private static final InetSocketAddress ADDRESS = new InetSocketAddress("198.18.0.2", 0);

    @ParameterizedTest
    @ValueSource(strings = {"contexts=1", "contexts=2", "driver=dedicated", "driver=dedicated,contexts=2"})
    void connectsExchangesAndClosesWithoutLeavingStorage(String config) throws Exception {
        try (Stack stack = Stack.start(StackConfig.of(config))) {
            StackListener listener = stack.newListener();
            listener.bind(ADDRESS, 0);
            SocketPair pair = SocketPair.open(stack, listener);
            StackSocket client = pair.client();
            StackSocket server = pair.server();
            assertThat(server.remoteAddress()).isEqualTo(client.localAddress());
            client.write(ByteBuffer.wrap("hello".getBytes(StandardCharsets.UTF_8)));
            assertThat(readFully(server, 5)).isEqualTo("hello");
            server.write(ByteBuffer.wrap("world".getBytes(StandardCharsets.UTF_8)));
            assertThat(readFully(client, 5)).isEqualTo("world");
            client.close();
            ByteBuffer one = ByteBuffer.allocate(1);
            int n = server.read(one);
            while (n == StackSocket.UNAVAILABLE) {
                server.await(Pollable.READ, 0);
                n = server.read(one);
            }
            assertThat(n).isEqualTo(StackSocket.EOF);
            server.close();
            assertThat(server.awaitClosed(1_000_000_000L)).isTrue();
            listener.close();
            stack.stop(1_000_000_000L);
            assertThat(stack.engine().chunks().free())
                    .isEqualTo(stack.engine().chunks().total());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"contexts=1", "driver=dedicated,contexts=2"})
    void connectToAPortWithoutListenerIsRefused(String config) throws Exception {
        try (Stack stack = Stack.start(StackConfig.of(config))) {
            StackSocket client = stack.newSocket();
            client.startConnect(new InetSocketAddress("198.18.0.2", 9));
            assertThatThrownBy(() -> {
                        while (!client.finishConnect()) {
                            client.await(Pollable.CONNECT, 0);
                        }
                    })
                    .isInstanceOf(ConnectException.class)
                    .hasMessage("Connection refused");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "4095", "five"})
    void aVlanThatIsNoneIsRefusedInOneSentence(String vlan) {
        assertThatThrownBy(() -> Stack.start(StackConfig.of("vlan=" + vlan)))
                .isInstanceOf(StackUnavailableException.class)
                .hasMessage("mtcp.vlan cannot be '" + vlan + "'; it is a number from 1 to 4094, or empty for none");
    }

    @Test
    void aVlanOfASharedInterfaceIsRefusedInOneSentence() {
        assertThatThrownBy(() -> Stack.start(StackConfig.of("nic=xdp:no-such/generic,vlan=100")))
                .isInstanceOf(StackUnavailableException.class)
                .hasMessage(
                        "mtcp.vlan=100 cannot be with nic=xdp:no-such/generic, since the kernel's own interface has no tags;"
                                + " write nic=xdp:no-such.100, an interface made by 'ip link add link', and leave mtcp.vlan out");
    }

    private static String readFully(StackSocket socket, int bytes) throws Exception {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        while (buffer.hasRemaining()) {
            if (socket.read(buffer) == StackSocket.UNAVAILABLE) {
                socket.await(Pollable.READ, 0);
            }
        }
        return new String(buffer.array(), StandardCharsets.UTF_8);
    }
}
