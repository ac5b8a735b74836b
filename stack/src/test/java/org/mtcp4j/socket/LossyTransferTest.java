/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.core.Context;
import org.mtcp4j.stats.Counter;

/**
 * Transfers both ways over a memory NIC that loses, reorders, duplicates and corrupts, in real time, many at once, every byte
 * checked. {@code -Dmtcp.test.transfers=1000} runs the whole of it; the default is a sample.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class LossyTransferTest {
    private static final int TRANSFERS = Integer.getInteger("mtcp.test.transfers", 16);
    private static final int AT_ONCE = 32;
    private static final int MOST_BYTES = 5_000_000;
    private static final long SEED = Long.getLong("mtcp.test.seed", System.nanoTime());

    @ParameterizedTest
    @ValueSource(strings = {"contexts=1", "contexts=2", "driver=dedicated", "driver=dedicated,contexts=2"})
    void everyByteArrivesDespiteFaults(String variant) throws Exception {
        String config =
                variant + ",time-wait=1s,nic=memory:loss=0.05+reorder=0.05+dup=0.02+corrupt=0.01+seed=" + (SEED >>> 1);
        System.out.println("LossyTransferTest " + TRANSFERS + " transfers, seed " + SEED + ", " + config);
        long startNs = System.nanoTime();
        SplittableRandom random = new SplittableRandom(SEED);
        try (Stack stack = Stack.start(StackConfig.of(config))) {
            StackListener listener = stack.newListener();
            listener.bind(new InetSocketAddress("198.18.0.2", 0), 1024);
            Pairing pairing = new Pairing(stack, listener);
            ExecutorService threads = Executors.newCachedThreadPool();
            ExecutorService transfers = Executors.newFixedThreadPool(AT_ONCE);
            try {
                threads.execute(pairing::acceptAll);
                List<Future<?>> running = new ArrayList<>();
                for (int i = 0; i < TRANSFERS; i++) {
                    int up = random.nextInt(MOST_BYTES + 1);
                    int down = random.nextInt(MOST_BYTES + 1);
                    long seed = random.nextLong();
                    running.add(transfers.submit(() -> {
                        StackSocket[] ends = pairing.connect();
                        TransferTest.exchange(ends[0], ends[1], threads, up, down, seed);
                        return null;
                    }));
                }
                for (Future<?> each : running) {
                    each.get();
                }
            } finally {
                listener.close();
                transfers.shutdownNow();
                threads.shutdownNow();
            }
            stack.stop(5_000_000_000L);
            report(stack, startNs);
            assertThat(stack.engine().chunks().free())
                    .isEqualTo(stack.engine().chunks().total());
        }
    }

    private static void report(Stack stack, long startNs) {
        long retransmitted = 0;
        long checksum = 0;
        for (Context context : stack.engine().contexts()) {
            retransmitted += context.tcpCounters().retransSegs;
            checksum += context.counters().get(Counter.TCP_CSUM_ERRORS);
        }
        System.out.println("LossyTransferTest done in " + (System.nanoTime() - startNs) / 1_000_000_000 + " s, "
                + retransmitted + " segments retransmitted, " + checksum + " bad checksums");
    }

    /** Brings the two ends of a connection together: by the client's port, which it sends first. */
    private static final class Pairing {
        private final Stack stack;
        private final StackListener listener;
        private final ConcurrentHashMap<Integer, StackSocket> accepted = new ConcurrentHashMap<>();

        Pairing(Stack stack, StackListener listener) {
            this.stack = stack;
            this.listener = listener;
        }

        void acceptAll() {
            while (!Thread.currentThread().isInterrupted()) {
                StackSocket socket = listener.accept();
                if (socket == null) {
                    listener.await(Pollable.ACCEPT, 100_000_000);
                } else {
                    accepted.put(socket.remoteAddress().getPort(), socket);
                    synchronized (this) {
                        notifyAll();
                    }
                }
            }
        }

        StackSocket[] connect() throws Exception {
            StackSocket client = stack.newSocket();
            client.startConnect(listener.localAddress());
            while (!client.finishConnect()) {
                client.await(Pollable.CONNECT, 0);
            }
            // A lost third segment of the handshake is made good by the first data.
            ByteBuffer one = ByteBuffer.wrap(new byte[1]);
            while (client.write(one) == StackSocket.UNAVAILABLE) {
                client.await(Pollable.WRITE, 0);
            }
            synchronized (this) {
                StackSocket server;
                while ((server = accepted.remove(client.localAddress().getPort())) == null) {
                    wait(1_000);
                }
                ByteBuffer first = ByteBuffer.allocate(1);
                while (server.read(first) == StackSocket.UNAVAILABLE) {
                    server.await(Pollable.READ, 0);
                }
                return new StackSocket[] {client, server};
            }
        }
    }
}
