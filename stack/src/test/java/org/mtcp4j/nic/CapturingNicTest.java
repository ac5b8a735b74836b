/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mtcp4j.nic.capture.CapturingNic;

class CapturingNicTest {
    private static final int FRAMES = 300;

    @TempDir
    Path directory;

    private Path capture(int frames) throws Exception {
        Path file = directory.resolve("capture.pcapng");
        try (CapturingNic nic = new CapturingNic(new MemoryNic(Frames.settings(2, 1024)), file, System::nanoTime)) {
            FrameBatch batch = new FrameBatch(8);
            for (int serial = 0; serial < frames; serial++) {
                int offset = nic.queue(0).allocate();
                int flags = serial % 2 == 0 ? FrameBatch.TX_L4_CHECKSUM : 0;
                batch.add(offset, Frames.writeTcp(nic.memory().bytes(), offset, 1000 + serial, serial), flags);
                batch.removeFirst(nic.queue(0).transmit(batch));
            }
            assertThat(Frames.drain(nic.queue(0)) + Frames.drain(nic.queue(1))).isEqualTo(frames);
            assertThat(nic.droppedPackets()).isZero();
            assertThat(nic.freeFrames()).isEqualTo(nic.totalFrames());
        }
        return file;
    }

    /** Walks the blocks by their lengths, front and back, and counts the packets. */
    @Test
    void everyBlockIsWellFormedAndEveryPacketThereBothWays() throws Exception {
        ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(capture(FRAMES))).order(ByteOrder.LITTLE_ENDIAN);
        List<Integer> types = new ArrayList<>();
        int[] directions = new int[3];
        for (int at = 0; at < file.capacity(); ) {
            int type = file.getInt(at);
            int length = file.getInt(at + 4);
            assertThat(length % 4).isZero();
            assertThat(file.getInt(at + length - 4)).isEqualTo(length);
            types.add(type);
            if (type == 6) {
                assertThat(file.getInt(at + 20)).isEqualTo(Frames.TCP_FRAME_BYTES);
                directions[file.getInt(at + 28 + Frames.TCP_FRAME_BYTES + 4)]++;
            }
            at += length;
        }
        assertThat(types).startsWith(0x0a0d0d0a, 1, 6).endsWith(6, 5).hasSize(2 * FRAMES + 3);
        assertThat(directions).containsExactly(0, FRAMES, FRAMES);
    }

    @Test
    void capinfosAndTsharkReadIt() throws Exception {
        Path file = capture(FRAMES);
        String infos = run("capinfos", "-M", file.toString());
        assertThat(infos).contains("pcapng").containsPattern("Number of packets:\\s+600\\b");
        assertThat(infos).contains("Ethernet").contains("Time precision = nanoseconds");
        String rows = run(
                "tshark",
                "-r",
                file.toString(),
                "-T",
                "fields",
                "-e",
                "ip.src",
                "-e",
                "tcp.srcport",
                "-e",
                "frame.packet_flags_direction");
        List<String> lines = rows.lines().filter(line -> line.contains("\t")).toList();
        assertThat(lines).hasSize(600);
        assertThat(lines).anyMatch(line -> line.startsWith("198.18.0.1\t1000\t"));
        assertThat(lines).anyMatch(line -> line.startsWith("198.18.0.1\t1299\t"));
    }

    @Test
    void whatTheWriterCannotKeepUpWithIsCountedAndTheFileStaysValid() throws Exception {
        Path file = directory.resolve("burst.pcapng");
        long dropped;
        int sent = 0;
        try (CapturingNic nic = new CapturingNic(new MemoryNic(Frames.settings(1, 64)), file, System::nanoTime)) {
            FrameBatch batch = new FrameBatch(32);
            // 32 x 1500 bytes a burst: megabytes within the writer's interval, until something has been dropped.
            while (nic.droppedPackets() == 0 && sent < 2_000_000) {
                for (int i = 0; i < 32; i++) {
                    int offset = nic.queue(0).allocate();
                    Frames.writeTcp(nic.memory().bytes(), offset, 1, i);
                    batch.add(offset, 1500, 0);
                }
                sent += 32;
                batch.removeFirst(nic.queue(0).transmit(batch));
                Frames.drain(nic.queue(0));
            }
            dropped = nic.droppedPackets();
        }
        assertThat(dropped).isPositive();
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int packets = 0;
        int at = 0;
        for (; at < bytes.capacity(); at += bytes.getInt(at + 4)) {
            packets += bytes.getInt(at) == 6 ? 1 : 0;
        }
        assertThat(at).isEqualTo(bytes.capacity());
        assertThat(packets + dropped).isEqualTo(2L * sent);
    }

    @Test
    void capturingAllocatesNothingOnThePacketThread() throws Exception {
        try (CapturingNic nic = new CapturingNic(
                new MemoryNic(Frames.settings(1, 64)), directory.resolve("alloc.pcapng"), System::nanoTime)) {
            FrameBatch batch = new FrameBatch(8);
            roundTrips(nic, batch, 10_000);
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long id = Thread.currentThread().getId();
            long before = threads.getThreadAllocatedBytes(id);
            roundTrips(nic, batch, 10_000);
            assertThat(threads.getThreadAllocatedBytes(id) - before).isLessThan(4_096);
        }
    }

    private static void roundTrips(Nic nic, FrameBatch batch, int rounds) {
        NicQueue queue = nic.queue(0);
        for (int round = 0; round < rounds; round++) {
            int offset = queue.allocate();
            batch.add(offset, Frames.writeTcp(nic.memory().bytes(), offset, 1, round), 0);
            batch.removeFirst(queue.transmit(batch));
            queue.receive(batch);
            queue.free(batch.offset[0]);
            batch.count = 0;
        }
    }

    private static String run(String... command) throws Exception {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), UTF_8);
            assertThat(process.waitFor()).as(output).isZero();
            return output;
        } catch (IOException e) {
            abort(command[0] + " is not installed");
            return "";
        }
    }
}
