/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ports that answer nothing: a source and sink of DPDK's, and files of frames. */
class DpdkOneWay {
    private static final long PATIENCE_NS = 5_000_000_000L;
    private static final int PCAP_HEADER_BYTES = 24;
    private static final int RECORD_HEADER_BYTES = 16;

    @BeforeAll
    static void onlyInANamespaceOfItsOwn() throws Exception {
        Netns.requireInside();
    }

    @TempDir
    private Path directory;

    @Test
    void aNullPortSwallowsWhatIsSent() throws Exception {
        try (Nic nic = DpdkContract.port("net_null0,no-rx=1", DpdkContract.settings(2))) {
            FrameBatch batch = new FrameBatch(32);
            for (int round = 0; round < 100; round++) {
                NicQueue queue = nic.queue(round & 1);
                for (int i = 0; i < 32; i++) {
                    batch.add(queue.allocate(), 64, 0);
                }
                assertThat(queue.transmit(batch)).isEqualTo(32);
                batch.count = 0;
                assertThat(queue.receive(batch)).isZero();
            }
            assertThat(nic.freeFrames()).isEqualTo(nic.totalFrames());
        }
    }

    @Test
    void aSourceThatNeverEndsStopsAtThePoolAndGoesOnAfterwards() throws Exception {
        try (Nic nic = DpdkContract.port("net_null1,size=64", DpdkContract.settings(1))) {
            NicQueue queue = nic.queue(0);
            List<Integer> held = new ArrayList<>();
            FrameBatch batch = new FrameBatch(64);
            while (queue.receive(batch) > 0) {
                for (int i = 0; i < batch.count; i++) {
                    assertThat(batch.lengthBytes[i]).isEqualTo(64);
                    held.add(batch.offset[i]);
                }
                batch.count = 0;
            }
            assertThat(held)
                    .doesNotHaveDuplicates()
                    .hasSizeBetween(nic.totalFrames() - 2 * batch.capacity(), nic.totalFrames());
            held.forEach(queue::free);
            assertThat(nic.freeFrames()).isEqualTo(nic.totalFrames());
            assertThat(queue.receive(batch)).isEqualTo(64);
            for (int i = 0; i < batch.count; i++) {
                queue.free(batch.offset[i]);
            }
        }
    }

    @Test
    void aFileOfFramesIsReplayedInOrderAndWhatIsSentIsWrittenToAnother() throws Exception {
        Path in = directory.resolve("in.pcap");
        Path out = directory.resolve("out.pcap");
        int frames = 100;
        Files.write(in, pcap(frames));
        try (Nic nic = DpdkContract.port("net_pcap0,rx_pcap=" + in + ",tx_pcap=" + out, DpdkContract.settings(1))) {
            NicQueue queue = nic.queue(0);
            ByteBuffer bytes = nic.memory().bytes();
            FrameBatch batch = new FrameBatch(16);
            int seen = 0;
            long startNs = System.nanoTime();
            while (seen < frames) {
                assertThat(System.nanoTime() - startNs).isLessThan(PATIENCE_NS);
                queue.receive(batch);
                for (int i = 0; i < batch.count; i++) {
                    assertThat(batch.lengthBytes[i]).isEqualTo(Frames.TCP_FRAME_BYTES);
                    assertThat(Frames.serial(bytes, batch.offset[i])).isEqualTo(seen++);
                }
                int sent = queue.transmit(batch);
                assertThat(sent).isEqualTo(batch.count);
                batch.count = 0;
            }
            assertThat(queue.receive(batch)).isZero();
            assertThat(nic.freeFrames()).isEqualTo(nic.totalFrames());
        }
        assertThat(serials(out)).hasSize(frames).isSorted().doesNotHaveDuplicates();
    }

    /** A capture file of so many TCP frames, numbered. */
    private static byte[] pcap(int frames) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        ByteBuffer header = ByteBuffer.allocate(PCAP_HEADER_BYTES).order(ByteOrder.nativeOrder());
        // Magic, version 2.4, time zone, accuracy, snap length, Ethernet.
        header.putInt(0xa1b2c3d4)
                .putShort((short) 2)
                .putShort((short) 4)
                .putInt(0)
                .putInt(0)
                .putInt(65_535)
                .putInt(1);
        file.write(header.array());
        for (int i = 0; i < frames; i++) {
            ByteBuffer record = ByteBuffer.allocate(RECORD_HEADER_BYTES).order(ByteOrder.nativeOrder());
            record.putInt(i).putInt(0).putInt(Frames.TCP_FRAME_BYTES).putInt(Frames.TCP_FRAME_BYTES);
            file.write(record.array());
            ByteBuffer frame = ByteBuffer.allocate(Frames.TCP_FRAME_BYTES);
            Frames.writeTcp(frame, 0, 40_000, i);
            file.write(frame.array());
        }
        return file.toByteArray();
    }

    private static List<Integer> serials(Path pcap) throws IOException {
        ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(pcap)).order(ByteOrder.nativeOrder());
        List<Integer> serials = new ArrayList<>();
        int at = PCAP_HEADER_BYTES;
        while (at < file.limit()) {
            int length = file.getInt(at + 8);
            serials.add(Frames.serial(file.duplicate().order(ByteOrder.BIG_ENDIAN), at + RECORD_HEADER_BYTES));
            at += RECORD_HEADER_BYTES + length;
        }
        return serials;
    }
}
