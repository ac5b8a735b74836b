/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;

/**
 * Delivery rate (draft-cheng-iccrg-delivery-rate-estimation): what had been delivered when some of the packets in flight left. One per
 * connection that needs it; made with the first data.
 */
final class Marks {
    static final int MOST = 32;
    /** Packets of a window that carry a mark. */
    private static final int A_WINDOW = 16;

    private static final long SECOND_NS = 1_000_000_000L;

    private int[] ends;
    private long[] sentAtNs;
    private long[] firstSentAtNs;
    private long[] deliveredThen;
    private long[] deliveredAtNs;
    private boolean[] limited;
    private int head;
    private int count;
    private int sinceMark;

    private long delivered;
    private long lastDeliveredNs;
    private long firstSentNs;
    /** Until so much is delivered, samples say what the application wrote rather than what the path carries. */
    private long limitedUntil;

    // The mark taken last.
    private int taken;

    /** A packet has left. */
    void sent(int seqEnd, int bytes, int windowBytes, int inFlightBefore, long nowNs) {
        if (ends == null) {
            make();
        }
        if (inFlightBefore == 0) {
            firstSentNs = nowNs;
            lastDeliveredNs = nowNs;
            sinceMark = Integer.MAX_VALUE / 2;
        }
        sinceMark += bytes;
        boolean ahead = count == 0 || Seq.gt(seqEnd, ends[(head + count - 1) % MOST]);
        if (count == MOST || sinceMark < windowBytes / A_WINDOW || !ahead) {
            return;
        }
        sinceMark = 0;
        int i = (head + count++) % MOST;
        ends[i] = seqEnd;
        sentAtNs[i] = nowNs;
        firstSentAtNs[i] = firstSentNs;
        deliveredThen[i] = delivered;
        deliveredAtNs[i] = lastDeliveredNs;
        limited[i] = limitedUntil > delivered;
    }

    private void make() {
        ends = new int[MOST];
        sentAtNs = new long[MOST];
        firstSentAtNs = new long[MOST];
        deliveredThen = new long[MOST];
        deliveredAtNs = new long[MOST];
        limited = new boolean[MOST];
    }

    void delivered(int bytes, long nowNs) {
        if (bytes > 0) {
            delivered += bytes;
            lastDeliveredNs = nowNs;
        }
    }

    void applicationLimited(int inFlightBytes) {
        limitedUntil = Math.max(delivered + inFlightBytes, 1);
    }

    /** Bytes delivered in all. */
    long delivered() {
        return delivered;
    }

    /** The next mark whose packet has arrived; false when there is none. */
    boolean take(int upTo) {
        if (count == 0 || Seq.gt(ends[head], upTo)) {
            return false;
        }
        taken = head;
        head = (head + 1) % MOST;
        count--;
        firstSentNs = sentAtNs[taken];
        return true;
    }

    long priorDelivered() {
        return deliveredThen[taken];
    }

    long rttNs(long nowNs) {
        return nowNs - sentAtNs[taken];
    }

    boolean isApplicationLimited() {
        return ends != null && limited[taken];
    }

    /** Bytes a second, or 0 where the sample is too short to mean anything. */
    long rate(long nowNs, long minRttNs) {
        long sendNs = sentAtNs[taken] - firstSentAtNs[taken];
        long ackNs = nowNs - deliveredAtNs[taken];
        long intervalNs = Math.max(sendNs, ackNs);
        if (intervalNs <= 0 || intervalNs < minRttNs) {
            return 0;
        }
        return (long) ((double) (delivered - deliveredThen[taken]) * SECOND_NS / intervalNs);
    }
}
