/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Half close, close, reset and linger. */
abstract class ClosingCases extends ContractCases {
    ClosingCases(SocketContract contract) {
        super(contract);
    }

    private static int read(SocketChannel channel) throws IOException {
        return channel.read(ByteBuffer.allocate(10));
    }

    /** Writes until the error that the peer's reset brings. */
    private static void writeUntilFailure(SocketChannel channel) throws IOException {
        long endNs = System.nanoTime() + 10_000_000_000L;
        while (System.nanoTime() - endNs < 0) {
            channel.write(bytes("x"));
            pause();
        }
    }

    @Test
    void closeIsTheEndOfTheStreamForThePeer() throws IOException {
        Pair pair = pair();
        send(pair.client(), "bye");
        pair.client().close();
        assertThat(receive(pair.accepted(), 3)).isEqualTo("bye");
        assertThat(read(pair.accepted())).isEqualTo(-1);
        assertThat(read(pair.accepted())).isEqualTo(-1);
    }

    @Test
    void endOfStreamReachesANonBlockingReader() throws IOException {
        Pair pair = pair();
        pair.accepted().configureBlocking(false);
        Selector selector = serverSelector();
        pair.accepted().register(selector, SelectionKey.OP_READ);
        pair.client().close();
        assertThat(selectOne(selector).isReadable()).isTrue();
        assertThat(read(pair.accepted())).isEqualTo(-1);
    }

    @Test
    void shutdownOutputEndsOneDirectionOnly() throws IOException {
        Pair pair = pair();
        assertThat(pair.client().shutdownOutput()).isSameAs(pair.client());
        assertThat(read(pair.accepted())).isEqualTo(-1);
        send(pair.accepted(), "still here");
        assertThat(receive(pair.client(), 10)).isEqualTo("still here");
    }

    @Test
    void shutdownOutputByTheServerEndsOneDirectionOnly() throws IOException {
        Pair pair = pair();
        send(pair.accepted(), "last");
        pair.accepted().shutdownOutput();
        assertThat(receive(pair.client(), 4)).isEqualTo("last");
        assertThat(read(pair.client())).isEqualTo(-1);
        send(pair.client(), "more");
        assertThat(receive(pair.accepted(), 4)).isEqualTo("more");
    }

    @Test
    void writeAfterShutdownOutputIsRefused() throws IOException {
        SocketChannel channel = pair().client();
        channel.shutdownOutput();
        channel.shutdownOutput();
        assertThatThrownBy(() -> channel.write(bytes("x"))).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> channel.write(new ByteBuffer[] {bytes("x")}))
                .isInstanceOf(ClosedChannelException.class);
        channel.configureBlocking(false);
        assertThatThrownBy(() -> channel.write(bytes("x"))).isInstanceOf(ClosedChannelException.class);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void readAfterShutdownInputIsTheEnd() throws IOException {
        Pair pair = pair();
        assertThat(pair.client().shutdownInput()).isSameAs(pair.client());
        pair.client().shutdownInput();
        assertThat(read(pair.client())).isEqualTo(-1);
        assertThat(pair.client().read(new ByteBuffer[] {ByteBuffer.allocate(1)}))
                .isEqualTo(-1);
        send(pair.client(), "out");
        assertThat(receive(pair.accepted(), 3)).isEqualTo("out");
    }

    @Test
    void shutdownInputWakesABlockedReader() throws Exception {
        Pair pair = pair();
        Running<Integer> reader = start(() -> read(pair.client())).awaitBlocked();
        pair.client().shutdownInput();
        assertThat(reader.result()).isEqualTo(-1);
    }

    @Test
    void shutdownOutputWakesABlockedWriter() throws Exception {
        Pair pair = pair();
        Running<Integer> writer = start(() -> {
            while (true) {
                pair.client().write(ByteBuffer.allocate(64 << 20));
            }
        });
        writer.awaitBlocked();
        pair.client().shutdownOutput();
        assertThat(writer.failure()).isInstanceOf(AsynchronousCloseException.class);
    }

    @Test
    void shutdownOfBothEndsLeavesTheChannelOpen() throws IOException {
        Pair pair = pair();
        pair.client().shutdownInput();
        pair.client().shutdownOutput();
        assertThat(pair.client().isOpen()).isTrue();
        assertThat(pair.client().isConnected()).isTrue();
        assertThat(read(pair.accepted())).isEqualTo(-1);
    }

    @Test
    void bothHalvesMayBeClosedByTheirOwnSides() throws IOException {
        Pair pair = pair();
        pair.client().shutdownOutput();
        pair.accepted().shutdownOutput();
        assertThat(read(pair.accepted())).isEqualTo(-1);
        assertThat(read(pair.client())).isEqualTo(-1);
    }

    @Test
    void closeWithUnreadDataResetsThePeer() throws IOException {
        Pair pair = pair();
        send(pair.client(), "unread data");
        pair.accepted().configureBlocking(false);
        Selector selector = serverSelector();
        SelectionKey key = pair.accepted().register(selector, SelectionKey.OP_READ);
        assertThat(selectOne(selector)).isSameAs(key);
        key.cancel();
        selector.selectNow();
        pair.accepted().close();
        assertThatThrownBy(() -> read(pair.client()))
                .isInstanceOf(SocketException.class)
                .hasMessage("Connection reset");
    }

    @Test
    void lingerZeroResetsThePeer() throws IOException {
        Pair pair = pair();
        pair.client().setOption(StandardSocketOptions.SO_LINGER, 0);
        pair.client().close();
        assertThatThrownBy(() -> read(pair.accepted()))
                .isInstanceOf(SocketException.class)
                .hasMessage("Connection reset");
    }

    @Test
    void resetIsReportedByEveryRead() throws IOException {
        Pair pair = pair();
        pair.client().setOption(StandardSocketOptions.SO_LINGER, 0);
        pair.client().close();
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> read(pair.accepted()))
                    .isInstanceOf(SocketException.class)
                    .hasMessage("Connection reset");
        }
        pair.accepted().configureBlocking(false);
        assertThatThrownBy(() -> read(pair.accepted())).hasMessage("Connection reset");
        assertThat(pair.accepted().isOpen()).isTrue();
    }

    @Test
    void resetWakesABlockedReader() throws Exception {
        Pair pair = pair();
        Running<Integer> reader = start(() -> read(pair.accepted())).awaitBlocked();
        pair.client().setOption(StandardSocketOptions.SO_LINGER, 0);
        pair.client().close();
        assertThat(reader.failure()).isInstanceOf(SocketException.class).hasMessage("Connection reset");
    }

    @Test
    void resetWakesABlockedWriter() throws Exception {
        Pair pair = pair();
        Running<Integer> writer = start(() -> {
            while (true) {
                pair.accepted().write(ByteBuffer.allocate(64 << 20));
            }
        });
        writer.awaitBlocked();
        pair.client().setOption(StandardSocketOptions.SO_LINGER, 0);
        pair.client().close();
        assertThat(writer.failure()).isInstanceOf(IOException.class);
        assertThat(pair.accepted().isOpen()).isTrue();
    }

    @Test
    void writeToAClosedPeerFailsInTheEnd() throws IOException {
        Pair pair = pair();
        pair.client().close();
        assertThatThrownBy(() -> writeUntilFailure(pair.accepted()))
                .isInstanceOf(IOException.class)
                .message()
                .isIn("Broken pipe", "Connection reset by peer", "Connection reset");
        assertThatThrownBy(() -> pair.accepted().write(bytes("x")))
                .isInstanceOf(IOException.class)
                .hasMessage("Broken pipe");
    }

    @Test
    void writtenDataSurvivesAnImmediateClose() throws Exception {
        Pair pair = pair();
        int size = 400_000;
        Running<Void> writer = start(() -> {
            pair.client().write(ByteBuffer.allocate(size));
            pair.client().close();
            return null;
        });
        long total = 0;
        ByteBuffer dst = ByteBuffer.allocate(10_000);
        int n;
        while ((n = pair.accepted().read(dst.clear())) >= 0) {
            total += n;
        }
        writer.result();
        assertThat(total).isEqualTo(size);
    }

    @Test
    void lingeringCloseDeliversEverything() throws Exception {
        Pair pair = pair();
        pair.client().setOption(StandardSocketOptions.SO_LINGER, 10);
        send(pair.client(), "kept");
        pair.client().close();
        assertThat(receive(pair.accepted(), 4)).isEqualTo("kept");
        assertThat(read(pair.accepted())).isEqualTo(-1);
    }

    @Test
    void closeOfARegisteredChannelSendsTheEndAtOnce() throws IOException {
        Pair pair = pair();
        pair.client().configureBlocking(false);
        pair.client().register(clientSelector(), SelectionKey.OP_READ);
        pair.client().close();
        assertThat(read(pair.accepted())).isEqualTo(-1);
    }

    @Test
    void closeWithLingerZeroResetsARegisteredChannelsPeerAfterItsKeyIsGone() throws IOException {
        Pair pair = pair();
        pair.client().configureBlocking(false);
        pair.client().setOption(StandardSocketOptions.SO_LINGER, 0);
        Selector selector = clientSelector();
        pair.client().register(selector, SelectionKey.OP_READ);
        pair.client().close();
        selector.selectNow();
        assertThatThrownBy(() -> read(pair.accepted())).hasMessage("Connection reset");
    }

    @Test
    void closingTheServerLeavesAcceptedConnectionsAlone() throws IOException {
        ServerSocketChannel server = listen();
        Pair pair = pair(server);
        server.close();
        send(pair.client(), "alive");
        assertThat(receive(pair.accepted(), 5)).isEqualTo("alive");
    }

    @Test
    void closingTheServerResetsConnectionsThatWait() throws IOException {
        ServerSocketChannel server = listen();
        SocketChannel client = newClient();
        client.connect(addressOf(server));
        server.close();
        assertThatThrownBy(() -> read(client))
                .isInstanceOf(SocketException.class)
                .hasMessage("Connection reset");
    }

    @Test
    void closeIsSeenByBothEndsWhateverTheOrder() throws IOException {
        Pair pair = pair();
        pair.accepted().close();
        assertThat(read(pair.client())).isEqualTo(-1);
        pair.client().close();
        assertThat(pair.client().isOpen()).isFalse();
    }

    /** What was written goes out before the reset that follows it, also where both leave in one go. */
    @Test
    void dataSentBeforeAResetIsReadFirst() throws IOException {
        Pair pair = pair();
        pair.client().setOption(StandardSocketOptions.SO_LINGER, 0);
        send(pair.client(), "last words");
        pair.client().close();
        assertThat(receive(pair.accepted(), 10)).isEqualTo("last words");
        assertThatThrownBy(() -> read(pair.accepted()))
                .isInstanceOf(SocketException.class)
                .hasMessage("Connection reset");
    }

    @Test
    void dataSentByASelectingThreadBeforeAResetIsReadFirst() throws IOException {
        Pair pair = pair();
        pair.client().setOption(StandardSocketOptions.SO_LINGER, 0);
        pair.client().configureBlocking(false);
        Selector selector = clientSelector();
        pair.client().register(selector, SelectionKey.OP_WRITE);
        selectOne(selector);
        send(pair.client(), "last words");
        pair.client().close();
        selector.selectNow();
        assertThat(receive(pair.accepted(), 10)).isEqualTo("last words");
        assertThatThrownBy(() -> read(pair.accepted())).hasMessage("Connection reset");
    }

    @Test
    void dataSentBeforeCloseWithUnreadDataIsReadFirst() throws IOException {
        Pair pair = pair();
        send(pair.client(), "never read");
        pair.accepted().configureBlocking(false);
        Selector selector = serverSelector();
        pair.accepted().register(selector, SelectionKey.OP_READ);
        selectOne(selector).cancel();
        selector.selectNow();
        send(pair.accepted(), "an answer");
        pair.accepted().close();
        assertThat(receive(pair.client(), 9)).isEqualTo("an answer");
        assertThatThrownBy(() -> read(pair.client())).hasMessage("Connection reset");
    }

    @Test
    void dataWaitsBehindAFailedWrite() throws IOException {
        Pair pair = pair();
        pair.client().setOption(StandardSocketOptions.SO_LINGER, 0);
        send(pair.client(), "still here");
        pair.client().close();
        assertThatThrownBy(() -> writeUntilFailure(pair.accepted()))
                .isInstanceOf(IOException.class)
                .hasMessage("Connection reset by peer");
        assertThat(receive(pair.accepted(), 10)).isEqualTo("still here");
        // The write took the error.
        assertThat(read(pair.accepted())).isEqualTo(-1);
        assertThatThrownBy(() -> pair.accepted().write(bytes("x"))).hasMessage("Broken pipe");
    }

    @Test
    void writeAfterAReadReportedTheResetIsABrokenPipe() throws IOException {
        Pair pair = pair();
        pair.client().setOption(StandardSocketOptions.SO_LINGER, 0);
        pair.client().close();
        assertThatThrownBy(() -> read(pair.accepted())).hasMessage("Connection reset");
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> pair.accepted().write(bytes("x")))
                    .isInstanceOf(IOException.class)
                    .hasMessage("Broken pipe");
        }
        assertThatThrownBy(() -> read(pair.accepted())).hasMessage("Connection reset");
    }

    /** A write that ends early says how much was taken; why it ended is for the next call. */
    @Test
    void aResetDuringAWriteIsTheNextCallsError() throws Exception {
        Pair pair = pair();
        int all = 64 << 20;
        FutureTask<Integer> writing = new FutureTask<>(() -> pair.client().write(ByteBuffer.allocateDirect(all)));
        new Thread(writing).start();
        assertThat(receive(pair.accepted(), 1)).hasSize(1);
        pair.accepted().close();
        assertThat(writing.get(20, TimeUnit.SECONDS)).isBetween(1, all - 1);
        assertThatThrownBy(() -> pair.client().write(bytes("x")))
                .isInstanceOf(IOException.class)
                .hasMessage("Connection reset by peer");
        assertThat(read(pair.client())).isEqualTo(-1);
        assertThatThrownBy(() -> pair.client().write(bytes("x"))).hasMessage("Broken pipe");
    }
}
