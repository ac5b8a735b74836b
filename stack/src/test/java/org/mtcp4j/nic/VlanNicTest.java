/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.mtcp4j.wire.Ethernet;

class VlanNicTest {
    private static final int VLAN = 0x123;
    private static final int TAG = 4;

    @Test
    void aFrameOfFullSizeIsTaggedAndOtherwiseTheSame() throws Exception {
        MemoryLink link = MemoryLink.create(Frames.settings(1, 64), Frames.settings(1, 64));
        try (Nic nic = new VlanNic(link.a(), VLAN)) {
            NicQueue queue = nic.queue(0);
            ByteBuffer bytes = nic.memory().bytes();
            int length = nic.mtuBytes() + Ethernet.HEADER_BYTES;
            int offset = queue.allocate();
            for (int i = 0; i < length; i++) {
                bytes.put(offset + i, (byte) (i * 7));
            }
            FrameBatch batch = new FrameBatch(1);
            batch.add(offset, length, FrameBatch.TX_L4_CHECKSUM | FrameBatch.TX_HASH);
            assertThat(queue.transmit(batch)).isEqualTo(1);

            FrameBatch got = new FrameBatch(1);
            assertThat(link.b().queue(0).receive(got)).isEqualTo(1);
            ByteBuffer there = link.b().memory().bytes();
            int at = got.offset[0];
            assertThat(got.lengthBytes[0]).isEqualTo(length + TAG);
            assertThat(there.getInt(at + 12)).isEqualTo(0x8100_0123);
            for (int i = 0; i < length; i++) {
                assertThat(there.get(at + (i < 12 ? i : i + TAG)))
                        .as("byte %d", i)
                        .isEqualTo((byte) (i * 7));
            }
            link.b().queue(0).free(at);
        }
    }

    @Test
    void aFrameThatWasNotAcceptedIsTaggedOnce() {
        Reluctant inner = new Reluctant();
        NicQueue queue = new VlanNic(inner, VLAN).queue(0);
        ByteBuffer bytes = inner.memory().bytes();
        FrameBatch batch = new FrameBatch(2);
        batch.add(0, Frames.writeTcp(bytes, 0, 1, 11), 0);
        batch.add(2048, Frames.writeTcp(bytes, 2048, 1, 12), 0);
        assertThat(queue.transmit(batch)).isZero();
        inner.accepts = 1;
        assertThat(queue.transmit(batch)).isEqualTo(1);
        batch.removeFirst(1);
        assertThat(queue.transmit(batch)).isEqualTo(1);
        assertThat(batch.lengthBytes[0]).isEqualTo(Frames.TCP_FRAME_BYTES + TAG);
        assertThat(Ethernet.type(bytes, 2048)).isEqualTo(Ethernet.TYPE_IPV4);
        assertThat(Frames.serial(bytes, 2048 + TAG)).isEqualTo(12);
    }

    @Test
    void sendingAllocatesNothing() {
        Reluctant inner = new Reluctant();
        NicQueue queue = new VlanNic(inner, VLAN).queue(0);
        FrameBatch batch = new FrameBatch(1);
        inner.accepts = 1;
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        send(queue, batch, inner.memory().bytes());
        long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
        send(queue, batch, inner.memory().bytes());
        long after = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
        assertThat(after - before).isLessThan(4_096);
    }

    private static void send(NicQueue queue, FrameBatch batch, ByteBuffer bytes) {
        for (int i = 0; i < 50_000; i++) {
            batch.count = 0;
            batch.add(0, Frames.writeTcp(bytes, 0, 1, i), 0);
            queue.transmit(batch);
        }
    }

    /** Takes as many frames as it is told. */
    private static final class Reluctant extends NicDecorator {
        private int accepts;

        Reluctant() {
            super(newMemory());
        }

        private static Nic newMemory() {
            try {
                return new MemoryNic(Frames.settings(1, 64));
            } catch (NicUnavailableException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public NicQueue queue(int index) {
            return new Queue(inner.queue(index)) {
                @Override
                public int transmit(FrameBatch batch) {
                    return Math.min(accepts, batch.count);
                }
            };
        }
    }
}
