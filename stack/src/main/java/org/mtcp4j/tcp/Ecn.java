/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpSegment;

/** Explicit congestion notification (RFC 3168 §6.1) of a connection whose ends agreed on it; others have none of this. */
final class Ecn {
    /** Acknowledgements after a mark that do not wait: the sender is to hear of the next one soon. */
    private static final byte QUICK_ACKS = 2;

    private static final int BOTH = TcpSegment.ECE | TcpSegment.CWR;

    /** A packet came marked, and the peer has not said yet that it knows. */
    private boolean echo;
    /** The window was cut; the next new data says so. */
    private boolean reducedDue;
    /** One cut per window of data, whatever it is for: not before this is acknowledged. */
    private int nextCutAt;

    private Ecn(Connection c) {
        nextCutAt = c.sndUna;
    }

    // ---- handshake (§6.1.1)
    // -------------------------------------------------------------------------------------------
    /** Flags of our SYN, or SYN-ACK. A SYN that got lost is repeated without: something may drop it for its flags (§6.1.1.1). */
    static int synFlags(Connection c, boolean reply) {
        if (reply) {
            return c.ecn == null ? 0 : TcpSegment.ECE;
        }
        return c.settings.ecnAsked && c.unanswered == 0 ? BOTH : 0;
    }

    /** The peer's SYN or SYN-ACK has come. */
    static void agree(Connection c, TcpSegment syn) {
        int flags = syn.flags & BOTH;
        boolean agreed =
                syn.has(TcpSegment.ACK) ? flags == TcpSegment.ECE && c.settings.ecnAsked : isAgreeable(syn, c.settings);
        c.ecn = agreed ? new Ecn(c) : null;
        if (agreed) {
            c.stats.ecnConnections++;
        }
    }

    /** Whether a passive open agrees to what the SYN asks for. */
    static boolean isAgreeable(TcpSegment syn, TcpSettings settings) {
        return (syn.flags & BOTH) == BOTH && settings.ecnAnswered;
    }

    // ---- receiver (§6.1.3)
    // --------------------------------------------------------------------------------------------
    /** A segment in sequence, before its text. */
    void arrives(Connection c, TcpSegment s, long nowNs) {
        if (s.has(TcpSegment.CWR)) {
            echo = false;
        }
        if (s.congestionExperienced) {
            c.stats.inCePackets++;
            echo = true;
            c.quickAcksLeft = QUICK_ACKS;
            c.pingPong = false;
        }
    }

    // ---- sender (§6.1.2)
    // ----------------------------------------------------------------------------------------------
    /** An acknowledgement that is not older than the last. */
    void acknowledged(Connection c, TcpSegment s, long nowNs) {
        boolean again = !isCut(c);
        if (s.has(TcpSegment.ECE) && again && c.sndMax != c.iss + 1) {
            cut(c);
            if (c.recovery == null || !c.recovery.isRecovering()) {
                c.stats.ecnCuts++;
                c.congestion.marked(c.sndMax - c.sndUna, nowNs);
            }
        } else if (again) {
            // Follows, so that it does not come ahead again when the numbers wrap.
            nextCutAt = c.sndUna;
        }
    }

    /** Whether the window was cut for this window of data: for a loss in it, it is not cut again. */
    boolean isCut(Connection c) {
        return Seq.lt(c.sndUna, nextCutAt);
    }

    /** The window is cut, for a mark or a loss: marks of the same window of data are for it, and the next new data says so. */
    void cut(Connection c) {
        nextCutAt = c.sndMax;
        reducedDue = true;
    }

    /** Flags of what is about to leave; new data is ECN-capable, whatever else is not (§6.1.4 to §6.1.6). */
    void mark(Connection c, SegmentOut s) {
        if (echo && s.has(TcpSegment.ACK)) {
            s.flags |= TcpSegment.ECE;
        }
        if (s.payloadBytes > 0 && Seq.geq(s.seq, c.sndMax)) {
            s.ecnCapable = true;
            if (reducedDue) {
                s.flags |= TcpSegment.CWR;
            }
        }
    }

    /** It has left. */
    void sent(SegmentOut s) {
        if (s.has(TcpSegment.CWR)) {
            reducedDue = false;
        }
    }
}
