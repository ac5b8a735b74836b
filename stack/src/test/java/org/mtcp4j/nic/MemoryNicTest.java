/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.mtcp4j.wire.Checksum;
import org.mtcp4j.wire.FlowHash;

class MemoryNicTest extends NicContractTest {
    @Override
    Nic open(NicSettings settings) throws NicUnavailableException {
        return new MemoryNic(settings);
    }

    @Test
    void putsAFlowOnTheQueueItsHashNamesInOrder() throws Exception {
        try (MemoryNic nic = new MemoryNic(Frames.settings(4, 1024))) {
            ByteBuffer bytes = nic.memory().bytes();
            FrameBatch batch = new FrameBatch(64);
            for (int serial = 0; serial < 64; serial++) {
                int offset = nic.queue(3).allocate();
                batch.add(offset, Frames.writeTcp(bytes, offset, 40_000 + serial % 16, serial), 0);
            }
            assertThat(nic.queue(3).transmit(batch)).isEqualTo(64);
            int seen = 0;
            for (int q = 0; q < 4; q++) {
                batch.count = 0;
                seen += nic.queue(q).receive(batch);
                int[] last = new int[16];
                for (int i = 0; i < batch.count; i++) {
                    int hash = FlowHash.ofFrame(bytes, batch.offset[i], batch.lengthBytes[i]);
                    assertThat(FlowHash.context(hash, 4)).isEqualTo(q);
                    assertThat(batch.hash[i]).isEqualTo(hash);
                    assertThat(batch.flags[i]).isEqualTo(FrameBatch.RX_HASH);
                    int serial = Frames.serial(bytes, batch.offset[i]);
                    assertThat(serial).isGreaterThanOrEqualTo(last[serial % 16]);
                    last[serial % 16] = serial;
                    nic.queue(q).free(batch.offset[i]);
                }
            }
            assertThat(seen).isEqualTo(64);
            assertThat(nic.freeFrames()).isEqualTo(1024);
        }
    }

    @Test
    void aPartialChecksumArrivesAsAGoodOne() throws Exception {
        try (MemoryNic nic = new MemoryNic(Frames.settings(1, 64))) {
            NicQueue queue = nic.queue(0);
            FrameBatch batch = new FrameBatch(2);
            int offset = queue.allocate();
            int length = Frames.writeTcp(nic.memory().bytes(), offset, 1, 1);
            batch.add(offset, length, FrameBatch.TX_L4_CHECKSUM);
            queue.transmit(batch);
            batch.count = 0;
            assertThat(queue.receive(batch)).isEqualTo(1);
            assertThat(batch.flags[0]).isEqualTo(FrameBatch.RX_L4_CHECKSUM_GOOD);
            assertThat(batch.offset[0]).isEqualTo(offset);
            assertThat(batch.lengthBytes[0]).isEqualTo(length);
        }
    }

    @Test
    void ringsTheBellOfEachQueueOncePerBurst() throws Exception {
        try (MemoryNic nic = new MemoryNic(Frames.settings(2, 256))) {
            int[] rings = new int[2];
            nic.queue(0).onArrival(() -> rings[0]++);
            nic.queue(1).onArrival(() -> rings[1]++);
            FrameBatch batch = new FrameBatch(32);
            for (int i = 0; i < 32; i++) {
                int offset = nic.queue(0).allocate();
                batch.add(offset, Frames.writeTcp(nic.memory().bytes(), offset, 1000 + i, i), 0);
            }
            nic.queue(0).transmit(batch);
            assertThat(rings).containsExactly(1, 1);
            assertThat(nic.queue(1).arm()).isFalse();
        }
    }

    @Test
    void ringsTheBellOfItsOnlyQueueToo() throws Exception {
        try (MemoryNic nic = new MemoryNic(Frames.settings(1, 64))) {
            int[] rings = new int[1];
            nic.queue(0).onArrival(() -> rings[0]++);
            FrameBatch batch = new FrameBatch(2);
            assertThat(nic.queue(0).transmit(batch)).isZero();
            batch.add(nic.queue(0).allocate(), 60, 0);
            batch.add(nic.queue(0).allocate(), 60, 0);
            nic.queue(0).transmit(batch);
            assertThat(rings).containsExactly(1);
        }
    }

    @Test
    void sendingReceivingAndSummingAllocateNothing() throws Exception {
        try (MemoryNic nic = new MemoryNic(Frames.settings(2, 1024))) {
            FrameBatch out = new FrameBatch(32);
            FrameBatch in = new FrameBatch(64);
            // Once to have everything compiled and linked, then counted.
            roundTrips(nic, out, in, 20_000);
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long id = Thread.currentThread().getId();
            long before = threads.getThreadAllocatedBytes(id);
            long frames = roundTrips(nic, out, in, 20_000);
            long bytes = threads.getThreadAllocatedBytes(id) - before;
            assertThat(frames).isEqualTo(640_000);
            assertThat(bytes).as("bytes allocated for %d frames", frames).isLessThan(4_096);
        }
    }

    private static long roundTrips(Nic nic, FrameBatch out, FrameBatch in, int rounds) {
        ByteBuffer bytes = nic.memory().bytes();
        ByteBuffer nativeOrder = nic.memory().nativeOrder();
        long frames = 0;
        for (int round = 0; round < rounds; round++) {
            NicQueue sending = nic.queue(round & 1);
            for (int i = 0; i < 32; i++) {
                int offset = sending.allocate();
                int length = Frames.writeTcp(bytes, offset, round & 0xffff, i);
                bytes.putShort(offset + 50, (short) Checksum.finish(Checksum.partial(nativeOrder, offset + 34, 26)));
                out.add(offset, length, 0);
            }
            out.removeFirst(sending.transmit(out));
            for (int q = 0; q < 2; q++) {
                NicQueue receiving = nic.queue(q);
                frames += receiving.receive(in);
                for (int i = 0; i < in.count; i++) {
                    receiving.free(in.offset[i]);
                }
                in.count = 0;
            }
        }
        return frames;
    }
}
