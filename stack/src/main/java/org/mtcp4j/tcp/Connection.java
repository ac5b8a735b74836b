/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.TcpSegment;

/**
 * One TCP connection (RFC 9293). Single-threaded: only the owner of its context calls it. Every call that may need something sent
 * leaves {@link #wantsOutput()} true; the owner then calls {@link #output} once per round, after all input of the round. That holds
 * for a connection that has just gone to CLOSED, too: its RST is still to be sent.
 *
 * <p>Payload never passes through here: positions of the send and receive streams do.
 *
 * <p>Times are nanoseconds on one monotonic clock of the caller's choice, from 0 to far below {@code Long.MAX_VALUE}; they are
 * compared as plain numbers.
 */
public class Connection extends ControlBlock {
    /** 100 Gbit/s. */
    private static final long FASTEST_PATH_BYTES_PER_NS = 12;
    /** A send buffer of that size stays in the second-level cache, and fills 8 Gbit/s for a millisecond. */
    private static final int ALWAYS_USEFUL_BYTES = 1 << 20;

    /**
     * @param settings the connection's from here on, unless they are shared
     * @param stats where loss, duplicates, bad segments are counted
     */
    public Connection(TcpSettings settings, SegmentSink sink, ReceiveSink store, TcpCounters stats) {
        super(settings, sink, store, stats);
    }

    // ---- life -------------------------------------------------------------------------------------------------------
    /** Active open: CLOSED → SYN-SENT. The SYN goes out at the next {@link #output}. */
    public void openActive(int iss, long nowNs) {
        Handshake.openActive(this, iss, nowNs);
        refreshDeadline();
    }

    /** Passive open on a SYN that a listener took: LISTEN → SYN-RECEIVED (RFC 9293 §3.10.7.2, third). */
    public void openPassive(TcpSegment syn, int iss, long nowNs) {
        Handshake.openPassive(this, syn, iss, nowNs);
        refreshDeadline();
    }

    /** A segment arrived for this connection (RFC 9293 §3.10.7), its checksum good. Any state but LISTEN. */
    public void arrives(TcpSegment segment, long nowNs) {
        Arrival.arrives(this, segment, nowNs);
        refreshDeadline();
    }

    /** {@link #nextDeadlineNs()} has come. Calling early does no harm. */
    public void expire(long nowNs) {
        if (nowNs >= ackDeadlineNs) {
            DelayedAck.expire(this);
        }
        if (nowNs >= retransmitDeadlineNs) {
            if (persisting) {
                Persist.expire(this, nowNs);
            } else {
                Retransmission.expire(this, nowNs);
            }
        }
        if (congestion instanceof Bbr bbr && nowNs >= bbr.paceDeadlineNs()) {
            bbr.paceExpired();
            due |= DUE_DATA;
        }
        if (nowNs >= slowDeadlineNs) {
            if (state == TcpState.TIME_WAIT || (state == TcpState.FIN_WAIT_2 && orphan)) {
                die(CloseReason.NONE);
            } else {
                KeepAlive.expire(this, nowNs);
            }
        }
        refreshDeadline();
    }

    /** Sends what may be sent now: control, data, acknowledgement, in that order. */
    public void output(long nowNs) {
        if (due != 0) {
            Output.output(this, nowNs);
            refreshDeadline();
        }
    }

    /** Whether {@link #output} has something to do. */
    public boolean wantsOutput() {
        return due != 0;
    }

    /** The one deadline, in nanoseconds on the caller's clock, or {@code Long.MAX_VALUE}. */
    public long nextDeadlineNs() {
        return nextDeadlineNs;
    }

    // ---- what the application did -----------------------------------------------------------------------------------
    /** The application has written the send stream up to this position (exclusive). Never moves back. */
    public void sendLimit(long streamPosition, long nowNs) {
        if (streamPosition > sendLimit && !finQueued && state != TcpState.CLOSED) {
            sendLimit = streamPosition;
            due |= DUE_DATA;
        }
    }

    /** The application has read the receive stream up to this position; opens the window, maybe an update goes out. */
    public void readUpTo(long streamPosition, long nowNs) {
        if (streamPosition > readPosition) {
            readPosition = streamPosition;
            WindowTuning.read(this, nowNs);
            Receiver.maybeUpdateWindow(this);
            DelayedAck.read(this);
        }
    }

    /** Whether an acknowledgement goes out as soon as the application has read all that was received, and not before its time otherwise. */
    public boolean acknowledgesWhenRead() {
        return DelayedAck.waitsForRead(this) || Receiver.opensWhenRead(this);
    }

    /** The byte before this position of the send stream is urgent; it may be written later. */
    public void sendUrgent(long streamPosition) {
        if (!finQueued && state != TcpState.CLOSED) {
            Urgent.send(this, streamPosition);
        }
    }

    /** SHUT_WR: FIN after the last byte written. In SYN-RECEIVED too. Idempotent. */
    public void shutdownOutput(long nowNs) {
        if (finQueued || state == TcpState.CLOSED) {
            return;
        }
        finQueued = true;
        due |= DUE_DATA;
        enterFinState(nowNs);
        refreshDeadline();
    }

    /**
     * The application closed its handle: FIN as {@link #shutdownOutput}; unread or later data is answered with RST (RFC 9293
     * §3.6.1, RFC 1122 §4.2.2.13), FIN-WAIT-2 is limited.
     */
    public void close(long nowNs) {
        if (orphan || state == TcpState.CLOSED) {
            return;
        }
        orphan = true;
        if (state == TcpState.SYN_SENT) {
            die(CloseReason.ABORTED);
        } else if (receivedPosition > readPosition || hasOutOfOrderData()) {
            stats.abortOnClose++;
            abort(nowNs);
        } else {
            shutdownOutput(nowNs);
            if (state == TcpState.FIN_WAIT_2) {
                slowDeadlineNs = nowNs + settings.orphanFinWait2Ns;
            }
        }
        refreshDeadline();
    }

    /**
     * RST at once (linger 0, close with unread data), after what was written and may leave: each write would have sent it but for our
     * batching. CLOSED with {@link CloseReason#ABORTED}.
     */
    public void abort(long nowNs) {
        if (state.isSynchronized()) {
            // A sink that refuses loses it, as it loses whatever a peer's window holds back.
            Output.beginTurn(this);
            Sender.send(this, nowNs);
        }
        if (state == TcpState.CLOSING || state == TcpState.LAST_ACK) {
            // Both FINs are sent: only the peer's acknowledgement is missing, and the connection is forgotten
            // (§3.10.5).
            die(CloseReason.ABORTED);
        } else {
            resetAndDie(CloseReason.ABORTED);
        }
        refreshDeadline();
    }

    /** Something failed inside this stack: RST at once. CLOSED with {@link CloseReason#RESET}. */
    public void fail() {
        resetAndDie(CloseReason.RESET);
        refreshDeadline();
    }

    /**
     * An ICMP error names this connection: it counts only if it quotes a sequence number in flight (RFC 5927 §4.1). Before the
     * connection is synchronized it ends it (RFC 5461 §4.1), afterwards it is remembered as the reason for a later timeout.
     */
    public void icmpError(CloseReason reason, int quotedSeq, long nowNs) {
        if (Integer.compareUnsigned(quotedSeq - sndUna, sndMax - sndUna) >= 0 || state == TcpState.CLOSED) {
            return;
        }
        if (state.isSynchronized()) {
            softError = reason;
        } else {
            die(reason);
            refreshDeadline();
        }
    }

    /**
     * A router says that the path does not take what quotes this sequence number (RFC 1191 §6.5, RFC 8201 §5.4): believed only of
     * what is in flight (RFC 5927 §7.2).
     *
     * @param segmentBytes largest TCP payload and options beyond 20 bytes of header that fit the path
     */
    public void pathMtu(int segmentBytes, int quotedSeq, long nowNs) {
        if (Integer.compareUnsigned(quotedSeq - sndUna, sndMax - sndUna) < 0 && state.isSynchronized()) {
            PathMtu.told(this, segmentBytes);
            refreshDeadline();
        }
    }

    /**
     * The next hop does not answer, or the interface is down: it ends a handshake, whether its SYN has left or still waits; afterwards it
     * is the reason of a later timeout.
     */
    public void unreachable(CloseReason reason) {
        if (state.isSynchronized()) {
            softError = reason;
        } else if (state != TcpState.CLOSED) {
            die(reason);
            refreshDeadline();
        }
    }

    /** How often in a row the peer has not answered in time. */
    public final int timeoutsInARow() {
        return unanswered;
    }

    // ---- what came of it --------------------------------------------------------------------------------------------
    public TcpState state() {
        return state;
    }

    public CloseReason closeReason() {
        return closeReason;
    }

    /** Send-stream position up to which the peer has acknowledged; storage below is free. */
    public long ackedPosition() {
        return ackedPosition;
    }

    /**
     * What the send buffer should hold for the path to be filled: what may be in flight, and as much again that waits to be sent
     * while acknowledgements return. Between neighbours the window grows with what waits in rings, and a buffer behind it only adds bytes that
     * have left the processor's cache when they are sent: so never more than a path of the least round trip seen could hold.
     */
    public int wantedSendBufferBytes() {
        int bytes = 2 * Math.min(congestion.windowBytes(), Math.min(maxSndWnd, CongestionControl.MAX_WINDOW_BYTES / 2));
        return (int) Math.min(bytes, Math.max(ALWAYS_USEFUL_BYTES, rtt.minRttNs() * FASTEST_PATH_BYTES_PER_NS));
    }

    /**
     * Whether the peer has not taken a byte for a while, since its window is shut: its application does not read, and perhaps it waits for
     * ours, which writes first and reads later.
     */
    public boolean isWindowShut() {
        return Persist.isShut(this);
    }

    /** Receive-stream position up to which data is complete and in order. */
    public long receivedPosition() {
        return receivedPosition;
    }

    /** Position in the receive stream of the byte that the peer last called urgent, or -1; it may not have come yet. */
    public long urgentPosition() {
        return urgent == null ? -1 : urgent.receivedAt;
    }

    /** Whether the peer's FIN has been received in order. */
    public boolean finReceived() {
        return finReceived;
    }

    /** Whether our FIN has been acknowledged. */
    public boolean finAcked() {
        return finAcked;
    }

    /** Whether bytes beyond a gap are stored above {@link #receivedPosition()}. */
    public boolean hasOutOfOrderData() {
        return reassembly != null && !reassembly.isEmpty();
    }

    /** Not to be changed: see {@link #ownSettings()}. */
    public TcpSettings settings() {
        return settings;
    }

    /** Settings that belong to this connection alone; what is changed in them is to be told by {@link #settingsChanged}. */
    public final TcpSettings ownSettings() {
        if (settings.shared) {
            settings = settings.copy();
        }
        return settings;
    }

    /** Before the connection is opened: takes the place of {@link TcpSettings#timestampOffset}. */
    public final void setTimestampOffset(int offset) {
        timestampOffset = offset;
    }

    /** Settings changed by the application's options: take them up (Nagle off sends what waits, keep-alive re-arms). */
    public void settingsChanged(long nowNs) {
        if (state == TcpState.CLOSED) {
            return;
        }
        if (Sender.hasUnsent(this)) {
            due |= DUE_DATA;
        }
        Receiver.bufferChanged(this);
        KeepAlive.rearm(this, nowNs);
        refreshDeadline();
    }

    /** Whether a SYN that arrived in TIME-WAIT may start a new connection (RFC 6191, RFC 9293 §3.10.7.4 MAY-2). */
    public boolean mayReuse(TcpSegment syn) {
        return TimeWait.mayReuse(this, syn);
    }

    /**
     * Whether an active open may take the tuple out of TIME-WAIT: only timestamps tell its segments from the old ones whatever the peer's
     * sequence numbers are (RFC 6191 §2).
     */
    public boolean mayReopen() {
        return state == TcpState.TIME_WAIT && timestamps;
    }

    /** Initial sequence number of a connection that takes this one's place on its tuple. */
    public int reopeningIss() {
        return TimeWaitRecord.reopeningIss(sndMax);
    }

    // ---- for the concerns -------------------------------------------------------------------------------------------
    /** The only writer of the state. */
    final void enter(TcpState next) {
        assert state.leadsTo(next) : state + " to " + next;
        if (next == TcpState.CLOSED) {
            if (state == TcpState.SYN_SENT || state == TcpState.SYN_RECEIVED) {
                stats.attemptFails++;
            } else if (state == TcpState.ESTABLISHED || state == TcpState.CLOSE_WAIT) {
                stats.estabResets++;
            }
        }
        state = next;
    }

    /** CLOSE in RFC 9293 §3.10.4: the state that a queued FIN leads to. */
    final void enterFinState(long nowNs) {
        if (state == TcpState.ESTABLISHED) {
            enter(TcpState.FIN_WAIT_1);
        } else if (state == TcpState.CLOSE_WAIT) {
            enter(TcpState.LAST_ACK);
        }
    }

    /** CLOSED, without a word to the peer. */
    final void die(CloseReason reason) {
        enter(TcpState.CLOSED);
        closeReason = reason;
        due = 0;
        retransmitDeadlineNs = NEVER;
        ackDeadlineNs = NEVER;
        slowDeadlineNs = NEVER;
        if (congestion instanceof Bbr bbr) {
            bbr.paceExpired();
        }
        Receiver.forgetReassembly(this);
        Retransmission.forgetRecovery(this);
    }

    /** CLOSED, with a RST where the peer may have state (RFC 9293 §3.10.5). */
    final void resetAndDie(CloseReason reason) {
        if (state == TcpState.CLOSED) {
            return;
        }
        boolean tell = state != TcpState.SYN_SENT && state != TcpState.TIME_WAIT;
        die(reason);
        if (tell) {
            due = DUE_RESET;
        }
    }

    /** The peer no longer answers; what ICMP said of it tells more than the silence. */
    final void timeOut() {
        stats.abortOnTimeout++;
        die(softError == CloseReason.NONE ? CloseReason.TIMED_OUT : softError);
    }

    private void refreshDeadline() {
        nextDeadlineNs = Math.min(retransmitDeadlineNs, Math.min(ackDeadlineNs, slowDeadlineNs));
        if (congestion instanceof Bbr bbr) {
            nextDeadlineNs = Math.min(nextDeadlineNs, bbr.paceDeadlineNs());
        }
    }
}
