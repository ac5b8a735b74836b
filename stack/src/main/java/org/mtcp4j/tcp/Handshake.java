/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpSegment;

/** Both opens up to ESTABLISHED: SYN and SYN-ACK, the options they agree on, their repetition. */
final class Handshake {
    /** Of an IPv4 peer that names none (RFC 9293 §3.7.1, MUST-15). */
    static final int DEFAULT_MSS = 536;
    /** Below this a peer's MSS only serves to make us send headers. */
    private static final int LEAST_MSS = 64;
    /** Timestamps with their padding. */
    static final int TIMESTAMP_OPTION_BYTES = 12;

    /** 8 MiB: room for a receive buffer that grows after the handshake. */
    private static final int LEAST_SCALE = 7;

    private static final int MAX_SCALE = 14;
    /** A SYN goes out so often at the first timeout before that doubles, as Linux has it since 6.5 (tcp_syn_linear_timeouts). */
    private static final int LINEAR_SYN_RETRIES = 4;

    /** From an answer of the connection that had the tuple before to the SYN that finds it gone, as Linux has it (TCP_TIMEOUT_MIN). */
    private static final long SOON_NS = 2_000_000;

    private Handshake() {}

    // ---- opens
    // --------------------------------------------------------------------------------------------------------
    /** RFC 9293 §3.10.1, active. */
    static void openActive(Connection c, int iss, long nowNs) {
        c.stats.activeOpens++;
        start(c, iss, nowNs);
        c.enter(TcpState.SYN_SENT);
    }

    /** RFC 9293 §3.10.7.2, third. Payload of a SYN is not taken; the peer sends it again. */
    static void openPassive(Connection c, TcpSegment syn, int iss, long nowNs) {
        c.stats.passiveOpens += c.passive ? 0 : 1;
        c.passive = true;
        start(c, iss, nowNs);
        learnPeer(c, syn, nowNs);
        c.rcvAdv = c.rcvNxt + Receiver.firstWindowBytes(c);
        if (c.state != TcpState.SYN_RECEIVED) {
            c.enter(TcpState.SYN_RECEIVED);
        }
    }

    /**
     * The SYN is made up from what its acknowledged cookie tells; our SYN-ACK has been sent. Also for a connection that is half open from a
     * SYN that was sent again, with a SYN-ACK that the peer has passed over.
     */
    static void openFromCookie(Connection c, TcpSegment syn, int iss, long nowNs) {
        openPassive(c, syn, iss, nowNs);
        c.rcvAdv = c.rcvNxt + synWindow(c.settings);
        c.sndMax = iss + 1;
        c.sndNxt = c.sndMax;
        c.timedAtNs = ControlBlock.NEVER;
        c.due &= ~ControlBlock.DUE_SYN;
    }

    private static void start(Connection c, int iss, long nowNs) {
        c.iss = iss;
        c.sndUna = iss;
        c.sndNxt = iss;
        c.sndMax = iss;
        c.sndSml = iss;
        c.receiveScale = c.settings.windowScaling ? ownScale(c.settings) : 0;
        c.timestamps = c.settings.timestamps;
        c.lastReceivedNs = nowNs;
        c.due |= ControlBlock.DUE_SYN;
        if (c.retransmitDeadlineNs == ControlBlock.NEVER) {
            // From here on, not from when it leaves: the next hop may not be known, or never answer.
            c.retransmitDeadlineNs = nowNs + c.rtt.rtoNs(c.settings);
        }
    }

    /** What our SYN announces; the same for the same settings. */
    static byte ownScale(TcpSettings settings) {
        int bufferBytes = Math.max(settings.receiveBufferBytes, settings.receiveBufferMostBytes);
        int scale = LEAST_SCALE;
        while (scale < MAX_SCALE && bufferBytes >> scale > 0xFFFF) {
            scale++;
        }
        return (byte) scale;
    }

    /** What the peer's SYN says of it: sequence number, window, options. */
    private static void learnPeer(Connection c, TcpSegment syn, long nowNs) {
        c.irs = syn.seq;
        c.rcvNxt = syn.seq + 1;
        c.lastAckSent = c.rcvNxt;
        c.rcvAdv = c.rcvNxt + synWindow(c.settings);
        if (c.settings.windowScaling && syn.windowScale >= 0) {
            c.sendScale = (byte) syn.windowScale;
        } else {
            // The SYN may be another than that which the connection was half opened by.
            c.sendScale = 0;
            c.receiveScale = 0;
        }
        c.sack = c.settings.sack && syn.sackPermitted;
        Ecn.agree(c, syn);
        c.timestamps = c.settings.timestamps && syn.timestamps;
        if (c.timestamps) {
            Timestamps.take(c, syn, nowNs);
        }
        int peerMss = syn.mss == 0 ? c.settings.defaultMssBytes : Math.max(syn.mss, LEAST_MSS);
        c.sendMss = Math.min(peerMss, c.settings.receiveMssBytes) - (c.timestamps ? TIMESTAMP_OPTION_BYTES : 0);
        c.sndWnd = syn.window;
        c.maxSndWnd = syn.window;
        c.sndWl1 = syn.seq;
        c.sndWl2 = c.iss;
    }

    // ---- SYN and SYN-ACK
    // ----------------------------------------------------------------------------------------------
    /** Sends the SYN, with ACK in SYN-RECEIVED. */
    static boolean sendSyn(Connection c, long nowNs) {
        boolean reply = c.state == TcpState.SYN_RECEIVED;
        SegmentOut s = Output.prepare(c, c.iss, reply ? TcpSegment.SYN | TcpSegment.ACK : TcpSegment.SYN, nowNs);
        s.flags |= Ecn.synFlags(c, reply);
        s.window = reply ? Math.min(c.receiveWindow(), 0xFFFF) : synWindow(c.settings);
        s.mss = c.settings.receiveMssBytes;
        s.sackPermitted = reply ? c.sack : c.settings.sack;
        s.windowScale = c.settings.windowScaling && (!reply || c.receiveScale > 0) ? c.receiveScale : -1;
        if (!Output.send(c, s)) {
            return false;
        }
        if (c.sndMax == c.iss) {
            c.sndMax = c.iss + 1;
            c.timedSeq = c.sndMax;
            c.timedAtNs = nowNs;
        } else {
            c.stats.synRetrans++;
            c.stats.retransSegs++;
            c.timedAtNs = ControlBlock.NEVER;
        }
        c.sndNxt = c.sndMax;
        if (c.retransmitDeadlineNs == ControlBlock.NEVER) {
            c.retransmitDeadlineNs = nowNs + c.rtt.rtoNs(c.settings);
        }
        c.due &= ~ControlBlock.DUE_SYN;
        return true;
    }

    /** The window of a SYN is never scaled (RFC 7323 §2.2). */
    static int synWindow(TcpSettings settings) {
        return Math.min(settings.receiveBufferBytes, 0xFFFF);
    }

    /** The SYN or SYN-ACK went unanswered (RFC 6298 §5.4-5.6). */
    static void expire(Connection c, long nowNs) {
        boolean isSyn = c.state == TcpState.SYN_SENT;
        int most = c.passive ? c.settings.synAckRetries : c.settings.synRetries + (isSyn ? LINEAR_SYN_RETRIES : 0);
        if (c.unanswered >= most || UserTimeout.isOver(c, nowNs)) {
            c.timeOut();
            return;
        }
        UserTimeout.unanswered(c, nowNs);
        c.stats.timeouts++;
        if (!isSyn || c.unanswered > LINEAR_SYN_RETRIES) {
            c.rtt.backOff();
        }
        c.timeoutTs = Timestamps.value(c, nowNs);
        c.retransmitDeadlineNs = UserTimeout.limit(c, nowNs + c.rtt.rtoNs(c.settings));
        c.due |= ControlBlock.DUE_SYN;
    }

    // ---- arrivals
    // -----------------------------------------------------------------------------------------------------
    /** RFC 9293 §3.10.7.3. */
    static void arrivesInSynSent(Connection c, TcpSegment s, long nowNs) {
        // First, the ACK bit.
        if (s.has(TcpSegment.ACK) && (Seq.leq(s.ack, c.iss) || Seq.gt(s.ack, c.sndMax))) {
            if (!s.has(TcpSegment.RST)) {
                replyReset(c, s.ack);
                if (c.unanswered == 0 && c.sndMax != c.iss) {
                    // Perhaps of a TIME-WAIT, which the reset ends: the tuple may have been another program's, whose
                    // timestamps ran ahead of ours.
                    c.retransmitDeadlineNs = Math.min(c.retransmitDeadlineNs, nowNs + SOON_NS);
                }
            }
            return;
        }
        // Second, the RST bit: blind ones lack the ACK.
        if (s.has(TcpSegment.RST)) {
            if (s.has(TcpSegment.ACK)) {
                c.die(CloseReason.REFUSED);
            }
            return;
        }
        // Fourth, the SYN bit.
        if (!s.has(TcpSegment.SYN)) {
            return;
        }
        learnPeer(c, s, nowNs);
        if (!s.has(TcpSegment.ACK)) {
            // Simultaneous open: SYN again, with ACK.
            c.enter(TcpState.SYN_RECEIVED);
            c.due |= ControlBlock.DUE_SYN;
            return;
        }
        established(c, s, nowNs);
        DelayedAck.ackNow(c);
        stripSyn(s);
        Arrival.textAndFin(c, s, nowNs);
    }

    /**
     * In SYN-RECEIVED, the peer's SYN once more, which the sequence check would only answer with a bare ACK: without ACK it asks
     * for our SYN-ACK again, twice a second at most, since whoever repeats it may not be the peer, who would get all the answers; with
     * ACK (simultaneous open) what follows the SYN counts.
     *
     * @return false when the segment is done with
     */
    static boolean repeatedSyn(Connection c, TcpSegment s, long nowNs) {
        if (!s.has(TcpSegment.SYN) || s.has(TcpSegment.RST) || s.seq != c.irs) {
            return true;
        }
        if (!s.has(TcpSegment.ACK)) {
            if (OutOfWindow.mayAnswer(c, nowNs)) {
                c.due |= ControlBlock.DUE_SYN;
            }
            return false;
        }
        DelayedAck.ackNow(c);
        stripSyn(s);
        // From here on it will be read as scaled, which a SYN's window is not: too little for one round trip.
        s.window >>= c.sendScale;
        return true;
    }

    private static void stripSyn(TcpSegment s) {
        s.seq++;
        s.flags &= ~TcpSegment.SYN;
    }

    /** Our SYN is acknowledged by this segment, and the peer's is known. */
    static void established(Connection c, TcpSegment s, long nowNs) {
        c.due &= ~ControlBlock.DUE_SYN;
        c.sndUna = c.iss + 1;
        c.sndNxt = c.sndUna;
        c.sndMax = c.sndUna;
        c.sndSml = c.sndUna;
        c.sndWnd = s.has(TcpSegment.SYN) ? s.window : s.window << c.sendScale;
        c.maxSndWnd = c.sndWnd;
        c.sndWl1 = s.seq;
        c.sndWl2 = s.ack;
        c.congestion.established(c.sendMss, c.unanswered > 1);
        Retransmission.measure(c, s, nowNs);
        if (c.unanswered > 0) {
            c.rtt.handshakeWasLost();
        }
        c.unanswered = 0;
        c.retransmitDeadlineNs = ControlBlock.NEVER;
        c.lastReceivedNs = nowNs;
        c.lastSentNs = nowNs;
        c.enter(TcpState.ESTABLISHED);
        KeepAlive.rearm(c, nowNs);
        if (c.finQueued) {
            c.enterFinState(nowNs);
        }
        if (Sender.hasUnsent(c)) {
            c.due |= ControlBlock.DUE_DATA;
        }
    }

    /** An ACK of what we never sent: {@code <SEQ=SEG.ACK><CTL=RST>}; the connection stays. */
    static void replyReset(Connection c, int seq) {
        c.resetReplySeq = seq;
        c.due |= ControlBlock.DUE_RESET_REPLY;
    }
}
