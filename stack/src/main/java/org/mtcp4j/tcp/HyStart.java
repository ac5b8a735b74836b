/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpSegment;

/**
 * HyStart++ (RFC 9406): slow start ends when round trips grow, before the queue overflows. It slows down first, and goes on if that
 * was a false alarm. Round trips come from timestamps, whose millisecond is fine enough for thresholds of 4 to 16, or else from {@link
 * SentTimes}.
 */
final class HyStart {
    private static final long LEAST_THRESHOLD_NS = 4_000_000L;
    private static final long MOST_THRESHOLD_NS = 16_000_000L;
    private static final int THRESHOLD_DIVISOR = 8;
    private static final int SAMPLES = 8;
    private static final int GROWTH_DIVISOR = 4;
    private static final int CONSERVATIVE_ROUNDS = 5;
    private static final long INFINITE = Long.MAX_VALUE;

    private int roundEnd;
    /** The round is over, and the next begins with the first acknowledgement of what is sent then: its end is not known before. */
    private boolean allAcknowledged;

    private long lastMinNs = INFINITE;
    private long minNs = INFINITE;
    private int samples;
    /** INFINITE outside conservative slow start. */
    private long baselineNs = INFINITE;

    private int conservativeRounds;
    /** Null where timestamps tell. */
    private final SentTimes times;

    HyStart(Connection c) {
        roundEnd = c.sndMax;
        times = c.timestamps ? null : new SentTimes();
        if (times != null && c.rtt.minRttNs() > 0) {
            // Nobody noted when the first window left; the retransmission timer has measured it.
            minNs = c.rtt.minRttNs();
        }
    }

    /** New data has left. */
    void sentNew(int seq, int seqEnd, long nowNs) {
        if (times != null) {
            times.sent(seq, seqEnd, nowNs);
        }
    }

    /** Something has left once more: acknowledgements are ambiguous until all that is in flight now is acknowledged (Karn). */
    void resent() {
        if (times != null) {
            times.forget();
        }
    }

    /** @return -1 where the acknowledgement tells none */
    long roundTripNs(Connection c, TcpSegment s, long nowNs) {
        if (times != null) {
            return times.roundTripNs(s.ack, nowNs);
        }
        return s.timestamps ? Timestamps.roundTripNs(c, s, nowNs) : -1;
    }

    int growthDivisor() {
        return baselineNs == INFINITE ? 1 : GROWTH_DIVISOR;
    }

    /**
     * @param rttNs negative where the acknowledgement tells none
     * @return whether slow start is over
     */
    boolean sample(Connection c, long rttNs) {
        boolean over = allAcknowledged && endRound(c);
        if (rttNs >= 0) {
            minNs = Math.min(minNs, rttNs);
            samples++;
            judge(c);
        }
        if (Seq.geq(c.sndUna, roundEnd)) {
            allAcknowledged = c.sndUna == c.sndMax;
            over |= !allAcknowledged && endRound(c);
        }
        return over;
    }

    private boolean endRound(Connection c) {
        allAcknowledged = false;
        roundEnd = c.sndMax;
        lastMinNs = minNs;
        minNs = INFINITE;
        samples = 0;
        return baselineNs != INFINITE && ++conservativeRounds >= CONSERVATIVE_ROUNDS;
    }

    private void judge(Connection c) {
        if (samples < SAMPLES || lastMinNs == INFINITE) {
            return;
        }
        if (baselineNs != INFINITE) {
            if (minNs < baselineNs) {
                baselineNs = INFINITE;
                conservativeRounds = 0;
            }
            return;
        }
        long thresholdNs = Math.min(Math.max(lastMinNs / THRESHOLD_DIVISOR, LEAST_THRESHOLD_NS), MOST_THRESHOLD_NS);
        if (minNs >= lastMinNs + thresholdNs) {
            baselineNs = minNs;
            c.stats.hyStartDelayDetect++;
        }
    }
}
