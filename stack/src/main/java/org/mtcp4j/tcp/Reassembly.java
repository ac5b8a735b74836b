/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import java.util.Arrays;

/**
 * What has been received beyond a gap: ranges of stream positions, in order, apart from each other. The bytes themselves already
 * stand in storage.
 */
final class Reassembly {
    /** Bounds the work per segment; a peer that needs more gaps sends again. */
    static final int MAX_RANGES = 1024;

    private static final int FIRST_RANGES = 4;
    private static final int RECENT = 16;

    /** Start and end (exclusive) of each range in turn. */
    private long[] edges = new long[2 * FIRST_RANGES];

    private int ranges;
    /** A position in each of the ranges that grew last, the latest first; some may be in order by now, or in the same range. */
    private final long[] recent = new long[RECENT];

    private int recentCount;

    /** Next in the pool. */
    Reassembly next;

    void clear() {
        ranges = 0;
        recentCount = 0;
    }

    boolean isEmpty() {
        return ranges == 0;
    }

    int ranges() {
        return ranges;
    }

    long start(int range) {
        return edges[2 * range];
    }

    long end(int range) {
        return edges[2 * range + 1];
    }

    /** Whether {@link #add} has room for it. */
    boolean accepts(long from, long to) {
        if (ranges < MAX_RANGES) {
            return true;
        }
        int i = firstEndingAtOrAfter(from);
        return i < ranges && start(i) <= to;
    }

    /**
     * Hands the parts that are missing to the connection's store.
     *
     * @return up to where all is stored now: {@code to}, or less where storage ran out
     */
    long placeMissing(Connection c, long from, long to, int payloadOffset) {
        long at = from;
        for (int i = firstEndingAtOrAfter(from); at < to; i++) {
            long gapEnd = i < ranges ? Math.min(start(i), to) : to;
            if (gapEnd > at && !c.store.place(c, at, payloadOffset + (int) (at - from), (int) (gapEnd - at))) {
                return at;
            }
            at = i < ranges ? Math.max(gapEnd, end(i)) : to;
        }
        return to;
    }

    /** Notes a stored range; ranges that touch become one. */
    void add(long from, long to) {
        int first = firstEndingAtOrAfter(from);
        int next = first;
        long start = from;
        long end = to;
        while (next < ranges && start(next) <= to) {
            start = Math.min(start, start(next));
            end = Math.max(end, end(next));
            next++;
        }
        if (next == first) {
            insertRoom(first);
        } else {
            removeRanges(first + 1, next);
        }
        edges[2 * first] = start;
        edges[2 * first + 1] = end;
        remember(from, start, end);
    }

    /** To the front, in place of any other of the same range. */
    private void remember(long position, long start, long end) {
        int kept = 0;
        for (int i = 0; i < recentCount; i++) {
            if (recent[i] < start || recent[i] >= end) {
                recent[kept++] = recent[i];
            }
        }
        kept = Math.min(kept, RECENT - 1);
        System.arraycopy(recent, 0, recent, 1, kept);
        recent[0] = position;
        recentCount = kept + 1;
    }

    /** Positions that {@link #recentRange} knows. */
    int recentCount() {
        return recentCount;
    }

    /** The range that grew n-th last (from 0), or -1 if it is in order by now. */
    int recentRange(int n) {
        int i = firstEndingAtOrAfter(recent[n] + 1);
        return i < ranges && start(i) <= recent[n] ? i : -1;
    }

    /** Whether all of it is stored. */
    boolean covers(long from, long to) {
        int i = firstEndingAtOrAfter(to);
        return i < ranges && start(i) <= from;
    }

    /** Everything below this position is in order: drops what it reaches and returns how far that carries. */
    long advance(long position) {
        int i = 0;
        long reached = position;
        while (i < ranges && start(i) <= reached) {
            reached = Math.max(reached, end(i));
            i++;
        }
        removeRanges(0, i);
        return reached;
    }

    /** Most segments come at the end, so the search does, too. */
    private int firstEndingAtOrAfter(long position) {
        int i = ranges;
        while (i > 0 && end(i - 1) >= position) {
            i--;
        }
        return i;
    }

    private void insertRoom(int at) {
        if (2 * ranges == edges.length) {
            edges = Arrays.copyOf(edges, 2 * edges.length);
        }
        System.arraycopy(edges, 2 * at, edges, 2 * at + 2, 2 * (ranges - at));
        ranges++;
    }

    private void removeRanges(int from, int to) {
        System.arraycopy(edges, 2 * to, edges, 2 * from, 2 * (ranges - to));
        ranges -= to - from;
    }
}
