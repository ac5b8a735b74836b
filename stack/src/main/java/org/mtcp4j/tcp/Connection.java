/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.TcpSegment;

/**
 * One TCP connection (RFC 9293). Single-threaded: only the owner of its context calls it. Every call that may need something sent
 * leaves {@link #wantsOutput()} true; the owner then calls {@link #output} once per round, after all input of the round.
 *
 * <p>Payload never passes through here: positions of the send and receive streams do.
 */
public class Connection {
    /**
     * @param settings owned by the connection from here on
     * @param stats where loss, duplicates, bad segments are counted
     */
    public Connection(TcpSettings settings, SegmentSink sink, ReceiveSink store, TcpCounters stats) {}

    // ---- life -------------------------------------------------------------------------------------------------------
    /** Active open: CLOSED → SYN-SENT. The SYN goes out at the next {@link #output}. */
    public void openActive(int iss, long nowNs) {}

    /** Passive open on a SYN that a listener took: LISTEN → SYN-RECEIVED (RFC 9293 §3.10.7.2, third). */
    public void openPassive(TcpSegment syn, int iss, long nowNs) {}

    /** A segment arrived for this connection (RFC 9293 §3.10.7), its checksum good. Any state but LISTEN. */
    public void arrives(TcpSegment segment, long nowNs) {}

    /** {@link #nextDeadlineNs()} has come. Calling early does no harm. */
    public void expire(long nowNs) {}

    /** Sends what may be sent now: control, data, acknowledgement, in that order. */
    public void output(long nowNs) {}

    /** Whether {@link #output} has something to do. */
    public boolean wantsOutput() {
        return false;
    }

    /** The one deadline, in nanoseconds on the caller's clock, or {@code Long.MAX_VALUE}. */
    public long nextDeadlineNs() {
        return Long.MAX_VALUE;
    }

    // ---- what the application did -----------------------------------------------------------------------------------
    /** The application has written the send stream up to this position (exclusive). Never moves back. */
    public void sendLimit(long streamPosition, long nowNs) {}

    /** The application has read the receive stream up to this position; opens the window, maybe an update goes out. */
    public void readUpTo(long streamPosition, long nowNs) {}

    /** SHUT_WR: FIN after the last byte written. In SYN-RECEIVED too. Idempotent. */
    public void shutdownOutput(long nowNs) {}

    /**
     * The application closed its handle: FIN as {@link #shutdownOutput}; unread or later data is answered with RST (RFC 9293
     * §3.6.1, RFC 1122 §4.2.2.13), FIN-WAIT-2 is limited.
     */
    public void close(long nowNs) {}

    /** RST at once (linger 0, close with unread data); CLOSED with {@link CloseReason#ABORTED}. */
    public void abort(long nowNs) {}

    /** An ICMP error names this connection (RFC 5927 rules); soft errors are remembered, hard ones end SYN-SENT only. */
    public void icmpError(CloseReason reason, int quotedSeq, long nowNs) {}

    // ---- what came of it --------------------------------------------------------------------------------------------
    public TcpState state() {
        return TcpState.CLOSED;
    }

    public CloseReason closeReason() {
        return CloseReason.NONE;
    }

    /** Send-stream position up to which the peer has acknowledged; storage below is free. */
    public long ackedPosition() {
        return 0;
    }

    /** Receive-stream position up to which data is complete and in order. */
    public long receivedPosition() {
        return 0;
    }

    /** Whether the peer's FIN has been received in order. */
    public boolean finReceived() {
        return false;
    }

    /** Whether our FIN has been acknowledged. */
    public boolean finAcked() {
        return false;
    }

    /** Whether bytes beyond a gap are stored above {@link #receivedPosition()}. */
    public boolean hasOutOfOrderData() {
        return false;
    }

    public TcpSettings settings() {
        return null;
    }

    /** Settings changed by the application's options: take them up (Nagle off sends what waits, keep-alive re-arms). */
    public void settingsChanged(long nowNs) {}

    /** Whether a SYN that arrived in TIME-WAIT may start a new connection (RFC 6191, RFC 9293 §3.10.7.4 MAY-2). */
    public boolean mayReuse(TcpSegment syn) {
        return false;
    }
}
