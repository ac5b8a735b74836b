/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.TcpSegment;

/**
 * What is lost, what to send again, and how much has left the network without being acknowledged in sequence. One per connection,
 * from the first sign of loss. It tells congestion control what the acknowledgements mean.
 */
interface LossRecovery {
    /** An acknowledgement that does not advance SND.UNA: a duplicate by RFC 5681 §2, or with SACK any that came since the first loss. */
    void duplicateAck(Connection c, TcpSegment s, long nowNs);

    /**
     * SND.UNA advanced.
     *
     * @param inFlightBytes most that was outstanding in the window of data that it belongs to
     */
    void newAck(Connection c, TcpSegment s, int ackedBytes, int inFlightBytes, long nowNs);

    /** The retransmission timer expired: everything outstanding counts as lost and is sent anew from SND.UNA. */
    void timedOut(Connection c);

    /** What is in flight does not fit the path: it is sent again, in smaller segments, and the window stays. */
    void tooLong(Connection c);

    /** What is in the network for the threshold of a timeout (FlightSize of RFC 5681 §3.1), without what an earlier one gave up. */
    int flightBytes(Connection c);

    /** Whether a timeout now would be for a loss that the congestion window has already been cut for. */
    boolean isRecovering();

    /** Bytes above SND.UNA that no longer are in the network: that much more may be sent than cwnd says. */
    int leftNetworkBytes();

    /** Whether a segment is to be sent again now. */
    boolean wantsRetransmit(Connection c);

    /** First sequence number of that segment. */
    int retransmitSeq(Connection c);

    /** Most sequence numbers that it may take. */
    int retransmitLength(Connection c);

    void retransmitted(Connection c, int seq, int length, long nowNs);

    /** New data has left. */
    void sentNew(int lengthBytes);
}
