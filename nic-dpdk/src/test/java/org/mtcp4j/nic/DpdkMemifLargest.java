/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** memif with the largest frames that DPDK's buffers hold. */
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
}
