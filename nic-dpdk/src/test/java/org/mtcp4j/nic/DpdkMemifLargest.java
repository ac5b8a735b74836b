/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** memif with the largest frames that DPDK's buffers hold, and with larger ones than the receiver's. */
class DpdkMemifLargest {
    private static final int MOST_MTU_BYTES = 65_326;
    private static final int ETHERNET_BYTES = 14;
    private static final long PATIENCE_NS = 10_000_000_000L;

    @BeforeAll
    static void onlyInANamespaceOfItsOwn() throws Exception {
        Netns.requireInside();
    }

    private static Nic port(String device, int mtuBytes) throws NicUnavailableException {
        Map<String, String> options = Map.of("dpdk.no-huge", "true", "dpdk.eal-args", "-m 512", "log", "warn");
        return DpdkContract.port(device, new NicSettings(1, mtuBytes, 0, 64, null, System::nanoTime, options));
    }

    @Test
    void aFrameOfTheLargestMtuArrivesWhole() throws Exception {
        String end = ",rsize=4,socket-abstract=no,socket=" + DpdkContracts.socket("largest");
        assertThatThrownBy(() -> port("net_memif2,role=server" + end, MOST_MTU_BYTES + 1))
                .isInstanceOf(NicUnavailableException.class)
                .hasMessageContaining("set mtcp.mtu to at most " + MOST_MTU_BYTES);
        try (Nic server = port("net_memif0,role=server" + end, MOST_MTU_BYTES);
                Nic client = port("net_memif1,role=client" + end, MOST_MTU_BYTES)) {
            DpdkContract.awaitPeer(client, server);
            int length = MOST_MTU_BYTES + ETHERNET_BYTES;
            FrameBatch out = new FrameBatch(1);
            int from = client.queue(0).allocate();
            for (int at = 0; at < length; at++) {
                client.memory().bytes().put(from + at, (byte) (at * 31));
            }
            out.add(from, length, 0);
            assertThat(client.queue(0).transmit(out)).isEqualTo(1);
            FrameBatch in = new FrameBatch(1);
            long startNs = System.nanoTime();
            while (server.queue(0).receive(in) == 0) {
                assertThat(System.nanoTime() - startNs)
                        .as("ns without the frame")
                        .isLessThan(PATIENCE_NS);
            }
            assertThat(in.lengthBytes[0]).isEqualTo(length);
            for (int at = 0; at < length; at++) {
                if (server.memory().bytes().get(in.offset[0] + at) != (byte) (at * 31)) {
                    throw new AssertionError("byte " + at + " is another");
                }
            }
            server.queue(0).free(in.offset[0]);
        }
    }

    /** The driver chains the receiver's buffers, and no port without segmentation has any that would hold the whole. */
    @Test
    void aFrameInPiecesThatNoBufferHoldsIsDroppedAndCounted() throws Exception {
        String end = ",rsize=4,socket-abstract=no,socket=" + DpdkContracts.socket("pieces");
        try (Nic server = port("net_memif3,role=server" + end, 1_500);
                Nic client = port("net_memif4,role=client" + end, 9_000)) {
            DpdkContract.awaitPeer(client, server);
            NicQueue from = client.queue(0);
            FrameBatch out = new FrameBatch(3);
            int[] lengths = {64, server.frameBytes() + 1, 65};
            for (int length : lengths) {
                out.add(from.allocate(), length, 0);
            }
            assertThat(from.transmit(out)).isEqualTo(lengths.length);
            FrameBatch in = new FrameBatch(lengths.length);
            long startNs = System.nanoTime();
            while (in.count < 2) {
                assertThat(System.nanoTime() - startNs)
                        .as("ns without the others")
                        .isLessThan(PATIENCE_NS);
                server.queue(0).receive(in);
            }
            assertThat(in.lengthBytes).startsWith(64, 65);
            assertThat(server.droppedFrames()).isEqualTo(1);
            server.queue(0).free(in.offset[0]);
            server.queue(0).free(in.offset[1]);
            assertThat(server.freeFrames()).isEqualTo(server.totalFrames());
        }
    }
}
