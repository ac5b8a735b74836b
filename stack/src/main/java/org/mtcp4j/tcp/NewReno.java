/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/** Slow start and congestion avoidance of RFC 5681. */
final class NewReno extends CongestionControl {
    /** Bytes acknowledged in congestion avoidance since cwnd last grew (RFC 3465 §2.1). */
    private int credit;

    @Override
    void acknowledged(int ackedBytes, int inFlightBytes, long srttNs, long nowNs) {
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

    /** RFC 5681 §3.1, equation 4. */
    @Override
    int reduced(int inFlightBytes) {
        credit = 0;
        return Math.max(inFlightBytes / 2, 2 * mss);
    }
}
