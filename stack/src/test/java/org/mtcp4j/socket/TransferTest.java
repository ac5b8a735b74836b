/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.config.StackConfig;

/** Blocking transfers between two threads, both ways at once, every byte checked by CRC. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class TransferTest {
    private static final long SEED = Long.getLong("mtcp.test.seed", 20261124);

    @ParameterizedTest
    @ValueSource(strings = {"contexts=1", "contexts=2", "driver=dedicated", "driver=dedicated,contexts=2", "vlan=7"})
    void transfersOfRandomSizeArriveByteExactBothWays(String config) throws Exception {
        System.out.println("TransferTest seed " + SEED + " " + config);
        SplittableRandom random = new SplittableRandom(SEED);
        try (Stack stack = Stack.start(StackConfig.of(config))) {
            StackListener listener = stack.newListener();
            listener.bind(new InetSocketAddress("198.18.0.2", 0), 0);
            ExecutorService threads = Executors.newCachedThreadPool();
            try {
                for (int i = 0; i < 40; i++) {
                    transfer(
                            stack,
                            listener,
                            threads,
                            random.nextInt(2_000_000),
                            random.nextInt(2_000_000),
                            random.nextLong());
                }
            } finally {
                threads.shutdownNow();
            }
            listener.close();
            stack.stop(2_000_000_000L);
            assertThat(stack.engine().chunks().free())
                    .isEqualTo(stack.engine().chunks().total());
            assertThat(stack.engine().nics().get(0).freeFrames())
                    .isEqualTo(stack.engine().nics().get(0).totalFrames());
        }
    }

    private static void transfer(
            Stack stack, StackListener listener, ExecutorService threads, int up, int down, long seed)
            throws Exception {
        SocketPair pair = SocketPair.open(stack, listener);
        exchange(pair.client(), pair.server(), threads, up, down, seed);
    }

    /** Both ways at once, then both ends close. */
    static void exchange(StackSocket client, StackSocket accepted, ExecutorService threads, int up, int down, long seed)
            throws Exception {
        Future<Long> sentUp = threads.submit(closing(client, accepted, () -> send(client, up, seed)));
        Future<Long> sentDown = threads.submit(closing(client, accepted, () -> send(accepted, down, seed + 1)));
        Future<Long> gotDown = threads.submit(closing(client, accepted, () -> receive(client)));
        assertThat(receive(accepted)).isEqualTo(sentUp.get());
        assertThat(gotDown.get()).isEqualTo(sentDown.get());
        client.close();
        accepted.close();
    }

    /** What ends with an error ends the connection, so that the other three do not wait for ever. */
    private static <T> Callable<T> closing(StackSocket client, StackSocket accepted, Callable<T> part) {
        return () -> {
            try {
                return part.call();
            } catch (Throwable e) {
                client.close();
                accepted.close();
                throw e;
            }
        };
    }

    private static long send(StackSocket socket, int bytes, long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        CRC32C crc = new CRC32C();
        ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
        int left = bytes;
        while (left > 0) {
            buffer.clear().limit(Math.min(left, 1 + random.nextInt(buffer.capacity())));
            while (buffer.hasRemaining()) {
                buffer.put((byte) random.nextInt());
            }
            crc.update(buffer.flip());
            buffer.rewind();
            left -= buffer.remaining();
            while (buffer.hasRemaining()) {
                if (socket.write(buffer) == StackSocket.UNAVAILABLE) {
                    socket.await(Pollable.WRITE, 0);
                }
            }
        }
        socket.shutdownOutput();
        return bytes * 31L + crc.getValue();
    }

    private static long receive(StackSocket socket) throws Exception {
        CRC32C crc = new CRC32C();
        ByteBuffer buffer = ByteBuffer.allocate(48 * 1024);
        long bytes = 0;
        for (; ; ) {
            int n = socket.read(buffer.clear());
            if (n == StackSocket.EOF) {
                return bytes * 31L + crc.getValue();
            }
            if (n == StackSocket.UNAVAILABLE) {
                socket.await(Pollable.READ, 0);
                continue;
            }
            bytes += n;
            crc.update(buffer.flip());
        }
    }
}
