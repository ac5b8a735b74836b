/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/**
 * Dynamic right-sizing of the receive buffer, as Linux does it: what the application takes in a round trip says how fast the path is,
 * and the window is kept at twice that, so that a sender in slow start may double. Made for a connection once it has received enough
 * for its window to matter.
 */
final class WindowTuning {
    /** Where neither the handshake nor data told a round trip. */
    private static final long UNKNOWN_RTT_NS = 100_000_000L;

    private static final int SPARE_SEGMENTS = 16;

    private final int startBytes;
    private long roundStartNs;
    private long roundPosition;
    /** Bytes that the application took in the best round trip so far. */
    private long bestBytes;

    private WindowTuning(Connection c, long nowNs) {
        startBytes = c.settings.receiveBufferBytes;
        roundStartNs = nowNs;
        roundPosition = c.readPosition;
    }

    /** The application has read; the buffer may be worth more now. */
    static void read(Connection c, long nowNs) {
        TcpSettings settings = c.settings;
        if (settings.receiveBufferMostBytes <= 0) {
            return;
        }
        if (c.windowTuning != null) {
            c.windowTuning.taken(c, nowNs);
        } else if (c.readPosition >= settings.receiveBufferBytes / 4
                && settings.receiveBufferMostBytes > settings.receiveBufferBytes) {
            c.windowTuning = new WindowTuning(c, nowNs);
        }
    }

    private void taken(Connection c, long nowNs) {
        long rttNs = c.rtt.srttNs() > 0 ? c.rtt.srttNs() : UNKNOWN_RTT_NS;
        if (nowNs - roundStartNs < rttNs) {
            return;
        }
        // A round that was looked at late counts for one that was not.
        long takenBytes = (long) ((c.readPosition - roundPosition) * ((double) rttNs / (nowNs - roundStartNs)));
        roundStartNs = nowNs;
        roundPosition = c.readPosition;
        TcpSettings settings = c.settings;
        if (takenBytes > bestBytes) {
            long windowBytes = 2 * takenBytes + (long) SPARE_SEGMENTS * c.receiveSegmentBytes;
            if (bestBytes > 0) {
                // The sender is still growing, and what is seen is a round trip old.
                windowBytes += Math.min(windowBytes, windowBytes * (takenBytes - bestBytes) / bestBytes);
            }
            bestBytes = takenBytes;
            int wanted = (int) Math.min(windowBytes, settings.receiveBufferMostBytes);
            if (wanted > settings.receiveBufferBytes && c.store.mayGrow(wanted - settings.receiveBufferBytes)) {
                c.ownSettings().receiveBufferBytes = wanted;
                c.stats.rcvBufGrown++;
            }
        } else if (settings.receiveBufferBytes > startBytes && !c.store.mayGrow(0)) {
            // Storage runs short: back to where everybody starts. The window closes as data comes; its edge does not
            // move left.
            c.ownSettings().receiveBufferBytes = Math.max(startBytes, settings.receiveBufferBytes / 2);
            bestBytes = 0;
            c.stats.rcvBufShrunk++;
        }
    }
}
