/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/**
 * What {@code ss -i} shows of a connection. Any thread reads it beside the connection's owner, so each figure may be of another moment. One object
 * serves for any number of connections.
 */
public final class ConnectionInfo {
    /** Smoothed round trip, its variation, and the least seen; 0 before the first. */
    public long srttNs;

    public long rttvarNs;
    public long minRttNs;
    /** Retransmission timeout as it is now, backed off. */
    public long rtoNs;
    /** Timeouts and probes in a row without an answer. */
    public int unanswered;

    public String congestion = "";
    public int cwndBytes;
    public int ssthreshBytes;
    /** Payload of a full segment. */
    public int mssBytes;
    /** Sent and not acknowledged. */
    public int inFlightBytes;
    /** What the peer takes beyond what it has acknowledged, and what we take. */
    public int sendWindowBytes;

    public int receiveWindowBytes;
    public int sendScale;
    public int receiveScale;

    public boolean timestamps;
    public boolean sack;
    public boolean ecn;
    /** Segments arrive out of order on this path. */
    public boolean reordering;

    public boolean outOfOrder;
    /** Waits for the peer to open its window. */
    public boolean persisting;

    /** Of the whole connection. */
    public long ackedBytes;

    public long receivedBytes;
    /** On the stack's clock; {@code Long.MIN_VALUE} before the first. */
    public long lastSentNs;

    public long lastReceivedNs;

    public void read(Connection c) {
        RttEstimator rtt = c.rtt;
        srttNs = rtt.srttNs();
        rttvarNs = rtt.rttvarNs();
        minRttNs = rtt.minRttNs();
        rtoNs = rtt.rtoNs(c.settings);
        unanswered = c.unanswered;
        congestion = c.settings.congestion.name();
        cwndBytes = c.congestion.windowBytes();
        ssthreshBytes = c.congestion.ssthresh;
        mssBytes = c.sendMss;
        inFlightBytes = Math.max(0, c.sndMax - c.sndUna);
        sendWindowBytes = c.sndWnd;
        receiveWindowBytes = c.receiveWindow();
        sendScale = c.sendScale;
        receiveScale = c.receiveScale;
        timestamps = c.timestamps;
        sack = c.sack;
        ecn = c.ecn != null;
        reordering = c.reorderingSeen;
        outOfOrder = c.reassembly != null;
        persisting = c.persisting;
        ackedBytes = c.ackedPosition();
        receivedBytes = c.receivedPosition();
        lastSentNs = c.lastSentNs;
        lastReceivedNs = c.lastReceivedNs;
    }

    /** Whether a slow start has ended once. */
    public boolean hasThreshold() {
        return ssthreshBytes < CongestionControl.MAX_WINDOW_BYTES;
    }
}
