/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FlowTableTest {
    private final Context context =
            TestEngines.engine(List.of(TestEngines.memory())).context(0);
    private final FlowTable table = new FlowTable(new LocalPorts());

    private Flow find(Flow flow) {
        return table.find(flow.hash, flow.localHi, flow.localLo, flow.remoteHi, flow.remoteLo, flow.ports);
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
