/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;

/**
 * BBR, version 1 (draft-cardwell-iccrg-bbr-congestion-control-00): a model of the path, its bandwidth and its round trip, instead of a
 * reaction to loss. Sending is paced.
 *
 * <p>The draft notes the state of delivery with every packet; here up to {@link Marks#MOST} packets of a window carry such a note, which
 * is enough for a maximum over rounds.
 */
final class Bbr extends CongestionControl {
    private static final int STARTUP = 0;
    private static final int DRAIN = 1;
    private static final int PROBE_BANDWIDTH = 2;
    private static final int PROBE_RTT = 3;

    /** 2 / ln 2: doubles each round. */
    private static final double HIGH_GAIN = 2.885;

    private static final double[] CYCLE = {1.25, 0.75, 1, 1, 1, 1, 1, 1};
    /** In the start-up, too, as version 3 has it: the first overshoot is then of one queue, and can be repaired. */
    private static final double CWND_GAIN = 2;

    private static final int FULL_PIPE_ROUNDS = 3;
    private static final double FULL_PIPE_GROWTH = 1.25;
    /** BBR version 3, BBRLossThresh: a round in which more than a fiftieth was sent again has met the end of a queue. */
    private static final int LOSS_THRESHOLD = 50;

    private static final int BANDWIDTH_ROUNDS = 10;
    private static final long MIN_RTT_LIFE_NS = 10_000_000_000L;
    private static final long PROBE_RTT_NS = 200_000_000L;
    private static final int LEAST_SEGMENTS = 4;
    /** A little below what is estimated, so that queues drain. */
    private static final double PACING_MARGIN = 0.99;
    /** Timers come late; so much may be made up for. */
    private static final long CATCH_UP_NS = 2_000_000L;

    private static final long SECOND_NS = 1_000_000_000L;
    private static final long UNKNOWN_RTT_NS = 1_000_000L;

    private int state = STARTUP;
    private double pacingGain = HIGH_GAIN;
    private double cwndGain = CWND_GAIN;
    private final Marks marks = new Marks();

    // The model.
    private final long[] bandwidths = new long[BANDWIDTH_ROUNDS];
    private long bandwidth;
    private long minRttNs;
    private long minRttAtNs;

    // Rounds (§4.1.1.3).
    private long nextRoundDelivered;
    private int round;
    private boolean roundStart;

    // Startup.
    private long resentInRound;
    private long deliveredAtRound;
    private boolean queueOverflows;
    private long fullBandwidth;
    private int fullRounds;
    private boolean fullPipe;

    // Cycle of gains.
    private int phase;
    private long phaseAtNs;
    private boolean lossInRound;

    // Probing for the round trip.
    private long probeRttDoneNs;
    /** Least round trip since it began. */
    private long probedRttNs;
    /** What was sent last was the first after nothing was outstanding, and none of it is acknowledged yet. */
    private boolean idleRestart;

    // Recovery.
    private int priorCwnd;
    private boolean conserves;
    /** A timeout's losses are being repaired, from one segment on: rounds that say nothing of the path. */
    private boolean repairs;

    private long conserveUntilDelivered;

    // Pacing.
    private long nextSendNs;
    private long paceDeadlineNs = ControlBlock.NEVER;

    // ---- pacing
    // -------------------------------------------------------------------------------------------------------
    /** Whether the next segment has to wait; its deadline is then set. */
    boolean holdsBack(long nowNs) {
        if (nowNs >= nextSendNs) {
            paceDeadlineNs = ControlBlock.NEVER;
            return false;
        }
        paceDeadlineNs = nextSendNs;
        return true;
    }

    long paceDeadlineNs() {
        return paceDeadlineNs;
    }

    void paceExpired() {
        paceDeadlineNs = ControlBlock.NEVER;
    }

    /** Bytes that may leave at once: as much as a timer's tick is worth. */
    int quantumBytes() {
        long perMs = pacingRate() / 1_000;
        return (int) Math.max(2L * mss, Math.min(perMs, 64 * 1024));
    }

    private long pacingRate() {
        if (bandwidth == 0) {
            long rttNs = minRttNs == 0 ? UNKNOWN_RTT_NS : minRttNs;
            return (long) (HIGH_GAIN * cwnd * SECOND_NS / rttNs);
        }
        return Math.max((long) (pacingGain * PACING_MARGIN * bandwidth), mss);
    }

    /** Bytes have left, new ones or once more. */
    void paced(int bytes, long nowNs) {
        long costNs = (long) ((double) bytes * SECOND_NS / pacingRate());
        nextSendNs = Math.max(nextSendNs, nowNs - CATCH_UP_NS) + costNs;
    }

    /** Once more. */
    void resent(int bytes) {
        resentInRound += bytes;
    }

    /** New ones: what is sent twice tells no round trip. */
    void sentNew(int seqEnd, int bytes, int inFlightBefore, long nowNs) {
        marks.sent(seqEnd, bytes, Math.max(cwnd, mss), inFlightBefore, nowNs);
    }

    /** The application has nothing more to send, although the window would allow it. */
    void applicationLimited(int inFlightBytes) {
        marks.applicationLimited(inFlightBytes);
    }

    // ---- acknowledgements
    // ---------------------------------------------------------------------------------------------
    @Override
    void delivered(Connection c, int bytes, long nowNs) {
        if (minRttNs == 0 && c.rtt.minRttNs() > 0) {
            minRttNs = c.rtt.minRttNs();
            minRttAtNs = nowNs;
        }
        marks.delivered(bytes, nowNs);
        roundStart = false;
        int upTo = c.recovery instanceof SackRecovery sack ? Seq.max(c.sndUna, sack.highestSacked()) : c.sndUna;
        while (marks.take(upTo)) {
            sample(nowNs);
        }
        int inFlightBytes = c.sndMax - c.sndUna - (c.recovery == null ? 0 : c.recovery.leftNetworkBytes());
        checkFullPipe();
        checkDrain(inFlightBytes, nowNs);
        checkCycle(inFlightBytes, nowNs);
        checkProbeRtt(inFlightBytes, c.rtt.srttNs(), nowNs);
        setWindow(bytes, inFlightBytes);
        idleRestart &= bytes == 0;
    }

    private void sample(long nowNs) {
        if (marks.priorDelivered() >= nextRoundDelivered) {
            nextRoundDelivered = marks.delivered();
            roundStart = true;
            queueOverflows = resentInRound * LOSS_THRESHOLD > marks.delivered() - deliveredAtRound;
            deliveredAtRound = marks.delivered();
            resentInRound = 0;
            if (!repairs && !marks.isApplicationLimited()) {
                round++;
                bandwidths[round % BANDWIDTH_ROUNDS] = 0;
            }
            lossInRound = false;
        }
        // Never too short: only what is sent first is marked. Too long where the packet was lost, which a minimum
        // forgives.
        long rttNs = Math.max(marks.rttNs(nowNs), 1);
        probedRttNs = Math.min(probedRttNs, rttNs);
        if (minRttNs == 0 || rttNs <= minRttNs || (idleRestart && isMinRttOld(nowNs))) {
            minRttNs = rttNs;
            minRttAtNs = nowNs;
        }
        long rate = marks.rate(nowNs, minRttNs);
        if (rate > 0 && (rate >= bandwidth || !marks.isApplicationLimited())) {
            int slot = round % BANDWIDTH_ROUNDS;
            bandwidths[slot] = Math.max(bandwidths[slot], rate);
        }
        long most = 0;
        for (long each : bandwidths) {
            most = Math.max(most, each);
        }
        if (most > 0) {
            bandwidth = most;
        }
    }

    private boolean isMinRttOld(long nowNs) {
        return minRttNs > 0 && nowNs - minRttAtNs > MIN_RTT_LIFE_NS;
    }

    // ---- states
    // -------------------------------------------------------------------------------------------------------
    /**
     * §4.3.2.2: three rounds without a quarter more. A round that the application limited says nothing of the path, unless packets were lost in
     * it: with a send buffer that just fills path and queue, every round looks limited, and the start-up would overflow the queue for ever.
     */
    private void checkFullPipe() {
        if (fullPipe || !roundStart || (marks.isApplicationLimited() && !queueOverflows)) {
            return;
        }
        if (bandwidth >= fullBandwidth * FULL_PIPE_GROWTH) {
            fullBandwidth = bandwidth;
            fullRounds = 0;
        } else if (++fullRounds >= FULL_PIPE_ROUNDS) {
            fullPipe = true;
        }
    }

    private void checkDrain(int inFlightBytes, long nowNs) {
        if (state == STARTUP && fullPipe) {
            state = DRAIN;
            pacingGain = 1 / HIGH_GAIN;
            cwndGain = CWND_GAIN;
        }
        if (state == DRAIN && inFlightBytes <= target(1)) {
            enterProbeBandwidth(nowNs);
        }
    }

    private void enterProbeBandwidth(long nowNs) {
        state = PROBE_BANDWIDTH;
        cwndGain = CWND_GAIN;
        // Any phase but the one that drains; what passes for random here is when it happens.
        phase = 2 + (int) Long.remainderUnsigned(marks.delivered() / Math.max(mss, 1), CYCLE.length - 2);
        phaseAtNs = nowNs;
        pacingGain = CYCLE[phase];
    }

    private void checkCycle(int inFlightBytes, long nowNs) {
        if (state != PROBE_BANDWIDTH) {
            return;
        }
        boolean over = nowNs - phaseAtNs > minRttNs;
        if (pacingGain > 1) {
            over &= lossInRound || inFlightBytes >= target(pacingGain);
        } else if (pacingGain < 1) {
            over |= inFlightBytes <= target(1);
        }
        if (over) {
            phase = (phase + 1) % CYCLE.length;
            phaseAtNs = nowNs;
            pacingGain = CYCLE[phase];
        }
    }

    private void checkProbeRtt(int inFlightBytes, long srttNs, long nowNs) {
        if (state != PROBE_RTT && isMinRttOld(nowNs) && !idleRestart) {
            state = PROBE_RTT;
            pacingGain = 1;
            cwndGain = 1;
            priorCwnd = Math.max(cwnd, conserves ? priorCwnd : 0);
            probeRttDoneNs = 0;
            probedRttNs = ControlBlock.NEVER;
        }
        if (state != PROBE_RTT) {
            return;
        }
        // So few in flight say nothing of the bandwidth.
        marks.applicationLimited(inFlightBytes);
        if (probeRttDoneNs == 0) {
            if (inFlightBytes <= LEAST_SEGMENTS * mss) {
                // And a round trip, told by the clock: repairing what was lost may take many.
                probeRttDoneNs = nowNs + Math.max(PROBE_RTT_NS, srttNs);
            }
        } else {
            checkProbeRttDone(nowNs);
        }
    }

    private void checkProbeRttDone(long nowNs) {
        if (probeRttDoneNs != 0 && nowNs >= probeRttDoneNs) {
            endProbeRtt(nowNs);
        }
    }

    private void endProbeRtt(long nowNs) {
        minRttAtNs = nowNs;
        if (probedRttNs != ControlBlock.NEVER) {
            minRttNs = probedRttNs;
        }
        cwnd = Math.max(cwnd, priorCwnd);
        if (fullPipe) {
            enterProbeBandwidth(nowNs);
        } else {
            state = STARTUP;
            pacingGain = HIGH_GAIN;
            cwndGain = CWND_GAIN;
        }
    }

    // ---- the window
    // ---------------------------------------------------------------------------------------------------
    /** §4.2.3.2. */
    private int target(double gain) {
        if (bandwidth == 0 || minRttNs == 0) {
            return initialWindow();
        }
        double bytes = gain * bandwidth * minRttNs / SECOND_NS + 3.0 * quantumBytes();
        return (int) Math.min(bytes, MAX_WINDOW_BYTES);
    }

    private void setWindow(int deliveredBytes, int inFlightBytes) {
        if (conserves && marks.delivered() >= conserveUntilDelivered) {
            conserves = false;
        }
        int target = target(cwndGain);
        if (conserves) {
            cwnd = conserved(inFlightBytes + deliveredBytes);
        } else if (fullPipe) {
            cwnd = Math.min(cwnd + deliveredBytes, Math.max(target, LEAST_SEGMENTS * mss));
        } else if (cwnd < target || marks.delivered() < initialWindow()) {
            cwnd += deliveredBytes;
        }
        cwnd = Math.min(Math.max(cwnd, LEAST_SEGMENTS * mss), MAX_WINDOW_BYTES);
        if (state == PROBE_RTT) {
            cwnd = Math.min(cwnd, LEAST_SEGMENTS * mss);
        }
    }

    // ---- loss: not what the model is made from
    // ------------------------------------------------------------------------
    /**
     * Packet conservation for a round (§4.2.3.4), but never below what the path itself holds, since loss at random says nothing of it.
     */
    @Override
    void lossDetected(int inFlightBytes, long nowNs) {
        savePriorCwnd();
        lossInRound = true;
        conserves = true;
        conserveUntilDelivered = marks.delivered() + Math.max(inFlightBytes, 1);
        cwnd = Math.min(cwnd, conserved(inFlightBytes + mss));
    }

    @Override
    void lossInReducedWindow(int inFlightBytes, long nowNs) {
        lossDetected(inFlightBytes, nowNs);
    }

    private void savePriorCwnd() {
        priorCwnd = state == PROBE_RTT ? Math.max(priorCwnd, cwnd) : cwnd;
    }

    private int conserved(int bytes) {
        return Math.max(bytes, fullPipe ? target(1) : mss);
    }

    @Override
    void recoveryEnded() {
        conserves = false;
        repairs = false;
        if (state != PROBE_RTT) {
            cwnd = Math.max(cwnd, priorCwnd);
        }
    }

    @Override
    void timedOut(int inFlightBytes, boolean first, long nowNs) {
        if (first) {
            savePriorCwnd();
        }
        lossInRound = true;
        conserves = false;
        repairs = true;
        fullBandwidth = 0;
        fullRounds = 0;
        cwnd = mss;
        nextSendNs = Math.min(nextSendNs, nowNs);
    }

    @Override
    void undo() {
        recoveryEnded();
        fullRounds = 0;
    }

    /** Version 1 takes marks for nothing. */
    @Override
    void marked(int inFlightBytes, long nowNs) {}

    @Override
    void acknowledged(int ackedBytes, int inFlightBytes, long srttNs, long nowNs) {}

    @Override
    int reduced(int inFlightBytes) {
        return cwnd;
    }

    /**
     * §4.3.3.3 and §4.3.4.4: queues have drained while nothing was outstanding, so that the next round trip is as good as one that is probed
     * for; and there is no reason to begin faster than the path is.
     */
    @Override
    void idle(long idleNs, long rtoNs, long nowNs) {
        idleRestart = true;
        if (state == PROBE_BANDWIDTH) {
            pacingGain = 1;
        } else if (state == PROBE_RTT) {
            checkProbeRttDone(nowNs);
        }
    }
}
