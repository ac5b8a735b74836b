/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RttEstimatorTest {
    private static final long MS = 1_000_000L;

    private final TcpSettings settings = new TcpSettings();
    private final RttEstimator rtt = new RttEstimator();

    @Test
    void oneSecondBeforeTheFirstSample() {
        assertThat(rtt.rtoNs(settings)).isEqualTo(1000 * MS);
    }

    @Test
    void firstSampleGivesThreeTimesItself() {
        rtt.sample(400 * MS, settings);
        assertThat(rtt.srttNs()).isEqualTo(400 * MS);
        assertThat(rtt.rttvarNs()).isEqualTo(200 * MS);
        assertThat(rtt.rtoNs(settings)).isEqualTo(1200 * MS);
    }

    @Test
    void laterSamplesAreSmoothedByAnEighthAndAQuarter() {
        rtt.sample(400 * MS, settings);
        rtt.sample(800 * MS, settings);
        assertThat(rtt.rttvarNs()).isEqualTo(250 * MS);
        assertThat(rtt.srttNs()).isEqualTo(450 * MS);
        assertThat(rtt.rtoNs(settings)).isEqualTo(1450 * MS);
    }

    @Test
    void timeoutStaysInItsBounds() {
        rtt.sample(1000, settings);
        assertThat(rtt.rtoNs(settings)).isEqualTo(settings.minRtoNs + 1000);
        rtt.sample(3_000_000 * MS, settings);
        assertThat(rtt.rtoNs(settings)).isEqualTo(settings.maxRtoNs);
    }

    @Test
    void backOffDoublesToTheMaximumAndEndsWithASample() {
        rtt.sample(10 * MS, settings);
        long expectedNs = settings.minRtoNs + 10 * MS;
        for (int i = 0; i < 100; i++) {
            assertThat(rtt.rtoNs(settings)).isEqualTo(expectedNs);
            expectedNs = Math.min(2 * expectedNs, settings.maxRtoNs);
            rtt.backOff();
        }
        assertThat(rtt.isBackedOff()).isTrue();
        rtt.sample(10 * MS, settings);
        assertThat(rtt.isBackedOff()).isFalse();
        assertThat(rtt.rtoNs(settings)).isEqualTo(settings.minRtoNs + 10 * MS);
    }

    /** Linux's bound: a peer may delay its acknowledgement by as much on a long path as on a short one. */
    @Test
    void steadyRoundTripsLeaveRoomForADelayedAcknowledgement() {
        for (int i = 0; i < 100; i++) {
            rtt.sample(190 * MS, settings);
        }
        assertThat(rtt.rtoNs(settings)).isEqualTo(190 * MS + settings.minRtoNs);
    }

    @Test
    void rfc6298_5_7_lostHandshakeFallsBackToThreeSeconds() {
        rtt.backOff();
        rtt.handshakeWasLost();
        assertThat(rtt.rtoNs(settings)).isEqualTo(3000 * MS);
        rtt.sample(10 * MS, settings);
        rtt.handshakeWasLost();
        assertThat(rtt.rtoNs(settings)).isEqualTo(settings.minRtoNs + 10 * MS);
    }

    @Test
    void zeroIsASample() {
        rtt.sample(0, settings);
        rtt.sample(0, settings);
        assertThat(rtt.srttNs()).isPositive();
        assertThat(rtt.rtoNs(settings)).isEqualTo(settings.minRtoNs);
    }
}
