/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/**
 * How much may be in the network (RFC 5681). One per connection, with its state. What counts as lost, and what to send again, is
 * {@link LossRecovery}'s business.
 */
interface CongestionControl {
    /**
     * The connection is established.
     *
     * @param handshakeLost whether a SYN had to be repeated more than once: start with one segment (RFC 5681 §3.1)
     */
    void established(int mssBytes, boolean handshakeLost);

    /** Congestion window in bytes, at least one segment. */
    int windowBytes();

    int slowStartThresholdBytes();

    /**
     * An acknowledgement advanced SND.UNA outside fast recovery.
     *
     * @param inFlightBytes outstanding before it came
     * @param srttNs smoothed round-trip time, 0 if unknown
     */
    void acknowledged(int ackedBytes, int inFlightBytes, long srttNs, long nowNs);

    /** Loss was found by duplicate acknowledgements; recovery begins. */
    void lossDetected(int inFlightBytes, long nowNs);

    /** Recovery ended: everything outstanding when it began is acknowledged. */
    void recovered(int inFlightBytes, long nowNs);

    /**
     * The retransmission timer expired.
     *
     * @param first false when the same segment expires again
     */
    void timedOut(int inFlightBytes, boolean first, long nowNs);

    /** About to send after nothing was outstanding for this long (RFC 5681 §4.1). */
    void idle(long idleNs, long rtoNs);
}
