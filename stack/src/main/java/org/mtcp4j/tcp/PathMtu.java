/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/**
 * Segments that a router on the path cannot pass on: told by ICMP (RFC 1191 §6.5, RFC 8201 §5.4), or by nothing but silence (RFC 4821
 * §7.7, in Linux's simple form: repeated timeouts of full segments make them smaller). The size is not raised again.
 */
final class PathMtu {
    /** Below this it is an attack, or not worth a connection: IPv4's least MTU that everybody must take whole, less headers. */
    static final int LEAST_MSS = 536;
    /** What fits IPv6's least MTU of 1,280, and nearly every tunnel. */
    private static final int FIRST_TRY = 1_220;
    /** Timeouts of the same full segment, before size is suspected. */
    private static final int SUSPICIOUS_TIMEOUTS = 2;

    private PathMtu() {}

    /** @param segmentBytes most that a segment may carry, options of every segment included */
    static void told(Connection c, int segmentBytes) {
        if (shrink(c, Math.max(segmentBytes, LEAST_MSS)) && c.sndMax != c.sndUna && c.state.sends()) {
            // RFC 1191 §6.5: at once, and it is no congestion.
            Retransmission.recovery(c).tooLong(c);
            c.due |= ControlBlock.DUE_DATA;
        }
    }

    /** Another timeout; what is outstanding is sent in smaller pieces from here on. */
    static void suspectBlackHole(Connection c) {
        if (c.unanswered <= SUSPICIOUS_TIMEOUTS || c.sndMax - c.sndUna < c.sendMss) {
            return;
        }
        int options = c.timestamps ? Handshake.TIMESTAMP_OPTION_BYTES : 0;
        int whole = c.sendMss + options;
        if (shrink(c, whole > FIRST_TRY ? FIRST_TRY : Math.max(LEAST_MSS, whole / 2))) {
            c.stats.mtuProbeFail++;
        }
    }

    private static boolean shrink(Connection c, int segmentBytes) {
        int mss = segmentBytes - (c.timestamps ? Handshake.TIMESTAMP_OPTION_BYTES : 0);
        if (mss >= c.sendMss) {
            return false;
        }
        c.sendMss = mss;
        c.congestion.mss = mss;
        return true;
    }
}
