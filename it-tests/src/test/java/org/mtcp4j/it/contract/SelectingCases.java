/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Selection: what is ready, when, and how often. */
abstract class SelectingCases extends ContractCases {
    SelectingCases(SocketContract contract) {
        super(contract);
    }

    private SocketChannel nonBlocking(SocketChannel channel) throws IOException {
        channel.configureBlocking(false);
        return channel;
    }

    private SelectionKey register(SocketChannel channel, Selector selector, int ops) throws IOException {
        return nonBlocking(channel).register(selector, ops);
    }

    @Test
    void emptySelectorSelectsNothing() throws IOException {
        Selector selector = clientSelector();
        assertThat(selector.selectNow()).isZero();
        assertThat(selector.select(10)).isZero();
        assertThat(selector.keys()).isEmpty();
        assertThat(selector.selectedKeys()).isEmpty();
        assertThat(selector.provider()).isSameAs(env().client());
    }

    @Test
    void timedSelectWaitsItsTime() throws IOException {
        Selector selector = clientSelector();
        register(pair().client(), selector, SelectionKey.OP_READ);
        long startNs = System.nanoTime();
        assertThat(selector.select(150)).isZero();
        assertThat(System.nanoTime() - startNs).isGreaterThanOrEqualTo(149_000_000L);
    }

    @Test
    void negativeTimeoutIsRefused() throws IOException {
        Selector selector = clientSelector();
        assertThatThrownBy(() -> selector.select(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Negative timeout");
    }

    @Test
    void hugeTimeoutIsClamped() throws Exception {
        Selector selector = clientSelector();
        Running<Integer> select = start(() -> selector.select(Long.MAX_VALUE)).awaitBlocked();
        selector.wakeup();
        assertThat(select.result()).isZero();
    }

    @Test
    void connectedChannelIsWritable() throws IOException {
        Selector selector = clientSelector();
        SelectionKey key = register(pair().client(), selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        assertThat(selector.select()).isEqualTo(1);
        assertThat(selector.selectedKeys()).containsExactly(key);
        assertThat(key.isWritable()).isTrue();
        assertThat(key.isReadable()).isFalse();
        assertThat(key.readyOps()).isEqualTo(SelectionKey.OP_WRITE);
    }

    @Test
    void onlyInterestIsReported() throws IOException {
        Selector selector = clientSelector();
        register(pair().client(), selector, 0);
        assertThat(selector.select(50)).isZero();
        assertThat(selector.selectedKeys()).isEmpty();
    }

    @Test
    void waitingDataIsReadable() throws Exception {
        Pair pair = pair();
        Selector selector = serverSelector();
        SelectionKey key = register(pair.accepted(), selector, SelectionKey.OP_READ);
        Running<Integer> select = start(() -> selector.select()).awaitBlocked();
        send(pair.client(), "x");
        assertThat(select.result()).isEqualTo(1);
        assertThat(key.isReadable()).isTrue();
    }

    @Test
    void dataThatCameBeforeTheRegistrationIsReadable() throws IOException {
        Pair pair = pair();
        send(pair.client(), "xy");
        assertThat(receive(pair.accepted(), 1)).isEqualTo("x");
        Selector selector = serverSelector();
        register(pair.accepted(), selector, SelectionKey.OP_READ);
        assertThat(selectOne(selector).isReadable()).isTrue();
    }

    @Test
    void waitingConnectionIsAcceptable() throws Exception {
        ServerSocketChannel server = listen();
        server.configureBlocking(false);
        Selector selector = serverSelector();
        SelectionKey key = server.register(selector, SelectionKey.OP_ACCEPT);
        assertThat(selector.selectNow()).isZero();
        Running<Integer> select = start(() -> selector.select()).awaitBlocked();
        newClient().connect(addressOf(server));
        assertThat(select.result()).isEqualTo(1);
        assertThat(key.isAcceptable()).isTrue();
        assertThat(closeLater(server.accept())).isNotNull();
    }

    @Test
    void serverStaysAcceptableWhileConnectionsWait() throws IOException {
        ServerSocketChannel server = listen();
        server.configureBlocking(false);
        Selector selector = serverSelector();
        server.register(selector, SelectionKey.OP_ACCEPT);
        for (int i = 0; i < 3; i++) {
            newClient().connect(addressOf(server));
        }
        for (int accepted = 0; accepted < 3; ) {
            assertThat(selectOne(selector).isAcceptable()).isTrue();
            SocketChannel channel = server.accept();
            if (channel != null) {
                closeLater(channel);
                accepted++;
            }
        }
        assertThat(selector.select(50)).isZero();
    }

    @Test
    void selectionIsLevelTriggered() throws IOException {
        Pair pair = pair();
        Selector selector = serverSelector();
        SelectionKey key = register(pair.accepted(), selector, SelectionKey.OP_READ);
        send(pair.client(), "ab");
        for (int i = 0; i < 5; i++) {
            assertThat(selector.select()).isEqualTo(1);
            assertThat(selector.selectedKeys().remove(key)).isTrue();
        }
        assertThat(pair.accepted().read(ByteBuffer.allocate(10))).isPositive();
    }

    @Test
    void readKeyIsNoLongerReadable() throws IOException {
        Pair pair = pair();
        Selector selector = serverSelector();
        register(pair.accepted(), selector, SelectionKey.OP_READ);
        send(pair.client(), "a");
        selectOne(selector);
        assertThat(pair.accepted().read(ByteBuffer.allocate(10))).isEqualTo(1);
        assertThat(selector.select(50)).isZero();
        send(pair.client(), "b");
        assertThat(selectOne(selector).isReadable()).isTrue();
    }

    @Test
    void selectedKeyCountsAgainOnlyForNewOperations() throws IOException {
        Pair pair = pair();
        Selector selector = serverSelector();
        SelectionKey key = register(pair.accepted(), selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        assertThat(selector.select()).isEqualTo(1);
        assertThat(selector.select()).isZero();
        assertThat(selector.selectedKeys()).containsExactly(key);
        send(pair.client(), "x");
        long endNs = System.nanoTime() + 10_000_000_000L;
        while (selector.select() == 0) {
            assertThat(System.nanoTime()).isLessThan(endNs);
        }
        assertThat(key.readyOps()).isEqualTo(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        assertThat(selector.select()).isZero();
    }

    @Test
    void readyOpsOfASelectedKeyAccumulateAndThoseOfARemovedOneAreReplaced() throws IOException {
        Pair pair = pair();
        Selector selector = serverSelector();
        SelectionKey key = register(pair.accepted(), selector, SelectionKey.OP_READ);
        send(pair.client(), "x");
        assertThat(selector.select()).isEqualTo(1);
        key.interestOps(SelectionKey.OP_WRITE);
        assertThat(selector.select()).isEqualTo(1);
        assertThat(key.readyOps()).isEqualTo(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        selector.selectedKeys().clear();
        assertThat(selector.select()).isEqualTo(1);
        assertThat(key.readyOps()).isEqualTo(SelectionKey.OP_WRITE);
    }

    @Test
    void endOfStreamIsReadable() throws IOException {
        Pair pair = pair();
        Selector selector = serverSelector();
        register(pair.accepted(), selector, SelectionKey.OP_READ);
        pair.client().shutdownOutput();
        for (int i = 0; i < 3; i++) {
            assertThat(selectOne(selector).isReadable()).isTrue();
            assertThat(pair.accepted().read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
    }

    @Test
    void localShutdownInputIsReadable() throws IOException {
        Pair pair = pair();
        Selector selector = serverSelector();
        register(pair.accepted(), selector, SelectionKey.OP_READ);
        assertThat(selector.selectNow()).isZero();
        pair.accepted().shutdownInput();
        assertThat(selectOne(selector).isReadable()).isTrue();
    }

    @Test
    void resetMakesAllInterestReady() throws IOException {
        Pair pair = pair();
        Selector selector = serverSelector();
        SelectionKey key = register(pair.accepted(), selector, SelectionKey.OP_READ);
        pair.client().setOption(StandardSocketOptions.SO_LINGER, 0);
        pair.client().close();
        assertThat(selectOne(selector)).isSameAs(key);
        key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        selectOne(selector);
        assertThat(key.readyOps()).isEqualTo(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
    }

    @Test
    void fullChannelIsNotWritable() throws IOException {
        Pair pair = pair();
        Selector selector = clientSelector();
        nonBlocking(pair.client());
        fill(pair.client(), selector);
        pair.client().keyFor(selector).interestOps(SelectionKey.OP_WRITE);
        assertThat(selector.select(50)).isZero();
    }

    @Test
    void pendingChannelIsNotReady() throws IOException {
        SocketChannel channel = nonBlocking(newClient());
        Selector selector = clientSelector();
        channel.connect(env().silentAddress());
        channel.register(selector, SelectionKey.OP_CONNECT | SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        assertThat(selector.select(50)).isZero();
    }

    @Test
    void writabilityFollowsFinishConnect() throws IOException {
        ServerSocketChannel server = listen();
        SocketChannel channel = nonBlocking(newClient());
        Selector selector = clientSelector();
        boolean connected = channel.connect(addressOf(server));
        SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT);
        if (!connected) {
            selectOne(selector);
            assertThat(channel.finishConnect()).isTrue();
        }
        key.interestOps(SelectionKey.OP_WRITE);
        assertThat(selectOne(selector).isWritable()).isTrue();
    }

    @Test
    void interestMayGrowWhileDataWaits() throws IOException {
        Pair pair = pair();
        Selector selector = serverSelector();
        SelectionKey key = register(pair.accepted(), selector, 0);
        send(pair.client(), "x");
        assertThat(selector.select(50)).isZero();
        key.interestOps(SelectionKey.OP_READ);
        assertThat(selectOne(selector)).isSameAs(key);
        key.interestOps(0);
        assertThat(selector.select(20)).isZero();
        key.interestOpsOr(SelectionKey.OP_READ);
        assertThat(selectOne(selector)).isSameAs(key);
    }

    @Test
    void consumerGetsTheReadyKeysAndTheSelectedSetStaysEmpty() throws IOException {
        Pair pair = pair();
        Selector selector = serverSelector();
        SelectionKey key = register(pair.accepted(), selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        List<SelectionKey> seen = new ArrayList<>();
        assertThat(selector.select(seen::add)).isEqualTo(1);
        assertThat(selector.selectNow(seen::add)).isEqualTo(1);
        assertThat(selector.select(seen::add, 1_000)).isEqualTo(1);
        assertThat(seen).containsExactly(key, key, key);
        assertThat(selector.selectedKeys()).isEmpty();
        assertThat(key.readyOps()).isEqualTo(SelectionKey.OP_WRITE);
    }

    @Test
    void consumerMayCancelAndClose() throws IOException {
        Pair pair = pair();
        Selector selector = serverSelector();
        SelectionKey key = register(pair.accepted(), selector, SelectionKey.OP_WRITE);
        assertThat(selector.select(SelectionKey::cancel)).isEqualTo(1);
        assertThat(key.isValid()).isFalse();
        assertThat(selector.selectNow()).isZero();
        assertThat(selector.keys()).isEmpty();
    }

    @Test
    void consumerMayNotSelect() throws IOException {
        Pair pair = pair();
        Selector selector = serverSelector();
        register(pair.accepted(), selector, SelectionKey.OP_WRITE);
        assertThatThrownBy(() -> selector.select(key -> {
                    try {
                        selector.selectNow();
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(selector.selectNow()).isEqualTo(1);
    }

    @Test
    void consumersExceptionPassesThrough() throws IOException {
        Selector selector = serverSelector();
        register(pair().accepted(), selector, SelectionKey.OP_WRITE);
        RuntimeException own = new RuntimeException("own");
        assertThatThrownBy(() -> selector.select(key -> {
                    throw own;
                }))
                .isSameAs(own);
        assertThat(selector.selectNow()).isEqualTo(1);
    }

    @Test
    void selectedKeysTakeRemovalButNoAddition() throws IOException {
        Selector selector = clientSelector();
        SelectionKey key = register(pair().client(), selector, SelectionKey.OP_WRITE);
        selector.select();
        Set<SelectionKey> selected = selector.selectedKeys();
        assertThat(selector.selectedKeys()).isSameAs(selected);
        assertThatThrownBy(() -> selected.add(key)).isInstanceOf(UnsupportedOperationException.class);
        assertThat(selected.contains(key)).isTrue();
        assertThat(selected.remove(key)).isTrue();
        assertThat(selected.remove(key)).isFalse();
        assertThat(selected.isEmpty()).isTrue();
    }

    @Test
    void iteratorOverSelectedKeysRemoves() throws IOException {
        Selector selector = clientSelector();
        Set<SelectionKey> expected = new HashSet<>();
        ServerSocketChannel server = listen();
        for (int i = 0; i < 10; i++) {
            expected.add(register(pair(server).client(), selector, SelectionKey.OP_WRITE));
        }
        Set<SelectionKey> seen = new HashSet<>();
        while (seen.size() < 10) {
            selector.select();
            for (Iterator<SelectionKey> it = selector.selectedKeys().iterator(); it.hasNext(); ) {
                seen.add(it.next());
                it.remove();
            }
            assertThat(selector.selectedKeys()).isEmpty();
        }
        assertThat(seen).isEqualTo(expected);
    }

    @Test
    void keysAreAllRegisteredOnesAndCannotBeChanged() throws IOException {
        Selector selector = clientSelector();
        SelectionKey one = register(newClient(), selector, SelectionKey.OP_CONNECT);
        SelectionKey two = register(newClient(), selector, SelectionKey.OP_CONNECT);
        assertThat(selector.keys()).containsExactlyInAnyOrder(one, two);
        assertThatThrownBy(() -> selector.keys().remove(one)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> selector.keys().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void wakeupEndsABlockedSelect() throws Exception {
        Selector selector = clientSelector();
        register(pair().client(), selector, SelectionKey.OP_READ);
        Running<Integer> select = start(() -> selector.select()).awaitBlocked();
        assertThat(selector.wakeup()).isSameAs(selector);
        assertThat(select.result()).isZero();
    }

    @Test
    void wakeupBeforeSelectIsKeptOnce() throws IOException {
        Selector selector = clientSelector();
        selector.wakeup();
        selector.wakeup();
        assertThat(selector.select()).isZero();
        long startNs = System.nanoTime();
        assertThat(selector.select(100)).isZero();
        assertThat(System.nanoTime() - startNs).isGreaterThanOrEqualTo(99_000_000L);
    }

    @Test
    void selectNowConsumesAWakeup() throws IOException {
        Selector selector = clientSelector();
        selector.wakeup();
        assertThat(selector.selectNow()).isZero();
        long startNs = System.nanoTime();
        selector.select(100);
        assertThat(System.nanoTime() - startNs).isGreaterThanOrEqualTo(99_000_000L);
    }

    @Test
    void wakeupsRaceWithSelects() throws Exception {
        Selector selector = clientSelector();
        register(pair().client(), selector, SelectionKey.OP_READ);
        Running<Void> selecting = start(() -> {
            for (int i = 0; i < 2_000; i++) {
                selector.select();
            }
            return null;
        });
        while (!selecting.isDone()) {
            selector.wakeup();
        }
        selecting.result();
    }

    @Test
    void closedSelectorRefusesEverythingButCloseAndWakeup() throws IOException {
        Selector selector = clientSelector();
        SelectionKey key = register(pair().client(), selector, SelectionKey.OP_WRITE);
        selector.select();
        selector.close();
        selector.close();
        assertThat(selector.isOpen()).isFalse();
        assertThat(key.isValid()).isFalse();
        assertThat(key.channel().isRegistered()).isFalse();
        assertThat(selector.wakeup()).isSameAs(selector);
        assertThatThrownBy(selector::select).isInstanceOf(ClosedSelectorException.class);
        assertThatThrownBy(selector::selectNow).isInstanceOf(ClosedSelectorException.class);
        assertThatThrownBy(() -> selector.select(key1 -> {})).isInstanceOf(ClosedSelectorException.class);
        assertThatThrownBy(selector::keys).isInstanceOf(ClosedSelectorException.class);
        assertThatThrownBy(selector::selectedKeys).isInstanceOf(ClosedSelectorException.class);
    }

    @Test
    void closeEndsABlockedSelect() throws Exception {
        Selector selector = clientSelector();
        register(pair().client(), selector, SelectionKey.OP_READ);
        Running<Integer> select = start(() -> selector.select()).awaitBlocked();
        selector.close();
        assertThat(select.result()).isZero();
    }

    @Test
    void channelMayHaveSeveralSelectors() throws IOException {
        Pair pair = pair();
        Selector one = serverSelector();
        Selector two = serverSelector();
        SelectionKey readKey = register(pair.accepted(), one, SelectionKey.OP_READ);
        SelectionKey writeKey = pair.accepted().register(two, SelectionKey.OP_WRITE);
        send(pair.client(), "x");
        assertThat(selectOne(one)).isSameAs(readKey);
        assertThat(selectOne(two)).isSameAs(writeKey);
        assertThat(readKey.readyOps()).isEqualTo(SelectionKey.OP_READ);
        assertThat(writeKey.readyOps()).isEqualTo(SelectionKey.OP_WRITE);
    }
}
