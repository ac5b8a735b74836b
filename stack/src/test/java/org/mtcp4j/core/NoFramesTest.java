/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mtcp4j.nic.MemoryNic;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.stats.Counter;

/** Several flows that have something to send and a pool without a frame, in virtual time; the test owns the context. */
class NoFramesTest {
    private static final int CONNECTIONS = 8;
    private static final int BYTES = 300_000;
    private static final int FRAMES = 512;
    private static final long MS_NS = 1_000_000;

    private long nowNs = System.nanoTime();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    private final List<Flow> clients = new ArrayList<>();
    private final List<Flow> servers = new ArrayList<>();
    private final List<Integer> taken = new ArrayList<>();
    private Nic nic;
    private NicQueue queue;
    private Context context;

    @BeforeEach
    void connect() throws Exception {
        nic = new MemoryNic(new NicSettings(1, 1500, 0, FRAMES, null, () -> nowNs));
        queue = nic.queue(0);
        context = TestEngines.engine(List.of(nic)).context(0);
        assertThat(context.ownership.tryAcquire()).isTrue();
        PortTable.Binding binding = context.engine.bind(TestEngines.OURS, 80, true, false);
        SocketDefaults options = new SocketDefaults(BYTES, BYTES);
        Listener listener = context.engine.listen(binding, CONNECTIONS, options, new Endpoint() {});
        for (int i = 0; i < CONNECTIONS; i++) {
            ConnectCall call =
                    new ConnectCall(0, TestEngines.OURS, TestEngines.OURS, 80, options.copy(), new Endpoint() {});
            call.execute(context, nowNs);
            clients.add(call.flow());
            Flow server = listener.accept();
            for (int rounds = 0; server == null; rounds++) {
                assertThat(rounds).isLessThan(100);
                round();
                server = listener.accept();
            }
            server.attach(new Endpoint() {}, server.options().copy());
            servers.add(server);
        }
        while (round() > 0) {}
    }

    /** As a driver: the next round comes at once when there was something to do, else with the next deadline. */
    private int round() {
        int work = context.round(nowNs);
        nowNs = work > 0 ? nowNs + 1_000 : Math.max(nowNs + 1_000, context.nextDeadlineNs());
        return work;
    }

    private void takeAllFrames() {
        for (int frame = queue.allocate(); frame >= 0; frame = queue.allocate()) {
            taken.add(frame);
        }
        assertThat(taken).isNotEmpty();
    }

    private void write() {
        for (Flow client : clients) {
            buffer.clear();
            assertThat(client.write(buffer)).isPositive();
        }
    }

    @Test
    void withoutAFrameForAnyFlowARoundFindsNothingToDoAndTheNextComesWithTheTick() {
        takeAllFrames();
        write();
        long noFrame = context.counters.get(Counter.NO_FRAME);
        long endNs = nowNs + 100 * MS_NS;
        int rounds = 0;
        while (nowNs < endNs) {
            round();
            rounds++;
            assertThat(context.nextDeadlineNs()).as("a flow waits for a frame").isLessThanOrEqualTo(nowNs + MS_NS);
        }
        noFrame = context.counters.get(Counter.NO_FRAME) - noFrame;
        // A hundred ticks; timers may add some.
        assertThat(rounds).isBetween(100, 150);
        assertThat(noFrame).isBetween(CONNECTIONS * 100L, CONNECTIONS * 150L);
    }

    @Test
    void aFlowThatGetsTheOneFrameThereIsWasWork() {
        takeAllFrames();
        queue.free(taken.remove(taken.size() - 1));
        write();
        assertThat(context.round(nowNs)).isPositive();
    }

    @Test
    void allGoesOnWithinATickOfTheFramesReturn() {
        takeAllFrames();
        write();
        for (long endNs = nowNs + 50 * MS_NS; nowNs < endNs; ) {
            round();
        }
        assertThat(clients)
                .allSatisfy(client -> assertThat(client.status() & Flow.CLOSED).isZero());
        taken.forEach(queue::free);
        taken.clear();
        // Only the deadline wakes now: nobody tells of free frames.
        int[] read = new int[CONNECTIONS];
        long endNs = nowNs + 500 * MS_NS;
        long sent = context.counters.get(Counter.OUT_FRAMES);
        round();
        assertThat(context.counters.get(Counter.OUT_FRAMES))
                .as("frames in the next round")
                .isGreaterThan(sent);
        while (total(read) < CONNECTIONS * buffer.capacity()) {
            assertThat(nowNs).as("bytes read: %d", total(read)).isLessThan(endNs);
            round();
            for (int i = 0; i < CONNECTIONS; i++) {
                read[i] += Math.max(0, servers.get(i).read(buffer.clear()));
            }
        }
        while (context.round(nowNs) > 0) {
            nowNs += 1_000;
        }
        nowNs += 500 * MS_NS;
        while (context.round(nowNs) > 0) {
            nowNs += 1_000;
        }
        assertThat(nic.freeFrames()).isEqualTo(nic.totalFrames());
    }

    private static int total(int[] of) {
        int sum = 0;
        for (int each : of) {
            sum += each;
        }
        return sum;
    }
}
