/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.mtcp4j.dpdk.DpdkNicProvider;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.QueueWait;

/**
 * Carries frames between two memif links, as client of the one and server of the other, in a JVM of its own: so each link of the two has a
 * process at either end, and what a stack sends has crossed from process to process twice when it arrives.
 */
public final class MemifRelay {
    private static final int FRAMES = 4_096;
    private static final int TRIES = 10_000;
    private static final long PATIENCE_US = 100_000;

    private MemifRelay() {}

    /** The sockets of the two links: whose server exists, and whose client comes later. Ends with its standard input. */
    public static void main(String[] arguments) throws Exception {
        DpdkNicProvider provider = new DpdkNicProvider();
        String each = ",socket-abstract=no,socket=";
        NicSettings settings = new NicSettings(
                1, 1500, 0, FRAMES, null, System::nanoTime, Map.of("dpdk.no-huge", "true", "log", "warn"));
        Nic one = provider.open("net_memif0,role=client" + each + arguments[0], settings);
        Nic other = provider.open("net_memif1,role=server" + each + arguments[1], settings);
        Thread relay = new Thread(() -> carry(one, other), "relay");
        relay.setDaemon(true);
        relay.start();
        System.out.println("ready");
        while (System.in.read() >= 0) {
            // Nobody writes.
        }
        System.exit(0);
    }

    /** Starts one; returns when both its ports are open. */
    static Process start(Path existing, Path later) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        MemifRelay.class.getName(),
                        existing.toString(),
                        later.toString()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String line = process.inputReader().readLine();
        if (!"ready".equals(line)) {
            process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
            throw new IOException("the relay says " + line);
        }
        return process;
    }

    private static void carry(Nic one, Nic other) {
        QueueWait wait = one.queue(0).newWait().and(other.queue(0).newWait());
        FrameBatch in = new FrameBatch(64);
        FrameBatch out = new FrameBatch(64);
        wait.begin();
        while (true) {
            int carried = carry(one, other, in, out) + carry(other, one, in, out);
            if (carried == 0) {
                wait.await(-1, PATIENCE_US);
            }
        }
    }

    private static int carry(Nic from, Nic to, FrameBatch in, FrameBatch out) {
        NicQueue source = from.queue(0);
        NicQueue sink = to.queue(0);
        ByteBuffer read = from.memory().bytes();
        ByteBuffer written = to.memory().bytes();
        int count = source.receive(in);
        for (int i = 0; i < count; i++) {
            int offset = sink.allocate();
            if (offset >= 0) {
                written.put(offset, read, in.offset[i], in.lengthBytes[i]);
                out.add(offset, in.lengthBytes[i], 0);
            }
            source.free(in.offset[i]);
        }
        in.count = 0;
        for (int tries = 0; out.count > 0 && tries < TRIES; tries++) {
            out.removeFirst(sink.transmit(out));
        }
        for (int i = 0; i < out.count; i++) {
            sink.free(out.offset[i]);
        }
        out.count = 0;
        return count;
    }
}
