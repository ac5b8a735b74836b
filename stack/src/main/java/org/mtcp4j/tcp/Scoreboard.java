/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import java.util.Arrays;
import org.mtcp4j.wire.Seq;

/**
 * What the sender knows of the sequence space above SND.UNA: adjoining spans, each in one condition, up to the highest number that
 * something sent later has overtaken. Above that everything is in flight as first sent and needs no entry. A peer may make
 * {@link #MAX_SPANS} of them; one that names more pieces is not listened to until some are gone, which is safe: what is not
 * known to be received counts as in flight. What is sent again then cuts each lost piece once, so half as many more come at most.
 *
 * <p>RFC 8985 orders transmissions by time. Here the order is that of SND.MAX: an original stands at its own end, what was sent
 * again stands at SND.MAX of that moment, and among those the time decides. So nothing has to be noted of segments that are sent
 * once, and a connection without loss pays nothing.
 */
final class Scoreboard {
    static final int MAX_SPANS = 4096;
    private static final int FIRST_SPANS = 32;
    private static final long ORIGINAL = Long.MIN_VALUE;

    /** Sent once, overtaken since {@link #timesNs}. */
    private static final byte OVERTAKEN = 0;

    private static final byte SACKED = 1;
    /** To be sent again. */
    private static final byte LOST = 2;
    /** Sent again at {@link #timesNs}, when SND.MAX was {@link #orders}. */
    private static final byte RESENT = 3;

    private static final byte RESENT_OVERTAKEN = 4;
    private static final byte CONDITION = 7;
    /** Flag: was sent more than once. */
    private static final byte REPEATED = 8;

    private int[] starts = new int[FIRST_SPANS];
    private byte[] states = new byte[FIRST_SPANS];
    private int[] orders = new int[FIRST_SPANS];
    private long[] timesNs = new long[FIRST_SPANS];
    private int count;
    private int end;

    /** Order of the latest transmission that is known to have arrived. */
    private int newestOrder;

    private long newestNs = ORIGINAL;
    private int highestSacked;

    /** As of the last {@link #scan}, less what was {@link #resent} since. */
    private int lostBytes;

    private int sackedBytes;
    private int firstLost;
    private long reorderDeadlineNs;

    /** Bytes that the acknowledgement at hand says have arrived. */
    private int deliveredBytes;
    /** Whether one of them, sent once, arrived after what was sent later. */
    private boolean reordered;

    /** Whether the last {@link #scan} has marked something. */
    private boolean lossFound;

    private int lostRetransmits;

    /** Begins anew: nothing is known above this. */
    void clear(int una) {
        count = 0;
        end = una;
        newestOrder = una;
        newestNs = ORIGINAL;
        highestSacked = una;
        lostBytes = 0;
        sackedBytes = 0;
        firstLost = 0;
        reorderDeadlineNs = ControlBlock.NEVER;
    }

    boolean isEmpty() {
        return count == 0;
    }

    int lostBytes() {
        return lostBytes;
    }

    int sackedBytes() {
        return sackedBytes;
    }

    int deliveredBytes() {
        return deliveredBytes;
    }

    boolean reordered() {
        return reordered;
    }

    boolean lossFound() {
        return lossFound;
    }

    /** When {@link #scan} would find something lost that it leaves alone now. */
    long reorderDeadlineNs() {
        return reorderDeadlineNs;
    }

    /** Times since the last call that something sent again was found lost again. */
    int takeLostRetransmits() {
        int n = lostRetransmits;
        lostRetransmits = 0;
        return n;
    }

    /** RFC 8985's count of segments in the SACK scoreboard, by bytes and by pieces. */
    boolean sackedAtLeast(int segments, int mssBytes) {
        int pieces = 0;
        int bytes = 0;
        for (int i = 0; i < count && pieces < segments; i++) {
            if (is(i, SACKED)) {
                pieces++;
                bytes += endOf(i) - starts[i];
            }
        }
        return pieces >= segments || bytes > (segments - 1) * mssBytes;
    }

    /** Whether the peer has taken back what it had reported (RFC 2018 §8): the first byte missing is one it said it has. */
    boolean isReneged() {
        return count > 0 && is(0, SACKED);
    }

    // ---- an acknowledgement
    // -------------------------------------------------------------------------------------------
    void beginAck() {
        deliveredBytes = 0;
        reordered = false;
    }

    /** Everything below is acknowledged. */
    void advance(int una, long nowNs, long minRttNs) {
        int gone = 0;
        while (gone < count && Seq.leq(endOf(gone), una)) {
            delivered(gone, starts[gone], endOf(gone), nowNs, minRttNs);
            gone++;
        }
        if (gone < count && Seq.lt(starts[gone], una)) {
            delivered(gone, starts[gone], una, nowNs, minRttNs);
            starts[gone] = una;
        }
        if (gone > 0) {
            remove(0, gone);
        }
        if (Seq.lt(end, una)) {
            deliveredBytes += una - end;
            arrivedOriginal(una);
            end = una;
        }
        highestSacked = Seq.max(highestSacked, una);
        if (Seq.lt(newestOrder, una)) {
            newestOrder = una;
            newestNs = ORIGINAL;
        }
    }

    int spans() {
        return count;
    }

    /** End of the last SACK block, or SND.UNA. */
    int highestSacked() {
        return highestSacked;
    }

    /** Whether something that was sent again is still outstanding. */
    boolean isAnyRepeated() {
        for (int i = 0; i < count; i++) {
            if ((states[i] & REPEATED) != 0) {
                return true;
            }
        }
        return false;
    }

    /**
     * A SACK block, above SND.UNA. One that is empty or ends beyond SND.MAX is not noted, so that no span ever covers what was not sent.
     *
     * @return false when it is not noted
     */
    boolean sack(int from, int to, int sndMax, long nowNs, long minRttNs) {
        if (count + 3 > MAX_SPANS || Seq.geq(from, to) || Seq.gt(to, sndMax)) {
            return false;
        }
        if (Seq.gt(from, end)) {
            append(from, OVERTAKEN, 0, nowNs);
        }
        if (Seq.lt(from, end)) {
            int first = splitAt(from);
            int stop = Seq.lt(to, end) ? splitAt(to) : count;
            for (int i = first; i < stop; i++) {
                delivered(i, starts[i], endOf(i), nowNs, minRttNs);
                states[i] = SACKED;
            }
            if (stop - first > 1) {
                remove(first + 1, stop);
            }
        }
        if (Seq.gt(to, end)) {
            deliveredBytes += to - Seq.max(from, end);
            arrivedOriginal(to);
            append(to, SACKED, 0, 0);
        }
        highestSacked = Seq.max(highestSacked, to);
        return true;
    }

    private void delivered(int i, int from, int to, long nowNs, long minRttNs) {
        switch (states[i] & CONDITION) {
            case SACKED -> {
                return;
            }
            case RESENT -> {
                // Sooner than any round trip: that was the original, of which nothing follows (RFC 8985 §6.2, step 2).
                if (nowNs - timesNs[i] >= minRttNs) {
                    arrived(orders[i], timesNs[i]);
                }
            }
            default -> {
                if ((states[i] & REPEATED) == 0) {
                    reordered |= Seq.lt(to, highestSacked);
                    arrivedOriginal(to);
                }
            }
        }
        deliveredBytes += to - from;
    }

    private void arrivedOriginal(int seqEnd) {
        arrived(seqEnd, ORIGINAL);
    }

    private void arrived(int order, long sentNs) {
        if (isAfter(order, sentNs, newestOrder, newestNs)) {
            newestOrder = order;
            newestNs = sentNs;
        }
    }

    private static boolean isAfter(int order, long ns, int thanOrder, long thanNs) {
        return order == thanOrder ? ns > thanNs : Seq.gt(order, thanOrder);
    }

    // ---- loss
    // ---------------------------------------------------------------------------------------------------------
    /**
     * Marks as lost what was overtaken at least this long ago (RFC 8985 §6.2, step 5), joins spans that are alike and sums up.
     */
    void scan(long nowNs, long reorderWindowNs) {
        if (Seq.gt(newestOrder, end)) {
            append(newestOrder, OVERTAKEN, 0, nowNs);
        }
        int lost = 0;
        int sacked = 0;
        int kept = 0;
        reorderDeadlineNs = ControlBlock.NEVER;
        firstLost = -1;
        lossFound = false;
        for (int i = 0; i < count; i++) {
            int bytes = endOf(i) - starts[i];
            judge(i, nowNs, reorderWindowNs);
            if (is(i, LOST)) {
                lost += bytes;
            } else if (is(i, SACKED)) {
                sacked += bytes;
            }
            if (kept == 0 || !isAlike(kept - 1, i)) {
                move(i, kept++);
            }
            if (firstLost < 0 && is(kept - 1, LOST)) {
                firstLost = kept - 1;
            }
        }
        count = kept;
        lostBytes = lost;
        sackedBytes = sacked;
    }

    private void judge(int i, long nowNs, long reorderWindowNs) {
        if (is(i, RESENT) && isAfter(newestOrder, newestNs, orders[i], timesNs[i])) {
            states[i] = RESENT_OVERTAKEN | REPEATED;
            timesNs[i] = nowNs;
        }
        if (is(i, OVERTAKEN) || is(i, RESENT_OVERTAKEN)) {
            long deadlineNs = timesNs[i] + reorderWindowNs;
            if (nowNs >= deadlineNs) {
                lossFound = true;
                lostRetransmits += is(i, RESENT_OVERTAKEN) ? 1 : 0;
                states[i] = (byte) (LOST | (states[i] & REPEATED));
            } else {
                reorderDeadlineNs = Math.min(reorderDeadlineNs, deadlineNs);
            }
        }
    }

    private boolean isAlike(int i, int j) {
        if (states[i] != states[j]) {
            return false;
        }
        return is(i, SACKED) || is(i, LOST) || (timesNs[i] == timesNs[j] && orders[i] == orders[j]);
    }

    /** The retransmission timer expired: all of it, but what the peer holds, is to be sent again. */
    void loseAll(int sndMax, boolean believeSacks) {
        if (Seq.lt(end, sndMax)) {
            append(sndMax, LOST, 0, 0);
        }
        for (int i = 0; i < count; i++) {
            if (!is(i, SACKED)) {
                states[i] = (byte) (LOST | (states[i] & REPEATED));
            } else if (!believeSacks) {
                states[i] = LOST;
            }
        }
        newestOrder = sndMax;
        newestNs = ORIGINAL;
    }

    /** A recovery was called for nothing: what was to be sent again, and was not yet, is in flight after all. */
    void undoLost(long nowNs) {
        for (int i = 0; i < count; i++) {
            if (is(i, LOST)) {
                states[i] = (states[i] & REPEATED) == 0 ? OVERTAKEN : RESENT_OVERTAKEN | REPEATED;
                timesNs[i] = nowNs;
            }
        }
    }

    // ---- retransmission
    // -----------------------------------------------------------------------------------------------
    /** First byte of the first lost span; only while {@link #lostBytes} is positive. */
    int lostSeq() {
        return starts[firstLost];
    }

    int lostSpanBytes() {
        return endOf(firstLost) - starts[firstLost];
    }

    /** So many bytes at {@link #lostSeq} have been sent again. */
    void resent(int bytes, int sndMax, long nowNs) {
        int i = firstLost;
        int seq = starts[i];
        lostBytes -= bytes;
        if (bytes < endOf(i) - seq) {
            boolean alike = i > 0
                    && is(i - 1, RESENT)
                    && (count >= MAX_SPANS || (orders[i - 1] == sndMax && timesNs[i - 1] == nowNs));
            if (alike) {
                // A full board gives up precision: all of it counts as sent now.
                orders[i - 1] = sndMax;
                timesNs[i - 1] = nowNs;
                starts[i] = seq + bytes;
                return;
            }
            splitAt(seq + bytes);
        }
        states[i] = RESENT | REPEATED;
        orders[i] = sndMax;
        timesNs[i] = nowNs;
        while (++firstLost < count && !is(firstLost, LOST)) {}
    }

    // ---- spans
    // --------------------------------------------------------------------------------------------------------
    private boolean is(int i, byte condition) {
        return (states[i] & CONDITION) == condition;
    }

    private int endOf(int i) {
        return i + 1 < count ? starts[i + 1] : end;
    }

    private void append(int to, byte state, int order, long timeNs) {
        grow();
        starts[count] = end;
        states[count] = state;
        orders[count] = order;
        timesNs[count] = timeNs;
        count++;
        end = to;
    }

    /** Index of the span that begins there, made if need be. */
    private int splitAt(int seq) {
        int low = 0;
        int high = count - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (Seq.leq(starts[middle], seq)) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        if (starts[low] == seq) {
            return low;
        }
        grow();
        int moved = count - low - 1;
        System.arraycopy(starts, low + 1, starts, low + 2, moved);
        System.arraycopy(states, low, states, low + 1, moved + 1);
        System.arraycopy(orders, low, orders, low + 1, moved + 1);
        System.arraycopy(timesNs, low, timesNs, low + 1, moved + 1);
        starts[low + 1] = seq;
        count++;
        return low + 1;
    }

    private void move(int from, int to) {
        if (from != to) {
            starts[to] = starts[from];
            states[to] = states[from];
            orders[to] = orders[from];
            timesNs[to] = timesNs[from];
        }
    }

    private void remove(int from, int to) {
        int moved = count - to;
        System.arraycopy(starts, to, starts, from, moved);
        System.arraycopy(states, to, states, from, moved);
        System.arraycopy(orders, to, orders, from, moved);
        System.arraycopy(timesNs, to, timesNs, from, moved);
        count -= to - from;
    }

    private void grow() {
        if (count == starts.length) {
            int room = 2 * count;
            starts = Arrays.copyOf(starts, room);
            states = Arrays.copyOf(states, room);
            orders = Arrays.copyOf(orders, room);
            timesNs = Arrays.copyOf(timesNs, room);
        }
    }
}
