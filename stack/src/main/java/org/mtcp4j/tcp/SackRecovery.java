/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpSegment;

/**
 * Loss recovery with SACK: RFC 6675's scoreboard and pipe, RACK-TLP's (RFC 8985) idea of what is lost, proportional rate reduction
 * (RFC 9937), and the undoing of what turns out to have been no loss (RFC 3522 by timestamps, RFC 3708 by D-SACK).
 *
 * <p>Taken from the context's pool at the first sign of trouble, given back a round trip after the last.
 */
final class SackRecovery implements LossRecovery {
    private static final int DUPLICATE_THRESHOLD = 3;
    /** RFC 8985 §6.2, step 4: recoveries for which a widened reordering window stays. */
    private static final byte PERSIST_RECOVERIES = 16;

    private static final byte MAX_REORDER_MULTIPLIER = 100;
    private static final long UNKNOWN_RTT_NS = 1_000_000L;

    private static final int OPEN = 0;
    /** Fast recovery, up to {@link #recover}. */
    private static final int RECOVERY = 1;
    /** After a timeout, up to {@link #recover}. */
    private static final int LOSS = 2;

    private final Scoreboard board = new Scoreboard();
    /** Next in the pool. */
    SackRecovery next;

    private int phase;
    /** SND.MAX when the phase began. */
    private int recover;
    /** The scoreboard is given back once this is acknowledged and nothing else is going on. */
    private int keepUntil;

    // Proportional rate reduction (RFC 9937 §6).
    private int recoverFlightBytes;
    private int prrDeliveredBytes;
    private int prrOutBytes;

    // Undo: valid while `undoable`.
    private boolean undoable;
    private int undoMarker;
    /** Sent again since, less what D-SACK says was superfluous. */
    private int undoBytes;

    private boolean retransmittedSince;
    /** From the first to the last that was sent again of late, if {@link #repeated}. */
    private boolean repeated;

    private int repeatedFrom;
    private int repeatedTo;
    /** TSval of the first of the retransmissions that are outstanding, while {@link #echoTells}. */
    private int firstRetransmitTs;

    private boolean echoTells;
    /** D-SACK widens the reordering window once a round trip: not before this is acknowledged. */
    private int widenAgainAt;

    // Tail loss probe (RFC 8985 §7).
    private boolean probeDue;
    private boolean probeOut;
    private boolean probeRepeats;
    private int probeEnd;

    void begin(Connection c) {
        board.clear(c.sndUna);
        phase = OPEN;
        keepUntil = c.sndUna - 1;
        undoable = false;
        echoTells = false;
        retransmittedSince = false;
        repeated = false;
        probeDue = false;
        probeOut = false;
        widenAgainAt = c.sndUna;
    }

    // ---- acknowledgements
    // ---------------------------------------------------------------------------------------------
    @Override
    public void duplicateAck(Connection c, TcpSegment s, long nowNs) {
        acknowledged(c, s, 0, c.sndMax - c.sndUna, nowNs);
    }

    @Override
    public void newAck(Connection c, TcpSegment s, int ackedBytes, int inFlightBytes, long nowNs) {
        acknowledged(c, s, ackedBytes, inFlightBytes, nowNs);
    }

    private void acknowledged(Connection c, TcpSegment s, int ackedBytes, int inFlightBytes, long nowNs) {
        boolean duplicateSeen = readBlocks(c, s, nowNs);
        if (board.reordered()) {
            c.stats.sackReorder++;
            c.reorderingSeen = true;
        }
        endProbe(c, s, duplicateSeen, nowNs);
        if (undoable && undoBytes <= 0 && retransmittedSince) {
            c.stats.dsackUndo++;
            undo(c, nowNs);
        } else if (undoable && ackedBytes > 0 && phase != OPEN && isOfOriginal(c, s)) {
            c.stats.timestampUndo++;
            undo(c, nowNs);
        }
        int before = phase;
        if (phase != OPEN && Seq.geq(c.sndUna, recover)) {
            endPhase(c);
        }
        lookForLoss(c, nowNs);
        if (phase == RECOVERY) {
            reduce(c, ackedBytes > 0 && !board.lossFound());
        } else if (ackedBytes > 0 && before != RECOVERY) {
            // By what has just arrived: what was SACKed before has let out others then (RFC 3042).
            Retransmission.grow(c, s, board.deliveredBytes(), inFlightBytes, nowNs);
        }
        c.congestion.delivered(c, board.deliveredBytes(), nowNs);
        if (phase == OPEN && board.isEmpty() && isDone(c)) {
            Retransmission.forgetRecovery(c);
        } else if (board.reorderDeadlineNs() < c.retransmitDeadlineNs) {
            Retransmission.armReorder(c, board.reorderDeadlineNs());
        }
    }

    /** An idle connection keeps no state, although the D-SACK of something sent twice might still come. */
    private boolean isDone(Connection c) {
        return !probeOut && !probeDue && (Seq.gt(c.sndUna, keepUntil) || c.sndUna == c.sndMax);
    }

    /** @return whether the first block reports a duplicate (RFC 2883 §4) */
    private boolean readBlocks(Connection c, TcpSegment s, long nowNs) {
        long minRttNs = c.rtt.minRttNs();
        board.beginAck();
        board.advance(c.sndUna, nowNs, minRttNs);
        int first = 0;
        boolean duplicateSeen = s.sackBlocks > 0 && isDuplicateReport(s);
        if (duplicateSeen) {
            first = 1;
            duplicateReported(c, s.sackEdges[0], s.sackEdges[1]);
        }
        // In ascending order, or one of which earlier acknowledgements were lost would look like reordering.
        int done = c.sndUna;
        for (int n = first; n < s.sackBlocks; n++) {
            int lowest = -1;
            for (int i = first; i < s.sackBlocks; i++) {
                boolean candidate = Seq.gt(s.sackEdges[2 * i + 1], done);
                if (candidate && (lowest < 0 || Seq.lt(s.sackEdges[2 * i], s.sackEdges[2 * lowest]))) {
                    lowest = i;
                }
            }
            if (lowest < 0) {
                break;
            }
            int from = Seq.max(s.sackEdges[2 * lowest], done);
            done = s.sackEdges[2 * lowest + 1];
            if (!board.sack(from, done, c.sndMax, nowNs, minRttNs)) {
                c.stats.sackDiscard++;
            }
        }
        return duplicateSeen;
    }

    private static boolean isDuplicateReport(TcpSegment s) {
        int from = s.sackEdges[0];
        int to = s.sackEdges[1];
        if (Seq.leq(to, s.ack)) {
            return true;
        }
        return s.sackBlocks > 1 && Seq.geq(from, s.sackEdges[2]) && Seq.leq(to, s.sackEdges[3]);
    }

    private void duplicateReported(Connection c, int from, int to) {
        c.stats.dsackRecv++;
        if (Seq.geq(from, to) || !isOfRepeated(from, to)) {
            return;
        }
        if (undoable && !probeOut && Seq.gt(to, undoMarker) && Seq.leq(to, c.sndMax)) {
            undoBytes -= to - Seq.max(from, undoMarker);
        }
        if (Seq.geq(c.sndUna, widenAgainAt) && !probeOut) {
            widenAgainAt = c.sndMax;
            c.reorderMultiplier = (byte) Math.min(c.reorderMultiplier + 1, MAX_REORDER_MULTIPLIER);
            c.reorderPersist = PERSIST_RECOVERIES;
        }
    }

    /** What was sent once, and came twice, the network has doubled: that tells nothing of what was sent again. */
    private boolean isOfRepeated(int from, int to) {
        return repeated && Seq.lt(from, repeatedTo) && Seq.gt(to, repeatedFrom);
    }

    // ---- what is lost
    // -------------------------------------------------------------------------------------------------
    private void lookForLoss(Connection c, long nowNs) {
        board.scan(nowNs, reorderWindowNs(c));
        c.stats.lostRetransmit += board.takeLostRetransmits();
        if (phase == OPEN && board.lostBytes() > 0) {
            startRecovery(c, nowNs);
        }
    }

    /** RFC 8985 §6.2, step 4. */
    private long reorderWindowNs(Connection c) {
        if (!c.reorderingSeen && (phase != OPEN || board.sackedAtLeast(DUPLICATE_THRESHOLD, c.sendMss))) {
            return 0;
        }
        long minRttNs = c.rtt.minRttNs() == 0 ? UNKNOWN_RTT_NS : c.rtt.minRttNs();
        long windowNs = (c.reorderMultiplier + 1) * minRttNs / 4;
        return c.rtt.srttNs() == 0 ? windowNs : Math.min(windowNs, c.rtt.srttNs());
    }

    /** The reordering window of something has passed. */
    void reorderExpired(Connection c, long nowNs) {
        board.beginAck();
        lookForLoss(c, nowNs);
        if (phase == RECOVERY) {
            reduce(c, false);
        }
        if (board.reorderDeadlineNs() < c.retransmitDeadlineNs) {
            Retransmission.armReorder(c, board.reorderDeadlineNs());
        }
        c.due |= ControlBlock.DUE_DATA;
    }

    private void startRecovery(Connection c, long nowNs) {
        int flightBytes = usedBytes(c);
        c.stats.fastRetransmits++;
        c.stats.sackRecovery++;
        phase = RECOVERY;
        recover = c.sndMax;
        // What was SACKed before will not be delivered any more (RFC 9937 §6.1, RecoverFS).
        recoverFlightBytes = Math.max(flightBytes - board.sackedBytes() + board.deliveredBytes(), c.sendMss);
        // What the same round acknowledged before has let nothing out yet.
        prrDeliveredBytes = flightBytes - (c.sndMax - c.sndUna);
        prrOutBytes = 0;
        beginUndo(c);
        // What went out since the first SACK was beyond the window, and does not count (RFC 6675 §5, step 4.2).
        int inNetworkBytes = c.congestion instanceof Bbr ? pipeBytes(c) : flightBytes;
        Retransmission.lossDetected(c, Math.min(inNetworkBytes, c.congestion.windowBytes()), nowNs);
    }

    /**
     * What is in flight, or would be, had each acknowledgement of this round let out what it allows: half of less would punish for taking them
     * together.
     */
    private static int usedBytes(Connection c) {
        int flightBytes = Math.max(c.sndMax - c.sndUna, c.flightAtOutput);
        long waitingBytes = c.sendLimit - c.sendPosition(c.sndNxt);
        int allowedBytes = Math.min(c.congestion.windowBytes(), c.sndWnd);
        return (int) Math.max(flightBytes, Math.min(allowedBytes, flightBytes + waitingBytes));
    }

    private void endPhase(Connection c) {
        if (phase == RECOVERY) {
            c.congestion.recoveryEnded();
        } else if (c.congestion instanceof Bbr bbr) {
            bbr.recoveryEnded();
        }
        phase = OPEN;
        // D-SACKs of what was sent again come up to a round trip later.
        keepUntil = c.sndMax;
        if (c.reorderPersist > 0 && --c.reorderPersist == 0) {
            c.reorderMultiplier = 0;
        }
    }

    /**
     * RFC 9937 §6.2.
     *
     * @param safe SND.UNA has advanced, and nothing more was found lost: below the threshold, a segment more than has arrived may leave
     */
    private void reduce(Connection c, boolean safe) {
        if (c.congestion instanceof Bbr) {
            // Has its own conservation of packets.
            return;
        }
        prrDeliveredBytes += board.deliveredBytes();
        int pipe = pipeBytes(c);
        int ssthresh = c.congestion.slowStartThresholdBytes();
        long send;
        if (pipe > ssthresh) {
            send = ((long) prrDeliveredBytes * ssthresh + recoverFlightBytes - 1) / recoverFlightBytes - prrOutBytes;
        } else {
            int limit = Math.max(prrDeliveredBytes - prrOutBytes, board.deliveredBytes()) + (safe ? c.sendMss : 0);
            send = Math.min(ssthresh - pipe, limit);
        }
        if (prrOutBytes == 0) {
            send = Math.max(send, c.sendMss);
        }
        c.congestion.windowBytes(pipe + (int) Math.max(send, 0));
    }

    /** Of the scoreboard; what it costs to keep. */
    int spans() {
        return board.spans();
    }

    /** End of what is known to have arrived. */
    int highestSacked() {
        return board.highestSacked();
    }

    private int pipeBytes(Connection c) {
        return c.sndMax - c.sndUna - leftNetworkBytes();
    }

    // ---- undo
    // ---------------------------------------------------------------------------------------------------------
    private void beginUndo(Connection c) {
        undoable = true;
        undoMarker = c.sndUna;
        undoBytes = 0;
        retransmittedSince = false;
        // What the last recovery sent may still be on its way, and its echo says nothing of this one.
        echoTells &= board.isAnyRepeated();
    }

    /**
     * An acknowledgement that advances is the original's where nothing has been sent again, as when what was overtaken comes in the same
     * round as what overtook it; else where it echoes a time before the first retransmission (RFC 3522 §3.2).
     */
    private boolean isOfOriginal(Connection c, TcpSegment s) {
        return !echoTells || (c.timestamps && s.timestamps && Seq.lt(s.tsEcr, firstRetransmitTs));
    }

    private void undo(Connection c, long nowNs) {
        if (phase == LOSS) {
            c.stats.spuriousRtos++;
        }
        undoable = false;
        c.reorderingSeen = true;
        c.congestion.undo();
        board.undoLost(nowNs);
        if (phase != OPEN) {
            phase = OPEN;
            keepUntil = c.sndMax;
        }
    }

    // ---- timeouts
    // -----------------------------------------------------------------------------------------------------
    @Override
    public void timedOut(Connection c) {
        boolean reneged = board.isReneged();
        if (reneged) {
            c.stats.sackReneging++;
        }
        if (phase == OPEN) {
            beginUndo(c);
        }
        // A second timeout in a row: perhaps the peer dropped what it had reported.
        board.loseAll(c.sndMax, !reneged && c.unanswered <= 1);
        board.scan(0, 0);
        phase = LOSS;
        recover = c.sndMax;
        c.sndNxt = c.sndMax;
        probeDue = false;
        probeOut = false;
    }

    @Override
    public void tooLong(Connection c) {
        board.loseAll(c.sndMax, true);
        board.scan(0, 0);
        phase = LOSS;
        recover = c.sndMax;
        undoable = false;
        probeDue = false;
        probeOut = false;
    }

    @Override
    public int flightBytes(Connection c) {
        return phase == LOSS ? pipeBytes(c) : c.sndMax - c.sndUna;
    }

    @Override
    public boolean isRecovering() {
        return phase == RECOVERY;
    }

    // ---- tail loss probe
    // ----------------------------------------------------------------------------------------------
    boolean mayProbe() {
        return phase == OPEN && !probeOut && board.isEmpty();
    }

    /** The probe timeout has expired: something leaves that makes the peer talk. */
    void probe(Connection c) {
        probeDue = true;
        c.due |= ControlBlock.DUE_DATA;
    }

    /** Whether a probe has left that nothing has answered. */
    boolean isProbeOut(Connection c) {
        return probeOut && Seq.lt(c.sndUna, probeEnd);
    }

    boolean isProbeDue() {
        return probeDue;
    }

    void probed(Connection c, boolean repeats) {
        probeDue = false;
        probeOut = true;
        probeRepeats = repeats;
        probeEnd = c.sndMax;
        c.stats.lossProbes++;
    }

    /** RFC 8985 §7.4.2: a probe that repaired a loss hides it from detection, so it is told to congestion control here. */
    private void endProbe(Connection c, TcpSegment s, boolean duplicateSeen, long nowNs) {
        if (!probeOut || Seq.lt(s.ack, probeEnd)) {
            return;
        }
        if (probeRepeats && !duplicateSeen) {
            if (s.ack == probeEnd && s.sackBlocks == 0 && board.deliveredBytes() == 0 && isPure(c, s)) {
                // A plain duplicate: the original and the probe both came.
                probeOut = false;
                return;
            }
            if (s.ack == probeEnd) {
                return;
            }
            c.stats.lossProbeRecovery++;
            Retransmission.lossDetected(c, c.congestion.windowBytes(), nowNs);
        }
        probeOut = false;
    }

    private static boolean isPure(Connection c, TcpSegment s) {
        return s.payloadBytes == 0 && !s.has(TcpSegment.FIN) && s.window << c.sendScale == c.sndWnd;
    }

    // ---- what to send
    // -------------------------------------------------------------------------------------------------
    @Override
    public int leftNetworkBytes() {
        return board.sackedBytes() + board.lostBytes();
    }

    @Override
    public boolean wantsRetransmit(Connection c) {
        if (board.lostBytes() <= 0) {
            return false;
        }
        int room = c.congestion.windowBytes() - pipeBytes(c);
        int seq = board.lostSeq();
        int length = Math.min(board.lostSpanBytes(), c.sendMss);
        return room >= length && (seq == c.sndUna || seq + length - c.sndUna <= c.sndWnd);
    }

    @Override
    public int retransmitSeq(Connection c) {
        return board.lostSeq();
    }

    @Override
    public int retransmitLength(Connection c) {
        int room = Math.min(c.congestion.windowBytes() - pipeBytes(c), c.sndUna + c.sndWnd - board.lostSeq());
        int whole = Math.min(room, c.settings.maxEmitBytes) / c.sendMss * c.sendMss;
        return Math.min(board.lostSpanBytes(), Math.max(whole, c.sendMss));
    }

    @Override
    public void retransmitted(Connection c, int seq, int length, long nowNs) {
        board.resent(length, c.sndMax, nowNs);
        prrOutBytes += length;
        undoBytes += length;
        boolean further = retransmittedSince && repeated;
        repeatedFrom = further && Seq.lt(repeatedFrom, seq) ? repeatedFrom : seq;
        repeatedTo = further ? Seq.max(repeatedTo, seq + length) : seq + length;
        repeated = true;
        retransmittedSince = true;
        if (!echoTells) {
            echoTells = true;
            firstRetransmitTs = Timestamps.value(c, nowNs);
        }
    }

    @Override
    public void sentNew(int lengthBytes) {
        prrOutBytes += lengthBytes;
    }
}
