/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.tcp.TcpState;

/**
 * A {@link StackReport} in the OpenMetrics text format 1.0: each counter as {@code mtcp_NAME_total} with the context's number, gauges for connections
 * and pools. Names are those of {@code stat} in lower case, with underscores.
 */
final class OpenMetricsReport {
    private final StackReport report;
    private final ReportText out;

    OpenMetricsReport(StackReport report, ReportText out) {
        this.report = report;
        this.out = out;
    }

    /** A counter's value of one context. */
    private record Sample(int context, long value) {}

    void write() throws IOException {
        connections();
        pools();
        Map<String, List<Sample>> families = new LinkedHashMap<>();
        StackReport.CounterVisitor collect = (context, name, value) ->
                families.computeIfAbsent(name, n -> new ArrayList<>()).add(new Sample(context, value));
        report.forEachSide(collect);
        report.forEachCounter(collect);
        for (Map.Entry<String, List<Sample>> family : families.entrySet()) {
            String name = metricOf(family.getKey());
            out.text("# TYPE ").text(name).text(" counter\n");
            for (Sample sample : family.getValue()) {
                out.text(name).text("_total");
                if (sample.context >= 0) {
                    out.text("{context=\"").number(sample.context).text("\"}");
                }
                out.text(" ").number(sample.value).line();
            }
        }
        out.text("# EOF\n");
    }

    private void connections() throws IOException {
        out.text("# TYPE mtcp_connections gauge\n");
        for (Map.Entry<TcpState, Long> entry : report.states().entrySet()) {
            out.text("mtcp_connections{state=\"").text(entry.getKey().name().toLowerCase(Locale.ROOT));
            out.text("\"} ").number(entry.getValue()).line();
        }
        out.text("# TYPE mtcp_accept_queue gauge\n");
        report.forEachListener(listener -> {
            out.text("mtcp_accept_queue{local=\"").text(listener.localText()).text("\"} ");
            out.number(listener.waiting()).line();
        });
    }

    private void pools() throws IOException {
        gauge("mtcp_chunks_free", report.engine.chunks().free());
        gauge("mtcp_chunks", report.engine.chunks().total());
        out.text("# TYPE mtcp_nic_frames gauge\n");
        for (Nic nic : report.engine.nics()) {
            ofNic("mtcp_nic_frames", nic, nic.totalFrames());
        }
        out.text("# TYPE mtcp_nic_frames_free gauge\n");
        for (Nic nic : report.engine.nics()) {
            ofNic("mtcp_nic_frames_free", nic, nic.freeFrames());
        }
        out.text("# TYPE mtcp_nic_dropped_frames counter\n");
        for (Nic nic : report.engine.nics()) {
            ofNic("mtcp_nic_dropped_frames_total", nic, nic.droppedFrames());
        }
    }

    private void gauge(String name, long value) throws IOException {
        out.text("# TYPE ").text(name).text(" gauge\n");
        out.text(name).text(" ").number(value).line();
    }

    private void ofNic(String name, Nic nic, long value) throws IOException {
        out.text(name).text("{nic=").quoted(nic.name()).text("} ").number(value).line();
    }

    /** {@code TcpExtListenOverflows} is {@code mtcp_tcp_ext_listen_overflows}. */
    static String metricOf(String counter) {
        String words = counter.replaceAll("([a-z0-9])([A-Z])", "$1_$2").replaceAll("([A-Z])([A-Z][a-z])", "$1_$2");
        return "mtcp_" + words.toLowerCase(Locale.ROOT);
    }
}
