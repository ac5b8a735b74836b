/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import org.mtcp4j.wire.Seq;
import org.mtcp4j.wire.TcpSegment;

/** RFC 7323 §3 to §5, on connections that agreed on the option. One tick is a millisecond. */
final class Timestamps {
    private static final long TICK_NS = 1_000_000L;
    /** §5.5: after 24 days the peer's clock may have wrapped. */
    private static final int STALE_SECONDS = 24 * 24 * 3600;

    private static final long SECOND_NS = 1_000_000_000L;

    private Timestamps() {}

    static int value(Connection c, long nowNs) {
        return value(c.timestampOffset, nowNs);
    }

    static int value(int offset, long nowNs) {
        return (int) (nowNs / TICK_NS) + offset;
    }

    /**
     * §5.3 R1. A segment without the option is taken, as Linux does, where §3.2 would have it dropped: middleboxes that take options away
     * from some segments exist, and whoever guesses the window and an acknowledgement guesses no less with a timestamp.
     */
    static boolean acceptable(Connection c, TcpSegment s, long nowNs) {
        if (!s.timestamps) {
            c.stats.missingTimestamps++;
            return true;
        }
        if (Seq.lt(s.tsVal, c.tsRecent) && seconds(nowNs) - c.tsRecentAtSeconds < STALE_SECONDS) {
            c.stats.pawsDrop++;
            SackBlocks.old(c, s);
            OutOfWindow.answer(c, s, nowNs);
            return false;
        }
        return true;
    }

    /** §4.3 (2): the segment that the next acknowledgement answers. */
    static void remember(Connection c, TcpSegment s, long nowNs) {
        if (s.timestamps && Seq.leq(s.seq, c.lastAckSent)) {
            take(c, s, nowNs);
        }
    }

    static void take(Connection c, TcpSegment s, long nowNs) {
        c.tsRecent = s.tsVal;
        c.tsRecentAtSeconds = seconds(nowNs);
    }

    private static int seconds(long nowNs) {
        return (int) (nowNs / SECOND_NS);
    }

    /** Round-trip time that the echo tells, in nanoseconds, or -1 where it makes no sense. */
    static long roundTripNs(Connection c, TcpSegment s, long nowNs) {
        int ticks = value(c, nowNs) - s.tsEcr;
        return ticks < 0 || ticks > c.settings.maxRtoNs / TICK_NS ? -1 : Math.max(ticks, 1) * TICK_NS;
    }
}
