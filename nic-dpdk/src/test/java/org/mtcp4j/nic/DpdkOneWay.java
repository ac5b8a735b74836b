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
import org.mtcp4j.wire.Ethernet;

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
        Files.write(in, pcap(frames, 0));
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

    @Test
    void aPortInAVlanGivesTheDriverTaggedFramesAndGetsThemFromIt() throws Exception {
        Path in = directory.resolve("in.pcap");
        Path out = directory.resolve("out.pcap");
        int frames = 20;
        Files.write(in, pcap(frames, 5));
        String device = "net_pcap1,rx_pcap=" + in + ",tx_pcap=" + out;
        try (Nic nic = new VlanNic(DpdkContract.port(device, DpdkContract.settings(1)), 5)) {
            NicQueue queue = nic.queue(0);
            ByteBuffer bytes = nic.memory().bytes();
            FrameBatch batch = new FrameBatch(frames);
            long startNs = System.nanoTime();
            while (batch.count < frames) {
                assertThat(System.nanoTime() - startNs).isLessThan(PATIENCE_NS);
                queue.receive(batch);
            }
            for (int i = 0; i < frames; i++) {
                int at = batch.offset[i];
                assertThat(Ethernet.isOfVlan(bytes, at, nic.vlanId())).isTrue();
                assertThat(Frames.serial(bytes, at + Ethernet.VLAN_TAG_BYTES)).isEqualTo(i);
                Frames.writeTcp(bytes, at, 40_000, i);
                batch.lengthBytes[i] = Frames.TCP_FRAME_BYTES;
            }
            assertThat(queue.transmit(batch)).isEqualTo(frames);
            assertThat(nic.freeFrames()).isEqualTo(nic.totalFrames());
        }
        assertThat(Files.readAllBytes(out)).isEqualTo(pcapWithTimesOf(out, frames));
    }

    /** What {@code out} should be: the tagged frames, with the times that the driver wrote. */
    private static byte[] pcapWithTimesOf(Path out, int frames) throws IOException {
        ByteBuffer is = ByteBuffer.wrap(Files.readAllBytes(out));
        ByteBuffer wanted = ByteBuffer.wrap(pcap(frames, 5));
        wanted.put(0, is, 0, PCAP_HEADER_BYTES);
        int record = RECORD_HEADER_BYTES + Frames.TCP_FRAME_BYTES + Ethernet.VLAN_TAG_BYTES;
        assertThat(is.limit()).isEqualTo(PCAP_HEADER_BYTES + frames * record);
        for (int at = PCAP_HEADER_BYTES; at < is.limit(); at += record) {
            wanted.put(at, is, at, 8);
        }
        return wanted.array();
    }

    /** A capture file of so many TCP frames, numbered, with that VLAN's tag; 0 for none. */
    private static byte[] pcap(int frames, int vlan) throws IOException {
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
            int length = Frames.TCP_FRAME_BYTES + (vlan == 0 ? 0 : Ethernet.VLAN_TAG_BYTES);
            ByteBuffer record = ByteBuffer.allocate(RECORD_HEADER_BYTES).order(ByteOrder.nativeOrder());
            record.putInt(i).putInt(0).putInt(length).putInt(length);
            file.write(record.array());
            ByteBuffer frame = ByteBuffer.allocate(length);
            Frames.writeTcp(frame, 0, 40_000, i);
            if (vlan != 0) {
                byte[] moved = new byte[Frames.TCP_FRAME_BYTES - 12];
                frame.get(12, moved).putInt(12, 0x8100_0000 | vlan).put(16, moved);
            }
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
