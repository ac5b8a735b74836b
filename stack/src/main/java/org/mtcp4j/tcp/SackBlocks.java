/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpFields;
import org.mtcp4j.wire.TcpSegment;

/**
 * What our acknowledgements tell of data beyond a gap (RFC 2018 §4): the block that grew last comes first, then those told before it;
 * before all of them, once, what came twice (RFC 2883 §4).
 */
final class SackBlocks {
    /** A burst of segments beyond a gap is answered by so many acknowledgements at most: they name the blocks of all of it. */
    static final int MOST_ACKS_A_TURN = 4;

    private static final int BLOCKS_WITH_TIMESTAMPS = 3;

    private SackBlocks() {}

    static boolean isAnyDue(Connection c) {
        return c.reassembly != null || c.duplicateFrom != c.duplicateTo;
    }

    /**
     * Bytes from sequence number to sequence number came that had come before. A block that adjoins one not yet told becomes part of it: the
     * segments of a round are acknowledged together.
     */
    static void duplicate(Connection c, int from, int to) {
        if (!c.sack || from == to) {
            return;
        }
        if (Seq.leq(to, c.rcvNxt)) {
            c.stats.dsackOldSent++;
        } else {
            c.stats.dsackOfoSent++;
        }
        boolean adjoins =
                c.duplicateFrom != c.duplicateTo && Seq.leq(from, c.duplicateTo) && Seq.geq(to, c.duplicateFrom);
        c.duplicateFrom = adjoins ? Seq.min(from, c.duplicateFrom) : from;
        c.duplicateTo = adjoins ? Seq.max(to, c.duplicateTo) : to;
    }

    /** A segment that is dropped: what of it stands below RCV.NXT, its FIN included, whatever PAWS says of it (RFC 2883 §4.3). */
    static void old(Connection c, TcpSegment s) {
        int to = Seq.min(s.seq + s.segLen(), c.rcvNxt);
        if (Seq.lt(s.seq, to) && !s.has(TcpSegment.SYN) && c.state != TcpState.TIME_WAIT) {
            duplicate(c, s.seq, to);
        }
    }

    /** Text at these stream positions, not yet stored: the first part of it that stands beyond the gap already (RFC 2883 §4.2). */
    static void overlap(Connection c, long from, long to) {
        Reassembly r = c.reassembly;
        int range = r == null ? -1 : r.firstOverlapping(from, to);
        if (range >= 0) {
            duplicate(c, seq(c, Math.max(from, r.start(range))), seq(c, Math.min(to, r.end(range))));
        }
    }

    /** @param skip passes over so many headers' worth of recent blocks: they follow in later acknowledgements of the same turn */
    static void fill(Connection c, SegmentOut s, int skip) {
        int most = c.timestamps ? BLOCKS_WITH_TIMESTAMPS : TcpFields.MAX_SACK_BLOCKS;
        s.sackBlocks = 0;
        if (c.duplicateFrom != c.duplicateTo) {
            add(s, c.duplicateFrom, c.duplicateTo);
            addContaining(c, s);
        }
        Reassembly r = c.reassembly;
        if (r == null) {
            return;
        }
        int i = Math.min(skip * most, Math.max(0, r.recentCount() - most));
        for (; i < r.recentCount() && s.sackBlocks < most; i++) {
            int range = r.recentRange(i);
            if (range >= 0) {
                addUnlessThere(s, seq(c, r.start(range)), seq(c, r.end(range)));
            }
        }
    }

    /** The block that a duplicate beyond the gap is part of stands right behind it (RFC 2883 §4, item 3). */
    private static void addContaining(Connection c, SegmentOut s) {
        Reassembly r = c.reassembly;
        for (int i = 0; r != null && i < r.ranges(); i++) {
            if (Seq.leq(seq(c, r.start(i)), c.duplicateFrom) && Seq.geq(seq(c, r.end(i)), c.duplicateTo)) {
                add(s, seq(c, r.start(i)), seq(c, r.end(i)));
                return;
            }
        }
    }

    private static void addUnlessThere(SegmentOut s, int from, int to) {
        for (int i = 0; i < s.sackBlocks; i++) {
            if (s.sackEdges[2 * i] == from && s.sackEdges[2 * i + 1] == to) {
                return;
            }
        }
        add(s, from, to);
    }

    private static void add(SegmentOut s, int from, int to) {
        s.sackEdges[2 * s.sackBlocks] = from;
        s.sackEdges[2 * s.sackBlocks + 1] = to;
        s.sackBlocks++;
    }

    private static int seq(Connection c, long position) {
        return c.rcvNxt + (int) (position - c.receivedPosition);
    }

    /** A duplicate is reported once (RFC 2883 §4, item 1). */
    static void told(Connection c) {
        c.duplicateFrom = c.duplicateTo;
    }

    /** Room the blocks take in a header. */
    static int optionBytes(SegmentOut s) {
        return 4 + 8 * s.sackBlocks;
    }
}
