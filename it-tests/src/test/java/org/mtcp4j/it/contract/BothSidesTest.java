/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.spi.nio.MtcpSelectorProvider;
import org.mtcp4j.stats.SideReason;

/** Binds to the any-address: one channel listens on the stack and on the kernel. */
@Timeout(30)
class BothSidesTest {
    private static final InetAddress ON_STACK = MemoryEnvironment.address("198.18.0.2");
    private static final InetAddress ON_KERNEL = InetAddress.getLoopbackAddress();
    private static final int ROUNDS = 50;

    private Stack stack;
    private SelectorProvider provider;

    @BeforeEach
    void start() throws Exception {
        StackConfig config = StackConfig.of("nic=memory,ip=198.18.0.2/24,time-wait=1s,offload=!*:1-1023");
        stack = Stack.start(config);
        provider = MtcpSelectorProvider.of(stack, config);
    }

    @AfterEach
    void stop() {
        stack.close();
    }

    private ServerSocketChannel listen() throws IOException {
        return provider.openServerSocketChannel().bind(new InetSocketAddress(0));
    }

    private static int portOf(ServerSocketChannel server) throws IOException {
        return ((InetSocketAddress) server.getLocalAddress()).getPort();
    }

    private SocketChannel connect(InetAddress to, int port) throws IOException {
        SocketChannel client = provider.openSocketChannel();
        client.connect(new InetSocketAddress(to, port));
        return client;
    }

    @Test
    void blockingAcceptTakesConnectionsOfBothSides() throws Exception {
        try (ServerSocketChannel server = listen()) {
            for (int i = 0; i < ROUNDS; i++) {
                for (InetAddress side : new InetAddress[] {ON_STACK, ON_KERNEL}) {
                    CompletableFuture<SocketChannel> accepting = CompletableFuture.supplyAsync(() -> accept(server));
                    try (SocketChannel client = connect(side, portOf(server));
                            SocketChannel accepted = accepting.get(10, TimeUnit.SECONDS)) {
                        assertThat(accepted.getRemoteAddress()).isEqualTo(client.getLocalAddress());
                        client.write(ByteBuffer.wrap(new byte[] {42}));
                        ByteBuffer one = ByteBuffer.allocate(1);
                        assertThat(accepted.read(one)).isEqualTo(1);
                    }
                }
            }
        }
        assertThat(stack.sides().get(SideReason.KERNEL_ACCEPTED)).isEqualTo(ROUNDS);
    }

    private static SocketChannel accept(ServerSocketChannel server) {
        try {
            return server.accept();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aSelectorReportsConnectionsOfBothSides() throws Exception {
        try (ServerSocketChannel server = provider.openServerSocketChannel();
                Selector selector = provider.openSelector()) {
            server.configureBlocking(false);
            SelectionKey key = server.register(selector, SelectionKey.OP_ACCEPT);
            server.bind(new InetSocketAddress(0));
            assertThat(selector.selectNow()).isZero();
            for (int i = 0; i < ROUNDS; i++) {
                for (InetAddress side : new InetAddress[] {ON_KERNEL, ON_STACK}) {
                    try (SocketChannel client = connect(side, portOf(server))) {
                        assertThat(selector.select(10_000)).isEqualTo(1);
                        assertThat(selector.selectedKeys()).containsExactly(key);
                        selector.selectedKeys().clear();
                        try (SocketChannel accepted = server.accept()) {
                            assertThat(accepted.getRemoteAddress()).isEqualTo(client.getLocalAddress());
                        }
                        assertThat(server.accept()).isNull();
                        assertThat(selector.selectNow()).isZero();
                    }
                }
            }
        }
    }

    @Test
    void aTimedAcceptEndsInTimeAndGoesOn() throws Exception {
        try (ServerSocketChannel server = listen()) {
            server.socket().setSoTimeout(50);
            assertThatThrownBy(() -> server.socket().accept())
                    .isInstanceOf(SocketTimeoutException.class)
                    .hasMessage("Accept timed out");
            server.socket().setSoTimeout(10_000);
            try (SocketChannel client = connect(ON_KERNEL, portOf(server))) {
                assertThat(server.socket().accept().getPort())
                        .isEqualTo(client.socket().getLocalPort());
            }
        }
    }

    @Test
    void closeEndsABlockedAcceptAndFreesThePortOnBothSides() throws Exception {
        ServerSocketChannel server = listen();
        int port = portOf(server);
        CompletableFuture<SocketChannel> accepting = CompletableFuture.supplyAsync(() -> accept(server));
        server.close();
        assertThatThrownBy(() -> accepting.get(10, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .rootCause()
                .isInstanceOfAny(AsynchronousCloseException.class, java.nio.channels.ClosedChannelException.class);
        try (ServerSocketChannel onKernel = ServerSocketChannel.open().bind(new InetSocketAddress(port));
                ServerSocketChannel onStack =
                        provider.openServerSocketChannel().bind(new InetSocketAddress(ON_STACK, port))) {
            assertThat(portOf(onKernel)).isEqualTo(portOf(onStack));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPortInUseOnOneSideIsRefusedAndLeavesTheOtherFree(boolean usedOnStack) throws Exception {
        try (ServerSocketChannel user = usedOnStack
                        ? provider.openServerSocketChannel().bind(new InetSocketAddress(ON_STACK, 0))
                        : ServerSocketChannel.open().bind(new InetSocketAddress(ON_KERNEL, 0));
                ServerSocketChannel server = provider.openServerSocketChannel()) {
            assertThatThrownBy(() -> server.bind(new InetSocketAddress(portOf(user))))
                    .isInstanceOf(BindException.class)
                    .hasMessage("Address already in use");
            assertThat(server.getLocalAddress()).isNull();
            SelectorProvider other = usedOnStack ? SelectorProvider.provider() : provider;
            try (ServerSocketChannel free = other.openServerSocketChannel()) {
                free.bind(new InetSocketAddress(usedOnStack ? ON_KERNEL : ON_STACK, portOf(user)));
                assertThat(free.getLocalAddress()).isNotNull();
            }
        }
    }

    @Test
    void aClientReservesItsPortOnBothSidesUntilItConnects() throws Exception {
        try (ServerSocketChannel server = listen();
                SocketChannel client = provider.openSocketChannel()) {
            client.bind(new InetSocketAddress(0));
            int port = client.socket().getLocalPort();
            for (SelectorProvider each : new SelectorProvider[] {provider, SelectorProvider.provider()}) {
                try (ServerSocketChannel other = each.openServerSocketChannel()) {
                    InetAddress address = each == provider ? ON_STACK : ON_KERNEL;
                    assertThatThrownBy(() -> other.bind(new InetSocketAddress(address, port)))
                            .isInstanceOf(BindException.class);
                }
            }
            client.connect(new InetSocketAddress(ON_STACK, portOf(server)));
            assertThat(client.getLocalAddress()).isEqualTo(new InetSocketAddress(ON_STACK, port));
            try (ServerSocketChannel onKernel =
                    ServerSocketChannel.open().bind(new InetSocketAddress(ON_KERNEL, port))) {
                assertThat(portOf(onKernel)).isEqualTo(port);
            }
        }
    }

    @Test
    void offloadRulesLeaveAConnectionToTheKernelAndCountIt() throws Exception {
        long before = stack.sides().get(SideReason.KERNEL_EXCLUDED);
        try (SocketChannel client = provider.openSocketChannel()) {
            client.configureBlocking(false);
            try {
                client.connect(new InetSocketAddress(ON_STACK, 1));
            } catch (IOException e) {
                // The kernel may have no route there: what counts is that it was asked.
                assertThat(e).hasMessageNotContaining("Connection refused");
            }
        }
        assertThat(stack.sides().get(SideReason.KERNEL_EXCLUDED)).isEqualTo(before + 1);
    }

    /** Another process is the kernel's channel here. */
    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.0.0.9", "::1"})
    void onTheMachinesLoopbackOthersReachAListenerOfOursAndWeReachTheirs(String text) throws Exception {
        InetAddress loopback = MemoryEnvironment.address(text);
        StackConfig config = StackConfig.of("nic=memory,ip=198.18.0.2/24,loopback=stack,time-wait=1s");
        try (Stack ours = Stack.start(config)) {
            SelectorProvider oursProvider = MtcpSelectorProvider.of(ours, config);
            try (ServerSocketChannel server = oursProvider.openServerSocketChannel();
                    ServerSocketChannel foreign = ServerSocketChannel.open()) {
                server.bind(new InetSocketAddress(loopback, 0));
                foreign.bind(new InetSocketAddress(loopback, 0));
                for (SelectorProvider each : new SelectorProvider[] {SelectorProvider.provider(), oursProvider}) {
                    try (SocketChannel client = each.openSocketChannel()) {
                        client.connect(server.getLocalAddress());
                        try (SocketChannel accepted = server.accept()) {
                            assertThat(accepted.getRemoteAddress()).isEqualTo(client.getLocalAddress());
                        }
                    }
                }
                assertThat(ours.sides().get(SideReason.KERNEL_ACCEPTED)).isEqualTo(1);
                try (SocketChannel client = oursProvider.openSocketChannel()) {
                    client.connect(foreign.getLocalAddress());
                    assertThat(ours.sides().get(SideReason.KERNEL_LOOPBACK)).isEqualTo(1);
                }
            }
        }
    }
}
