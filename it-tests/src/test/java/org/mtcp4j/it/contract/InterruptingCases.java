/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.Test;

/** Asynchronous close and interrupt of every blocking operation. */
abstract class InterruptingCases extends ContractCases {
    InterruptingCases(SocketContract contract) {
        super(contract);
    }

    /** What the operation threw, and whether the thread was left interrupted. */
    private record Outcome(Throwable failure, boolean interrupted) {}

    private interface Blocking {
        void run() throws IOException;
    }

    private Running<Outcome> startBlocking(Blocking operation) {
        Running<Outcome> running = start(() -> {
            try {
                operation.run();
                return new Outcome(null, Thread.interrupted());
            } catch (IOException e) {
                return new Outcome(e, Thread.interrupted());
            }
        });
        return running.awaitBlocked();
    }

    private static void assertClosed(Running<Outcome> running) throws Exception {
        Outcome outcome = running.result();
        assertThat(outcome.failure()).isExactlyInstanceOf(AsynchronousCloseException.class);
        assertThat(outcome.interrupted()).isFalse();
    }

    private static void assertInterrupted(Running<Outcome> running) throws Exception {
        running.thread().interrupt();
        Outcome outcome = running.result();
        assertThat(outcome.failure()).isExactlyInstanceOf(ClosedByInterruptException.class);
        assertThat(outcome.interrupted()).isTrue();
    }

    private static void writeForEver(SocketChannel channel) throws IOException {
        while (true) {
            channel.write(ByteBuffer.allocate(64 << 20));
        }
    }

    @Test
    void closeWakesABlockedRead() throws Exception {
        Pair pair = pair();
        Running<Outcome> reader = startBlocking(() -> pair.client().read(ByteBuffer.allocate(1)));
        pair.client().close();
        assertClosed(reader);
        assertThat(pair.accepted().read(ByteBuffer.allocate(1))).isEqualTo(-1);
    }

    @Test
    void closeWakesABlockedScatteringRead() throws Exception {
        Pair pair = pair();
        Running<Outcome> reader = startBlocking(() -> pair.client().read(new ByteBuffer[] {ByteBuffer.allocate(1)}));
        pair.client().close();
        assertClosed(reader);
    }

    @Test
    void closeWakesABlockedWrite() throws Exception {
        Pair pair = pair();
        Running<Outcome> writer = startBlocking(() -> writeForEver(pair.client()));
        pair.client().close();
        assertThat(writer.result().failure()).isInstanceOf(java.nio.channels.ClosedChannelException.class);
    }

    @Test
    void closeWakesABlockedAccept() throws Exception {
        ServerSocketChannel server = listen();
        Running<Outcome> accept = startBlocking(server::accept);
        server.close();
        assertClosed(accept);
    }

    @Test
    void closeWakesABlockedConnect() throws Exception {
        SocketChannel channel = newClient();
        var silent = env().silentAddress();
        Running<Outcome> connect = startBlocking(() -> channel.connect(silent));
        channel.close();
        assertClosed(connect);
    }

    @Test
    void closeWakesReaderAndWriterTogether() throws Exception {
        Pair pair = pair();
        Running<Outcome> reader = startBlocking(() -> pair.client().read(ByteBuffer.allocate(1)));
        Running<Outcome> writer = startBlocking(() -> writeForEver(pair.client()));
        pair.client().close();
        assertClosed(reader);
        assertThat(writer.result().failure()).isInstanceOf(java.nio.channels.ClosedChannelException.class);
    }

    @Test
    void closeWakesAReadOfTheSocket() throws Exception {
        Pair pair = pair();
        InputStream in = pair.client().socket().getInputStream();
        Running<Outcome> reader = startBlocking(in::read);
        pair.client().close();
        assertClosed(reader);
    }

    @Test
    void closeWakesATimedReadOfTheSocket() throws Exception {
        Pair pair = pair();
        pair.client().socket().setSoTimeout(60_000);
        InputStream in = pair.client().socket().getInputStream();
        Running<Outcome> reader = startBlocking(in::read);
        pair.client().close();
        assertClosed(reader);
    }

    @Test
    void interruptClosesABlockedRead() throws Exception {
        Pair pair = pair();
        assertInterrupted(startBlocking(() -> pair.client().read(ByteBuffer.allocate(1))));
        assertThat(pair.client().isOpen()).isFalse();
        assertThat(pair.accepted().read(ByteBuffer.allocate(1))).isEqualTo(-1);
    }

    @Test
    void interruptClosesABlockedWrite() throws Exception {
        Pair pair = pair();
        assertInterrupted(startBlocking(() -> writeForEver(pair.client())));
        assertThat(pair.client().isOpen()).isFalse();
    }

    @Test
    void interruptClosesABlockedAccept() throws Exception {
        ServerSocketChannel server = listen();
        assertInterrupted(startBlocking(server::accept));
        assertThat(server.isOpen()).isFalse();
    }

    @Test
    void interruptClosesABlockedConnect() throws Exception {
        SocketChannel channel = newClient();
        var silent = env().silentAddress();
        assertInterrupted(startBlocking(() -> channel.connect(silent)));
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void interruptClosesABlockedReadOfTheSocket() throws Exception {
        Pair pair = pair();
        pair.client().socket().setSoTimeout(60_000);
        InputStream in = pair.client().socket().getInputStream();
        assertInterrupted(startBlocking(in::read));
        assertThat(pair.client().isOpen()).isFalse();
    }

    @Test
    void interruptedReaderTakesTheWriterWithIt() throws Exception {
        Pair pair = pair();
        Running<Outcome> writer = startBlocking(() -> writeForEver(pair.client()));
        assertInterrupted(startBlocking(() -> pair.client().read(ByteBuffer.allocate(1))));
        assertThat(writer.result().failure()).isInstanceOf(java.nio.channels.ClosedChannelException.class);
    }

    @Test
    void interruptedThreadCannotRead() throws Exception {
        Pair pair = pair();
        send(pair.accepted(), "waiting");
        Running<Outcome> reader = start(() -> {
            Thread.currentThread().interrupt();
            try {
                pair.client().read(ByteBuffer.allocate(1));
                return new Outcome(null, Thread.interrupted());
            } catch (IOException e) {
                return new Outcome(e, Thread.interrupted());
            }
        });
        Outcome outcome = reader.result();
        assertThat(outcome.failure()).isExactlyInstanceOf(ClosedByInterruptException.class);
        assertThat(outcome.interrupted()).isTrue();
        assertThat(pair.client().isOpen()).isFalse();
    }

    @Test
    void interruptedThreadUsesANonBlockingChannel() throws Exception {
        Pair pair = pair();
        pair.client().configureBlocking(false);
        Running<Integer> writer = start(() -> {
            Thread.currentThread().interrupt();
            return pair.client().write(bytes("x"));
        });
        assertThat(writer.result()).isEqualTo(1);
        assertThat(pair.client().isOpen()).isTrue();
    }

    @Test
    void interruptEndsASelectAndLeavesTheStatus() throws Exception {
        Pair pair = pair();
        Selector selector = clientSelector();
        pair.client().configureBlocking(false);
        pair.client().register(selector, SelectionKey.OP_READ);
        Running<Outcome> select = startBlocking(() -> selector.select());
        select.thread().interrupt();
        Outcome outcome = select.result();
        assertThat(outcome.failure()).isNull();
        assertThat(outcome.interrupted()).isTrue();
        assertThat(selector.isOpen()).isTrue();
        assertThat(pair.client().isOpen()).isTrue();
    }

    @Test
    void interruptedThreadDoesNotWaitInSelect() throws Exception {
        Selector selector = clientSelector();
        Running<Boolean> select = start(() -> {
            Thread.currentThread().interrupt();
            selector.select();
            return Thread.interrupted();
        });
        assertThat(select.result()).isTrue();
    }

    @Test
    void interruptEndsASelectWithKernelChannels() throws Exception {
        Selector selector = clientSelector();
        var datagram = closeLater(env().client().openDatagramChannel());
        datagram.configureBlocking(false);
        datagram.register(selector, SelectionKey.OP_READ);
        Running<Outcome> select = startBlocking(() -> selector.select());
        select.thread().interrupt();
        assertThat(select.result().interrupted()).isTrue();
    }

    @Test
    void modeCannotChangeUnderABlockedRead() throws Exception {
        Pair pair = pair();
        Running<Outcome> reader = startBlocking(() -> pair.client().read(ByteBuffer.allocate(1)));
        Running<Void> configure = start(() -> {
            pair.client().configureBlocking(false);
            return null;
        });
        send(pair.accepted(), "x");
        assertThat(reader.result().failure()).isNull();
        configure.result();
        assertThat(pair.client().isBlocking()).isFalse();
        assertThat(pair.client().read(ByteBuffer.allocate(1))).isZero();
    }

    @Test
    void closeRacesWithReads() throws Exception {
        for (int i = 0; i < 50; i++) {
            Pair pair = pair();
            Running<Integer> reader = start(() -> pair.client().read(ByteBuffer.allocate(1)));
            pair.client().close();
            assertThat(reader.failure()).isInstanceOf(java.nio.channels.ClosedChannelException.class);
        }
    }

    @Test
    void interruptRacesWithReads() throws Exception {
        for (int i = 0; i < 50; i++) {
            Pair pair = pair();
            Running<Integer> reader = start(() -> pair.client().read(ByteBuffer.allocate(1)));
            reader.thread().interrupt();
            assertThat(reader.failure()).isInstanceOf(ClosedByInterruptException.class);
            assertThatThrownBy(() -> pair.client().getLocalAddress())
                    .isInstanceOf(java.nio.channels.ClosedChannelException.class);
        }
    }
}
