/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.tcp.SegmentOut;
import org.mtcp4j.tcp.TimeWaitRecord;
import org.mtcp4j.wire.TcpSegment;

/** Answers segments for tuples in {@link TimeWaits}. The owner's. */
final class TimeWaitDesk {
    private final Context context;
    private final TimeWaits table;
    private final SegmentOut reply = new SegmentOut();

    TimeWaitDesk(Context context) {
        this.context = context;
        this.table = context.timeWaits;
    }

    /**
     * A SYN that may start anew on the tuple of a flow in TIME-WAIT whose application still holds it. False when nobody listens: then it is a
     * segment like any.
     */
    boolean reopens(Flow flow, Link link, FlowKey key, TcpSegment syn, long nowNs) {
        Listener listener = context.listenDesk.listener(key);
        if (listener == null) {
            return false;
        }
        context.tcpCounters.inSegs++;
        if (context.listenDesk.hasRoom(listener)) {
            context.remove(flow);
            context.listenDesk.reopen(link, listener, key, syn, flow.reopeningIss(), nowNs);
        }
        return true;
    }

    /** False when the tuple is not in the table. */
    boolean takes(Link link, FlowKey key, TcpSegment segment, long sourceMac, long nowNs) {
        int row = table.find(key);
        if (row < 0) {
            return false;
        }
        TimeWaitRecord record = table.record(row);
        context.tcpCounters.inSegs++;
        int verdict = record.arrives(segment);
        if (verdict == TimeWaitRecord.REUSE) {
            Listener listener = context.listenDesk.listener(key);
            if (listener != null) {
                if (context.listenDesk.hasRoom(listener)) {
                    table.remove(row);
                    context.listenDesk.reopen(link, listener, key, segment, record.reopeningIss(), nowNs);
                }
                return true;
            }
            // Nobody would take it: what was in TIME-WAIT stays there.
            verdict = TimeWaitRecord.REPLY;
        }
        if (verdict == TimeWaitRecord.REPLY_AND_RESTART) {
            table.restart(row, nowNs);
        }
        // Two ends that disagree about numbers must not answer each other's answers for ever.
        boolean limited = segment.segLen() == 0 || segment.has(TcpSegment.SYN);
        if (verdict != TimeWaitRecord.IGNORE && (!limited || table.tryAnswer(row, nowNs))) {
            record.reply(reply, nowNs);
            if (context.output.reply(link, sourceMac, key, reply)) {
                context.tcpCounters.outSegs++;
            }
        }
        return true;
    }
}
