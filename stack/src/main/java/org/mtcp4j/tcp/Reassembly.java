/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/**
 * What has been received beyond a gap: ranges of stream positions, in order, apart from each other. The bytes themselves already
 * stand in storage.
 */
final class Reassembly {
    /** Bounds the work per segment; a peer that needs more gaps sends again. */
    static final int MAX_RANGES = 4096;

    private static final int FIRST_RANGES = 4;
    private static final int RECENT = 16;
    /** What is larger is not kept for the next connection. */
    private static final int KEPT_EDGES = 256;

    /** Start and end (exclusive) of each range in turn. */
    private long[] edges = new long[2 * FIRST_RANGES];

    /** Index of the first range: gaps are mostly filled from the front. */
    private int first;

    private int ranges;
    /** A position in each of the ranges that grew last, the latest first; some may be in order by now, or in the same range. */
    private final long[] recent = new long[RECENT];

    private int recentCount;

    /** Next in the pool. */
    Reassembly next;

    void clear() {
        first = 0;
        ranges = 0;
        recentCount = 0;
        if (edges.length > KEPT_EDGES) {
            edges = new long[2 * FIRST_RANGES];
        }
    }

    boolean isEmpty() {
        return ranges == 0;
    }

    int ranges() {
        return ranges;
    }

    long start(int range) {
        return edges[2 * (first + range)];
    }

    long end(int range) {
        return edges[2 * (first + range) + 1];
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
        int at = firstEndingAtOrAfter(from);
        int next = at;
        long start = from;
        long end = to;
        while (next < ranges && start(next) <= to) {
            start = Math.min(start, start(next));
            end = Math.max(end, end(next));
            next++;
        }
        if (next == at) {
            insertRoom(at);
        } else {
            removeRanges(at + 1, next);
        }
        edges[2 * (first + at)] = start;
        edges[2 * (first + at) + 1] = end;
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

    /** The first range that has bytes of it, or -1. */
    int firstOverlapping(long from, long to) {
        int i = firstEndingAtOrAfter(from + 1);
        return i < ranges && start(i) < to ? i : -1;
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

    /** Most segments come at the end, which is looked at first; the rest is halved, since a peer chooses where it makes gaps. */
    private int firstEndingAtOrAfter(long position) {
        if (ranges == 0 || end(ranges - 1) < position) {
            return ranges;
        }
        int low = 0;
        int high = ranges - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (end(middle) < position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private void insertRoom(int at) {
        if (2 * (first + ranges) == edges.length) {
            long[] to = 2 * ranges > edges.length / 2 ? new long[2 * edges.length] : edges;
            System.arraycopy(edges, 2 * first, to, 0, 2 * ranges);
            edges = to;
            first = 0;
        }
        int from = 2 * (first + at);
        System.arraycopy(edges, from, edges, from + 2, 2 * (ranges - at));
        ranges++;
    }

    private void removeRanges(int from, int to) {
        if (from == 0) {
            first += to;
        } else {
            System.arraycopy(edges, 2 * (first + to), edges, 2 * (first + from), 2 * (ranges - to));
        }
        ranges -= to - from;
    }
}
