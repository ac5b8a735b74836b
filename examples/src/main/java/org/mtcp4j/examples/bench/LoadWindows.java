/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * What every load program counts and prints: for each window, between lines {@code start} and {@code end}, a line {@code window RATE MBIT
 * P50_US P99_US P999_US P9999_US MAX_US ERRORS} on standard output. One thread.
 */
final class LoadWindows {
    private final Histogram latencyNs = new Histogram(TimeUnit.MINUTES.toNanos(1), 2);
    long done;
    long bytes;
    long errors;

    /** Runs a load for a time. */
    interface Load {
        void runFor(long millis) throws IOException;
    }

    void record(long latency) {
        done++;
        latencyNs.recordValue(Math.min(Math.max(latency, 0), TimeUnit.MINUTES.toNanos(1)));
    }

    /** Warms, measures, prints; then waits for the end of standard input, so that the harness can still look at the process. */
    void run(Load load, long warmMillis, long windowMillis, int windows) throws IOException {
        load.runFor(warmMillis);
        for (int i = 0; i < windows; i++) {
            latencyNs.reset();
            done = 0;
            bytes = 0;
            errors = 0;
            System.out.println("start");
            long startNs = System.nanoTime();
            load.runFor(windowMillis);
            print((System.nanoTime() - startNs) / 1e9);
        }
        int ignored = System.in.read();
        System.exit(ignored < 0 ? 0 : 1);
    }

    private void print(double seconds) {
        System.out.println(String.format(
                Locale.ROOT,
                "window %.0f %.1f %.1f %.1f %.1f %.1f %.1f %d",
                done / seconds,
                bytes * 8 / 1e6 / seconds,
                latencyNs.getValueAtPercentile(50) / 1e3,
                latencyNs.getValueAtPercentile(99) / 1e3,
                latencyNs.getValueAtPercentile(99.9) / 1e3,
                latencyNs.getValueAtPercentile(99.99) / 1e3,
                latencyNs.getMaxValue() / 1e3,
                errors));
        System.out.println("end");
    }
}
