/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Buffers that grow with the path: nobody has to know its bandwidth and delay (RFC 7323 §2, dynamic right-sizing). */
class WindowTuningTest {
    private static final int SEND_BYTES = 256 * 1024;
    private static final int MOST_BYTES = 32 << 20;

    /** As the stack's defaults are. */
    private static Lab.Peer flow(Lab lab, int mostBytes) {
        Lab.Peer sender = lab.flow(s -> s.receiveBufferMostBytes = mostBytes);
        sender.sendBufferBytes = SEND_BYTES;
        sender.sendBufferMostBytes = mostBytes;
        return sender;
    }

    private static double sharesOf(Lab lab, Lab.Peer sender, long warmUpNs, long measuredNs) {
        lab.run(warmUpNs);
        long before = sender.other.connection.receivedPosition();
        lab.run(measuredNs);
        return sender.goodput(before, measuredNs) / lab.bitsPerSecond;
    }

    private static Lab longPath(long seed) {
        Lab lab = new Lab(seed);
        lab.bitsPerSecond = 1e9;
        lab.delayNs = 50 * Lab.MS;
        lab.queueBytes = 6_250_000;
        return lab;
    }

    @Test
    void aPathOf100MillisecondsAndAGigabitFillsWithDefaults() {
        Lab lab = longPath(1);
        Lab.Peer sender = flow(lab, MOST_BYTES);
        double share = sharesOf(lab, sender, 5 * Lab.SECOND, 10 * Lab.SECOND);
        System.out.printf(
                "1 Gb/s, 100 ms, defaults: %.3f of the path, window %d, send buffer %d, hystart %d, retransmitted %d%n",
                share,
                sender.other.settings.receiveBufferBytes,
                sender.sendBufferBytes,
                sender.stats.hyStartDelayDetect,
                sender.stats.retransSegs);
        assertThat(share).isGreaterThan(0.9);
        assertThat(sender.other.settings.receiveBufferBytes).isBetween(12_500_000, MOST_BYTES);
    }

    @Test
    void buffersOfAFixedSizeAreTheLimitOfALongPath() {
        Lab lab = longPath(1);
        Lab.Peer sender = flow(lab, 0);
        double share = sharesOf(lab, sender, 5 * Lab.SECOND, 10 * Lab.SECOND);
        assertThat(share).isLessThan(0.05);
        assertThat(sender.other.settings.receiveBufferBytes).isEqualTo(512 * 1024);
    }

    @Test
    void aShortPathNeedsNoMoreThanItHas() {
        Lab lab = new Lab(2);
        lab.bitsPerSecond = 1e8;
        lab.delayNs = Lab.MS;
        lab.queueBytes = 50_000;
        Lab.Peer sender = flow(lab, MOST_BYTES);
        assertThat(sharesOf(lab, sender, 2 * Lab.SECOND, 5 * Lab.SECOND)).isGreaterThan(0.85);
        assertThat(sender.other.settings.receiveBufferBytes).isEqualTo(512 * 1024);
        assertThat(sender.sendBufferBytes).isLessThan(2 * SEND_BYTES);
    }

    @Test
    void buffersThatHaveGrownShrinkWhenStorageRunsShort() {
        Lab lab = longPath(3);
        Lab.Peer sender = flow(lab, MOST_BYTES);
        lab.run(5 * Lab.SECOND);
        int grown = sender.other.settings.receiveBufferBytes;
        assertThat(grown).isGreaterThan(2 << 20);
        sender.other.storageShort = true;
        lab.run(5 * Lab.SECOND);
        assertThat(sender.other.settings.receiveBufferBytes).isEqualTo(512 * 1024);
        assertThat(sender.other.stats.rcvBufShrunk).isPositive();
    }
}
