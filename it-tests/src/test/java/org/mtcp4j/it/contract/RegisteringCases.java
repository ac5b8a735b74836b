/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Keys: how they come and go, and channels of the kernel on the same selector. */
abstract class RegisteringCases extends ContractCases {
    RegisteringCases(SocketContract contract) {
        super(contract);
    }

    private static SelectionKey register(SocketChannel channel, Selector selector, int ops) throws IOException {
        channel.configureBlocking(false);
        return channel.register(selector, ops);
    }

    @Test
    void keyKnowsItsChannelSelectorInterestAndAttachment() throws IOException {
        Selector selector = clientSelector();
        SocketChannel channel = newClient();
        channel.configureBlocking(false);
        SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT, "attachment");
        assertThat(key.channel()).isSameAs(channel);
        assertThat(key.selector()).isSameAs(selector);
        assertThat(key.interestOps()).isEqualTo(SelectionKey.OP_CONNECT);
        assertThat(key.attachment()).isEqualTo("attachment");
        assertThat(key.isValid()).isTrue();
        assertThat(channel.keyFor(selector)).isSameAs(key);
        assertThat(channel.isRegistered()).isTrue();
    }

    @Test
    void secondRegistrationChangesTheSameKey() throws IOException {
        Selector selector = clientSelector();
        SocketChannel channel = pair().client();
        SelectionKey key = register(channel, selector, SelectionKey.OP_READ);
        assertThat(channel.register(selector, SelectionKey.OP_WRITE, "new")).isSameAs(key);
        assertThat(key.interestOps()).isEqualTo(SelectionKey.OP_WRITE);
        assertThat(key.attachment()).isEqualTo("new");
    }

    @Test
    void blockingChannelCannotBeRegistered() throws IOException {
        Selector selector = clientSelector();
        SocketChannel channel = newClient();
        assertThatThrownBy(() -> channel.register(selector, SelectionKey.OP_CONNECT))
                .isInstanceOf(IllegalBlockingModeException.class);
    }

    @Test
    void registeredChannelCannotBecomeBlocking() throws IOException {
        SocketChannel channel = newClient();
        register(channel, clientSelector(), 0);
        assertThatThrownBy(() -> channel.configureBlocking(true)).isInstanceOf(IllegalBlockingModeException.class);
    }

    @Test
    void operationsOfOtherKindsAreRefused() throws IOException {
        Selector selector = clientSelector();
        SocketChannel channel = newClient();
        channel.configureBlocking(false);
        assertThatThrownBy(() -> channel.register(selector, SelectionKey.OP_ACCEPT))
                .isInstanceOf(IllegalArgumentException.class);
        SelectionKey key = channel.register(selector, 0);
        assertThatThrownBy(() -> key.interestOps(SelectionKey.OP_ACCEPT)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> key.interestOpsOr(SelectionKey.OP_ACCEPT))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(key.interestOps()).isZero();
    }

    @Test
    void closedChannelCannotBeRegistered() throws IOException {
        Selector selector = clientSelector();
        SocketChannel channel = newClient();
        channel.configureBlocking(false);
        channel.close();
        assertThatThrownBy(() -> channel.register(selector, 0)).isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void closedSelectorTakesNoRegistration() throws IOException {
        Selector selector = clientSelector();
        SocketChannel channel = newClient();
        channel.configureBlocking(false);
        selector.close();
        assertThatThrownBy(() -> channel.register(selector, 0)).isInstanceOf(ClosedSelectorException.class);
        assertThat(channel.isRegistered()).isFalse();
    }

    @Test
    void interestBitsAreSetAndClearedAtomically() throws IOException {
        SelectionKey key = register(pair().client(), clientSelector(), SelectionKey.OP_READ);
        assertThat(key.interestOpsOr(SelectionKey.OP_WRITE)).isEqualTo(SelectionKey.OP_READ);
        assertThat(key.interestOpsAnd(~SelectionKey.OP_READ)).isEqualTo(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        assertThat(key.interestOps()).isEqualTo(SelectionKey.OP_WRITE);
    }

    @Test
    void cancelledKeyIsInvalidAtOnceAndGoneAfterASelect() throws IOException {
        Selector selector = clientSelector();
        SocketChannel channel = pair().client();
        SelectionKey key = register(channel, selector, SelectionKey.OP_WRITE);
        selector.select();
        key.cancel();
        key.cancel();
        assertThat(key.isValid()).isFalse();
        assertThat(channel.isRegistered()).isTrue();
        assertThatThrownBy(key::interestOps).isInstanceOf(CancelledKeyException.class);
        assertThatThrownBy(key::readyOps).isInstanceOf(CancelledKeyException.class);
        assertThatThrownBy(() -> key.interestOps(0)).isInstanceOf(CancelledKeyException.class);
        assertThat(selector.selectNow()).isZero();
        assertThat(channel.isRegistered()).isFalse();
        assertThat(channel.keyFor(selector)).isNull();
        assertThat(selector.keys()).isEmpty();
        assertThat(selector.selectedKeys()).isEmpty();
    }

    @Test
    void registrationWithACancelledKeyNeedsASelectFirst() throws IOException {
        Selector selector = clientSelector();
        SocketChannel channel = pair().client();
        SelectionKey key = register(channel, selector, SelectionKey.OP_WRITE);
        key.cancel();
        assertThatThrownBy(() -> channel.register(selector, SelectionKey.OP_READ))
                .isInstanceOf(CancelledKeyException.class);
        selector.selectNow();
        SelectionKey fresh = channel.register(selector, SelectionKey.OP_WRITE);
        assertThat(fresh).isNotSameAs(key);
        assertThat(selectOne(selector)).isSameAs(fresh);
    }

    @Test
    void channelMayBecomeBlockingRightAfterCancel() throws IOException {
        Pair pair = pair();
        Selector selector = serverSelector();
        for (int i = 0; i < 5; i++) {
            SelectionKey key = register(pair.accepted(), selector, SelectionKey.OP_READ);
            send(pair.client(), "request");
            assertThat(selectOne(selector)).isSameAs(key);
            key.cancel();
            pair.accepted().configureBlocking(true);
            assertThat(receive(pair.accepted(), 7)).isEqualTo("request");
            send(pair.accepted(), "answer");
            assertThat(receive(pair.client(), 6)).isEqualTo("answer");
            selector.selectNow();
        }
    }

    @Test
    void closeOfAChannelCancelsItsKeys() throws IOException {
        Selector selector = clientSelector();
        SocketChannel channel = pair().client();
        SelectionKey key = register(channel, selector, SelectionKey.OP_WRITE);
        selector.select();
        channel.close();
        assertThat(key.isValid()).isFalse();
        selector.selectNow();
        assertThat(selector.keys()).isEmpty();
        assertThat(selector.selectedKeys()).isEmpty();
        assertThat(channel.isRegistered()).isFalse();
    }

    @Test
    void closeOfAChannelDuringSelectLeavesTheSelectorWorking() throws Exception {
        Pair pair = pair();
        Selector selector = serverSelector();
        register(pair.accepted(), selector, SelectionKey.OP_READ);
        Running<Integer> select = start(() -> selector.select()).awaitBlocked();
        pair.accepted().close();
        selector.wakeup();
        assertThat(select.result()).isZero();
        assertThat(selector.keys()).isEmpty();
    }

    @Test
    void registrationDoesNotWaitForABlockedSelect() throws Exception {
        Pair pair = pair();
        Selector selector = serverSelector();
        Running<Integer> select = start(() -> selector.select()).awaitBlocked();
        SelectionKey key = register(pair.accepted(), selector, SelectionKey.OP_READ);
        assertThat(selector.keys()).containsExactly(key);
        selector.wakeup();
        select.result();
        send(pair.client(), "x");
        assertThat(selectOne(selector)).isSameAs(key);
    }

    @Test
    void interestMayChangeDuringABlockedSelect() throws Exception {
        Pair pair = pair();
        Selector selector = serverSelector();
        SelectionKey key = register(pair.accepted(), selector, SelectionKey.OP_READ);
        Running<Integer> select = start(() -> selector.select()).awaitBlocked();
        key.interestOpsOr(SelectionKey.OP_WRITE);
        selector.wakeup();
        select.result();
        selector.select();
        assertThat(key.isWritable()).isTrue();
    }

    @Test
    void keysMayBeIteratedWhileOthersRegister() throws Exception {
        Selector selector = clientSelector();
        Running<Void> registering = start(() -> {
            for (int i = 0; i < 200; i++) {
                register(newClient(), selector, 0);
            }
            return null;
        });
        while (!registering.isDone()) {
            for (SelectionKey key : selector.keys()) {
                assertThat(key.selector()).isSameAs(selector);
            }
        }
        registering.result();
        assertThat(selector.keys()).hasSize(200);
    }

    @Test
    void registerCancelAndSelectRace() throws Exception {
        Pair pair = pair();
        Selector selector = serverSelector();
        pair.accepted().configureBlocking(false);
        Running<Void> racing = start(() -> {
            for (int i = 0; i < 1_000; i++) {
                try {
                    pair.accepted().register(selector, SelectionKey.OP_WRITE).cancel();
                } catch (CancelledKeyException e) {
                    pause();
                }
            }
            return null;
        });
        while (!racing.isDone()) {
            selector.selectNow();
            selector.selectedKeys().clear();
        }
        racing.result();
        selector.selectNow();
        assertThat(selector.keys()).isEmpty();
        assertThat(pair.accepted().isRegistered()).isFalse();
    }

    @Test
    void channelsCloseAndSelectRace() throws Exception {
        ServerSocketChannel server = newServer().bind(new InetSocketAddress(env().serverAddress(), 0), 256);
        Selector selector = clientSelector();
        List<SocketChannel> channels = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            SocketChannel channel = pair(server).client();
            register(channel, selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            channels.add(channel);
        }
        Running<Void> closing = start(() -> {
            for (SocketChannel channel : channels) {
                channel.close();
            }
            return null;
        });
        while (!closing.isDone()) {
            selector.selectNow();
            selector.selectedKeys().clear();
        }
        closing.result();
        selector.selectNow();
        assertThat(selector.keys()).isEmpty();
    }

    // Channels of the kernel beside.

    private DatagramChannel datagram(Selector selector) throws IOException {
        DatagramChannel channel = closeLater(selector.provider().openDatagramChannel());
        channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        channel.configureBlocking(false);
        return channel;
    }

    @Test
    void datagramsAreSelectedBesideConnections() throws IOException {
        Pair pair = pair();
        Selector selector = serverSelector();
        SelectionKey tcp = register(pair.accepted(), selector, SelectionKey.OP_READ);
        DatagramChannel datagram = datagram(selector);
        SelectionKey udp = datagram.register(selector, SelectionKey.OP_READ);
        assertThat(selector.selectNow()).isZero();
        datagram.send(bytes("d"), datagram.getLocalAddress());
        assertThat(selectOne(selector)).isSameAs(udp);
        assertThat(datagram.receive(ByteBuffer.allocate(9))).isNotNull();
        send(pair.client(), "t");
        assertThat(selectOne(selector)).isSameAs(tcp);
        assertThat(selector.selectNow() + selector.selectNow()).isPositive();
    }

    @Test
    void stackAndKernelBothEndABlockedSelect() throws Exception {
        Pair pair = pair();
        Selector selector = serverSelector();
        register(pair.accepted(), selector, SelectionKey.OP_READ);
        Pipe pipe = selector.provider().openPipe();
        closeLater(pipe.sink());
        closeLater(pipe.source()).configureBlocking(false);
        SelectionKey pipeKey = pipe.source().register(selector, SelectionKey.OP_READ);
        Running<Integer> first = start(() -> selector.select()).awaitBlocked();
        send(pair.client(), "t");
        assertThat(first.result()).isEqualTo(1);
        assertThat(receive(pair.accepted(), 1)).isEqualTo("t");
        selector.selectedKeys().clear();
        Running<Integer> second = start(() -> selector.select()).awaitBlocked();
        pipe.sink().write(bytes("p"));
        assertThat(second.result()).isEqualTo(1);
        assertThat(selector.selectedKeys()).containsExactly(pipeKey);
        assertThat(pipeKey.isReadable()).isTrue();
    }

    @Test
    void wakeupAndTimeoutWorkWithKernelChannels() throws Exception {
        Selector selector = serverSelector();
        datagram(selector).register(selector, SelectionKey.OP_READ);
        Running<Integer> select = start(() -> selector.select()).awaitBlocked();
        selector.wakeup();
        assertThat(select.result()).isZero();
        long startNs = System.nanoTime();
        assertThat(selector.select(100)).isZero();
        assertThat(System.nanoTime() - startNs).isGreaterThanOrEqualTo(99_000_000L);
    }

    @Test
    void kernelChannelMayBecomeBlockingRightAfterCancel() throws IOException {
        Selector selector = serverSelector();
        DatagramChannel datagram = datagram(selector);
        for (int i = 0; i < 3; i++) {
            SelectionKey key = datagram.register(selector, SelectionKey.OP_READ);
            assertThat(selector.selectNow()).isZero();
            key.cancel();
            datagram.configureBlocking(true);
            selector.selectNow();
            assertThat(datagram.isRegistered()).isFalse();
            datagram.configureBlocking(false);
        }
    }

    @Test
    void kernelChannelsGoWithTheirSelector() throws IOException {
        Selector selector = serverSelector();
        DatagramChannel datagram = datagram(selector);
        SelectionKey key = datagram.register(selector, SelectionKey.OP_WRITE);
        assertThat(selectOne(selector)).isSameAs(key);
        selector.close();
        assertThat(key.isValid()).isFalse();
        assertThat(datagram.isRegistered()).isFalse();
        assertThat(datagram.isOpen()).isTrue();
        datagram.configureBlocking(true);
    }

    @Test
    void closedKernelChannelsGiveTheirDescriptorsBack() throws IOException {
        Selector selector = serverSelector();
        datagram(selector).register(selector, 0);
        selector.selectNow();
        String[] before = new java.io.File("/proc/self/fd").list();
        for (int i = 0; i < 50; i++) {
            DatagramChannel datagram = datagram(selector);
            datagram.register(selector, SelectionKey.OP_READ);
            selector.selectNow();
            datagram.close();
            selector.selectNow();
        }
        String[] after = new java.io.File("/proc/self/fd").list();
        assertThat(after).hasSizeLessThan(before.length + 20);
    }
}
