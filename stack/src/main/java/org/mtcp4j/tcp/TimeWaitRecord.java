/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpSegment;

/**
 * What is left of a connection in TIME-WAIT once its application has let go of it, and how it answers. A scratch object: the caller
 * keeps the numbers wherever it likes. Single-threaded.
 */
public final class TimeWaitRecord {
    /** Nothing to do. */
    public static final int IGNORE = 0;
    /** An acknowledgement is to be sent. */
    public static final int REPLY = 1;
    /** As {@link #REPLY}, and TIME-WAIT begins anew. */
    public static final int REPLY_AND_RESTART = 2;
    /** The segment is a SYN that may start a new connection on the tuple. */
    public static final int REUSE = 3;

    /**
     * How far behind the old SND.NXT a new connection on the tuple begins (RFC 9293 §3.6.1: above everything the old one sent): as
     * Linux, more than any window without scaling.
     */
    private static final int ISS_DISTANCE = 65_537;

    private static final int CONTROL = TcpSegment.SYN | TcpSegment.ACK | TcpSegment.RST | TcpSegment.FIN;

    public int sndNxt;
    public int rcvNxt;
    /** Meaningful with {@link #timestamps}. */
    public int tsRecent;

    public int timestampOffset;
    public boolean timestamps;

    /** Takes a connection's numbers. */
    public void of(Connection c) {
        sndNxt = c.sndMax;
        rcvNxt = c.rcvNxt;
        tsRecent = c.tsRecent;
        timestampOffset = c.timestampOffset;
        timestamps = c.timestamps;
    }

    /**
     * A segment for the tuple (RFC 9293 §3.10.7.4, TIME-WAIT STATE in each step). Resets are ignored, whatever their number: RFC 1337
     * §3, fix F1.
     */
    public int arrives(TcpSegment s) {
        if (s.has(TcpSegment.RST)) {
            return IGNORE;
        }
        if ((s.flags & CONTROL) == TcpSegment.SYN && mayReuse(s)) {
            return REUSE;
        }
        if (s.has(TcpSegment.FIN) && s.seq + s.segLen() == rcvNxt) {
            return REPLY_AND_RESTART;
        }
        boolean bare = s.segLen() == 0;
        boolean old = timestamps && s.timestamps && Seq.lt(s.tsVal, tsRecent);
        // An acknowledgement that says what is known already is not answered; what else is out of place draws the
        // state.
        return bare && !old && s.seq == rcvNxt && s.has(TcpSegment.ACK) ? IGNORE : REPLY;
    }

    /** Initial sequence number of the connection that takes the place of one that has sent up to there. */
    static int reopeningIss(int sndNxt) {
        return sndNxt + ISS_DISTANCE;
    }

    /** Initial sequence number of the connection that takes its place. */
    public int reopeningIss() {
        return reopeningIss(sndNxt);
    }

    /** RFC 6191 §2: a timestamp, or else a sequence number, that no old segment can have. */
    private boolean mayReuse(TcpSegment syn) {
        if (timestamps && syn.timestamps && syn.tsVal != tsRecent) {
            return Seq.gt(syn.tsVal, tsRecent);
        }
        return Seq.gt(syn.seq, rcvNxt);
    }

    /** The acknowledgement: {@code <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>}, with a window of 0, since nobody reads any more. */
    public void reply(SegmentOut out, long nowNs) {
        out.reset(sndNxt, rcvNxt, TcpSegment.ACK, 0);
        if (timestamps) {
            out.timestamps = true;
            out.tsVal = Timestamps.value(timestampOffset, nowNs);
            out.tsEcr = tsRecent;
        }
    }
}
