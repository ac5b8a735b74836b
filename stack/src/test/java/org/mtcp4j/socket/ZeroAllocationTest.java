/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.stats.Counter;

/** Requests and answers through sockets, event queue, context, TCP and memory NIC, all on one thread, counted. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ZeroAllocationTest {
    private static final int WARM_UP = 40_000;
    private static final int COUNTED = 40_000;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void steadyStateAllocatesNothingPerPacketAndPerEvent() throws Exception {
        try (Stack stack = Stack.start(StackConfig.of("nic=memory"));
                EventQueue queue = stack.newEventQueue()) {
            StackListener listener = stack.newListener();
            listener.bind(new InetSocketAddress("198.18.0.2", 0), 0);
            StackSocket client = stack.newSocket();
            client.option(StackOption.NODELAY, 1);
            client.startConnect(listener.localAddress());
            StackSocket server;
            while ((server = listener.accept()) == null) {
                queue.await(1_000_000);
            }
            queue.register(client, client);
            queue.register(server, server);
            ByteBuffer request = ByteBuffer.allocateDirect(512);
            ByteBuffer answer = ByteBuffer.allocate(4_096);
            exchange(queue, client, server, WARM_UP, request, answer);
            long best = Long.MAX_VALUE;
            long framesBefore = stack.engine().contexts().get(0).counters().get(Counter.IN_FRAMES);
            for (int run = 0; run < 3; run++) {
                long before = THREADS.getCurrentThreadAllocatedBytes();
                exchange(queue, client, server, COUNTED, request, answer);
                best = Math.min(best, THREADS.getCurrentThreadAllocatedBytes() - before);
            }
            long frames = stack.engine().contexts().get(0).counters().get(Counter.IN_FRAMES) - framesBefore;
            System.out.println("ZeroAllocationTest: " + best + " bytes in " + COUNTED + " exchanges (best of 3), "
                    + frames + " frames in all");
            assertThat(frames).isGreaterThanOrEqualTo(3L * COUNTED);
            // A handful of bytes for the whole run may be the JIT's; one byte an exchange would be 40,000.
            assertThat(best).isLessThan(COUNTED / 10);
        }
    }

    private static void exchange(
            EventQueue queue, StackSocket client, StackSocket server, int rounds, ByteBuffer request, ByteBuffer answer)
            throws Exception {
        for (int i = 0; i < rounds; i++) {
            client.write(request.clear());
            pump(queue, server, request.clear());
            server.write(answer.clear());
            pump(queue, client, answer.clear());
        }
    }

    private static void pump(EventQueue queue, StackSocket socket, ByteBuffer into) throws Exception {
        while (into.hasRemaining()) {
            queue.await(1_000_000);
            for (EventKey key = queue.poll(); key != null; key = queue.poll()) {
                if (key.pollable() == socket && (socket.readyOps() & Pollable.READ) != 0) {
                    socket.read(into);
                }
            }
            if (into.hasRemaining()) {
                socket.read(into);
            }
        }
    }
}
