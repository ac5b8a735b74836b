/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.wire.Ethernet;

/**
 * What a port costs in Java, without a stack: {@code bin/bench raw} runs it. Modes: {@code echo DEVICE SECONDS} sends back what comes,
 * with addresses and ports exchanged; {@code ring DEVICE SECONDS} does so with 512 frames that it puts into a port that returns what is
 * sent; {@code call DEVICE} asks an empty port again and again; {@code pool DEVICE SECONDS} forwards what {@code net_null} makes, where
 * each frame comes from the mempool and goes back, and {@code bare} does so without an lcore id. One line of JSON each.
 */
final class RawBench {
    private static final int BURST = 32;
    private static final int IN_RING = 512;
    private static final int FRAME_BYTES = 60;
    private static final int CALLS = 5_000_000;
    private static final long WARM_UP_NS = 3_000_000_000L;
    private static final long SLICE_NS = 200_000_000L;

    private final String mode;
    private final DpdkNic nic;
    private final DpdkQueue queue;
    private final ByteBuffer bytes;
    private final FrameBatch batch = new FrameBatch(BURST);
    /** Millions of frames a second in pieces of the window. */
    private final double[] slices = new double[1_000];

    private long frames;

    private RawBench(String mode, DpdkNic nic) {
        this.mode = mode;
        this.nic = nic;
        queue = (DpdkQueue) nic.queue(0);
        bytes = nic.memory().bytes();
    }

    public static void main(String[] arguments) throws Exception {
        NicSettings settings = new NicSettings(
                1,
                1500,
                0,
                4096,
                null,
                System::nanoTime,
                Map.of(
                        "dpdk.no-huge",
                        "true",
                        "dpdk.eal-args",
                        System.getProperty("eal-args", ""),
                        "log",
                        "warn",
                        DpdkNic.SOFTWARE_CHECKSUMS,
                        System.getProperty("checksums", "false"),
                        DpdkNic.LCORE_IDS,
                        Boolean.toString(!arguments[0].equals("bare"))));
        try (DpdkNic nic = DpdkNic.open(DevArgs.parse(arguments[1]), settings)) {
            RawBench bench = new RawBench(arguments[0], nic);
            switch (arguments[0]) {
                case "call" -> bench.call();
                case "ring" -> {
                    bench.fill();
                    bench.forward(Long.parseLong(arguments[2]) * 1_000_000_000L);
                }
                default -> bench.forward(Long.parseLong(arguments[2]) * 1_000_000_000L);
            }
        }
    }

    private void say(String figures) {
        System.out.printf(
                Locale.ROOT,
                "{\"bench\": \"raw\", \"mode\": \"%s\", \"device\": \"%s\", \"side\": \"java %d\", %s}%n",
                mode,
                nic.name().replaceAll("^dpdk:|,.*", ""),
                Runtime.version().feature(),
                figures);
    }

    // ---- receive and send -------------------------------------------------------------------------------------------

    private void forward(long windowNs) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        // In turns, so that the loop below is compiled and not replaced on its way.
        for (long endNs = System.nanoTime() + WARM_UP_NS; System.nanoTime() < endNs; ) {
            turns(1_000);
        }
        long polls = queue.polls();
        long empty = queue.emptyPolls();
        frames = 0;
        long bytesBefore = threads.getCurrentThreadAllocatedBytes();
        long startNs = System.nanoTime();
        long nowNs = startNs;
        int slice = 0;
        long sliceNs = startNs;
        long sliceFrames = 0;
        while (nowNs - startNs < windowNs) {
            turns(1_000);
            nowNs = System.nanoTime();
            if (nowNs - sliceNs >= SLICE_NS && slice < slices.length) {
                slices[slice++] = (frames - sliceFrames) * 1e3 / (nowNs - sliceNs);
                sliceNs = nowNs;
                sliceFrames = frames;
            }
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - bytesBefore;
        polls = queue.polls() - polls;
        empty = queue.emptyPolls() - empty;
        double seconds = (nowNs - startNs) / 1e9;
        Arrays.sort(slices);
        say(String.format(
                Locale.ROOT,
                "\"mpps\": %.3f, \"best\": %.3f, \"ns_per_frame\": %.2f, \"empty_polls\": %.3f, \"frames_per_burst\": %.1f,"
                        + " \"bytes_allocated_per_frame\": %.4f",
                frames / seconds / 1e6,
                slices[slices.length - 1],
                seconds * 1e9 / Math.max(1, frames),
                (double) empty / Math.max(1, polls),
                (double) frames / Math.max(1, polls - empty),
                (double) allocated / Math.max(1, frames)));
    }

    private void turns(int count) {
        for (int i = 0; i < count; i++) {
            turn();
        }
    }

    private void turn() {
        if (queue.receive(batch) == 0) {
            return;
        }
        for (int i = 0; i < batch.count; i++) {
            swap(batch.offset[i]);
            batch.flags[i] = 0;
        }
        frames += batch.count;
        int sent = queue.transmit(batch);
        for (int i = sent; i < batch.count; i++) {
            queue.free(batch.offset[i]);
        }
        batch.count = 0;
    }

    /** Ethernet and IPv4 addresses and ports; other frames go back as they are. */
    private void swap(int at) {
        if ((bytes.getShort(at + 12) & 0xffff) != Ethernet.TYPE_IPV4) {
            return;
        }
        long destination = bytes.getLong(at) >>> 16;
        long source = bytes.getLong(at + 6) >>> 16;
        bytes.putInt(at, (int) (source >>> 16));
        bytes.putShort(at + 4, (short) source);
        bytes.putInt(at + 6, (int) (destination >>> 16));
        bytes.putShort(at + 10, (short) destination);
        int ip = at + 14;
        int from = bytes.getInt(ip + 12);
        bytes.putInt(ip + 12, bytes.getInt(ip + 16));
        bytes.putInt(ip + 16, from);
        int l4 = ip + ((bytes.get(ip) & 15) << 2);
        int ports = bytes.getInt(l4);
        bytes.putInt(l4, (ports << 16) | (ports >>> 16));
    }

    private void fill() {
        for (int sent = 0; sent < IN_RING; sent += BURST) {
            while (batch.free() > 0) {
                int offset = queue.allocate();
                Ethernet.write(bytes, offset, 0x0e0000000001L, 0x0e0000000002L, Ethernet.TYPE_IPV4);
                bytes.put(offset + 14, (byte) 0x45);
                batch.add(offset, FRAME_BYTES, 0);
            }
            if (queue.transmit(batch) != BURST) {
                throw new IllegalStateException("the ring is full");
            }
            batch.count = 0;
        }
    }

    // ---- the call by itself -----------------------------------------------------------------------------------------

    private void call() {
        double best = Double.MAX_VALUE;
        for (int round = 0; round < 3; round++) {
            long startNs = System.nanoTime();
            polls();
            best = Math.min(best, (double) (System.nanoTime() - startNs) / CALLS);
        }
        say(String.format(Locale.ROOT, "\"ns_per_call\": %.2f", best));
    }

    private void polls() {
        for (int i = 0; i < CALLS; i++) {
            queue.receive(batch);
        }
    }
}
