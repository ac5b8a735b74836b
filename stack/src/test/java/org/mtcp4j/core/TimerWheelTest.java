/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TimerWheelTest {
    private static final long TICK_NS = 1L << TimerWheel.TICK_SHIFT;
    private final Context context =
            TestEngines.engine(List.of(TestEngines.memory())).context(0);

    @Test
    void everyDeadlineExpiresInTimeAndNoneEarly() {
        SplittableRandom random = new SplittableRandom(7);
        long nowNs = 123_456_789_000L;
        TimerWheel wheel = new TimerWheel(nowNs);
        int flows = 400;
        Flow[] all = new Flow[flows];
        long[] due = new long[flows];
        for (int i = 0; i < flows; i++) {
            all[i] = TestEngines.flow(context, 1024 + i);
            // From the same tick to hours ahead, bunched at times.
            due[i] = nowNs + (i % 5 == 0 ? 60_000_000_000L : 1L << random.nextInt(10, 43));
            wheel.schedule(all[i], due[i]);
        }
        while (!wheel.isEmpty()) {
            long next = wheel.nextDeadlineNs();
            assertThat(next).isGreaterThan(nowNs - TICK_NS);
            nowNs = Math.max(nowNs + TICK_NS, next);
            wheel.advance(nowNs, context);
            for (int i = 0; i < flows; i++) {
                boolean gone = all[i].wheelSlot < 0;
                if (due[i] > nowNs) {
                    assertThat(gone).as("flow %d early", i).isFalse();
                } else if (due[i] < nowNs - 2 * TICK_NS) {
                    assertThat(gone).as("flow %d late", i).isTrue();
                }
            }
        }
    }

    @Test
    void aDeadlineThatMovesLaterLeavesTheWheelAloneAndOneThatMovesEarlierDoesNot() {
        TimerWheel wheel = new TimerWheel(0);
        Flow flow = TestEngines.flow(context, 1024);
        wheel.schedule(flow, 500 * TICK_NS);
        int slot = flow.wheelSlot;
        wheel.schedule(flow, 5_000 * TICK_NS);
        assertThat(flow.wheelSlot).isEqualTo(slot);
        wheel.schedule(flow, 10 * TICK_NS);
        assertThat(flow.wheelSlot).isNotEqualTo(slot);
        wheel.remove(flow);
        assertThat(wheel.isEmpty()).isTrue();
        assertThat(wheel.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
    }
}
