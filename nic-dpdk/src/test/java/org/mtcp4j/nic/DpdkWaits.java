/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mtcp4j.nic.QueueWait.DESCRIPTOR;
import static org.mtcp4j.nic.QueueWait.RECEIVE;
import static org.mtcp4j.nic.QueueWait.TRANSMIT;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** One wait for several ports: rings, which give back what they are given, a memif pair, and a TAP for its descriptor. */
class DpdkWaits {
    private static final long PATIENCE_US = 5_000_000;
    private static final long AT_ONCE_NS = 2_000_000;
    private static final int FRAMES = 500_000;

    @BeforeAll
    static void onlyInANamespaceOfItsOwn() throws Exception {
        Netns.requireInside();
    }

    private static Nic port(String device) throws NicUnavailableException {
        return DpdkContract.port(device, DpdkContract.settings(1));
    }

    private static void send(Nic nic, int frames) {
        FrameBatch batch = new FrameBatch(frames);
        for (int i = 0; i < frames; i++) {
            int offset = nic.queue(0).allocate();
            batch.add(offset, Frames.writeTcp(nic.memory().bytes(), offset, 40_000, i), 0);
        }
        assertThat(nic.queue(0).transmit(batch)).isEqualTo(frames);
    }

    @Test
    void returnsAtOnceWhenAnyPortIsReadyAndSaysWhich() throws Exception {
        String end = ",socket-abstract=no,socket=" + DpdkContracts.socket("wait");
        try (Nic ring = port("net_ring2");
                Nic server = port("net_memif4,role=server" + end);
                Nic client = port("net_memif5,role=client" + end)) {
            DpdkContract.awaitPeer(client, server);
            QueueWait wait = ring.queue(0).newWait().and(server.queue(0).newWait());
            wait.begin();
            try {
                assertThat(wait.await(-1, 0)).as("nothing").isZero();
                send(client, 3);
                assertThat(wait.await(-1, PATIENCE_US)).isEqualTo(RECEIVE);
                assertThat(new int[] {wait.ready(0), wait.ready(1)}).containsExactly(0, RECEIVE);
                send(ring, 2);
                long startNs = System.nanoTime();
                assertThat(wait.await(-1, -1)).isEqualTo(RECEIVE);
                assertThat(System.nanoTime() - startNs).isLessThan(AT_ONCE_NS);
                assertThat(new int[] {wait.ready(0), wait.ready(1)}).containsExactly(RECEIVE, RECEIVE);
                assertThat(Frames.drain(ring.queue(0))).isEqualTo(2);
                assertThat(Frames.drain(server.queue(0))).isEqualTo(3);
                assertThat(wait.await(-1, 0)).as("nothing any more").isZero();
            } finally {
                wait.end();
            }
        }
    }

    /** Who looks every 5 ms finds a frame 2.5 ms after it came. */
    @Test
    void aMemifPeerRingsWhoeverSleepsAlsoTheNextPeer() throws Exception {
        String end = ",socket-abstract=no,socket=" + DpdkContracts.socket("ring");
        try (Nic server = port("net_memif4,role=server" + end);
                Nic ring = port("net_ring8")) {
            for (int round = 0; round < 3; round++) {
                try (Nic client = port("net_memif5,role=client" + end)) {
                    DpdkContract.awaitPeer(client, server);
                    DpdkContract.awaitPeer(server, client);
                    assertThat(medianUs(server, client)).as("server asleep").isLessThan(1_000);
                    assertThat(medianUs(client, server)).as("client asleep").isLessThan(1_000);
                }
            }
            QueueWait both = server.queue(0).newWait().and(ring.queue(0).newWait());
            both.begin();
            CompletableFuture<Integer> ready = CompletableFuture.supplyAsync(() -> both.await(-1, PATIENCE_US));
            TimeUnit.MILLISECONDS.sleep(100);
            send(ring, 1);
            assertThat(ready.get(10, TimeUnit.SECONDS))
                    .as("a port beside, at which nobody rings")
                    .isEqualTo(RECEIVE);
            both.end();
            Frames.drain(ring.queue(0));
        }
    }

    /** From the sending of a frame to the return of a sleeper that had long been asleep. */
    private static long medianUs(Nic asleep, Nic sender) throws Exception {
        long[] tookUs = new long[11];
        for (int i = 0; i < tookUs.length; i++) {
            QueueWait wait = asleep.queue(0).newWait();
            wait.begin();
            CompletableFuture<Long> awake = CompletableFuture.supplyAsync(() -> {
                assertThat(wait.await(-1, PATIENCE_US)).isEqualTo(RECEIVE);
                return System.nanoTime();
            });
            TimeUnit.MILLISECONDS.sleep(50);
            long sentNs = System.nanoTime();
            send(sender, 1);
            tookUs[i] = (awake.get(10, TimeUnit.SECONDS) - sentNs) / 1_000;
            wait.end();
            assertThat(Frames.drain(asleep.queue(0))).isEqualTo(1);
        }
        Arrays.sort(tookUs);
        System.out.println("[dpdk] us until a memif sleeper is awake: " + Arrays.toString(tookUs));
        return tookUs[tookUs.length / 2];
    }

    @Test
    void aMemifPortThatIsClosedEndsTheWaitAlsoWithoutAPeer() throws Exception {
        Nic server = port("net_memif6,role=server,socket-abstract=no,socket=" + DpdkContracts.socket("alone"));
        QueueWait wait = server.queue(0).newWait();
        wait.begin();
        CompletableFuture<Integer> ready = CompletableFuture.supplyAsync(() -> {
            try {
                return wait.await(-1, -1);
            } finally {
                wait.end();
            }
        });
        TimeUnit.MILLISECONDS.sleep(50);
        server.close();
        assertThat(ready.get(10, TimeUnit.SECONDS)).isEqualTo(DESCRIPTOR);
    }

    @Test
    void theTimeIsKeptInMicroseconds() throws Exception {
        try (Nic ring = port("net_ring3")) {
            QueueWait wait = ring.queue(0).newWait();
            wait.begin();
            long leastNs = Long.MAX_VALUE;
            for (int i = 0; i < 50; i++) {
                long startNs = System.nanoTime();
                assertThat(wait.await(-1, 300)).isZero();
                long tookNs = System.nanoTime() - startNs;
                assertThat(tookNs).isGreaterThan(299_000);
                leastNs = Math.min(leastNs, tookNs);
            }
            wait.end();
            assertThat(leastNs).isLessThan(1_000_000);
        }
    }

    @Test
    void whoWaitsAndWhoOwnsTheQueueTakeNothingFromEachOther() throws Exception {
        try (Nic ring = port("net_ring4")) {
            QueueWait wait = ring.queue(0).newWait();
            wait.begin();
            AtomicBoolean over = new AtomicBoolean();
            CompletableFuture<Integer> looks = CompletableFuture.supplyAsync(() -> {
                int seen = 0;
                while (!over.get()) {
                    seen += wait.await(-1, 0);
                }
                return seen;
            });
            NicQueue queue = ring.queue(0);
            ByteBuffer bytes = ring.memory().bytes();
            FrameBatch batch = new FrameBatch(64);
            for (int serial = 0; serial < FRAMES; serial++) {
                int offset = queue.allocate();
                batch.add(offset, Frames.writeTcp(bytes, offset, 40_000, serial), 0);
                batch.removeFirst(queue.transmit(batch));
                long startNs = System.nanoTime();
                while (batch.count == 0 && System.nanoTime() - startNs < PATIENCE_US * 1_000) {
                    queue.receive(batch);
                }
                assertThat(batch.count).isEqualTo(1);
                assertThat(Frames.serial(bytes, batch.offset[0])).isEqualTo(serial);
                queue.free(batch.offset[0]);
                batch.count = 0;
            }
            over.set(true);
            assertThat(looks.get(10, TimeUnit.SECONDS))
                    .as("times it saw frames")
                    .isPositive();
            wait.end();
            assertThat(ring.freeFrames()).isEqualTo(ring.totalFrames());
        }
    }

    @Test
    void roomToSendIsWaitedFor() throws Exception {
        try (Nic ring = port("net_ring5")) {
            QueueWait wait = ring.queue(0).newWait();
            wait.want(0, RECEIVE | TRANSMIT);
            wait.begin();
            assertThat(wait.await(-1, 0)).isEqualTo(TRANSMIT);
            FrameBatch batch = new FrameBatch(32);
            int accepted = 32;
            while (accepted == 32) {
                batch.removeFirst(batch.count);
                while (batch.free() > 0) {
                    batch.add(ring.queue(0).allocate(), 64, 0);
                }
                accepted = ring.queue(0).transmit(batch);
            }
            batch.removeFirst(accepted);
            wait.want(0, TRANSMIT);
            assertThat(wait.await(-1, 0)).as("the ring is full").isZero();
            // It does not say when it is no longer; to try is worth while then.
            assertThat(wait.await(-1, PATIENCE_US)).isEqualTo(TRANSMIT);
            Frames.drain(ring.queue(0));
            ring.queue(0).transmit(batch);
            assertThat(wait.await(-1, 0)).isEqualTo(TRANSMIT);
            wait.end();
            Frames.drain(ring.queue(0));
        }
    }

    @Test
    void aPortWithADescriptorIsWaitedForBeside() throws Exception {
        try (Nic ring = port("net_ring6");
                Nic tap = port("net_tap1,iface=dtap1")) {
            DpdkContract.shell("echo 1 > /proc/sys/net/ipv6/conf/dtap1/disable_ipv6"
                    + " && ip address add 198.18.1.1/24 dev dtap1 && ip link set dtap1 up");
            Frames.drain(tap.queue(0));
            QueueWait wait = ring.queue(0).newWait();
            wait.begin();
            CompletableFuture<Integer> ready =
                    CompletableFuture.supplyAsync(() -> wait.await(tap.queue(0).wakeupFd(), PATIENCE_US));
            // The kernel asks for the address.
            DpdkContract.shell("ip neighbour flush dev dtap1; echo x > /dev/udp/198.18.1.2/9 2>/dev/null"
                    + " || bash -c 'echo x > /dev/udp/198.18.1.2/9'");
            assertThat(ready.get(10, TimeUnit.SECONDS)).isEqualTo(DESCRIPTOR);
            wait.end();
            assertThat(Frames.drain(tap.queue(0))).isPositive();
        }
    }

    @Test
    void aPortThatIsClosedEndsTheWait() throws Exception {
        Nic ring = port("net_ring7");
        QueueWait wait = ring.queue(0).newWait();
        wait.begin();
        CompletableFuture<Integer> ready = CompletableFuture.supplyAsync(() -> {
            try {
                return wait.await(-1, -1);
            } finally {
                wait.end();
            }
        });
        ring.close();
        assertThat(ready.get(10, TimeUnit.SECONDS)).isEqualTo(DESCRIPTOR);
    }
}
