/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StackProbeTest {
    private final Faults faults = new Faults(null);
    private final StackProbe probe = new StackProbe(faults);
    private final Thread one = new Thread(() -> {});
    private final Thread other = new Thread(() -> {});

    @Test
    void oneThreadIsLookedAtNowAndThen() {
        int looks = 0;
        for (int i = 0; i < 10 * StackProbe.LOOK_EVERY; i++) {
            looks += probe.mustLook(one) ? 1 : 0;
        }
        assertThat(looks).isEqualTo(10);
    }

    /** However the calls of two threads meet: by a count that both share, one of them would never be looked at. */
    @Test
    void noThreadCallsOftenWithoutALookBesideAnotherOne() {
        for (int between = 1; between < 2 * StackProbe.LOOK_EVERY; between++) {
            int unseen = 0;
            for (int i = 0; i < 10 * StackProbe.LOOK_EVERY; i++) {
                unseen = probe.mustLook(one) ? 0 : unseen + 1;
                assertThat(unseen)
                        .as("with %d calls of another between two", between)
                        .isLessThan(StackProbe.LOOK_EVERY);
                for (int j = 0; j < between; j++) {
                    probe.mustLook(other);
                }
            }
        }
    }

    @Test
    void eachCallLooksOnceAStackWasTooSmall() {
        probe.mustLook(one);
        assertThat(probe.mustLook(one)).isFalse();
        faults.outOfStack = true;
        assertThat(probe.mustLook(one)).isTrue();
        assertThat(probe.mustLook(one)).isTrue();
    }
}
