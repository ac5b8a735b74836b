/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import org.mtcp4j.core.Context;
import org.mtcp4j.core.Engine;
import org.mtcp4j.core.Flow;
import org.mtcp4j.core.FlowKey;
import org.mtcp4j.core.Listener;
import org.mtcp4j.core.Visitor;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.stats.SideCounters;
import org.mtcp4j.stats.SideReason;
import org.mtcp4j.tcp.ConnectionInfo;
import org.mtcp4j.tcp.TcpCounters;
import org.mtcp4j.tcp.TcpState;

/** What {@code stat} tells: connections, pools and counters, read beside the contexts that own them. */
final class StackReport {
    /** A counter of a context's, or of all where {@code context} is negative. */
    interface CounterVisitor {
        void visit(int context, String name, long value) throws IOException;
    }

    final Engine engine;
    final ReportQuery query;
    private final SideCounters sides;

    StackReport(Engine engine, SideCounters sides, ReportQuery query) {
        this.engine = engine;
        this.sides = sides;
        this.query = query;
    }

    void write(OutputStream stream) throws IOException {
        ReportText out = new ReportText(stream);
        switch (query.format()) {
            case TEXT -> new TextReport(this, out).write();
            case JSON -> new JsonReport(this, out).write();
            case OPENMETRICS -> new OpenMetricsReport(this, out).write();
        }
        out.flush();
    }

    void forEachListener(Visitor<Listener> visitor) throws IOException {
        if (query.top() > 0 || !query.wants(TcpState.LISTEN) || !query.wantsAnyAddress()) {
            return;
        }
        for (Listener listener : engine.ports().allListeners()) {
            if (query.wantsPort(listener.port(), listener.port())) {
                visitor.visit(listener);
            }
        }
    }

    /** Those that are wanted; with {@link ReportQuery#top} those with the most bytes, the most first. */
    void forEachFlow(Visitor<Flow> visitor) throws IOException {
        if (query.top() == 0) {
            engine.forEachFlow(flow -> {
                if (query.wants(flow)) {
                    visitor.visit(flow);
                }
            });
            return;
        }
        TopFlows top = new TopFlows(query.top());
        engine.forEachFlow(flow -> {
            if (query.wants(flow)) {
                top.offer(flow);
            }
        });
        for (Flow flow : top.flows()) {
            visitor.visit(flow);
        }
    }

    void forEachTimeWait(Visitor<FlowKey> visitor) throws IOException {
        if (query.top() > 0 || !query.wants(TcpState.TIME_WAIT) || !query.wantsAnyAddress()) {
            return;
        }
        for (FlowKey key : engine.timeWaits()) {
            if (query.wantsPort(key.localPort(), key.remotePort())) {
                visitor.visit(key);
            }
        }
    }

    /** How many connections are in each state, those in TIME-WAIT that no application holds among them, and how many listeners there are. */
    @SuppressWarnings("EnumOrdinal") // The index of an array that nobody keeps.
    Map<TcpState, Long> states() throws IOException {
        TcpState[] states = TcpState.values();
        long[] counts = new long[states.length];
        engine.forEachFlow(flow -> counts[flow.state().ordinal()]++);
        Map<TcpState, Long> byState = new EnumMap<>(TcpState.class);
        for (TcpState state : states) {
            byState.put(state, counts[state.ordinal()]);
        }
        byState.merge(TcpState.TIME_WAIT, (long) engine.timeWaits().size(), Long::sum);
        byState.put(TcpState.LISTEN, (long) engine.ports().allListeners().size());
        return byState;
    }

    void forEachSide(CounterVisitor visitor) throws IOException {
        for (SideReason reason : SideReason.values()) {
            visitor.visit(-1, reason.label(), sides.get(reason));
        }
    }

    void forEachCounter(CounterVisitor visitor) throws IOException {
        for (Context context : engine.contexts()) {
            for (Counter counter : Counter.values()) {
                visitor.visit(
                        context.index(), counter.label(), context.counters().get(counter));
            }
            for (Field field : TcpCounters.class.getFields()) {
                visitor.visit(context.index(), TcpCounters.label(field.getName()), value(field, context));
            }
        }
    }

    private static long value(Field field, Context context) {
        try {
            return field.getLong(context.tcpCounters());
        } catch (IllegalAccessException e) {
            throw new AssertionError("public fields are accessible", e);
        }
    }

    /** The flows that have moved the most bytes. */
    private static final class TopFlows {
        private final Flow[] flows;
        private final long[] bytes;
        private final ConnectionInfo info = new ConnectionInfo();
        private int size;

        TopFlows(int most) {
            flows = new Flow[most];
            bytes = new long[most];
        }

        void offer(Flow flow) {
            info.read(flow);
            long moved = info.ackedBytes + info.receivedBytes;
            if (size == flows.length && moved <= bytes[size - 1]) {
                return;
            }
            int at = size < flows.length ? size++ : size - 1;
            for (; at > 0 && bytes[at - 1] < moved; at--) {
                flows[at] = flows[at - 1];
                bytes[at] = bytes[at - 1];
            }
            flows[at] = flow;
            bytes[at] = moved;
        }

        Flow[] flows() {
            return Arrays.copyOf(flows, size);
        }
    }
}
