/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/** So many a second, counted per second of the caller's clock. One thread. */
final class RateLimit {
    private static final long SECOND_NS = 1_000_000_000L;

    private final int perSecond;
    private long secondStartNs = Long.MIN_VALUE / 2;
    private int taken;

    RateLimit(int perSecond) {
        this.perSecond = perSecond;
    }

    boolean tryTake(long nowNs) {
        if (nowNs - secondStartNs >= SECOND_NS) {
            secondStartNs = nowNs;
            taken = 0;
        }
        return taken++ < perSecond;
    }
}
