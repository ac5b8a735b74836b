/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/** Slow start and congestion avoidance of RFC 5681. */
final class NewReno extends CongestionControl {
    /** Bytes acknowledged in congestion avoidance since cwnd last grew (RFC 3465 §2.1). */
    private int credit;

    @Override
    void acknowledged(int ackedBytes, int inFlightBytes, long srttNs, long nowNs) {
        if (cwnd < ssthresh) {
            slowStart(ackedBytes, inFlightBytes);
            return;
        }
        if (!isWindowUsed(inFlightBytes)) {
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
