/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.tcp.TcpSettings;

class FlowTableTest {
    private final Context context =
            TestEngines.engine(List.of(TestEngines.memory())).context(0);
    private final FlowTable table = new FlowTable(new LocalPorts(null), new TupleHash(1, 2));

    private Flow find(Flow flow) {
        FlowKey key = new FlowKey();
        key.set(flow.localHi, flow.localLo, flow.remoteHi, flow.remoteLo);
        key.ports(flow.localPort(), flow.remotePort());
        return table.find(key);
    }

    private static FlowKey key(long localLo, long remoteLo, int remotePort) {
        FlowKey key = new FlowKey();
        key.set(0, localLo, 0, remoteLo);
        key.ports(80, remotePort);
        return key;
    }

    /** What the table's place was made of before it had a key, and what the NIC and the choice of the context still take. */
    private static int withoutKey(int hash) {
        int h = hash * 0x9E3779B9;
        return h ^ (h >>> 15);
    }

    @Test
    void tuplesThatSomebodyChoseToMeetDoNot() {
        long ours = IpAddress.mapped(0xc6120002);
        int chosen = 0;
        FlowTable chosenTable = new FlowTable(new LocalPorts(null), new TupleHash(3, 4));
        List<Flow> flows = new ArrayList<>();
        for (int i = 0; chosen < 4_000; i++) {
            FlowKey key = key(ours, IpAddress.mapped(0x0a000000 + (i >>> 14)), 1_024 + (i & 0x3fff));
            if ((withoutKey(key.hash) & 0x3fff) < 16) {
                Flow flow =
                        new Flow(context, context.links[0], key, new TcpSettings(), new SocketDefaults(65_536, 65_536));
                chosenTable.add(flow);
                flows.add(flow);
                chosen++;
            }
        }
        int most = flows.stream().mapToInt(chosenTable::probes).max().orElseThrow();
        assertThat(most).as("probes for the worst of 4,000").isLessThan(64);
        assertThat(flows)
                .allSatisfy(flow -> assertThat(chosenTable.find(key(flow.localLo, flow.remoteLo, flow.remotePort())))
                        .isSameAs(flow));
    }

    @Test
    void flowsAreFoundThroughGrowthAndRemovalOfTheirNeighbours() {
        SplittableRandom random = new SplittableRandom(11);
        List<Flow> present = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            if (present.isEmpty() || random.nextInt(3) > 0) {
                Flow flow = TestEngines.flow(context, 1024 + i);
                table.add(flow);
                present.add(flow);
            } else {
                Flow gone = present.remove(random.nextInt(present.size()));
                assertThat(table.remove(gone)).isTrue();
                assertThat(find(gone)).isNull();
                assertThat(table.remove(gone)).isFalse();
            }
        }
        assertThat(table.size()).isEqualTo(present.size());
        for (Flow flow : present) {
            assertThat(find(flow)).isSameAs(flow);
        }
        assertThat(table.snapshot()).containsExactlyInAnyOrderElementsOf(present);
    }
}
