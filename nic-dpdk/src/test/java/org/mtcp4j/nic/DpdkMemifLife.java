/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A memif port whose peer comes and goes while its queues are busy. */
class DpdkMemifLife {
    private static final int ROUNDS = 20;
    private static final long PATIENCE_NS = 10_000_000_000L;

    @BeforeAll
    static void onlyInANamespaceOfItsOwn() throws Exception {
        Netns.requireInside();
    }

    @Test
    void aPeerMayLeaveInTheMiddleOfABurst() throws Exception {
        String end = ",socket-abstract=no,socket=" + DpdkContracts.socket("memif");
        AtomicBoolean over = new AtomicBoolean();
        try (Nic server = DpdkContract.port("net_memif0,role=server" + end, DpdkContract.settings(1))) {
            CompletableFuture<Integer> busy = CompletableFuture.supplyAsync(() -> keepBusy(server, over));
            for (int round = 0; round < ROUNDS; round++) {
                try (Nic client = DpdkContract.port("net_memif1,role=client" + end, DpdkContract.settings(1))) {
                    long startNs = System.nanoTime();
                    int seen = 0;
                    while (seen < 10_000) {
                        assertThat(System.nanoTime() - startNs)
                                .as("ns without a frame")
                                .isLessThan(PATIENCE_NS);
                        seen += Frames.drain(client.queue(0));
                    }
                    assertThat(client.freeFrames()).isEqualTo(client.totalFrames());
                }
            }
            over.set(true);
            assertThat(busy.get(10, TimeUnit.SECONDS)).isGreaterThan(ROUNDS * 10_000);
            assertThat(server.freeFrames()).isEqualTo(server.totalFrames());
            assertThat(server.droppedFrames()).as("frames sent to nobody").isPositive();
        }
    }

    @Test
    void aClientFindsTheNextServer() throws Exception {
        String end = ",socket-abstract=no,socket=" + DpdkContracts.socket("next");
        Nic first = DpdkContract.port("net_memif2,role=server" + end, DpdkContract.settings(1));
        try (Nic client = DpdkContract.port("net_memif3,role=client" + end, DpdkContract.settings(1))) {
            try (first) {
                DpdkContract.awaitPeer(client, first);
            }
            try (Nic second = DpdkContract.port("net_memif2,role=server" + end, DpdkContract.settings(1))) {
                DpdkContract.awaitPeer(second, client);
                DpdkContract.awaitPeer(client, second);
            }
        }
    }

    /** Sends and receives without a pause; returns how many frames were sent. */
    private static int keepBusy(Nic nic, AtomicBoolean over) {
        NicQueue queue = nic.queue(0);
        FrameBatch batch = new FrameBatch(32);
        int sent = 0;
        while (!over.get()) {
            while (batch.free() > 0) {
                batch.add(queue.allocate(), 64, 0);
            }
            int accepted = queue.transmit(batch);
            batch.removeFirst(accepted);
            sent += accepted;
            Frames.drain(queue);
        }
        for (int i = 0; i < batch.count; i++) {
            queue.free(batch.offset[i]);
        }
        return sent;
    }
}
