/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.mtcp4j.tcp.TcpSettings.Algorithm;

/**
 * {@code docs/benchmarks/simulator.md}: throughput and retransmissions for buffers, loss, delay and congestion control, in virtual time, so
 * that a change of behaviour is a change of the file. {@code bin/bench simulator} writes it anew; here a part of it is run.
 */
class SimulatorTableTest {
    private static final Path FILE = Path.of("..", "docs", "benchmarks", "simulator.md");
    private static final boolean UPDATE = Boolean.getBoolean("mtcp.simulator.update");
    /** Of the cells, one in so many is checked by default. */
    private static final int PART = Integer.getInteger("mtcp.simulator.part", 9);

    private static final int[] BUFFERS_KIB = {16, 32, 64, 128, 256, 512, 1_024, 4_096, 16_384};
    private static final double[] LOSS_PERCENT = {0, 0.01, 0.1, 0.3, 1, 2, 5, 10};
    private static final int[] RTT_MS = {2, 20, 100};
    private static final double BITS_PER_SECOND = 100e6;
    private static final long WARM_UP_NS = 2 * Lab.SECOND;
    private static final long MEASURED_NS = 10 * Lab.SECOND;

    /** Goodput in Mb/s, segments sent again per hundred received. */
    private static String cell(Algorithm algorithm, int rttMs, double lossPercent, int bufferKib) {
        Lab lab = new Lab(11);
        lab.bitsPerSecond = BITS_PER_SECOND;
        lab.delayNs = rttMs * Lab.MS / 2;
        lab.lossRate = lossPercent / 100;
        lab.queueBytes = Math.max((long) (BITS_PER_SECOND / 8 * rttMs / 1_000), 64 * 1024);
        Lab.Peer sender = lab.flow(s -> {
            s.congestion = algorithm;
            s.receiveBufferBytes = bufferKib * 1024;
        });
        sender.sendBufferBytes = bufferKib * 1024L;
        lab.run(WARM_UP_NS);
        long before = sender.other.connection.receivedPosition();
        long retransmitted = sender.stats.retransSegs;
        long sent = sender.stats.outSegs;
        lab.run(MEASURED_NS);
        double share = 100.0 * (sender.stats.retransSegs - retransmitted) / Math.max(1, sender.stats.outSegs - sent);
        return String.format(Locale.ROOT, "%.2f (%.2f)", sender.goodput(before, MEASURED_NS) / 1e6, share);
    }

    private static String table() {
        StringBuilder page = new StringBuilder("# Throughput in the simulator\n\n"
                + "Written by `bin/bench simulator`. One flow for 10 s of virtual time over 100 Mb/s with a queue of one"
                + " bandwidth-delay product, at least 64 KiB; the buffer is that of both ends. Goodput in Mb/s, and in"
                + " brackets the segments sent again in percent. The path carries 95.64 Mb/s.\n");
        for (Algorithm algorithm : Algorithm.values()) {
            for (int rttMs : RTT_MS) {
                page.append("\n## ")
                        .append(algorithm)
                        .append(", ")
                        .append(rttMs)
                        .append(" ms\n\n| loss |");
                for (int buffer : BUFFERS_KIB) {
                    page.append(' ').append(buffer).append(" KiB |");
                }
                page.append("\n|---|").append("---|".repeat(BUFFERS_KIB.length)).append('\n');
                for (double loss : LOSS_PERCENT) {
                    page.append("| ").append(loss).append(" % |");
                    for (int buffer : BUFFERS_KIB) {
                        page.append(' ')
                                .append(cell(algorithm, rttMs, loss, buffer))
                                .append(" |");
                    }
                    page.append('\n');
                }
            }
        }
        return page.toString();
    }

    private static List<String> cellsOf(List<String> lines) {
        List<String> cells = new ArrayList<>();
        for (String line : lines) {
            String[] parts = line.split("\\|", -1);
            if (parts.length == BUFFERS_KIB.length + 3 && parts[1].contains("%")) {
                for (int i = 0; i < BUFFERS_KIB.length; i++) {
                    cells.add(parts[i + 2].strip());
                }
            }
        }
        return cells;
    }

    /** Floating point may differ in the last place between machines, which a loss more or less may follow from. */
    private static boolean isClose(String is, String was) {
        double now = Double.parseDouble(is.substring(0, is.indexOf(' ')));
        double then = Double.parseDouble(was.substring(0, was.indexOf(' ')));
        return Math.abs(now - then) <= Math.max(0.05, 0.02 * then);
    }

    @Test
    void theTableSaysWhatTheSimulatorDoes() throws IOException {
        if (UPDATE) {
            Files.createDirectories(FILE.getParent());
            Files.writeString(FILE, table());
        }
        List<String> was = cellsOf(Files.readAllLines(FILE));
        assertThat(was).hasSize(Algorithm.values().length * RTT_MS.length * LOSS_PERCENT.length * BUFFERS_KIB.length);
        List<String> differences = new ArrayList<>();
        int i = 0;
        for (Algorithm algorithm : Algorithm.values()) {
            for (int rttMs : RTT_MS) {
                for (double loss : LOSS_PERCENT) {
                    for (int buffer : BUFFERS_KIB) {
                        if (!UPDATE && i % PART == i / BUFFERS_KIB.length % PART) {
                            String is = cell(algorithm, rttMs, loss, buffer);
                            if (!isClose(is, was.get(i))) {
                                differences.add(algorithm + " " + rttMs + " ms " + loss + " % " + buffer + " KiB: " + is
                                        + ", was " + was.get(i));
                            }
                        }
                        i++;
                    }
                }
            }
        }
        assertThat(differences).isEmpty();
    }
}
