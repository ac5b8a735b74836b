/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Pollable;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.socket.StackListener;
import org.mtcp4j.socket.StackSocket;

/** Accept queues of several contexts, and a listener that closes while it is bound or offered connections. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ListenerTest {
    private static final int RACES = 20_000;

    private static Engine engine() {
        return TestEngines.engine(List.of(TestEngines.memory()), TestEngines.OURS + "/24", List.of(), "contexts=1");
    }

    private static Listener listener(int contexts) {
        return new Listener(
                TestEngines.OURS, 80, 1_000_000, new SocketDefaults(1, 1), new Endpoint() {}, false, contexts);
    }

    @Test
    void acceptBeginsBehindTheContextServedLast() {
        Context[] contexts = new Context[3];
        for (int i = 0; i < contexts.length; i++) {
            contexts[i] = TestEngines.engine(
                            List.of(TestEngines.memory(3)), TestEngines.OURS + "/24", List.of(), "contexts=3")
                    .context(i);
        }
        Listener listener = listener(3);
        List<Flow> offered = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            Flow flow = TestEngines.flow(contexts[i / 3], 1000 + i);
            offered.add(flow);
            assertThat(listener.offer(contexts[i / 3], flow)).isTrue();
        }
        List<Integer> order = new ArrayList<>();
        for (Flow flow = listener.accept(); flow != null; flow = listener.accept()) {
            order.add(offered.indexOf(flow) / 3);
        }
        assertThat(order).containsExactly(1, 2, 0, 1, 2, 0, 1, 2, 0);
    }

    /** Whoever accepts may run out of memory between the queue and the hands of the application. */
    @Test
    void aConnectionThatIsTakenStaysUntilItIsHandedOver() {
        Context context = engine().context(0);
        Listener listener = listener(1);
        Flow flow = TestEngines.flow(context, 1000);
        listener.offer(context, flow);
        assertThat(listener.take()).isSameAs(flow);
        // An error came: the next accept gets it, and the listener is ready for that.
        assertThat(listener.hasWaiting()).isTrue();
        assertThat(listener.take()).isSameAs(flow);
        assertThat(listener.handedOver()).isTrue();
        assertThat(listener.hasWaiting()).isFalse();
        assertThat(listener.take()).isNull();
    }

    @Test
    void aConnectionThatWasTakenAndNotHandedOverIsResetWithTheListener() throws Exception {
        try (Stack stack = Stack.start(StackConfig.of("nic=memory"))) {
            StackListener listener = stack.newListener();
            listener.bind(new InetSocketAddress("198.18.0.2", 0), 8);
            StackSocket client = stack.newSocket();
            client.startConnect(listener.localAddress());
            while (!client.finishConnect()) {
                client.await(Pollable.CONNECT, 0);
            }
            StackSocket taken = listener.take();
            while (taken == null) {
                listener.await(Pollable.ACCEPT, 0);
                taken = listener.take();
            }
            listener.close();
            assertThat(listener.handedOver(taken))
                    .as("nobody gets what the close has reset")
                    .isFalse();
            ByteBuffer one = ByteBuffer.allocate(1);
            assertThatThrownBy(() -> {
                        while (client.read(one) == StackSocket.UNAVAILABLE) {
                            client.await(Pollable.READ, 0);
                        }
                    })
                    .hasMessage("Connection reset");
            client.close();
        }
    }

    /** A connection is either refused by the closed listener, or found by whoever empties it. */
    @Test
    void noConnectionStaysBehindInAListenerThatCloses() throws Exception {
        Context context = engine().context(0);
        Flow flow = TestEngines.flow(context, 1000);
        CyclicBarrier barrier = new CyclicBarrier(2);
        Listener[] listener = new Listener[1];
        AtomicBoolean stranded = new AtomicBoolean();
        Thread closing = new Thread(() -> {
            try {
                for (int i = 0; i < RACES; i++) {
                    barrier.await();
                    listener[0].close();
                    boolean found = listener[0].drain() != null;
                    barrier.await();
                    stranded.compareAndSet(false, !found && listener[0].waiting() != 0);
                    barrier.await();
                }
            } catch (Exception e) {
                stranded.set(true);
            }
        });
        closing.start();
        for (int i = 0; i < RACES; i++) {
            listener[0] = listener(1);
            barrier.await();
            listener[0].offer(context, flow);
            barrier.await();
            barrier.await();
        }
        closing.join();
        assertThat(stranded).isFalse();
    }

    @Test
    void aPortIsFreeAfterABindThatMetAClose() throws Exception {
        try (Stack stack = Stack.start(StackConfig.of("nic=memory"))) {
            CyclicBarrier barrier = new CyclicBarrier(2);
            StackListener[] listener = new StackListener[1];
            Thread closing = new Thread(() -> {
                try {
                    for (int i = 0; i < RACES; i++) {
                        barrier.await();
                        listener[0].close();
                        barrier.await();
                    }
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
            closing.start();
            for (int i = 0; i < RACES; i++) {
                listener[0] = stack.newListener();
                barrier.await();
                try {
                    listener[0].bind(new InetSocketAddress("198.18.0.2", 80), 1);
                } catch (BindException e) {
                    throw e;
                } catch (SocketException e) {
                    // The close came first.
                }
                barrier.await();
            }
            closing.join();
        }
    }
}
