/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What ends a wait in the JDK's selector inside ours. */
@Timeout(30)
class KernelBellTest {
    /** A select without news would last so long. */
    private static final long LONG_MS = 60_000;

    private Selector selector;
    private KernelBell bell;
    private int found;

    @BeforeEach
    void open() throws IOException {
        selector = KernelProvider.get().openSelector();
        bell = new KernelBell(selector);
    }

    @AfterEach
    void close() throws IOException {
        Thread.interrupted();
        selector.close();
        bell.close();
    }

    private void collect(SelectionKey key) {
        found++;
        assertThat(bell.isOf(key)).isTrue();
        bell.silence();
    }

    private int selectNow() throws IOException {
        found = 0;
        selector.selectNow(this::collect);
        return found;
    }

    @Test
    void ringsEndOneSelect_andAreTakenByIt() throws IOException {
        for (int i = 0; i < 3; i++) {
            bell.ring();
            bell.ring();
            selector.select(this::collect, LONG_MS);
            assertThat(selectNow()).isZero();
        }
        assertThat(found).isZero();
    }

    @Test
    void aSelectThatHasBegunEnds() throws Exception {
        Thread ringer = new Thread(bell::ring);
        ringer.start();
        selector.select(this::collect, LONG_MS);
        ringer.join();
        assertThat(found).isEqualTo(1);
    }

    @Test
    void anInterruptedThreadRings_andClosesNothing() throws IOException {
        Thread.currentThread().interrupt();
        bell.ring();
        assertThat(Thread.interrupted()).isTrue();
        selector.select(this::collect, LONG_MS);
        bell.ring();
        assertThat(selectNow()).isEqualTo(1);
    }

    @Test
    void anInterruptedSelectLeavesTheRingToTheNext() throws IOException {
        bell.ring();
        Thread.currentThread().interrupt();
        selector.select(this::collect, LONG_MS);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(selectNow()).isEqualTo(1);
        assertThat(selectNow()).isZero();
    }

    @Test
    void aRingAfterAnInterruptHasClosedThePipeEndsASelect() throws IOException {
        bell.close();
        for (int i = 0; i < 3; i++) {
            bell.ring();
            selector.select(this::collect, LONG_MS);
        }
        assertThat(selectNow()).isZero();
    }

    @Test
    void thePipesEndIsNoNewsForLong() throws IOException {
        bell.closeSink();
        assertThat(selectNow()).isEqualTo(1);
        assertThat(selectNow()).isZero();
        bell.ring();
        selector.select(this::collect, LONG_MS);
        assertThat(found).isZero();
    }
}
