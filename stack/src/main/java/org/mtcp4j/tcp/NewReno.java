/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/** Slow start and congestion avoidance of RFC 5681, with RFC 6928's initial window. */
final class NewReno implements CongestionControl {
    /** Far above any window, far below where sums overflow. */
    private static final int MAX_WINDOW_BYTES = 1 << 30;

    private int cwnd;
    private int ssthresh = MAX_WINDOW_BYTES;
    private int mss;
    /** Bytes acknowledged in congestion avoidance since cwnd last grew (RFC 3465 §2.1). */
    private int credit;

    @Override
    public void established(int mssBytes, boolean handshakeLost) {
        mss = mssBytes;
        cwnd = handshakeLost ? mssBytes : initialWindow();
    }

    private int initialWindow() {
        return Math.min(10 * mss, Math.max(2 * mss, 14_600));
    }

    @Override
    public int windowBytes() {
        return cwnd;
    }

    @Override
    public int slowStartThresholdBytes() {
        return ssthresh;
    }

    @Override
    public void acknowledged(int ackedBytes, int inFlightBytes, long srttNs, long nowNs) {
        if (cwnd < ssthresh) {
            // All acknowledged bytes count: stretch ACKs are the rule where either side offloads.
            if (inFlightBytes > cwnd / 2) {
                cwnd = Math.min(Math.min(cwnd + ackedBytes, ssthresh), MAX_WINDOW_BYTES);
            }
            return;
        }
        // A window that was not used has not been tested (RFC 7661 §4.1).
        if (inFlightBytes < cwnd - 2 * mss) {
            return;
        }
        credit += ackedBytes;
        if (credit >= cwnd) {
            credit -= cwnd;
            cwnd = Math.min(cwnd + mss, MAX_WINDOW_BYTES);
        }
    }

    @Override
    public void lossDetected(int inFlightBytes, long nowNs) {
        ssthresh = halved(inFlightBytes);
        cwnd = ssthresh;
        credit = 0;
    }

    /** RFC 6582 §3.2 step 3, full acknowledgement, option 1: no burst of what the window let wait. */
    @Override
    public void recovered(int inFlightBytes, long nowNs) {
        cwnd = Math.min(ssthresh, Math.max(inFlightBytes, mss) + mss);
    }

    @Override
    public void timedOut(int inFlightBytes, boolean first, long nowNs) {
        if (first) {
            ssthresh = halved(inFlightBytes);
        }
        cwnd = mss;
        credit = 0;
    }

    @Override
    public void idle(long idleNs, long rtoNs) {
        if (idleNs > rtoNs) {
            cwnd = Math.min(cwnd, initialWindow());
        }
    }

    /** RFC 5681 §3.1, equation 4. */
    private int halved(int inFlightBytes) {
        return Math.max(inFlightBytes / 2, 2 * mss);
    }
}
