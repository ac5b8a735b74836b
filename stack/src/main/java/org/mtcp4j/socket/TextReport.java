/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.io.IOException;
import java.util.Map;
import org.mtcp4j.core.Flow;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.tcp.ConnectionInfo;
import org.mtcp4j.tcp.TcpState;

/** A {@link StackReport} as {@code ss} prints it: numbers, connections, then pools and every counter that is not zero. */
final class TextReport {
    private static final int STATE_COLUMNS = 13;
    private static final int QUEUE_COLUMNS = 8;
    private static final int ADDRESS_COLUMNS = 24;
    private static final int NAME_COLUMNS = 28;

    private final StackReport report;
    private final ReportText out;
    private final ConnectionInfo info = new ConnectionInfo();

    TextReport(StackReport report, ReportText out) {
        this.report = report;
        this.out = out;
    }

    void write() throws IOException {
        summary();
        if (!report.query.isSummary()) {
            connections();
        }
        if (!report.query.isNarrow()) {
            pools();
            report.forEachSide((context, name, value) -> counter("-", name, value));
            report.forEachCounter((context, name, value) -> counter(Integer.toString(context), name, value));
        }
    }

    private void summary() throws IOException {
        Map<TcpState, Long> counts = report.states();
        long listeners = counts.remove(TcpState.LISTEN);
        long all = counts.values().stream().mapToLong(Long::longValue).sum();
        out.text("listeners ").number(listeners).text(", connections ").number(all);
        String separator = ": ";
        for (Map.Entry<TcpState, Long> entry : counts.entrySet()) {
            if (entry.getValue() > 0) {
                out.text(separator).text(entry.getKey().name()).text(" ").number(entry.getValue());
                separator = ", ";
            }
        }
        out.line();
    }

    private void connections() throws IOException {
        out.padded("State", STATE_COLUMNS).text("   Recv-Q   Send-Q  ").padded("Local", ADDRESS_COLUMNS);
        out.text(" Peer").line();
        report.forEachListener(listener -> {
            queues("LISTEN", listener.waiting(), listener.backlogLimit());
            out.padded(listener.localText(), ADDRESS_COLUMNS).text(" *").line();
        });
        long nowNs = System.nanoTime();
        report.forEachFlow(flow -> flow(flow, nowNs));
        report.forEachTimeWait(key -> {
            queues("TIME_WAIT", 0, 0);
            out.padded(key.localText(), ADDRESS_COLUMNS)
                    .text(" ")
                    .text(key.remoteText())
                    .line();
        });
    }

    private void flow(Flow flow, long nowNs) throws IOException {
        queues(flow.state().name(), flow.available(), flow.unacknowledged());
        out.address(flow.localHi(), flow.localLo(), flow.localPort(), ADDRESS_COLUMNS)
                .text(" ");
        out.address(flow.remoteHi(), flow.remoteLo(), flow.remotePort(), 0).line();
        if (report.query.hasInfo()) {
            info.read(flow);
            roundTrips();
            windows();
            traffic(nowNs);
        }
    }

    private void queues(String state, long received, long sent) throws IOException {
        out.padded(state, STATE_COLUMNS)
                .text(" ")
                .number(received, QUEUE_COLUMNS)
                .text(" ");
        out.number(sent, QUEUE_COLUMNS).text("  ");
    }

    /** In milliseconds, as {@code ss} has them. */
    private void roundTrips() throws IOException {
        out.text("    ").text(info.congestion).text(" rto:").thousandths(info.rtoNs / 1_000);
        out.text(" rtt:").thousandths(info.srttNs / 1_000).text("/").thousandths(info.rttvarNs / 1_000);
        out.text(" minrtt:").thousandths(info.minRttNs / 1_000);
    }

    private void windows() throws IOException {
        out.text(" cwnd:").number(info.cwndBytes);
        if (info.hasThreshold()) {
            out.text(" ssthresh:").number(info.ssthreshBytes);
        }
        out.text(" mss:").number(info.mssBytes).text(" inflight:").number(info.inFlightBytes);
        out.text(" snd_wnd:").number(info.sendWindowBytes).text(" rcv_wnd:").number(info.receiveWindowBytes);
        out.text(" wscale:").number(info.sendScale).text(",").number(info.receiveScale);
        out.text(info.timestamps ? " ts" : "").text(info.sack ? " sack" : "").text(info.ecn ? " ecn" : "");
    }

    private void traffic(long nowNs) throws IOException {
        out.text(" bytes_acked:")
                .number(info.ackedBytes)
                .text(" bytes_received:")
                .number(info.receivedBytes);
        since(" lastsnd:", info.lastSentNs, nowNs);
        since(" lastrcv:", info.lastReceivedNs, nowNs);
        if (info.unanswered > 0) {
            out.text(" unanswered:").number(info.unanswered);
        }
        out.text(info.persisting ? " persist" : "").text(info.reordering ? " reordering" : "");
        out.text(info.outOfOrder ? " ooo" : "").line();
    }

    /** In milliseconds. */
    private void since(String name, long thenNs, long nowNs) throws IOException {
        if (thenNs != Long.MIN_VALUE) {
            out.text(name).number(Math.max(0, nowNs - thenNs) / 1_000_000);
        }
    }

    private void pools() throws IOException {
        out.line().text("addresses ").text(report.engine.routes().toText()).line();
        out.text("chunks ").number(report.engine.chunks().free()).text(" of ");
        out.number(report.engine.chunks().total()).text(" free").line();
        for (Nic nic : report.engine.nics()) {
            out.text("frames ")
                    .text(nic.name())
                    .text(": ")
                    .number(nic.freeFrames())
                    .text(" of ");
            out.number(nic.totalFrames()).text(" free, ").number(nic.droppedFrames());
            out.text(" dropped by it").line();
        }
        out.line();
    }

    private void counter(String context, String name, long value) throws IOException {
        if (value != 0) {
            out.text(context)
                    .text(" ")
                    .padded(name, NAME_COLUMNS)
                    .text(" ")
                    .number(value)
                    .line();
        }
    }
}
