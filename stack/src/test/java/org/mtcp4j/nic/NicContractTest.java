/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mtcp4j.wire.Arp;
import org.mtcp4j.wire.Ethernet;

/**
 * What every NIC does. The probe is an ARP request: a NIC in memory delivers it as it is, behind a TAP the kernel answers it; either way
 * one ARP frame arrives.
 */
abstract class NicContractTest {
    static final int OUR_IP = 0xc6120002;
    static final int HOST_IP = 0xc6120001;
    private static final long PATIENCE_NS = 5_000_000_000L;

    private Nic sender;
    private Nic receiver;

    /** Opens the NIC under test; {@link #receiver(Nic)} is where its frames' answers arrive. */
    abstract Nic open(NicSettings settings) throws Exception;

    Nic receiver(Nic sender) {
        return sender;
    }

    /** The settings it is tested with. */
    NicSettings settings() {
        return Frames.settings(2, 256);
    }

    @BeforeEach
    void open() throws Exception {
        sender = open(settings());
        receiver = receiver(sender);
        for (int i = 0; i < receiver.queues(); i++) {
            receiver.queue(i).onArrival(() -> {});
        }
    }

    @AfterEach
    void close() {
        sender.close();
        if (receiver != sender) {
            receiver.close();
        }
    }

    @Test
    void saysWhatItIs() {
        assertThat(sender.name()).isNotBlank();
        assertThat(sender.mtuBytes()).isEqualTo(1500);
        assertThat(sender.frameBytes()).isGreaterThanOrEqualTo(1518);
        assertThat(sender.queues()).isEqualTo(2);
        assertThat(sender.macAddress() >>> 48).isZero();
        assertThat(sender.macAddress()).isNotZero();
        assertThat(Ethernet.isGroup(sender.macAddress())).isFalse();
        assertThat(sender.memory().sizeBytes()).isGreaterThanOrEqualTo(sender.totalFrames() * sender.frameBytes());
        boolean tso = (sender.capabilities() & Nic.TSO) != 0;
        assertThat(sender.largeFrameBytes() > 0).isEqualTo(tso);
        assertThat(!tso || (sender.capabilities() & Nic.TX_CHECKSUM) != 0).isTrue();
    }

    @Test
    void handsOutFramesUntilNoneIsLeftAndTakesThemBackOnAnyQueue() {
        NicQueue first = sender.queue(0);
        List<Integer> held = new ArrayList<>();
        for (int offset = first.allocate(); offset >= 0; offset = first.allocate()) {
            held.add(offset);
        }
        for (int offset = first.allocateLarge(); offset >= 0; offset = first.allocateLarge()) {
            held.add(offset);
        }
        assertThat(held).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(200);
        for (int i = 0; i < held.size(); i++) {
            sender.queue(i & 1).free(held.get(i));
        }
        assertNoFrameIsLost(sender);
    }

    @Test
    void frameRoomsDoNotOverlap() {
        NicQueue queue = sender.queue(0);
        ByteBuffer bytes = sender.memory().bytes();
        int a = queue.allocate();
        int b = queue.allocate();
        for (int i = 0; i < sender.frameBytes(); i++) {
            bytes.put(a + i, (byte) 1);
            bytes.put(b + i, (byte) 2);
        }
        for (int i = 0; i < sender.frameBytes(); i++) {
            assertThat(bytes.get(a + i)).isEqualTo((byte) 1);
        }
        queue.free(a);
        queue.free(b);
    }

    @Test
    void nothingWaitsAtFirst() {
        FrameBatch batch = new FrameBatch(8);
        for (int i = 0; i < receiver.queues(); i++) {
            awaitQuiet(receiver.queue(i));
            assertThat(receiver.queue(i).receive(batch)).isZero();
            assertThat(receiver.queue(i).arm()).isTrue();
            receiver.queue(i).disarm();
        }
        assertThat(sender.queue(0).transmit(batch)).isZero();
    }

    @Test
    void whatIsSentOnAnyQueueArrivesAndNoFrameIsLost() {
        awaitQuiet(receiver.queue(0));
        for (int round = 0; round < 50; round++) {
            FrameBatch batch = new FrameBatch(4);
            NicQueue out = sender.queue(round & 1);
            for (int i = 0; i < 4; i++) {
                batch.add(probe(out), 42, 0);
            }
            assertThat(out.transmit(batch)).isEqualTo(4);
            assertThat(awaitArpOnAnyQueue(4)).isEqualTo(4);
        }
        assertNoFrameIsLost(sender);
        assertNoFrameIsLost(receiver);
    }

    @Test
    void armSaysNoWhileFramesWait() {
        NicQueue in = receiver.queue(0);
        awaitQuiet(in);
        NicQueue out = sender.queue(0);
        FrameBatch batch = new FrameBatch(1);
        batch.add(probe(out), 42, 0);
        assertThat(out.transmit(batch)).isEqualTo(1);
        long start = System.nanoTime();
        while (in.wakeupFd() < 0 && allArm()) {
            assertThat(System.nanoTime() - start).isLessThan(PATIENCE_NS);
        }
        assertThat(awaitArpOnAnyQueue(1)).isEqualTo(1);
    }

    private boolean allArm() {
        boolean all = true;
        for (int i = 0; i < receiver.queues(); i++) {
            all &= receiver.queue(i).arm();
            receiver.queue(i).disarm();
        }
        return all;
    }

    @Test
    void receiveFillsNoMoreThanTheBatchHasRoomFor() {
        NicQueue out = sender.queue(0);
        NicQueue in = receiver.queue(0);
        awaitQuiet(in);
        FrameBatch batch = new FrameBatch(6);
        for (int i = 0; i < 6; i++) {
            batch.add(probe(out), 42, 0);
        }
        assertThat(out.transmit(batch)).isEqualTo(6);
        FrameBatch small = new FrameBatch(2);
        int total = 0;
        long start = System.nanoTime();
        for (int turn = 0; total < 6; turn++) {
            NicQueue any = receiver.queue(turn % receiver.queues());
            int got = any.receive(small);
            assertThat(got).isBetween(0, 2).isEqualTo(small.count);
            assertThat(System.nanoTime() - start).isLessThan(PATIENCE_NS);
            for (int i = 0; i < small.count; i++) {
                assertThat(small.lengthBytes[i]).isBetween(14, 1518);
                any.free(small.offset[i]);
            }
            total += got;
            small.count = 0;
        }
        Frames.drain(in);
        assertNoFrameIsLost(receiver);
    }

    @Test
    void aNicWithoutFreeFramesRecovers() {
        NicQueue out = sender.queue(0);
        NicQueue in = receiver.queue(0);
        awaitQuiet(in);
        int probe = probe(out);
        List<Integer> held = new ArrayList<>();
        for (int offset = out.allocate(); offset >= 0; offset = out.allocate()) {
            held.add(offset);
        }
        FrameBatch batch = new FrameBatch(1);
        batch.add(probe, 42, 0);
        assertThat(out.transmit(batch)).isEqualTo(1);
        drainAll();
        held.forEach(out::free);
        drainAll();
        awaitQuiet(in);
        batch.count = 0;
        batch.add(probe(out), 42, 0);
        assertThat(out.transmit(batch)).isEqualTo(1);
        assertThat(awaitArpOnAnyQueue(1)).isEqualTo(1);
        assertNoFrameIsLost(receiver);
    }

    Nic sender() {
        return sender;
    }

    private void drainAll() {
        for (int i = 0; i < receiver.queues(); i++) {
            Frames.drain(receiver.queue(i));
        }
    }

    /** A frame with an ARP request for the host's address. */
    int probe(NicQueue queue) {
        int offset = queue.allocate();
        assertThat(offset).isNotNegative();
        ByteBuffer bytes = sender.memory().bytes();
        Ethernet.write(bytes, offset, Ethernet.BROADCAST, sender.macAddress(), Ethernet.TYPE_ARP);
        Arp.write(bytes, offset + 14, Arp.REQUEST, sender.macAddress(), OUR_IP, 0, HOST_IP);
        return offset;
    }

    /** Called when idle: every frame of the pool is free. */
    void assertNoFrameIsLost(Nic nic) {
        assertThat(nic.freeFrames()).isEqualTo(nic.totalFrames());
    }

    /**
     * Receives until {@code wanted} ARP frames for or from us have come; frees all. Any queue may get them: the probe is no flow that
     * has one.
     */
    private int awaitArpOnAnyQueue(int wanted) {
        int arps = 0;
        long start = System.nanoTime();
        while (arps < wanted && System.nanoTime() - start < PATIENCE_NS) {
            for (int i = 0; i < receiver.queues(); i++) {
                arps += arps(receiver.queue(i));
            }
        }
        return arps;
    }

    private int arps(NicQueue in) {
        FrameBatch batch = new FrameBatch(16);
        ByteBuffer bytes = receiver.memory().bytes();
        int arps = 0;
        if (in.receive(batch) == 0) {
            Thread.onSpinWait();
        }
        for (int i = 0; i < batch.count; i++) {
            if (Ethernet.type(bytes, batch.offset[i]) == Ethernet.TYPE_ARP) {
                arps++;
            }
            in.free(batch.offset[i]);
        }
        return arps;
    }

    /** A kernel's end of a TAP may chatter when it comes up; memory never does. */
    void awaitQuiet(NicQueue in) {
        Frames.drain(in);
    }
}
