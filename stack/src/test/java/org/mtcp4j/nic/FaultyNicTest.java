/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mtcp4j.nic.fault.Faults;
import org.mtcp4j.nic.fault.FaultyNic;
import org.mtcp4j.wire.Ethernet;

/** Without faults it is a NIC like any other; with them, in virtual time, it does what it says. */
class FaultyNicTest extends NicContractTest {
    private static final long SEED = 42;
    private static final long MS = 1_000_000L;

    private long nowNs = 5;

    @Override
    Nic open(NicSettings settings) throws NicUnavailableException {
        return new FaultyNic(new MemoryNic(settings), Faults.NONE, () -> nowNs);
    }

    private FaultyNic faulty(String options) throws NicUnavailableException {
        NicSpec spec = NicSpec.parse("memory:" + options + ",seed=" + SEED);
        return new FaultyNic(new MemoryNic(Frames.settings(1, 4096)), spec.faults(), () -> nowNs);
    }

    /** Sends frames numbered from 0 on, in bursts of 32, at this moment. */
    private static void send(Nic nic, int frames) {
        FrameBatch batch = new FrameBatch(32);
        NicQueue queue = nic.queue(0);
        for (int serial = 0; serial < frames; serial++) {
            int offset = queue.allocate();
            assertThat(offset).isNotNegative();
            batch.add(offset, Frames.writeTcp(nic.memory().bytes(), offset, 1000, serial), 0);
            if (batch.free() == 0 || serial == frames - 1) {
                assertThat(queue.transmit(batch)).isEqualTo(batch.count);
                batch.count = 0;
            }
        }
    }

    /** The numbers of the frames that wait, in the order they come; frees them. */
    private static List<Integer> receive(Nic nic) {
        List<Integer> serials = new ArrayList<>();
        FrameBatch batch = new FrameBatch(64);
        while (nic.queue(0).receive(batch) > 0) {
            for (int i = 0; i < batch.count; i++) {
                serials.add(Frames.serial(nic.memory().bytes(), batch.offset[i]));
                nic.queue(0).free(batch.offset[i]);
            }
            batch.count = 0;
        }
        return serials;
    }

    private static void assertNothingHeld(Nic nic) {
        assertThat(nic.freeFrames()).isEqualTo(nic.totalFrames());
    }

    @Test
    void loss_dropsItsShareAndTheSameForTheSameSeed() throws Exception {
        List<List<Integer>> runs = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
            FaultyNic nic = faulty("loss=0.1");
            List<Integer> got = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                send(nic, 1000);
                got.addAll(receive(nic));
            }
            assertThat(got).hasSizeBetween(8_800, 9_200);
            assertThat(nic.done()).contains("sent=10000").contains("lost=" + (10_000 - got.size()));
            assertNothingHeld(nic);
            runs.add(got);
        }
        assertThat(runs.get(0)).isEqualTo(runs.get(1));
    }

    @Test
    void delay_holdsEveryFrameThatLongInOrder() throws Exception {
        FaultyNic nic = faulty("delay=3ms");
        NicQueue queue = nic.queue(0);
        assertThat(queue.nextDueNs()).isEqualTo(Long.MAX_VALUE);
        send(nic, 100);
        assertThat(receive(nic)).isEmpty();
        assertThat(queue.nextDueNs()).isEqualTo(nowNs + 3 * MS);
        assertThat(queue.arm()).isTrue();
        nowNs += 3 * MS - 1;
        assertThat(receive(nic)).isEmpty();
        nowNs += 1;
        assertThat(queue.arm()).isFalse();
        List<Integer> got = receive(nic);
        assertThat(got).hasSize(100).isSorted();
        assertThat(queue.nextDueNs()).isEqualTo(Long.MAX_VALUE);
        assertNothingHeld(nic);
    }

    @Test
    void reorder_lateFramesComeAllTheSame() throws Exception {
        FaultyNic nic = faulty("reorder=0.1");
        send(nic, 1000);
        List<Integer> got = receive(nic);
        assertThat(got).hasSizeBetween(850, 950).isSorted();
        while (nic.queue(0).nextDueNs() != Long.MAX_VALUE) {
            nowNs = nic.queue(0).nextDueNs();
            got.addAll(receive(nic));
        }
        assertThat(nowNs).isLessThanOrEqualTo(5 + MS);
        assertThat(got).hasSize(1000).doesNotHaveDuplicates();
        Collections.sort(got);
        assertThat(got.get(999)).isEqualTo(999);
        assertNothingHeld(nic);
    }

    @Test
    void duplicate_sendsCopiesAndLosesNothing() throws Exception {
        FaultyNic nic = faulty("dup=20%");
        send(nic, 1000);
        List<Integer> got = receive(nic);
        assertThat(got).hasSizeBetween(1150, 1250).isSorted();
        assertThat(got.stream().distinct()).hasSize(1000);
        assertNothingHeld(nic);
    }

    @Test
    void corrupt_turnsOneBitBehindTheEthernetHeaderAndTakesTheOffloadsAway() throws Exception {
        FaultyNic nic = faulty("corrupt=1");
        assertThat(nic.capabilities()).isEqualTo(Nic.STEERS);
        ByteBuffer bytes = nic.memory().bytes();
        ByteBuffer wanted = ByteBuffer.allocate(Frames.TCP_FRAME_BYTES);
        NicQueue queue = nic.queue(0);
        FrameBatch batch = new FrameBatch(1);
        for (int serial = 0; serial < 500; serial++) {
            Frames.writeTcp(wanted, 0, 1000, serial);
            int offset = queue.allocate();
            batch.add(offset, Frames.writeTcp(bytes, offset, 1000, serial), 0);
            queue.transmit(batch);
            batch.count = 0;
            assertThat(queue.receive(batch)).isEqualTo(1);
            int bits = 0;
            for (int i = 0; i < Frames.TCP_FRAME_BYTES; i++) {
                bits += Integer.bitCount((bytes.get(batch.offset[0] + i) ^ wanted.get(i)) & 0xff);
                assertThat(bits == 0 || i >= Ethernet.HEADER_BYTES).isTrue();
            }
            assertThat(bits).isEqualTo(1);
            queue.free(batch.offset[0]);
            batch.count = 0;
        }
        assertNothingHeld(nic);
    }

    @Test
    void rate_spacesFramesByTheirLength() throws Exception {
        FaultyNic nic = faulty("rate=1m");
        send(nic, 100);
        // 60 bytes at a million bits a second take 480 us.
        for (int i = 1; i <= 100; i++) {
            assertThat(nic.queue(0).nextDueNs()).isEqualTo(5 + i * 480_000L);
            nowNs = nic.queue(0).nextDueNs();
            assertThat(receive(nic)).containsExactly(i - 1);
        }
        assertNothingHeld(nic);
    }

    @Test
    void rate_dropsWhatTheQueueCannotHold() throws Exception {
        FaultyNic nic = faulty("rate=1k");
        send(nic, 3000);
        assertThat(nic.done()).contains("overflowed=952");
        assertThat(nic.freeFrames()).isEqualTo(2048);
    }

    @Test
    void allAtOnce_leakNothing() throws Exception {
        FaultyNic nic = faulty("loss=5%,reorder=5%,dup=2%,corrupt=1%,delay=1ms,rate=1g");
        int received = 0;
        for (int round = 0; round < 200; round++) {
            send(nic, 100);
            nowNs += 100_000;
            received += receive(nic).size();
        }
        nowNs += 100 * MS;
        received += receive(nic).size();
        assertThat(received).isBetween(18_000, 20_500);
        assertNothingHeld(nic);
    }

    @Test
    void segmentationStaysWithTheStackSoThatFaultsHitPackets() throws Exception {
        FaultyNic nic = faulty("loss=0.5");
        assertThat(nic.capabilities() & Nic.TSO).isZero();
        assertThat(nic.largeFrameBytes()).isZero();
        assertThat(nic.queue(0).allocateLarge()).isEqualTo(-1);
    }
}
