/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpSegment;

/**
 * Which of a peer's SACK blocks are heard. RFC 2018 leaves open what a sender does with a block that no receiver can mean; here, as in
 * Linux ({@code tcp_is_sackblock_valid}), it is dropped and counted before loss recovery sees it.
 */
final class SackValidity {
    /** RFC 7323 §2.3. */
    private static final int MAX_WINDOW_BYTES = 1 << 30;

    private SackValidity() {}

    /**
     * Takes from the segment every block that is empty or reversed, ends beyond SND.MAX, or begins at or below what is acknowledged. The
     * last is allowed to a first block that reports a duplicate (RFC 2883 §4). The segment's acknowledgement is acceptable.
     */
    static void filter(Connection c, TcpSegment s) {
        int una = Seq.max(c.sndUna, s.ack);
        boolean late = Seq.lt(s.ack, c.sndUna);
        int kept = 0;
        for (int i = 0; i < s.sackBlocks; i++) {
            int from = s.sackEdges[2 * i];
            int to = s.sackEdges[2 * i + 1];
            if (isWithin(c, from, to, una) || (i == 0 && isDuplicateReport(s, from, to))) {
                s.sackEdges[2 * kept] = from;
                s.sackEdges[2 * kept + 1] = to;
                kept++;
            } else if (!late || Seq.gt(to, una)) {
                // What a late acknowledgement told has been acknowledged since: that is no fault of the peer.
                c.stats.sackDiscard++;
            }
        }
        s.sackBlocks = kept;
    }

    /** By distance from SND.UNA: comparing edges in pairs would let through a left edge half the number space ahead. */
    private static boolean isWithin(Connection c, int from, int to, int una) {
        int ahead = from - una;
        return ahead > 0 && ahead < to - una && to - una <= c.sndMax - una;
    }

    /** RFC 2883 §4: below the acknowledgement, by no more than a window. One inside of the second block is within the window anyway. */
    private static boolean isDuplicateReport(TcpSegment s, int from, int to) {
        int behind = s.ack - from;
        return behind > 0 && behind <= MAX_WINDOW_BYTES && s.ack - to >= 0 && s.ack - to < behind;
    }
}
