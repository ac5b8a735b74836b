/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/** One stage of congestion avoidance between two losses: the cubic, and the Reno flow it must not fall behind (RFC 9438 §4). */
final class CubicEpoch {
    private static final double C = 0.4;
    /** §4.3: growth of a Reno flow that keeps 0.7 of its window, in segments a round trip. */
    private static final double ALPHA = 3 * (1 - 0.7) / (1 + 0.7);

    private static final double NS = 1e-9;

    /** Where the next cubic has its plateau, in bytes; 0 before the first loss. */
    private int wMaxBytes;

    private int priorWMaxBytes;
    private boolean begun;
    private long beganNs;
    private long lastNs;
    private double kSeconds;
    private double wMaxSegments;
    private double renoSegments;
    /** The window before the last loss: from there on Reno's growth is a segment a round trip. */
    private double priorSegments;

    private int priorBytes;
    /** What was granted is less than a byte. */
    private double fraction;

    boolean isBegun() {
        return begun;
    }

    void begin(int cwndBytes, int mssBytes, long nowNs) {
        begun = true;
        beganNs = nowNs;
        lastNs = nowNs;
        wMaxSegments = (double) Math.max(wMaxBytes, cwndBytes) / mssBytes;
        renoSegments = (double) cwndBytes / mssBytes;
        priorSegments = Math.max(wMaxSegments, (double) priorBytes / mssBytes);
        kSeconds = Math.cbrt((wMaxSegments - renoSegments) / C);
        fraction = 0;
    }

    /** @param cwndBytes the window at the loss */
    void end(int cwndBytes, double beta) {
        begun = false;
        priorBytes = cwndBytes;
        priorWMaxBytes = wMaxBytes;
        // §4.7, fast convergence: a window that shrinks makes room for newcomers.
        wMaxBytes = cwndBytes < wMaxBytes ? (int) (cwndBytes * (1 + beta) / 2) : cwndBytes;
    }

    /** The window became smaller without a loss, or is in slow start: what comes next begins there. */
    void interrupt() {
        begun = false;
    }

    /** There was no loss after all. */
    void undo() {
        begun = false;
        priorBytes = 0;
        wMaxBytes = priorWMaxBytes;
    }

    /** {@link #undo} is not to go behind this. */
    void keepPlateau() {
        priorWMaxBytes = wMaxBytes;
    }

    /** §4.8, after a timeout: the plateau is at whatever slow start reaches. */
    void forgetPlateau() {
        wMaxBytes = 0;
    }

    /** The window was not used since the last acknowledgement, or pause: the time does not count (§5.8), and is taken off once. */
    void pause(long nowNs) {
        beganNs += nowNs - lastNs;
        lastNs = nowNs;
    }

    /** The window after so many bytes were acknowledged: half as much more a round trip at most (§4.4), whoever leads. */
    int grown(int cwndBytes, int ackedBytes, int mssBytes, long srttNs, long nowNs) {
        lastNs = nowNs;
        double cwnd = (double) cwndBytes / mssBytes;
        double acked = (double) ackedBytes / mssBytes;
        renoSegments += (renoSegments >= priorSegments ? 1 : ALPHA) * acked / cwnd;
        double target = Math.min(Math.max(cubic(nowNs - beganNs + srttNs), cwnd), 1.5 * cwnd);
        double next = cwnd + Math.min((target - cwnd) / cwnd * acked, cwnd / 2);
        if (cubic(nowNs - beganNs) < renoSegments) {
            next = Math.max(Math.min(renoSegments, cwnd + acked / 2), cwnd);
        }
        double bytes = (next - cwnd) * mssBytes + fraction;
        int whole = (int) bytes;
        fraction = bytes - whole;
        return cwndBytes + whole;
    }

    private double cubic(long ns) {
        double t = ns * NS - kSeconds;
        return C * t * t * t + wMaxSegments;
    }
}
