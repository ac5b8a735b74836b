/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mtcp4j.tcp.TcpSettings.Algorithm;

/**
 * Throughput in the laboratory against what the formulas say: capacity of the path, Mathis's square root of 3/2p and Padhye's formula for Reno, RFC 9438
 * §5.1 (with C = 0.4, beta = 0.7: 1.054 RTT^0.75 / p^0.75 segments) for CUBIC.
 */
class ThroughputTest {
    private static final int MSS = 1_448;
    private static final int WIRE = 1_514;

    // Mathis, Semke, Mahdavi and Ott 1997, table 1. Where windows are of a few segments, it matters that our receiver
    // delays its
    // acknowledgements; else the sender's counting of bytes makes up for that.
    private static final double EVERY = 1.22;
    private static final double DELAYED = 0.93;
    private static final double MANY = 0.02;

    private static Lab lab(double bitsPerSecond, long rttMs, double loss, long seed) {
        Lab lab = new Lab(seed);
        lab.bitsPerSecond = bitsPerSecond;
        lab.delayNs = rttMs * Lab.MS / 2;
        lab.lossRate = loss;
        lab.queueBytes = Math.max((long) (bitsPerSecond / 8 * rttMs / 1_000), 64 * 1024);
        return lab;
    }

    private static Lab.Peer flow(Lab lab, Algorithm algorithm) {
        return lab.flow(s -> {
            s.congestion = algorithm;
            s.receiveBufferBytes = 64 << 20;
        });
    }

    /** Bits a second of payload. */
    private static double measure(Lab lab, Lab.Peer sender, long warmUpSeconds, long seconds) {
        lab.run(warmUpSeconds * Lab.SECOND);
        long before = sender.other.connection.receivedPosition();
        lab.run(seconds * Lab.SECOND);
        return sender.goodput(before, seconds * Lab.SECOND);
    }

    private static double mathis(long rttMs, double loss) {
        return (loss > MANY ? DELAYED : EVERY) / Math.sqrt(loss) * MSS * 8 / (rttMs / 1e3);
    }

    private static double cubic(long rttMs, double loss) {
        double segments = 1.054 * Math.pow(rttMs / 1e3, 0.75) / Math.pow(loss, 0.75);
        return segments * MSS * 8 / (rttMs / 1e3);
    }

    /**
     * Padhye, Firoiu, Towsley and Kurose 1998, equation 30 without a limit of the window: with timeouts, and with acknowledgements of
     * every second segment. Made for senders without SACK.
     */
    private static double padhye(long rttMs, double loss) {
        double b = 2;
        double rtoSeconds = rttMs / 1e3 + 0.2;
        double kept = 1 - loss;
        double start = (2 + b) / (3 * b);
        double window = start + Math.sqrt(8 * kept / (3 * b * loss) + start * start);
        double timeouts = Math.min(
                1,
                (1 - Math.pow(kept, 3))
                        * (1 + Math.pow(kept, 3) * (1 - Math.pow(kept, window - 3)))
                        / (1 - Math.pow(kept, window)));
        double backOff = 1;
        for (int i = 1; i <= 6; i++) {
            backOff += Math.pow(2, i - 1) * Math.pow(loss, i);
        }
        double segments = kept / loss + window + timeouts / kept;
        double seconds = rttMs / 1e3 * (b / 2 * window + 1) + timeouts * backOff * rtoSeconds / kept;
        return segments / seconds * MSS * 8;
    }

    private static double expected(Algorithm algorithm, double capacity, long rttMs, double loss) {
        if (algorithm == Algorithm.BBR && loss > MANY) {
            // No formula: each window has losses, and each loss a round that does not probe.
            return capacity * 0.8;
        }
        if (loss == 0 || algorithm == Algorithm.BBR) {
            return capacity * (1 - loss);
        }
        double reno = mathis(rttMs, loss);
        double formula = algorithm == Algorithm.CUBIC ? Math.max(cubic(rttMs, loss), reno) : reno;
        return Math.min(formula, capacity);
    }

    @ParameterizedTest
    @CsvSource({
        "NEW_RENO, 1000, 100, 0, 6, 20",
        "NEW_RENO, 1000, 100, 0.0001, 20, 200",
        "NEW_RENO, 1000, 100, 0.01, 20, 200",
        "NEW_RENO, 10000, 1, 0, 1, 1",
        "NEW_RENO, 1000, 20, 0.05, 10, 200",
        "CUBIC, 1000, 100, 0, 6, 20",
        "CUBIC, 1000, 100, 0.0001, 20, 200",
        "CUBIC, 1000, 100, 0.01, 20, 200",
        "CUBIC, 10000, 1, 0, 1, 1",
        "CUBIC, 1000, 20, 0.05, 10, 200",
        "BBR, 1000, 100, 0, 6, 20",
        "BBR, 1000, 100, 0.0001, 6, 20",
        "BBR, 1000, 100, 0.01, 6, 20",
        "BBR, 10000, 1, 0, 1, 1",
        "BBR, 1000, 20, 0.05, 6, 10",
    })
    void isWithinATenthOfTheFormulaOrBetter(
            Algorithm algorithm, long megabits, long rttMs, double loss, long warmUpSeconds, long seconds) {
        Lab lab = lab(megabits * 1e6, rttMs, loss, 1);
        Lab.Peer sender = flow(lab, algorithm);
        double goodput = measure(lab, sender, warmUpSeconds, seconds);
        double formula = expected(algorithm, megabits * 1e6 * MSS / WIRE, rttMs, loss);
        System.out.printf(
                "%-8s %5d Mb/s %3d ms %6.2f %% loss: %9.2f Mb/s, formula %9.2f: %.2f; %d timeouts, %d retransmitted%n",
                algorithm,
                megabits,
                rttMs,
                loss * 100,
                goodput / 1e6,
                formula / 1e6,
                goodput / formula,
                sender.stats.timeouts,
                sender.stats.retransSegs);
        assertThat(goodput).isGreaterThan(0.9 * formula);
        if (loss > 0 && algorithm != Algorithm.BBR) {
            double withTimeouts = padhye(rttMs, loss);
            System.out.printf(
                    "         of Mathis's figure %.2f, of Padhye's %.2f%n",
                    goodput / mathis(rttMs, loss), goodput / withTimeouts);
            assertThat(goodput).isGreaterThan(0.9 * withTimeouts);
        }
    }

    @ParameterizedTest
    @EnumSource(Algorithm.class)
    void reorderingOfThreePercentIsNoCollapse(Algorithm algorithm) {
        Lab lab = lab(100e6, 20, 0, 3);
        lab.reorderRate = 0.03;
        Lab.Peer sender = flow(lab, algorithm);
        double share = measure(lab, sender, 3, 10) / (100e6 * MSS / WIRE);
        System.out.printf(
                "%-8s 3 %% reordering: %.2f of the path, %d undone, %d timeouts%n",
                algorithm, share, sender.stats.dsackUndo + sender.stats.timestampUndo, sender.stats.timeouts);
        assertThat(share).isGreaterThan(0.9);
        assertThat(sender.stats.timeouts).isZero();
    }

    @ParameterizedTest
    @CsvSource({"NEW_RENO, 2", "NEW_RENO, 10", "CUBIC, 2", "CUBIC, 10", "BBR, 2", "BBR, 10"})
    void flowsShareTheLink(Algorithm algorithm, int flows) {
        Lab lab = lab(100e6, 20, 0, 5);
        List<Lab.Peer> senders = new ArrayList<>();
        for (int i = 0; i < flows; i++) {
            senders.add(flow(lab, algorithm));
            lab.run(300 * Lab.MS);
        }
        lab.run(20 * Lab.SECOND);
        long[] before = senders.stream()
                .mapToLong(s -> s.other.connection.receivedPosition())
                .toArray();
        long seconds = 60;
        lab.run(seconds * Lab.SECOND);
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < flows; i++) {
            double x = senders.get(i).goodput(before[i], seconds * Lab.SECOND);
            sum += x;
            squares += x * x;
        }
        double jain = sum * sum / (flows * squares);
        System.out.printf(
                "%-8s %2d flows: Jain's index %.3f, together %.2f of the path%n",
                algorithm, flows, jain, sum / (100e6 * MSS / WIRE));
        assertThat(sum / (100e6 * MSS / WIRE)).isGreaterThan(0.9);
        assertThat(jain).isGreaterThan(0.9);
    }

    @Test
    void bbrKeepsTheQueueShort() {
        Lab lab = lab(100e6, 20, 0, 1);
        lab.queueBytes = 50_000_000;
        Lab.Peer sender = flow(lab, Algorithm.BBR);
        lab.run(3 * Lab.SECOND);
        lab.longestQueueBytes = 0;
        double share = measure(lab, sender, 0, 8) / (100e6 * MSS / WIRE);
        assertThat(share).isGreaterThan(0.9);
        assertThat(lab.longestQueueBytes).as("the path holds 250 kB").isLessThan(300_000);
    }
}
