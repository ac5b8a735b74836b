/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams both ways through a seeded network: every byte arrives, both ends close. */
class SimulatedTransferTest {
    private static final int LARGEST_BYTES = 5_000_000;

    private interface Shape {
        void apply(SimulatedNetwork network, TcpSettings active, TcpSettings passive);
    }

    private static SimulatedEndpoint[] transfer(long seed, Shape shape, int upBytes, int downBytes) {
        SimulatedNetwork network = new SimulatedNetwork(seed);
        Random random = new Random(~seed);
        TcpSettings active = new TcpSettings();
        TcpSettings passive = new TcpSettings();
        shape.apply(network, active, passive);
        byte[] up = new byte[upBytes];
        byte[] down = new byte[downBytes];
        random.nextBytes(up);
        random.nextBytes(down);
        boolean slow = random.nextInt(4) == 0;
        SimulatedEndpoint a = new SimulatedEndpoint(network, active, up, downBytes, false);
        SimulatedEndpoint b = new SimulatedEndpoint(network, passive, down, upBytes, slow);
        a.connection.openActive(random.nextInt(), network.nowNs);
        network.run(a, b);
        String name = "seed " + seed + "\n" + a + "\n" + b;
        assertThat(a.connection.closeReason()).as(name).isEqualTo(CloseReason.NONE);
        assertThat(b.connection.closeReason()).as(name).isEqualTo(CloseReason.NONE);
        assertThat(b.received).as(name).isEqualTo(up);
        assertThat(a.received).as(name).isEqualTo(down);
        return new SimulatedEndpoint[] {a, b};
    }

    /** Small sizes as likely as large ones. */
    private static int size(Random random) {
        return random.nextInt(10) == 0 ? 0 : (int) Math.exp(random.nextDouble() * Math.log(LARGEST_BYTES));
    }

    private static void transfers(long firstSeed, int count, Shape shape) {
        for (int i = 0; i < count; i++) {
            long seed = firstSeed + i;
            Random random = new Random(seed * 31);
            int upBytes = size(random);
            int downBytes = size(random);
            SimulatedEndpoint[] ends = transfer(seed, shape, upBytes, downBytes);
            if (Boolean.getBoolean("mtcp.test.verbose")) {
                System.out.println("seed " + seed + "\n  " + ends[0] + "\n  " + ends[1]);
            }
        }
        System.out.println("seeds " + firstSeed + " to " + (firstSeed + count - 1) + " passed");
    }

    @Test
    void cleanNetworkNeedsNoRetransmission() {
        SimulatedEndpoint[] ends = transfer(1, (n, a, p) -> {}, LARGEST_BYTES, LARGEST_BYTES);
        assertThat(ends[0].stats.retransSegs).isZero();
        assertThat(ends[1].stats.retransSegs).isZero();
        assertThat(ends[0].stats.timeouts).isZero();
        assertThat(ends[1].stats.timeouts).isZero();
    }

    @Test
    void lossReorderingAndDuplication() {
        transfers(1000, 60, (n, a, p) -> {
            n.lossRate = 0.05;
            n.reorderRate = 0.05;
            n.duplicateRate = 0.02;
        });
    }

    /** The long form, on demand: {@code -Dmtcp.test.transfers=1000}; sizes uniform up to 5 MB. */
    @Test
    @EnabledIfSystemProperty(named = "mtcp.test.transfers", matches = "\\d+")
    void manyLargeTransfers() {
        int count = Integer.getInteger("mtcp.test.transfers");
        for (long seed = 10_000; seed < 10_000 + count; seed++) {
            Random sizes = new Random(seed * 31);
            transfer(
                    seed,
                    (n, a, p) -> {
                        n.lossRate = 0.05;
                        n.reorderRate = 0.05;
                        n.duplicateRate = 0.02;
                    },
                    sizes.nextInt(LARGEST_BYTES + 1),
                    sizes.nextInt(LARGEST_BYTES + 1));
        }
        System.out.println("seeds 10000 to " + (9_999 + count) + " passed");
    }

    @Test
    void heavyLoss() {
        transfers(2000, 15, (n, a, p) -> n.lossRate = 0.2);
    }

    @Test
    void withoutOptions() {
        transfers(3000, 20, (n, a, p) -> {
            n.lossRate = 0.03;
            n.reorderRate = 0.03;
            a.windowScaling = false;
            p.timestamps = false;
        });
    }

    @Test
    void framesAndStorageRunOut() {
        transfers(4000, 30, (n, a, p) -> {
            n.refuseRate = 0.1;
            n.lossRate = 0.01;
        });
    }

    @Test
    void segmentationOffloadAndUnequalMss() {
        transfers(5000, 30, (n, a, p) -> {
            n.lossRate = 0.02;
            a.maxEmitBytes = 65_000;
            p.maxEmitBytes = 20_000;
            p.receiveMssBytes = 9000;
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {2_500, 5_000, 20_000, 100_000})
    void smallReceiveBuffers(int bufferBytes) {
        transfers(6000 + bufferBytes, 8, (n, a, p) -> {
            n.lossRate = 0.01;
            a.receiveBufferBytes = bufferBytes;
            p.receiveBufferBytes = bufferBytes;
        });
    }

    @Test
    void longFatPath() {
        transfers(7000, 10, (n, a, p) -> {
            n.delayNs = 80_000_000;
            n.lossRate = 0.005;
            a.receiveBufferBytes = 4_000_000;
            p.receiveBufferBytes = 4_000_000;
        });
    }

    @Test
    void sequenceNumbersWrap() {
        for (int before = 0; before < 5; before++) {
            SimulatedNetwork network = new SimulatedNetwork(before);
            network.lossRate = 0.02;
            byte[] up = new byte[300_000];
            new Random(before).nextBytes(up);
            SimulatedEndpoint a = new SimulatedEndpoint(network, new TcpSettings(), up, 0, false);
            SimulatedEndpoint b = new SimulatedEndpoint(network, new TcpSettings(), new byte[0], up.length, true);
            a.connection.openActive(-before * 1500 - 1, network.nowNs);
            network.run(a, b);
            assertThat(b.received).as("seed " + before).isEqualTo(up);
        }
    }
}
