/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.channels.spi.SelectorProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.spi.nio.MtcpSelectorProvider;

/** IPv4 and IPv6 at once: the same cases on the kernel, which is right by definition, and on a stack with an address of each kind. */
@Timeout(30)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DualStackTest {
    private Stack stack;
    private SelectorProvider onStack;

    /** A provider, and where it is reached. */
    enum Side {
        KERNEL("127.0.0.1", "::1"),
        STACK("198.18.0.2", "2001:db8::2");

        final InetAddress v4;
        final InetAddress v6;

        Side(String v4, String v6) {
            this.v4 = MemoryEnvironment.address(v4);
            this.v6 = MemoryEnvironment.address(v6);
        }
    }

    @BeforeAll
    void start() throws Exception {
        StackConfig config =
                StackConfig.of("nic=memory,loopback=stack,ip=198.18.0.2/24+2001:db8::2/64,time-wait=1s,contexts=2");
        stack = Stack.start(config);
        onStack = MtcpSelectorProvider.of(stack, config);
    }

    @AfterAll
    void stop() {
        stack.close();
    }

    private SelectorProvider provider(Side side) {
        return side == Side.KERNEL ? SelectorProvider.provider() : onStack;
    }

    private ServerSocketChannel listen(Side side, InetAddress at) throws IOException {
        return provider(side).openServerSocketChannel().bind(new InetSocketAddress(at, 0));
    }

    private static int portOf(ServerSocketChannel server) throws IOException {
        return ((InetSocketAddress) server.getLocalAddress()).getPort();
    }

    private SocketChannel connect(Side side, InetAddress to, int port) throws IOException {
        SocketChannel client = provider(side).openSocketChannel();
        try {
            client.connect(new InetSocketAddress(to, port));
            return client;
        } catch (IOException e) {
            client.close();
            throw e;
        }
    }

    private static InetAddress any() {
        return MemoryEnvironment.address("::");
    }

    private void exchanges(Side side, ServerSocketChannel server, InetAddress to) throws IOException {
        try (SocketChannel client = connect(side, to, portOf(server));
                SocketChannel accepted = server.accept()) {
            InetSocketAddress peer = (InetSocketAddress) accepted.getRemoteAddress();
            InetSocketAddress here = (InetSocketAddress) accepted.getLocalAddress();
            assertThat(peer.getAddress())
                    .isInstanceOf(to instanceof Inet4Address ? Inet4Address.class : Inet6Address.class);
            assertThat(peer).isEqualTo(client.getLocalAddress());
            assertThat(here).isEqualTo(client.getRemoteAddress());
            assertThat(accepted.socket().getInetAddress()).isEqualTo(peer.getAddress());
            client.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
            ByteBuffer got = ByteBuffer.allocate(3);
            while (got.hasRemaining()) {
                assertThat(accepted.read(got)).isPositive();
            }
            assertThat(got.array()).containsExactly(1, 2, 3);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aListenerOnTheAnyAddressTakesBothKinds(Side side) throws Exception {
        try (ServerSocketChannel server = listen(side, any())) {
            for (int i = 0; i < 10; i++) {
                exchanges(side, server, side.v4);
                exchanges(side, server, side.v6);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theAnyAddressOfIpv4MeansBothKindsToo(Side side) throws Exception {
        try (ServerSocketChannel server = listen(side, MemoryEnvironment.address("0.0.0.0"))) {
            exchanges(side, server, side.v4);
            exchanges(side, server, side.v6);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSelectorSeesBothKinds(Side side) throws Exception {
        try (ServerSocketChannel server = listen(side, any());
                Selector selector = provider(side).openSelector()) {
            server.configureBlocking(false);
            server.register(selector, SelectionKey.OP_ACCEPT);
            for (InetAddress to : new InetAddress[] {side.v4, side.v6, side.v4}) {
                try (SocketChannel client = connect(side, to, portOf(server))) {
                    assertThat(selector.select(10_000)).isEqualTo(1);
                    selector.selectedKeys().clear();
                    try (SocketChannel accepted = server.accept()) {
                        assertThat(accepted.getRemoteAddress()).isEqualTo(client.getLocalAddress());
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aListenerOnOneAddressIsNotReachedByTheOtherKind(Side side) throws Exception {
        try (ServerSocketChannel server = listen(side, side.v4)) {
            exchanges(side, server, side.v4);
            assertThatThrownBy(() -> connect(side, side.v6, portOf(server))).isInstanceOf(ConnectException.class);
        }
        try (ServerSocketChannel server = listen(side, side.v6)) {
            exchanges(side, server, side.v6);
            assertThatThrownBy(() -> connect(side, side.v4, portOf(server))).isInstanceOf(ConnectException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPortIsOneForEachAddressAndOneForBothKindsOfTheAnyAddress(Side side) throws Exception {
        try (ServerSocketChannel first = listen(side, side.v4);
                ServerSocketChannel second = provider(side).openServerSocketChannel();
                ServerSocketChannel third = provider(side).openServerSocketChannel()) {
            int port = portOf(first);
            second.bind(new InetSocketAddress(side.v6, port));
            exchanges(side, first, side.v4);
            exchanges(side, second, side.v6);
            assertThatThrownBy(() -> third.bind(new InetSocketAddress(any(), port)))
                    .isInstanceOf(BindException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void channelsOfIpv4RefuseAddressesOfIpv6(Side side) throws Exception {
        try (ServerSocketChannel server = provider(side).openServerSocketChannel(StandardProtocolFamily.INET);
                SocketChannel client = provider(side).openSocketChannel(StandardProtocolFamily.INET)) {
            assertThatThrownBy(() -> server.bind(new InetSocketAddress(side.v6, 0)))
                    .isInstanceOf(UnsupportedAddressTypeException.class);
            assertThatThrownBy(() -> client.connect(new InetSocketAddress(side.v6, 1)))
                    .isInstanceOf(UnsupportedAddressTypeException.class);
        }
        try (ServerSocketChannel server = provider(side).openServerSocketChannel(StandardProtocolFamily.INET)) {
            server.bind(new InetSocketAddress(0));
            assertThat(((InetSocketAddress) server.getLocalAddress()).getAddress())
                    .isInstanceOf(Inet4Address.class);
            exchanges(side, server, side.v4);
            assertThatThrownBy(() -> connect(side, side.v6, portOf(server))).isInstanceOf(ConnectException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void channelsOfIpv6ReachBothKinds(Side side) throws Exception {
        try (ServerSocketChannel server = provider(side).openServerSocketChannel(StandardProtocolFamily.INET6)) {
            server.bind(new InetSocketAddress(any(), 0));
            for (InetAddress to : new InetAddress[] {side.v4, side.v6}) {
                try (SocketChannel client = provider(side).openSocketChannel(StandardProtocolFamily.INET6)) {
                    client.connect(new InetSocketAddress(to, portOf(server)));
                    try (SocketChannel accepted = server.accept()) {
                        assertThat(accepted.getRemoteAddress()).isEqualTo(client.getLocalAddress());
                        assertThat(((InetSocketAddress) client.getLocalAddress()).getAddress())
                                .isEqualTo(to);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aMappedAddressIsThatOfIpv4(Side side) throws Exception {
        byte[] mapped = new byte[16];
        mapped[10] = (byte) 0xff;
        mapped[11] = (byte) 0xff;
        System.arraycopy(side.v4.getAddress(), 0, mapped, 12, 4);
        try (ServerSocketChannel server = listen(side, any())) {
            exchanges(side, server, Inet6Address.getByAddress(null, mapped));
        }
    }
}
