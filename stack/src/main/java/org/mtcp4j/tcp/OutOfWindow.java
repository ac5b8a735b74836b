/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpSegment;

/**
 * The acknowledgement that a segment draws which is outside the window or too old (RFC 9293 §3.10.7.4, RFC 7323 §5.3). A good peer sends
 * such segments: keep-alive probes, window probes, what it sends again since our acknowledgement was lost. So the limits are each
 * connection's own, as Linux has them ({@code tcp_invalid_ratelimit}): nobody else can use them up.
 */
final class OutOfWindow {
    /** Two ends that disagree about numbers answer each other's answers no faster than this. */
    static final int INTERVAL_MS = 500;

    private static final long MS_NS = 1_000_000L;

    private OutOfWindow() {}

    static void answer(Connection c, TcpSegment s, long nowNs) {
        if (s.has(TcpSegment.SYN)) {
            if (isRepeatedSynAck(c, s)) {
                DelayedAck.ackNow(c);
            } else {
                ChallengeAck.send(c, nowNs);
            }
        } else if (s.segLen() > 0 || mayAnswer(c, nowNs)) {
            // What has a length is not an answer, so no loop comes of it.
            DelayedAck.ackNow(c);
        }
    }

    /** Our acknowledgement of it was lost: until another comes, the peer is half open. */
    private static boolean isRepeatedSynAck(Connection c, TcpSegment s) {
        return s.has(TcpSegment.ACK) && s.seq == c.irs && Seq.gt(s.ack, c.iss) && Seq.leq(s.ack, c.sndMax);
    }

    /** Whether the connection has not been answered for of late; it is now. */
    static boolean mayAnswer(Connection c, long nowNs) {
        int nowMs = (int) (nowNs / MS_NS);
        if (Integer.compareUnsigned(nowMs - c.outOfWindowAnsweredMs, INTERVAL_MS) < 0) {
            c.stats.outOfWindowAcksLimited++;
            return false;
        }
        c.outOfWindowAnsweredMs = nowMs;
        return true;
    }
}
