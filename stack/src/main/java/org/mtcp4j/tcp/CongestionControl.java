/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.TcpSegment;

/**
 * How much may be in the network (RFC 5681). One per connection, with its state. What counts as lost, and what to send again, is
 * {@link LossRecovery}'s business.
 */
abstract class CongestionControl {
    /** Far above any window, far below where sums overflow. */
    static final int MAX_WINDOW_BYTES = 1 << 30;

    int cwnd;
    int ssthresh = MAX_WINDOW_BYTES;
    int mss;
    private int priorCwnd;
    private int priorSsthresh;

    static CongestionControl of(TcpSettings settings) {
        return switch (settings.congestion) {
            case NEW_RENO -> new NewReno();
            case CUBIC -> new Cubic();
            case BBR -> new Bbr();
        };
    }

    /**
     * The connection is established.
     *
     * @param handshakeLost whether a SYN had to be repeated more than once: start with one segment (RFC 5681 §3.1)
     */
    final void established(int mssBytes, boolean handshakeLost) {
        mss = mssBytes;
        cwnd = handshakeLost ? mssBytes : initialWindow();
    }

    /** RFC 6928 §2. */
    final int initialWindow() {
        return Math.min(10 * mss, Math.max(2 * mss, 14_600));
    }

    /** Congestion window in bytes, at least one segment. */
    final int windowBytes() {
        return cwnd;
    }

    /** Loss recovery paces by it. */
    final void windowBytes(int bytes) {
        cwnd = Math.max(bytes, mss);
    }

    final int slowStartThresholdBytes() {
        return ssthresh;
    }

    /**
     * An acknowledgement advanced SND.UNA outside fast recovery.
     *
     * @param inFlightBytes most that was outstanding in the window of data that it belongs to
     * @param srttNs smoothed round-trip time, 0 if unknown
     */
    abstract void acknowledged(int ackedBytes, int inFlightBytes, long srttNs, long nowNs);

    /** So many bytes have arrived, in sequence or beyond a gap; after everything else that an acknowledgement brings. */
    void delivered(Connection c, int bytes, long nowNs) {}

    /** A round trip in a slow start that uses its window. */
    void roundTrip(Connection c, TcpSegment s, long nowNs) {}

    final boolean inSlowStart() {
        return cwnd < ssthresh;
    }

    /** A window of one segment is used by whatever is in flight, though it be a small one. */
    final boolean isSlowStartUsed(int inFlightBytes) {
        return cwnd < ssthresh && (inFlightBytes > cwnd / 2 || cwnd <= mss);
    }

    /** All acknowledged bytes count: stretch ACKs are the rule where either side offloads. A small segment alone counts as a full one. */
    final void slowStart(int ackedBytes, int inFlightBytes) {
        if (isSlowStartUsed(inFlightBytes)) {
            int grownBytes = cwnd <= mss ? Math.max(ackedBytes, mss) : ackedBytes;
            cwnd = Math.min(Math.min(cwnd + grownBytes, ssthresh), MAX_WINDOW_BYTES);
        }
    }

    /** A window that was not used has not been tested (RFC 7661 §4.1). */
    final boolean isWindowUsed(int inFlightBytes) {
        return inFlightBytes >= cwnd - 2 * mss;
    }

    /** Loss was found by duplicate acknowledgements or SACK; recovery begins. */
    void lossDetected(int inFlightBytes, long nowNs) {
        save();
        ssthresh = reduced(inFlightBytes);
        cwnd = ssthresh;
    }

    /** The peer has seen packets marked (RFC 3168 §6.1.2): as for a loss, but nothing is to be sent again. */
    void marked(int inFlightBytes, long nowNs) {
        lossDetected(Math.min(inFlightBytes, cwnd), nowNs);
    }

    /** A loss in a window of data that the window was cut for already: what follows may find it spurious, but not that cut. */
    void lossInReducedWindow(int inFlightBytes, long nowNs) {
        save();
    }

    /** RFC 6582 §3.2 step 3, full acknowledgement, option 1: no burst of what the window let wait. */
    final void recovered(int inFlightBytes, long nowNs) {
        cwnd = Math.min(ssthresh, Math.max(inFlightBytes, mss) + mss);
    }

    /** What SACK found lost is repaired. */
    void recoveryEnded() {
        windowBytes(ssthresh);
    }

    /**
     * The retransmission timer expired.
     *
     * @param first false when the same segment expires again, or the window was cut for the same loss before
     */
    void timedOut(int inFlightBytes, boolean first, long nowNs) {
        if (first) {
            save();
            ssthresh = reduced(inFlightBytes);
        }
        cwnd = mss;
    }

    /** The slow-start threshold after a loss. */
    abstract int reduced(int inFlightBytes);

    private void save() {
        priorCwnd = cwnd;
        priorSsthresh = ssthresh;
    }

    /** The last loss was none: what it cost comes back. */
    void undo() {
        cwnd = Math.max(cwnd, priorCwnd);
        ssthresh = Math.max(ssthresh, priorSsthresh);
    }

    /**
     * About to send while nothing is outstanding, so long after the last was sent: after a timeout's time the window starts anew
     * (RFC 5681 §4.1). Most of what was learnt stays as the threshold (RFC 7661 §4.4.2).
     */
    void idle(long idleNs, long rtoNs, long nowNs) {
        if (idleNs > rtoNs && cwnd > initialWindow()) {
            ssthresh = Math.max(ssthresh, cwnd - cwnd / 4);
            cwnd = initialWindow();
        }
    }
}
