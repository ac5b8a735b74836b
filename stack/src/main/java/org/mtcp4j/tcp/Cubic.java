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

    private HyStart slowStart;
    private CubicEpoch epoch;

    @Override
    void roundTrip(Connection c, TcpSegment s, long nowNs) {
        if (ssthresh == MAX_WINDOW_BYTES) {
            if (slowStart == null) {
                slowStart = new HyStart(c);
            }
            if (slowStart.sample(c, slowStart.roundTripNs(c, s, nowNs))) {
                ssthresh = cwnd;
            }
        }
    }

    /** New data has left. */
    void sentNew(int seq, int seqEnd, long nowNs) {
        if (slowStart != null) {
            slowStart.sentNew(seq, seqEnd, nowNs);
        }
    }

    /** Something has left once more. */
    void resent() {
        if (slowStart != null) {
            slowStart.resent();
        }
    }

    @Override
    void acknowledged(int ackedBytes, int inFlightBytes, long srttNs, long nowNs) {
        if (cwnd < ssthresh) {
            if (epoch != null) {
                epoch.interrupt();
            }
            int divisor = slowStart == null ? 1 : slowStart.growthDivisor();
            slowStart(Math.max(ackedBytes / divisor, 1), inFlightBytes);
            return;
        }
        slowStart = null;
        CubicEpoch epoch = epoch();
        if (isWindowUsed(inFlightBytes)) {
            if (!epoch.isBegun()) {
                epoch.begin(cwnd, mss, nowNs);
            }
            cwnd = Math.min(epoch.grown(cwnd, ackedBytes, mss, srttNs, nowNs), MAX_WINDOW_BYTES);
        } else {
            epoch.pause(nowNs);
        }
    }

    private CubicEpoch epoch() {
        if (epoch == null) {
            epoch = new CubicEpoch();
        }
        return epoch;
    }

    @Override
    int reduced(int inFlightBytes) {
        epoch().end(cwnd, BETA);
        return Math.max((int) (inFlightBytes * BETA), 2 * mss);
    }

    @Override
    void lossInReducedWindow(int inFlightBytes, long nowNs) {
        super.lossInReducedWindow(inFlightBytes, nowNs);
        epoch().keepPlateau();
    }

    @Override
    void timedOut(int inFlightBytes, boolean first, long nowNs) {
        super.timedOut(inFlightBytes, first, nowNs);
        epoch().forgetPlateau();
    }

    @Override
    void undo() {
        super.undo();
        if (epoch != null) {
            epoch.undo();
        }
    }

    @Override
    void idle(long idleNs, long rtoNs, long nowNs) {
        int before = cwnd;
        super.idle(idleNs, rtoNs, nowNs);
        if (epoch != null && epoch.isBegun()) {
            if (cwnd < before) {
                epoch.interrupt();
            } else {
                epoch.pause(nowNs);
            }
        }
    }
}
