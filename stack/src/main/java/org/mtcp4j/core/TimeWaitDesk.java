/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.tcp.SegmentOut;
import org.mtcp4j.tcp.TimeWaitRecord;
import org.mtcp4j.wire.TcpSegment;

/** Answers segments for tuples in {@link TimeWaits}. The owner's. */
final class TimeWaitDesk {
    /** Two ends that disagree about numbers must not answer each other's answers for ever. */
    private static final int REPLIES_PER_SECOND = 10_000;

    private final Context context;
    private final TimeWaits table;
    private final RateLimit limit = new RateLimit(REPLIES_PER_SECOND);
    private final SegmentOut reply = new SegmentOut();

    TimeWaitDesk(Context context) {
        this.context = context;
        this.table = context.timeWaits;
    }

    /** False when the tuple is not in the table, or no longer: the segment may begin a new connection. */
    boolean takes(Link link, FlowKey key, TcpSegment segment, long sourceMac, long nowNs) {
        int row = table.find(key);
        if (row < 0) {
            return false;
        }
        TimeWaitRecord record = table.record(row);
        int verdict = record.arrives(segment);
        if (verdict == TimeWaitRecord.REUSE) {
            table.remove(row);
            return false;
        }
        context.tcpCounters.inSegs++;
        if (verdict == TimeWaitRecord.REPLY_AND_RESTART) {
            table.restart(row, nowNs);
        }
        if (verdict != TimeWaitRecord.IGNORE && limit.tryTake(nowNs)) {
            record.reply(reply, nowNs);
            if (context.output.reply(link, sourceMac, key, reply)) {
                context.tcpCounters.outSegs++;
            }
        }
        return true;
    }
}
