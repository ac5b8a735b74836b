/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TimeWaitsTest {
    private static final long DURATION_NS = 60_000_000_000L;

    private final Context context =
            TestEngines.engine(List.of(TestEngines.memory())).context(0);
    private final TimeWaits table = new TimeWaits(DURATION_NS, new LocalPorts(null), new TupleHash(1, 2));

    private static FlowKey key(Flow flow) {
        FlowKey key = new FlowKey();
        key.set(flow.localHi, flow.localLo, flow.remoteHi, flow.remoteLo);
        key.ports(flow.localPort(), flow.remotePort());
        return key;
    }

    @Test
    void rowsAreFoundThroughGrowthExpiryAndRemovalOfTheirNeighbours() {
        SplittableRandom random = new SplittableRandom(12);
        Map<Integer, Flow> present = new HashMap<>();
        Map<Integer, Long> until = new HashMap<>();
        for (int i = 0; i < 20_000; i++) {
            long nowNs = i * 100_000_000L;
            int port = 1024 + random.nextInt(3_000);
            Flow flow = present.get(port);
            if (flow == null) {
                flow = TestEngines.flow(context, port);
                table.add(flow, nowNs);
                present.put(port, flow);
                until.put(port, nowNs + DURATION_NS);
            } else if (random.nextInt(4) == 0) {
                table.restart(table.find(key(flow)), nowNs);
                until.put(port, nowNs + DURATION_NS);
            } else {
                table.remove(table.find(key(flow)));
                assertThat(table.find(key(flow))).isNegative();
                present.remove(port);
                until.remove(port);
            }
            table.expire(nowNs);
            until.values().removeIf(end -> end <= nowNs);
            present.keySet().retainAll(until.keySet());
            assertThat(table.size()).isEqualTo(present.size());
        }
        assertThat(present).isNotEmpty();
        for (Flow flow : present.values()) {
            assertThat(table.find(key(flow))).isNotNegative();
        }
        assertThat(table.snapshot())
                .extracting(FlowKey::localPort)
                .containsExactlyInAnyOrderElementsOf(present.keySet());
    }

    @Test
    void theOldestRowExpiresFirst() {
        ArrayDeque<Flow> order = new ArrayDeque<>();
        for (int i = 0; i < 200; i++) {
            Flow flow = TestEngines.flow(context, 2_000 + i);
            table.add(flow, i);
            order.add(flow);
        }
        List<Integer> left = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            assertThat(table.nextDeadlineNs()).isEqualTo(DURATION_NS + i);
            assertThat(table.expire(DURATION_NS + i)).isEqualTo(1);
            left.add(table.find(key(order.remove())));
        }
        assertThat(left).containsOnly(-1);
        assertThat(table.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
    }
}
