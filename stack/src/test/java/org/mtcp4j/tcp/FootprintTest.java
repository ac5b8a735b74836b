/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.mtcp4j.wire.TcpSegment;

/** What connections cost: memory when idle, nothing per segment. */
class FootprintTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static long allocatedBytes() {
        return THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
    }

    /** Carries segments to the peer at once, as numbers only. */
    private static final class Wire implements SegmentSink, ReceiveSink {
        private static final int SLOTS = 256;
        private final TcpSegment[] queue = new TcpSegment[SLOTS];
        private int head;
        private int tail;
        private int lossEvery = Integer.MAX_VALUE;
        private int sent;
        long placedBytes;

        Wire() {
            for (int i = 0; i < SLOTS; i++) {
                queue[i] = new TcpSegment();
            }
        }

        @Override
        public boolean emit(Connection connection, SegmentOut s) {
            if (++sent % lossEvery == 0) {
                return true;
            }
            if (tail - head == SLOTS) {
                return false;
            }
            TcpSegment to = queue[tail++ % SLOTS];
            to.clearOptions();
            to.seq = s.seq;
            to.ack = s.ack;
            to.flags = s.flags;
            to.window = s.window;
            to.mss = s.mss;
            to.windowScale = s.windowScale;
            to.timestamps = s.timestamps;
            to.tsVal = s.tsVal;
            to.tsEcr = s.tsEcr;
            to.sackPermitted = s.sackPermitted;
            to.sackBlocks = s.sackBlocks;
            System.arraycopy(s.sackEdges, 0, to.sackEdges, 0, s.sackEdges.length);
            to.payloadBytes = s.payloadBytes;
            return true;
        }

        @Override
        public boolean place(Connection connection, long streamPosition, int payloadOffset, int lengthBytes) {
            placedBytes += lengthBytes;
            return true;
        }

        void deliver(Connection to, long nowNs) {
            while (head < tail) {
                TcpSegment s = queue[head++ % SLOTS];
                if (to.state() == TcpState.CLOSED) {
                    to.openPassive(s, 1, nowNs);
                } else {
                    to.arrives(s, nowNs);
                }
            }
        }
    }

    private final Wire up = new Wire();
    private final Wire down = new Wire();
    private final TcpCounters stats = new TcpCounters();
    private final Connection a = new Connection(new TcpSettings(), up, up, stats);
    private final Connection b = new Connection(new TcpSettings(), down, down, stats);
    private long nowNs = 1_000_000_000L;
    private long writtenByA;
    private long writtenByB;

    private void round(int bytesUp, int bytesDown) {
        nowNs += 100_000;
        writtenByA += bytesUp;
        writtenByB += bytesDown;
        a.sendLimit(Math.min(writtenByA, a.ackedPosition() + 100_000), nowNs);
        b.sendLimit(Math.min(writtenByB, b.ackedPosition() + 100_000), nowNs);
        turn(a);
        turn(b);
        up.deliver(b, nowNs);
        down.deliver(a, nowNs);
        a.readUpTo(a.receivedPosition(), nowNs);
        b.readUpTo(b.receivedPosition(), nowNs);
    }

    private void turn(Connection c) {
        if (nowNs >= c.nextDeadlineNs()) {
            c.expire(nowNs);
        }
        if (c.wantsOutput()) {
            c.output(nowNs);
        }
    }

    private void assertNothingAllocated(Runnable rounds) {
        a.openActive(5, nowNs);
        for (int i = 0; i < 20; i++) {
            round(0, 0);
        }
        assertThat(b.state()).isEqualTo(TcpState.ESTABLISHED);
        rounds.run();
        allocatedBytes();
        long segments = stats.inSegs;
        long least = Long.MAX_VALUE;
        // A compilation that comes in between may itself take some bytes.
        for (int i = 0; i < 3; i++) {
            long before = allocatedBytes();
            rounds.run();
            least = Math.min(least, allocatedBytes() - before);
        }
        assertThat(stats.inSegs - segments).isGreaterThan(30_000);
        assertThat(a.state()).isEqualTo(TcpState.ESTABLISHED);
        assertThat(stats.dupAcksIn).isZero();
        assertThat(least)
                .as("bytes over " + (stats.inSegs - segments) / 3 + " segments")
                .isZero();
    }

    @Test
    void bulkTransferAllocatesNothing() {
        assertNothingAllocated(() -> {
            for (int i = 0; i < 10_000; i++) {
                round(20_000, 0);
            }
        });
        assertThat(down.placedBytes).isGreaterThan(100_000_000);
    }

    @Test
    void requestsAndAnswersAllocateNothing() {
        assertNothingAllocated(() -> {
            for (int i = 0; i < 20_000; i++) {
                round(100, 3000);
            }
        });
    }

    @Test
    void lossAllocatesPerEpisodeNotPerSegment() {
        a.openActive(5, nowNs);
        for (int i = 0; i < 20; i++) {
            round(0, 0);
        }
        up.lossEvery = 997;
        for (int i = 0; i < 20_000; i++) {
            round(20_000, 0);
        }
        long segments = stats.inSegs;
        long episodes = stats.fastRetransmits + stats.timeouts;
        long before = allocatedBytes();
        for (int i = 0; i < 20_000; i++) {
            round(20_000, 0);
        }
        long allocated = allocatedBytes() - before;
        segments = stats.inSegs - segments;
        episodes = stats.fastRetransmits + stats.timeouts - episodes;
        assertThat(episodes).isPositive();
        assertThat(segments).isGreaterThan(100 * episodes);
        assertThat(allocated).isLessThanOrEqualTo(episodes * 200);
    }

    @Test
    void idleConnectionFitsItsBudget() {
        int count = 1000;
        Connection[] connections = new Connection[count];
        newConnection();
        allocatedBytes();
        long before = allocatedBytes();
        for (int i = 0; i < count; i++) {
            connections[i] = newConnection();
        }
        long each = (allocatedBytes() - before) / count;
        System.out.println("bytes of an idle connection: " + each);
        assertThat(connections).doesNotContainNull();
        assertThat(each).isLessThanOrEqualTo(400);
    }

    private Connection newConnection() {
        return new Connection(a.settings(), up, up, stats);
    }
}
