/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.TcpSegment;

/**
 * What is lost, what to send again, and how much has left the network without being acknowledged in sequence. One per connection,
 * from the first sign of loss.
 */
interface LossRecovery {
    /** A duplicate acknowledgement by RFC 5681 §2's definition. */
    void duplicateAck(Connection c, TcpSegment s, long nowNs);

    /**
     * SND.UNA advanced.
     *
     * @return whether this acknowledgement belongs to a recovery: then the window does not grow by it
     */
    boolean newAck(Connection c, int ackedBytes, long nowNs);

    /** The retransmission timer expired: everything outstanding counts as lost and is sent anew from SND.UNA. */
    void timedOut(Connection c);

    /** Bytes above SND.UNA that no longer are in the network: that much more may be sent than cwnd says. */
    int leftNetworkBytes();

    /** Whether a segment is to be sent again, now, whatever the windows say. */
    boolean wantsRetransmit();

    /** First sequence number of that segment; it is at most one full segment. */
    int retransmitSeq(Connection c);

    void retransmitted(Connection c, int seq, int lengthBytes);
}
