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

    /** Waits until the port takes frames, as one that has a peer does once they have met; the peer must receive meanwhile. */
    static void awaitPeer(Nic nic, Nic peer) {
        long startNs = System.nanoTime();
        for (int i = 0; i < nic.queues(); i++) {
            NicQueue queue = nic.queue(i);
            FrameBatch batch = new FrameBatch(1);
            int offset = queue.allocate();
            for (int at = 0; at < 64; at++) {
                nic.memory().bytes().put(offset + at, (byte) 0);
            }
            batch.add(offset, 64, 0);
            while (queue.transmit(batch) == 0) {
                assertThat(System.nanoTime() - startNs).as("ns without a peer").isLessThan(PATIENCE_NS);
                Frames.drain(peer.queue(i));
            }
            while (Frames.drain(peer.queue(i)) == 0) {
                assertThat(System.nanoTime() - startNs).as("ns without a frame").isLessThan(PATIENCE_NS);
            }
        }
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
