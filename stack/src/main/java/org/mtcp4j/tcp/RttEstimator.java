/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/** Round-trip time and retransmission timeout of one connection (RFC 6298 §2, §5.5-5.7). */
final class RttEstimator {
    /** RFC 6298 §2.1. */
    static final long INITIAL_RTO_NS = 1_000_000_000L;
    /** §5.7: where the handshake itself was not answered in time, and tells no round trip. */
    static final long FALLBACK_RTO_NS = 3_000_000_000L;

    private static final long MICROSECOND_NS = 1_000L;

    private static final int MAX_BACKOFF = 30;

    /** Smoothed round-trip time, or 0 before the first sample. */
    private long srttNs;

    /** Least sample, or 0 before the first. */
    private long minRttNs;

    private long rttvarNs;
    private long rtoNs = INITIAL_RTO_NS;
    private int backoff;

    /** A round trip that no retransmission makes ambiguous (Karn, §3); also ends the back-off. */
    void sample(long rttNs, TcpSettings settings) {
        if (rttNs < minRttNs || minRttNs == 0) {
            minRttNs = Math.max(rttNs, 1);
        }
        if (srttNs == 0) {
            srttNs = Math.max(rttNs, 1);
            rttvarNs = rttNs / 2;
        } else {
            rttvarNs += (Math.abs(srttNs - rttNs) - rttvarNs) / 4;
            srttNs = Math.max(srttNs + (rttNs - srttNs) / 8, 1);
        }
        // As Linux has it, the bound is on the variance: a peer may delay its acknowledgement on any path.
        long boundNs = srttNs + Math.max(4 * rttvarNs, settings.minRtoNs);
        rtoNs = boundNs - boundNs % MICROSECOND_NS;
        backoff = 0;
    }

    /** The SYN had to be repeated; what follows begins anew. */
    void handshakeWasLost() {
        if (srttNs == 0) {
            rtoNs = FALLBACK_RTO_NS;
            backoff = 0;
        }
    }

    /** §5.5: the timer expired. */
    void backOff() {
        backoff = Math.min(backoff + 1, MAX_BACKOFF);
    }

    boolean isBackedOff() {
        return backoff > 0;
    }

    long rtoNs(TcpSettings settings) {
        return shifted(rtoNs, backoff, settings.maxRtoNs);
    }

    /** Timeout of a probe series of its own that has backed off so often. */
    long rtoNs(TcpSettings settings, int probes) {
        return shifted(rtoNs, Math.min(probes, MAX_BACKOFF), settings.maxRtoNs);
    }

    long srttNs() {
        return srttNs;
    }

    /** Least round trip ever seen, 0 before the first. */
    long minRttNs() {
        return minRttNs;
    }

    long rttvarNs() {
        return rttvarNs;
    }

    private static long shifted(long valueNs, int shift, long maxNs) {
        return valueNs >= maxNs >> shift ? maxNs : valueNs << shift;
    }
}
