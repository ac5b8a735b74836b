/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpSegment;

/**
 * Fast retransmit and fast recovery without SACK: RFC 6582, with RFC 3042's limited transmit.
 *
 * <p>The RFC inflates cwnd by a segment for each duplicate acknowledgement; here the same bytes are {@link #leftNetworkBytes()} and
 * cwnd stays what congestion control made it.
 */
final class NewRenoRecovery implements LossRecovery {
    private static final int DUPLICATE_THRESHOLD = 3;

    /** SND.MAX when the last recovery or timeout began; no fast retransmit until more than this is acknowledged. */
    private int recover;

    private int duplicates;
    private int leftBytes;
    private boolean recovering;
    private boolean resend;

    private boolean afterTimeout;

    NewRenoRecovery(Connection c) {
        recover = c.sndUna - 1;
    }

    @Override
    public void duplicateAck(Connection c, TcpSegment s, long nowNs) {
        int flightBytes = c.sndMax - c.sndUna;
        duplicates++;
        c.congestion.delivered(c, Math.min(c.sendMss, flightBytes - leftBytes), nowNs);
        if (recovering) {
            leftBytes = Math.min(leftBytes + c.sendMss, flightBytes);
        } else if (!Seq.gt(c.sndUna, recover)) {
            // §3.2 step 1: these may answer what a timeout made us send twice.
            leftBytes = 0;
        } else if (duplicates < DUPLICATE_THRESHOLD) {
            leftBytes = Math.min(duplicates * c.sendMss, flightBytes);
        } else {
            // RFC 5681 §3.2 step 2: what limited transmit let out, beyond the window, does not count.
            Retransmission.lossDetected(c, Math.min(flightBytes, c.congestion.windowBytes()), nowNs);
            c.stats.fastRetransmits++;
            c.stats.renoRecovery++;
            recover = c.sndMax;
            recovering = true;
            resend = true;
            leftBytes = Math.min(DUPLICATE_THRESHOLD * c.sendMss, flightBytes);
        }
    }

    @Override
    public void newAck(Connection c, TcpSegment s, int ackedBytes, int inFlightBytes, long nowNs) {
        int deliveredBytes = Math.max(0, ackedBytes - leftBytes);
        duplicates = 0;
        c.congestion.delivered(c, deliveredBytes, nowNs);
        if (!recovering) {
            if (afterTimeout) {
                afterTimeout = false;
                undoSpurious(c, s);
            }
            Retransmission.grow(c, s, deliveredBytes, inFlightBytes, nowNs);
            leftBytes = 0;
            if (Seq.gt(c.sndUna, recover)) {
                // Follows at a distance, so that it does not come ahead again when the numbers wrap.
                recover = c.sndUna - 1;
            }
            return;
        }
        if (Seq.geq(c.sndUna, recover)) {
            recovering = false;
            resend = false;
            leftBytes = 0;
            c.congestion.recovered(c.sndMax - c.sndUna, nowNs);
        } else {
            // Partial acknowledgement: the next hole follows at once (slow-but-steady: the timer restarts, §4).
            leftBytes = Math.max(0, leftBytes - ackedBytes + c.sendMss);
            resend = true;
        }
    }

    /** RFC 3522 §3.2: the first news after a timeout echoes a time before it, so the original had arrived. */
    private static void undoSpurious(Connection c, TcpSegment s) {
        if (c.timestamps && s.timestamps && Seq.lt(s.tsEcr, c.timeoutTs)) {
            c.stats.spuriousRtos++;
            c.stats.timestampUndo++;
            c.congestion.undo();
            c.sndNxt = c.sndMax;
        }
    }

    @Override
    public void timedOut(Connection c) {
        afterTimeout = c.unanswered == 1;
        c.sndNxt = c.sndUna;
        recover = c.sndMax;
        recovering = false;
        resend = false;
        duplicates = 0;
        leftBytes = 0;
    }

    @Override
    public void tooLong(Connection c) {
        c.sndNxt = c.sndUna;
        recover = c.sndMax;
        recovering = false;
        resend = false;
        leftBytes = 0;
    }

    @Override
    public int leftNetworkBytes() {
        return leftBytes;
    }

    @Override
    public int flightBytes(Connection c) {
        return c.sndNxt - c.sndUna;
    }

    @Override
    public boolean isRecovering() {
        return recovering;
    }

    @Override
    public boolean wantsRetransmit(Connection c) {
        return resend;
    }

    @Override
    public int retransmitSeq(Connection c) {
        return c.sndUna;
    }

    @Override
    public int retransmitLength(Connection c) {
        return c.sendMss;
    }

    @Override
    public void retransmitted(Connection c, int seq, int length, long nowNs) {
        resend = false;
    }

    @Override
    public void sentNew(int lengthBytes) {}
}
