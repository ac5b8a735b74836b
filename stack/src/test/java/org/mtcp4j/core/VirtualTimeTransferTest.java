/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicFactory;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.stats.Counter;

/**
 * Whole contexts in virtual time: frames through a NIC that loses, delays, reorders, duplicates and corrupts, software checksums, every
 * byte checked. The test owns the context, so nothing else drives it. {@code -Dmtcp.test.transfers=1000} runs the whole of it.
 */
class VirtualTimeTransferTest {
    private static final int TRANSFERS = Integer.getInteger("mtcp.test.transfers", 60);
    private static final int AT_ONCE = 8;
    private static final int MOST_BYTES = 5_000_000;
    private static final long SEED = Long.getLong("mtcp.test.seed", System.nanoTime());
    private static final long HOUR_NS = 3_600_000_000_000L;

    private long nowNs = System.nanoTime();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);

    /** One end of a transfer: what it still has to write and to read. */
    private static final class End {
        final Flow flow;
        final long salt;
        final long peerSalt;
        final int toWrite;
        final int toRead;
        long written;
        long readUpTo;
        boolean shut;

        End(Flow flow, long salt, long peerSalt, int toWrite, int toRead) {
            this.flow = flow;
            this.salt = salt;
            this.peerSalt = peerSalt;
            this.toWrite = toWrite;
            this.toRead = toRead;
        }

        boolean isDone() {
            return shut && readUpTo == toRead && (flow.status() & (Flow.FIN_RECEIVED | Flow.CLOSED)) != 0;
        }
    }

    private static byte at(long salt, long position) {
        long x = (position + salt) * 0x9E3779B97F4A7C15L;
        return (byte) (x >>> 56);
    }

    @Test
    void everyByteArrivesThroughAWholeContext() throws Exception {
        System.out.println("VirtualTimeTransferTest " + TRANSFERS + " transfers, seed " + SEED);
        NicSettings settings = new NicSettings(1, 1500, 0, 16_384, null, () -> nowNs);
        Nic nic = NicFactory.open(
                "memory:loss=0.05,reorder=0.05,dup=0.02,corrupt=0.01,delay=1ms,seed=" + (SEED >>> 1), settings, "");
        Context context = TestEngines.engine(List.of(nic)).context(0);
        assertThat(context.ownership.tryAcquire()).isTrue();
        PortTable.Binding binding = context.engine.bind(TestEngines.OURS, 80, true, false);
        Listener listener =
                context.engine.listen(binding, 1024, new SocketDefaults(256 * 1024, 512 * 1024), new Endpoint() {});
        SplittableRandom random = new SplittableRandom(SEED);
        long startNs = nowNs;
        for (int done = 0; done < TRANSFERS; done += AT_ONCE) {
            List<End> ends = new ArrayList<>();
            for (int i = 0; i < AT_ONCE; i++) {
                open(context, listener, random, ends);
            }
            move(context, ends);
        }
        long retransmitted = context.tcpCounters.retransSegs;
        System.out.println("VirtualTimeTransferTest: " + (nowNs - startNs) / 1_000_000_000 + " virtual seconds, "
                + retransmitted + " segments retransmitted, " + context.counters.get(Counter.TCP_CSUM_ERRORS)
                + " bad checksums");
        assertThat(retransmitted).isPositive();
        settle(context);
        assertThat(context.flows.size()).isZero();
        assertThat(context.engine.chunks.free()).isEqualTo(context.engine.chunks.total());
        drain(nic);
        assertThat(nic.freeFrames()).isEqualTo(nic.totalFrames());
    }

    private void open(Context context, Listener listener, SplittableRandom random, List<End> ends) {
        SocketDefaults defaults = new SocketDefaults(256 * 1024, 512 * 1024);
        ConnectCall call = new ConnectCall(0, TestEngines.OURS, TestEngines.OURS, 80, defaults, new Endpoint() {});
        call.execute(context, nowNs);
        Flow client = call.flow();
        Flow server = null;
        while (server == null) {
            step(context);
            server = listener.accept();
        }
        server.attach(new Endpoint() {}, server.options().copy());
        long up = random.nextLong();
        long down = random.nextLong();
        int upBytes = random.nextInt(MOST_BYTES + 1);
        int downBytes = random.nextInt(MOST_BYTES + 1);
        ends.add(new End(client, up, down, upBytes, downBytes));
        ends.add(new End(server, down, up, downBytes, upBytes));
    }

    private void move(Context context, List<End> ends) {
        long limitNs = nowNs + HOUR_NS;
        while (!ends.isEmpty()) {
            ends.forEach(this::write);
            step(context);
            ends.forEach(this::read);
            ends.removeIf(end -> {
                if (end.isDone()) {
                    end.flow.askAndKick(Flow.CLOSE, false);
                }
                return end.isDone();
            });
            assertThat(nowNs).as("stuck transfers: %d", ends.size()).isLessThan(limitNs);
        }
    }

    private void write(End end) {
        while (end.written < end.toWrite && end.flow.isWritable()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), end.toWrite - end.written));
            for (int i = 0; i < buffer.limit(); i++) {
                buffer.put(i, at(end.salt, end.written + i));
            }
            end.written += end.flow.write(buffer);
        }
        if (end.written == end.toWrite && !end.shut) {
            end.shut = true;
            end.flow.askAndKick(Flow.SHUTDOWN, false);
        }
    }

    private void read(End end) {
        int n;
        while ((n = end.flow.read(buffer.clear())) > 0) {
            for (int i = 0; i < n; i++) {
                if (buffer.get(i) != at(end.peerSalt, end.readUpTo + i)) {
                    throw new AssertionError("byte " + (end.readUpTo + i) + " of seed " + SEED);
                }
            }
            end.readUpTo += n;
        }
        assertThat(end.flow.status() & Flow.CLOSED)
                .as("closed before its time")
                .isLessThanOrEqualTo(end.isDone() ? Flow.CLOSED : 0);
    }

    /** A round; when it found nothing to do, time goes on to what is due next. */
    private void step(Context context) {
        if (context.round(nowNs) == 0) {
            nowNs = Math.max(nowNs + 1_000, Math.min(context.nextDeadlineNs(), nowNs + 1_000_000_000L));
        } else {
            nowNs += 1_000;
        }
    }

    private void settle(Context context) {
        long endNs = nowNs + 300_000_000_000L;
        while (nowNs < endNs && context.flows.size() > 0) {
            step(context);
        }
    }

    private void drain(Nic nic) {
        FrameBatch batch = new FrameBatch(64);
        nowNs += HOUR_NS;
        while (nic.queue(0).receive(batch) > 0) {
            for (int i = 0; i < batch.count; i++) {
                nic.queue(0).free(batch.offset[i]);
            }
            batch.count = 0;
        }
    }
}
