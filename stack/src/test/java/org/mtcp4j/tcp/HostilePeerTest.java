/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Segments and calls at random: nothing throws, no edge is illegal, the invariants hold. */
class HostilePeerTest {
    private static final int RUNS = 6000;
    private static final int STEPS = 60;

    @Test
    void nothingThrowsAndInvariantsHold() {
        Set<TcpState> reached = EnumSet.noneOf(TcpState.class);
        for (long seed = 0; seed < RUNS; seed++) {
            Random random = new Random(seed);
            HostilePeer peer = new HostilePeer(bound -> bound == 0 ? random.nextInt() : random.nextInt(bound));
            try {
                for (int i = 0; i < STEPS; i++) {
                    peer.step();
                    reached.add(peer.state());
                }
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + " in " + peer.state(), e);
            }
        }
        assertThat(reached).contains(HostilePeer.STATES);
    }
}
