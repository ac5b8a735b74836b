/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;

/**
 * When some of what is in flight was sent, for round trips without timestamps: {@link HyStart} wants eight of a window, where the
 * retransmission timer is content with one. What leaves at one time is one entry; what finds no room has none.
 */
final class SentTimes {
    private static final int MAX_ENTRIES = 16;

    private final int[] starts = new int[MAX_ENTRIES];
    private final int[] ends = new int[MAX_ENTRIES];
    private final long[] timesNs = new long[MAX_ENTRIES];
    private int head;
    private int count;

    /** New data, from sequence number to sequence number, has left. */
    void sent(int from, int to, long nowNs) {
        int last = (head + count - 1) % MAX_ENTRIES;
        if (count > 0 && timesNs[last] == nowNs && ends[last] == from) {
            ends[last] = to;
        } else if (count < MAX_ENTRIES) {
            int i = (head + count++) % MAX_ENTRIES;
            starts[i] = from;
            ends[i] = to;
            timesNs[i] = nowNs;
        }
    }

    /** What is in flight tells no time any more. */
    void forget() {
        count = 0;
    }

    /** The round trip that an acknowledgement tells by the last byte that it covers; -1 if it is not known when that was sent. */
    long roundTripNs(int ack, long nowNs) {
        while (count > 0 && Seq.lt(ends[head], ack)) {
            head = (head + 1) % MAX_ENTRIES;
            count--;
        }
        return count > 0 && Seq.lt(starts[head], ack) ? Math.max(nowNs - timesNs[head], 1) : -1;
    }
}
