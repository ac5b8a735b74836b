/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AcceptPendingException;
import java.nio.channels.AsynchronousChannelGroup;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.CompletionHandler;
import java.nio.channels.InterruptedByTimeoutException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.ReadPendingException;
import java.nio.channels.ShutdownChannelGroupException;
import java.nio.channels.WritePendingException;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.spi.async.MtcpAsynchronousChannelProvider;
import org.mtcp4j.spi.nio.MtcpSelectorProvider;

/** NIO.2, the same on the JDK, on the stack and, through our provider, on the kernel. */
@Timeout(30)
class AsynchronousChannelsTest {
    private static final String JDK = "jdk";
    private static final String STACK = "stack";
    private static final String KERNEL = "kernel";
    private static final int MUCH = 4 << 20;

    private Stack stack;
    private AsynchronousChannelGroup group;
    private AsynchronousChannelProvider provider;
    private AsynchronousServerSocketChannel server;
    private AsynchronousSocketChannel client;
    private AsynchronousSocketChannel peer;

    private void open(String on) throws Exception {
        InetSocketAddress local = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        if (on.equals(JDK)) {
            provider = AsynchronousChannelProvider.provider();
        } else {
            StackConfig config = StackConfig.of("nic=memory,ip=198.18.0.2/24,time-wait=1s");
            stack = Stack.start(config);
            provider = MtcpAsynchronousChannelProvider.of(MtcpSelectorProvider.of(stack, config));
            local = on.equals(STACK) ? new InetSocketAddress("198.18.0.2", 0) : local;
        }
        group = provider.openAsynchronousChannelGroup(2, task -> {
            Thread thread = new Thread(task, "handlers");
            thread.setDaemon(true);
            return thread;
        });
        server = provider.openAsynchronousServerSocketChannel(group);
        server.bind(local);
    }

    private void connect(String on) throws Exception {
        open(on);
        Future<AsynchronousSocketChannel> accepting = server.accept();
        client = provider.openAsynchronousSocketChannel(group);
        get(client.connect(server.getLocalAddress()));
        peer = get(accepting);
    }

    private static <V> V get(Future<V> future) throws Exception {
        return future.get(10, TimeUnit.SECONDS);
    }

    private static Throwable failureOf(Future<?> future) {
        try {
            get(future);
            return null;
        } catch (ExecutionException e) {
            return e.getCause();
        } catch (Exception e) {
            return e;
        }
    }

    /** The outcome, and the name of the thread that told it. */
    private static final class Told<V> extends CompletableFuture<V> implements CompletionHandler<V, Object> {
        volatile String thread;

        @Override
        public void completed(V result, Object attachment) {
            thread = Thread.currentThread().getName();
            complete(result);
        }

        @Override
        public void failed(Throwable failure, Object attachment) {
            thread = Thread.currentThread().getName();
            completeExceptionally(failure);
        }
    }

    @AfterEach
    void close() throws Exception {
        group.shutdownNow();
        assertThat(group.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        if (stack != null) {
            stack.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {JDK, STACK, KERNEL})
    void bytesGoBothWaysAndEndOfStreamIsMinusOne(String on) throws Exception {
        connect(on);
        byte[] sent = new byte[MUCH];
        new Random(7).nextBytes(sent);
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> writeAll(client, sent));
        ByteBuffer got = ByteBuffer.allocate(MUCH);
        while (got.hasRemaining()) {
            assertThat(get(peer.read(got))).isPositive();
        }
        get(writing);
        assertThat(got.array()).isEqualTo(sent);
        assertThat(get(peer.write(ByteBuffer.wrap(new byte[] {9})))).isEqualTo(1);
        ByteBuffer one = ByteBuffer.allocateDirect(1);
        assertThat(get(client.read(one))).isEqualTo(1);
        assertThat(one.get(0)).isEqualTo((byte) 9);
        client.shutdownOutput();
        assertThat(get(peer.read(ByteBuffer.allocate(1)))).isEqualTo(-1);
        assertThat(client.getLocalAddress()).isEqualTo(peer.getRemoteAddress());
    }

    private static void writeAll(AsynchronousSocketChannel channel, byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        try {
            while (buffer.hasRemaining()) {
                get(channel.write(buffer));
            }
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {JDK, STACK, KERNEL})
    void handlersRunInTheGroupsPool(String on) throws Exception {
        connect(on);
        Told<Integer> read = new Told<>();
        peer.read(ByteBuffer.allocate(4), null, read);
        Told<Integer> written = new Told<>();
        client.write(ByteBuffer.wrap(new byte[4]), null, written);
        assertThat(get(written)).isEqualTo(4);
        assertThat(get(read)).isEqualTo(4);
        assertThat(Arrays.asList(read.thread, written.thread)).containsOnly("handlers");
    }

    @ParameterizedTest
    @ValueSource(strings = {JDK, STACK, KERNEL})
    void severalBuffersAreFilledInTheirOrder(String on) throws Exception {
        connect(on);
        Told<Long> written = new Told<>();
        ByteBuffer[] srcs = {ByteBuffer.wrap(new byte[] {1, 2}), ByteBuffer.wrap(new byte[] {3})};
        client.write(srcs, 0, 2, 0, TimeUnit.SECONDS, null, written);
        assertThat(get(written)).isEqualTo(3);
        ByteBuffer[] dsts = {ByteBuffer.allocate(1), ByteBuffer.allocate(2)};
        Told<Long> read = new Told<>();
        peer.read(dsts, 0, 2, 0, TimeUnit.SECONDS, null, read);
        assertThat(get(read)).isEqualTo(3);
        assertThat(dsts[1].array()).containsExactly(2, 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {JDK, STACK, KERNEL})
    void oneOperationOfAKindIsPending(String on) throws Exception {
        connect(on);
        assertThat(peer.read(ByteBuffer.allocate(1))).isNotDone();
        assertThatThrownBy(() -> peer.read(ByteBuffer.allocate(1))).isInstanceOf(ReadPendingException.class);
        assertThat(server.accept()).isNotDone();
        assertThatThrownBy(() -> server.accept()).isInstanceOf(AcceptPendingException.class);
        Future<Integer> writing;
        do {
            writing = client.write(ByteBuffer.allocate(MUCH));
            try {
                writing.get(200, TimeUnit.MILLISECONDS);
            } catch (java.util.concurrent.TimeoutException e) {
                // The buffers are full.
            }
        } while (writing.isDone());
        assertThatThrownBy(() -> client.write(ByteBuffer.allocate(1))).isInstanceOf(WritePendingException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {JDK, STACK, KERNEL})
    void aTimeoutEndsTheDirection(String on) throws Exception {
        connect(on);
        Told<Integer> read = new Told<>();
        peer.read(ByteBuffer.allocate(1), 20, TimeUnit.MILLISECONDS, null, read);
        assertThat(failureOf(read)).isInstanceOf(InterruptedByTimeoutException.class);
        assertThat(read.thread).isEqualTo("handlers");
        assertThatThrownBy(() -> peer.read(ByteBuffer.allocate(1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Reading not allowed due to timeout or cancellation");
        assertThat(get(peer.write(ByteBuffer.allocate(1)))).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {JDK, STACK, KERNEL})
    void cancellationEndsTheDirectionAndIfForcefulTheChannel(String on) throws Exception {
        connect(on);
        Future<Integer> reading = peer.read(ByteBuffer.allocate(1));
        assertThat(reading.cancel(false)).isTrue();
        assertThat(reading.isCancelled()).isTrue();
        assertThatThrownBy(() -> peer.read(ByteBuffer.allocate(1))).isInstanceOf(IllegalStateException.class);
        assertThat(client.read(ByteBuffer.allocate(1)).cancel(true)).isTrue();
        assertThat(client.isOpen()).isFalse();
        assertThat(server.accept().cancel(false)).isTrue();
        assertThatThrownBy(() -> server.accept())
                .isInstanceOf(RuntimeException.class)
                .hasMessage("Accept not allowed due cancellation");
    }

    @ParameterizedTest
    @ValueSource(strings = {JDK, STACK, KERNEL})
    void closingEndsWhatIsPending(String on) throws Exception {
        connect(on);
        Future<Integer> reading = peer.read(ByteBuffer.allocate(1));
        Future<AsynchronousSocketChannel> accepting = server.accept();
        peer.close();
        server.close();
        assertThat(failureOf(reading)).isInstanceOf(AsynchronousCloseException.class);
        assertThat(failureOf(accepting)).isInstanceOf(AsynchronousCloseException.class);
        assertThat(failureOf(peer.read(ByteBuffer.allocate(1)))).isInstanceOf(ClosedChannelException.class);
        assertThat(get(client.read(ByteBuffer.allocate(1)))).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(strings = {JDK, STACK, KERNEL})
    void aRefusedConnectSaysSoAndClosesTheChannel(String on) throws Exception {
        open(on);
        InetSocketAddress gone = (InetSocketAddress) server.getLocalAddress();
        server.close();
        client = provider.openAsynchronousSocketChannel(group);
        assertThatThrownBy(() -> client.read(ByteBuffer.allocate(1))).isInstanceOf(NotYetConnectedException.class);
        assertThat(failureOf(client.connect(gone)))
                .isInstanceOf(ConnectException.class)
                .hasMessage("Connection refused");
        assertThat(client.isOpen()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {JDK, STACK, KERNEL})
    void aGroupThatIsShutDownTakesNoChannelsAndEndsWithItsLast(String on) throws Exception {
        connect(on);
        group.shutdown();
        assertThatThrownBy(() -> provider.openAsynchronousSocketChannel(group))
                .isInstanceOf(ShutdownChannelGroupException.class);
        assertThat(group.isTerminated()).isFalse();
        client.close();
        peer.close();
        server.close();
        assertThat(group.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
}
