/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.lang.reflect.Field;
import org.mtcp4j.core.Context;
import org.mtcp4j.core.Engine;
import org.mtcp4j.core.Flow;
import org.mtcp4j.core.FlowKey;
import org.mtcp4j.core.Listener;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.stats.SideCounters;
import org.mtcp4j.stats.SideReason;
import org.mtcp4j.tcp.TcpCounters;

/** What {@code stat} prints: connections as {@code ss} shows them, then pools, then every counter that is not zero. */
final class StackReport {
    private final Engine engine;
    private final SideCounters sides;
    private final StringBuilder text = new StringBuilder();

    StackReport(Engine engine, SideCounters sides) {
        this.engine = engine;
        this.sides = sides;
    }

    String write() {
        connections();
        pools();
        counters();
        return text.toString();
    }

    private void connections() {
        row("State", "Recv-Q", "Send-Q", "Local", "Peer");
        for (Listener listener : engine.ports().allListeners()) {
            row("LISTEN", listener.waiting(), listener.backlogLimit(), listener.localText(), "*");
        }
        for (Flow flow : engine.flows()) {
            row(
                    flow.state().name(),
                    flow.available(),
                    flow.unacknowledged(),
                    flow.localAddress() + ":" + flow.localPort(),
                    flow.remoteAddress() + ":" + flow.remotePort());
        }
        for (FlowKey key : engine.timeWaits()) {
            row("TIME_WAIT", 0, 0, key.localText(), key.remoteText());
        }
    }

    private void row(Object... cells) {
        text.append(String.format("%-13s %8s %8s  %-24s %s%n", cells));
    }

    private void pools() {
        text.append(String.format(
                "%naddresses %s%nchunks %d of %d free%n",
                engine.routes().toText(),
                engine.chunks().free(),
                engine.chunks().total()));
        for (Nic nic : engine.nics()) {
            text.append(String.format(
                    "frames %s: %d of %d free, %d dropped by it%n",
                    nic.name(), nic.freeFrames(), nic.totalFrames(), nic.droppedFrames()));
        }
        text.append('\n');
    }

    private void counters() {
        for (SideReason reason : SideReason.values()) {
            if (sides.get(reason) != 0) {
                text.append(String.format("- %-28s %d%n", reason.label(), sides.get(reason)));
            }
        }
        for (Context context : engine.contexts()) {
            for (Counter counter : Counter.values()) {
                counter(context, counter.label(), context.counters().get(counter));
            }
            tcpCounters(context);
        }
    }

    private void tcpCounters(Context context) {
        for (Field field : TcpCounters.class.getFields()) {
            try {
                counter(context, TcpCounters.label(field.getName()), field.getLong(context.tcpCounters()));
            } catch (IllegalAccessException e) {
                throw new AssertionError("public fields are accessible", e);
            }
        }
    }

    private void counter(Context context, String name, long value) {
        if (value != 0) {
            text.append(String.format("%d %-28s %d%n", context.index(), name, value));
        }
    }
}
