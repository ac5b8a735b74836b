/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.mtcp4j.dpdk.DpdkNicProvider;

/** The contract on DPDK's ports. DPDK is initialised once in a process, so {@link DpdkPortsTest} runs each in one of its own. */
abstract class DpdkContract extends NicContractTest {
    private static final long PATIENCE_NS = 10_000_000_000L;
    private static final long RESEND_NS = 20_000_000;

    @BeforeAll
    static void onlyInANamespaceOfItsOwn() throws Exception {
        Netns.requireInside();
    }

    /** What stands behind {@code dpdk:}. */
    abstract String device();

    @Override
    Nic open(NicSettings settings) throws Exception {
        return port(device(), settings);
    }

    /** Frames that the device may keep after it has sent them, until it sends others. */
    int mostInDevice() {
        return 0;
    }

    @Override
    void assertNoFrameIsLost(Nic nic) {
        assertThat(nic.totalFrames() - nic.freeFrames())
                .as("frames that are not free")
                .isBetween(0, mostInDevice());
    }

    static Nic port(String device, NicSettings settings) throws NicUnavailableException {
        return new DpdkNicProvider().open(device, settings);
    }

    @Override
    NicSettings settings() {
        return settings(2);
    }

    static NicSettings settings(int queues) {
        return new NicSettings(
                queues,
                1500,
                0,
                512,
                null,
                System::nanoTime,
                Map.of("dpdk.no-huge", "true", "dpdk.eal-args", "-m 256", "log", "warn"));
    }

    /** Sends until a frame of each queue arrives, since a port without a peer may lose what it is given; then until none is on the way. */
    static void awaitPeer(Nic nic, Nic peer) {
        long startNs = System.nanoTime();
        for (int i = 0; i < nic.queues(); i++) {
            NicQueue queue = nic.queue(i);
            int accepted = 0;
            int arrived = 0;
            long lastNs = System.nanoTime() - RESEND_NS;
            while (arrived == 0) {
                assertThat(System.nanoTime() - startNs).as("ns without a peer").isLessThan(PATIENCE_NS);
                if (System.nanoTime() - lastNs >= RESEND_NS) {
                    accepted += send(nic, queue);
                    lastNs = System.nanoTime();
                }
                arrived += Frames.drain(peer.queue(i));
            }
            while (System.nanoTime() - lastNs < RESEND_NS) {
                arrived += Frames.drain(peer.queue(i));
            }
            assertThat(arrived).isLessThanOrEqualTo(accepted);
        }
    }

    private static int send(Nic nic, NicQueue queue) {
        FrameBatch batch = new FrameBatch(1);
        int offset = queue.allocate();
        for (int at = 0; at < 64; at++) {
            nic.memory().bytes().put(offset + at, (byte) 0);
        }
        batch.add(offset, 64, 0);
        int accepted = queue.transmit(batch);
        if (accepted == 0) {
            queue.free(offset);
        }
        return accepted;
    }

    /** A veth pair, or the kernel's end of a device, is made by a shell line that must succeed. */
    static void shell(String line) throws IOException, InterruptedException {
        Path output = Files.createTempFile("dpdk-contract", ".out");
        try {
            Process process = new ProcessBuilder(List.of("sh", "-c", line))
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).as(line).isTrue();
            assertThat(process.exitValue())
                    .as(line + ": " + Files.readString(output))
                    .isZero();
        } finally {
            Files.delete(output);
        }
    }
}
