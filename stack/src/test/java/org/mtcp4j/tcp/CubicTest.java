/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** CUBIC by itself (RFC 9438), and its slow start in the laboratory (RFC 9406). */
class CubicTest {
    private static final int MSS = 1000;
    private static final long SECOND = 1_000_000_000L;
    private static final long RTT_NS = SECOND / 10;

    private final Cubic cubic = new Cubic();
    private long nowNs;

    private Cubic at(int segments) {
        cubic.established(MSS, false);
        cubic.windowBytes(segments * MSS);
        return cubic;
    }

    /** So many round trips of full windows, an acknowledgement for each two segments. */
    private void roundTrips(int count) {
        for (int i = 0; i < count; i++) {
            int window = cubic.windowBytes();
            int acks = Math.max(1, window / (2 * MSS));
            for (int j = 0; j < acks; j++) {
                nowNs += RTT_NS / acks;
                cubic.acknowledged(2 * MSS, cubic.windowBytes(), RTT_NS, nowNs);
            }
        }
    }

    @Test
    void rfc9438_4_6_lossKeepsSevenTenths() {
        at(100).lossDetected(100 * MSS, 0);
        assertThat(cubic.windowBytes()).isEqualTo(70 * MSS);
        assertThat(cubic.slowStartThresholdBytes()).isEqualTo(70 * MSS);
    }

    @Test
    void rfc9438_4_6_neverBelowTwoSegments() {
        at(2).lossDetected(MSS, 0);
        assertThat(cubic.windowBytes()).isEqualTo(2 * MSS);
    }

    @Test
    void rfc9438_4_2_plateauIsReachedAfterK() {
        at(1000).lossDetected(1000 * MSS, 0);
        double k = Math.cbrt(1000 * 0.3 / 0.4);
        roundTrips((int) (k * 10));
        assertThat(cubic.windowBytes() / (double) MSS).isCloseTo(1000, within(10.0));
        roundTrips((int) (k * 10));
        assertThat(cubic.windowBytes() / (double) MSS).as("convex beyond").isCloseTo(1300, within(80.0));
    }

    @Test
    void rfc9438_4_3_smallWindowGrowsAsReno() {
        at(10).lossDetected(10 * MSS, 0);
        roundTrips(10);
        // 7 and half a segment a round trip, then, above 10, a whole one.
        assertThat(cubic.windowBytes() / (double) MSS).isBetween(11.0, 14.0);
    }

    @Test
    void rfc9438_4_4_neverMoreThanHalfOfTheWindowARoundTrip() {
        at(10).lossDetected(10 * MSS, 0);
        roundTrips(1);
        nowNs += 3600 * SECOND;
        cubic.acknowledged(2 * MSS, cubic.windowBytes(), RTT_NS, nowNs);
        assertThat(cubic.windowBytes()).isLessThanOrEqualTo(9 * MSS);
    }

    @Test
    void rfc9438_4_7_secondLossBelowThePlateauMakesRoom() {
        at(1000).lossDetected(1000 * MSS, 0);
        roundTrips(1);
        int window = cubic.windowBytes();
        cubic.lossDetected(window, nowNs);
        roundTrips(300);
        assertThat(cubic.windowBytes()).isGreaterThan((int) (window * 0.85));
    }

    @Test
    void rfc9438_5_8_timeInWhichTheWindowIsNotUsedDoesNotCount() {
        at(100).lossDetected(100 * MSS, 0);
        roundTrips(1);
        int before = cubic.windowBytes();
        for (int i = 0; i < 1000; i++) {
            nowNs += RTT_NS;
            cubic.acknowledged(MSS, MSS, RTT_NS, nowNs);
        }
        assertThat(cubic.windowBytes()).isEqualTo(before);
        roundTrips(1);
        assertThat(cubic.windowBytes()).isLessThan(before + 5 * MSS);
    }

    @Test
    void rfc9438_4_8_timeoutStartsSlowly() {
        at(100).timedOut(100 * MSS, true, 0);
        assertThat(cubic.windowBytes()).isEqualTo(MSS);
        assertThat(cubic.slowStartThresholdBytes()).isEqualTo(70 * MSS);
    }

    @Test
    void rfc9438_4_9_undoBringsWindowAndPlateauBack() {
        at(100).lossDetected(100 * MSS, 0);
        cubic.undo();
        assertThat(cubic.windowBytes()).isEqualTo(100 * MSS);
        assertThat(cubic.slowStartThresholdBytes()).isEqualTo(CongestionControl.MAX_WINDOW_BYTES);
    }

    @Test
    void rfc5681_4_1_restartAfterIdle() {
        at(100).idle(2 * SECOND, SECOND, nowNs);
        assertThat(cubic.windowBytes()).isEqualTo(10 * MSS);
    }

    /** So much time passes in which nothing is sent, then something is about to be. */
    private void idle(long ns) {
        nowNs += ns;
        cubic.idle(ns, SECOND, nowNs);
    }

    @Test
    void rfc9438_5_8_idleTimeDoesNotCount() {
        at(100).lossDetected(100 * MSS, 0);
        roundTrips(20);
        CubicTest twin = new CubicTest();
        twin.at(100).lossDetected(100 * MSS, 0);
        twin.roundTrips(20);
        for (int i = 0; i < 20; i++) {
            // Less than a timeout, so that the window stays.
            idle(SECOND * 9 / 10);
            roundTrips(1);
            twin.roundTrips(1);
        }
        assertThat(cubic.windowBytes()).isEqualTo(twin.cubic.windowBytes());
    }

    /** Each is looked at when its acknowledgement has come, with nothing more to send, and when the next is about to leave. */
    @Test
    void rfc9438_5_8_shortBurstsLeaveTheTimeOfTheEpochAlone() {
        at(1000).lossDetected(1000 * MSS, 0);
        roundTrips(1);
        CubicTest twin = new CubicTest();
        twin.at(1000).lossDetected(1000 * MSS, 0);
        twin.roundTrips(1);
        for (int i = 0; i < 300; i++) {
            idle(SECOND / 2);
            nowNs += RTT_NS;
            cubic.acknowledged(MSS, MSS, RTT_NS, nowNs);
            cubic.idle(RTT_NS, SECOND, nowNs);
        }
        for (int i = 0; i < 120; i++) {
            roundTrips(1);
            twin.roundTrips(1);
            assertThat(cubic.windowBytes()).isEqualTo(twin.cubic.windowBytes());
        }
    }

    @Test
    void restartAfterIdleTimeNeverLeapsToWhatTheWindowOnceWas() {
        at(100).lossDetected(100 * MSS, 0);
        while (cubic.windowBytes() < 336 * MSS) {
            roundTrips(1);
        }
        idle(5 * SECOND);
        assertThat(cubic.windowBytes()).isEqualTo(10 * MSS);
        assertThat(cubic.slowStartThresholdBytes()).isBetween(252 * MSS, 300 * MSS);
        while (cubic.windowBytes() < 336 * MSS) {
            int before = cubic.windowBytes();
            boolean slowStart = cubic.inSlowStart();
            roundTrips(1);
            assertThat(cubic.windowBytes()).isLessThanOrEqualTo(slowStart ? 2 * before : before * 3 / 2);
        }
    }

    /** Just above the window that it starts anew from, so that it is in congestion avoidance at once. */
    @Test
    void restartIntoCongestionAvoidanceBeginsAnEpoch() {
        at(14).lossDetected(14 * MSS, 0);
        while (cubic.windowBytes() < 12_500) {
            roundTrips(1);
        }
        assertThat(cubic.windowBytes()).isLessThan(13_300);
        idle(5 * SECOND);
        assertThat(cubic.windowBytes()).isEqualTo(10 * MSS);
        assertThat(cubic.inSlowStart()).isFalse();
        roundTrips(1);
        assertThat(cubic.windowBytes()).isLessThan(11_100);
    }

    @Test
    void rfc9406_slowStartEndsWhenRoundTripsGrowWithoutTimestampsToo() {
        Lab lab = new Lab(1);
        lab.bitsPerSecond = 100e6;
        lab.delayNs = 25 * Lab.MS;
        Lab.Peer sender = lab.flow(s -> {
            s.receiveBufferBytes = 64 << 20;
            s.timestamps = false;
        });
        lab.run(3 * Lab.SECOND);
        assertThat(sender.stats.hyStartDelayDetect).isPositive();
        assertThat(sender.connection.congestion.inSlowStart()).isFalse();
        assertThat(lab.longestQueueBytes).isLessThan(6_000_000);
    }

    @Test
    void rfc9406_slowStartEndsWhenRoundTripsGrow() {
        Lab lab = new Lab(1);
        lab.bitsPerSecond = 100e6;
        lab.delayNs = 25 * Lab.MS;
        Lab.Peer sender = lab.flow(s -> s.receiveBufferBytes = 64 << 20);
        lab.run(3 * Lab.SECOND);
        assertThat(sender.stats.hyStartDelayDetect).isPositive();
        assertThat(sender.connection.congestion.inSlowStart()).isFalse();
        // The path holds 625 kB; slow start alone would have gone on to the peer's window.
        assertThat(lab.longestQueueBytes).isLessThan(5_000_000);
    }

    @Test
    void rfc9406_newRenoHasNone() {
        Lab lab = new Lab(1);
        lab.bitsPerSecond = 100e6;
        lab.delayNs = 25 * Lab.MS;
        Lab.Peer sender = lab.flow(s -> {
            s.receiveBufferBytes = 64 << 20;
            s.congestion = TcpSettings.Algorithm.NEW_RENO;
        });
        lab.run(3 * Lab.SECOND);
        assertThat(sender.stats.hyStartDelayDetect).isZero();
        assertThat(lab.longestQueueBytes).isGreaterThan(8_000_000);
    }
}
