/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.TcpSegment;

/**
 * CUBIC (RFC 9438) with HyStart++ (RFC 9406) in the first slow start. What only slow start or only congestion avoidance needs is an
 * object of its own, so that a connection which never fills its window has neither.
 */
final class Cubic extends CongestionControl {
    /** §4.6: what is kept of the window at a loss. */
    private static final double BETA = 0.7;

    /** Where the cubic has its plateau, in bytes; 0 before the first loss. */
    private int wMaxBytes;

    private int priorWMaxBytes;
    private HyStart slowStart;
    private CubicEpoch epoch;

    @Override
    void roundTrip(Connection c, TcpSegment s, long nowNs) {
        if (ssthresh == MAX_WINDOW_BYTES && c.timestamps && s.timestamps) {
            if (slowStart == null) {
                slowStart = new HyStart(c);
            }
            long rttNs = Timestamps.roundTripNs(c, s, nowNs);
            if (slowStart.sample(c, rttNs)) {
                ssthresh = cwnd;
            }
        }
    }

    @Override
    void acknowledged(int ackedBytes, int inFlightBytes, long srttNs, long nowNs) {
        if (cwnd < ssthresh) {
            int divisor = slowStart == null ? 1 : slowStart.growthDivisor();
            slowStart(Math.max(ackedBytes / divisor, 1), inFlightBytes);
            return;
        }
        slowStart = null;
        if (epoch == null) {
            epoch = new CubicEpoch();
        }
        if (isWindowUsed(inFlightBytes)) {
            if (!epoch.isBegun()) {
                epoch.begin(cwnd, Math.max(wMaxBytes, cwnd), mss, nowNs);
            }
            cwnd = Math.min(epoch.grown(cwnd, ackedBytes, mss, srttNs, nowNs), MAX_WINDOW_BYTES);
        } else {
            epoch.pause(nowNs);
        }
    }

    @Override
    int reduced(int inFlightBytes) {
        priorWMaxBytes = wMaxBytes;
        // §4.7, fast convergence: a window that shrinks makes room for newcomers.
        wMaxBytes = cwnd < wMaxBytes ? (int) (cwnd * (1 + BETA) / 2) : cwnd;
        if (epoch != null) {
            epoch.end(cwnd);
        }
        return Math.max((int) (inFlightBytes * BETA), 2 * mss);
    }

    @Override
    void lossInReducedWindow(int inFlightBytes, long nowNs) {
        super.lossInReducedWindow(inFlightBytes, nowNs);
        priorWMaxBytes = wMaxBytes;
    }

    @Override
    void timedOut(int inFlightBytes, boolean first, long nowNs) {
        super.timedOut(inFlightBytes, first, nowNs);
        // §4.8: congestion avoidance begins at the plateau of whatever slow start reaches.
        wMaxBytes = 0;
    }

    @Override
    void undo() {
        super.undo();
        wMaxBytes = priorWMaxBytes;
        if (epoch != null) {
            epoch.end(0);
        }
    }

    @Override
    void idle(long idleNs, long rtoNs) {
        super.idle(idleNs, rtoNs);
        if (epoch != null) {
            epoch.shift(idleNs);
        }
    }
}
