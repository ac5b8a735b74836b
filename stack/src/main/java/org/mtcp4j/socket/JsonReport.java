/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.io.IOException;
import java.util.Map;
import org.mtcp4j.core.Flow;
import org.mtcp4j.core.FlowKey;
import org.mtcp4j.core.Listener;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.tcp.ConnectionInfo;
import org.mtcp4j.tcp.TcpState;

/** A {@link StackReport} as one JSON object; times in microseconds, sizes in bytes. */
final class JsonReport {
    private final StackReport report;
    private final ReportText out;
    private final ConnectionInfo info = new ConnectionInfo();
    /** The next value of the array or object is its first. */
    private boolean first = true;

    JsonReport(StackReport report, ReportText out) {
        this.report = report;
        this.out = out;
    }

    void write() throws IOException {
        open("{");
        name("states");
        open("{");
        for (Map.Entry<TcpState, Long> entry : report.states().entrySet()) {
            member(entry.getKey().name(), entry.getValue());
        }
        close("}");
        if (!report.query.isSummary()) {
            name("listeners");
            open("[");
            report.forEachListener(this::listener);
            close("]");
            name("connections");
            open("[");
            long nowNs = System.nanoTime();
            report.forEachFlow(flow -> flow(flow, nowNs));
            report.forEachTimeWait(this::timeWait);
            close("]");
        }
        if (!report.query.isNarrow()) {
            pools();
            name("sockets");
            open("{");
            report.forEachSide((context, name, value) -> member(name, value));
            close("}");
            name("counters");
            open("[");
            report.forEachCounter(this::counter);
            close("]");
        }
        close("}");
        out.line();
    }

    private void listener(Listener listener) throws IOException {
        separate();
        open("{");
        string("local", listener.localText());
        member("waiting", listener.waiting());
        member("backlog", listener.backlogLimit());
        close("}");
    }

    private void flow(Flow flow, long nowNs) throws IOException {
        separate();
        open("{");
        string("state", flow.state().name());
        name("local");
        out.text("\"")
                .address(flow.localHi(), flow.localLo(), flow.localPort(), 0)
                .text("\"");
        name("peer");
        out.text("\"")
                .address(flow.remoteHi(), flow.remoteLo(), flow.remotePort(), 0)
                .text("\"");
        member("recvQ", flow.available());
        member("sendQ", flow.unacknowledged());
        if (report.query.hasInfo()) {
            info.read(flow);
            control();
            traffic(nowNs);
        }
        close("}");
    }

    private void control() throws IOException {
        string("congestion", info.congestion);
        member("rtoUs", info.rtoNs / 1_000);
        member("rttUs", info.srttNs / 1_000);
        member("rttVarUs", info.rttvarNs / 1_000);
        member("minRttUs", info.minRttNs / 1_000);
        member("cwnd", info.cwndBytes);
        if (info.hasThreshold()) {
            member("ssthresh", info.ssthreshBytes);
        }
        member("mss", info.mssBytes);
        member("inFlight", info.inFlightBytes);
        member("sendWindow", info.sendWindowBytes);
        member("receiveWindow", info.receiveWindowBytes);
        member("sendScale", info.sendScale);
        member("receiveScale", info.receiveScale);
        flag("timestamps", info.timestamps);
        flag("sack", info.sack);
        flag("ecn", info.ecn);
    }

    private void traffic(long nowNs) throws IOException {
        member("bytesAcked", info.ackedBytes);
        member("bytesReceived", info.receivedBytes);
        since("lastSentUs", info.lastSentNs, nowNs);
        since("lastReceivedUs", info.lastReceivedNs, nowNs);
        member("unanswered", info.unanswered);
        flag("persisting", info.persisting);
        flag("reordering", info.reordering);
        flag("outOfOrder", info.outOfOrder);
    }

    private void since(String name, long thenNs, long nowNs) throws IOException {
        if (thenNs != Long.MIN_VALUE) {
            member(name, Math.max(0, nowNs - thenNs) / 1_000);
        }
    }

    private void timeWait(FlowKey key) throws IOException {
        separate();
        open("{");
        string("state", TcpState.TIME_WAIT.name());
        string("local", key.localText());
        string("peer", key.remoteText());
        close("}");
    }

    private void pools() throws IOException {
        name("chunks");
        open("{");
        member("free", report.engine.chunks().free());
        member("total", report.engine.chunks().total());
        close("}");
        name("nics");
        open("[");
        for (Nic nic : report.engine.nics()) {
            separate();
            open("{");
            string("name", nic.name());
            member("freeFrames", nic.freeFrames());
            member("totalFrames", nic.totalFrames());
            member("droppedFrames", nic.droppedFrames());
            close("}");
        }
        close("]");
    }

    private void counter(int context, String name, long value) throws IOException {
        if (value != 0) {
            separate();
            open("{");
            member("context", context);
            string("name", name);
            member("value", value);
            close("}");
        }
    }

    // ---- JSON -------------------------------------------------------------------------------------------------------

    private void open(String bracket) throws IOException {
        out.text(bracket);
        first = true;
    }

    private void close(String bracket) throws IOException {
        out.text(bracket);
        first = false;
    }

    private void separate() throws IOException {
        out.text(first ? "" : ",");
        first = false;
    }

    private void name(String name) throws IOException {
        separate();
        out.quoted(name).text(":");
    }

    private void member(String name, long value) throws IOException {
        name(name);
        out.number(value);
    }

    private void flag(String name, boolean value) throws IOException {
        name(name);
        out.text(value ? "true" : "false");
    }

    private void string(String name, String value) throws IOException {
        name(name);
        out.quoted(value);
    }
}
