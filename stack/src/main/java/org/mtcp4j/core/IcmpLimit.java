/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.mtcp4j.ip.IpAddress;

/**
 * How often ICMP errors are sent (RFC 1812 §4.3.2.8, RFC 4443 §2.4 f), as Linux limits them: to one destination {@link #BURST} at once and
 * then one each second (IPv6: ten; {@code icmp_ratelimit}), to all of both families 1,000 a second ({@code icmp_msgs_per_sec}). One
 * sender of bad packets so uses up only its own share. Destinations that a keyed hash brings to one slot share it. The owner's.
 */
final class IcmpLimit {
    static final int BURST = 6;
    static final int PER_SECOND = 1_000;

    private static final int SLOTS = 1_024;
    private static final long INTERVAL_NS = 1_000_000_000L;
    private static final long INTERVAL_V6_NS = 100_000_000L;
    /** Long before any time. */
    private static final long NEVER_NS = Long.MIN_VALUE / 2;

    private final RateLimit all = new RateLimit(PER_SECOND);
    private final TupleHash hash;
    /** When the slot's allowance will be whole again, or was. */
    private final long[] wholeAtNs = new long[SLOTS];

    IcmpLimit(SplittableRandom random) {
        hash = new TupleHash(random.nextLong(), random.nextLong());
        Arrays.fill(wholeAtNs, NEVER_NS);
    }

    /** Whether an error may go to that address now; it is counted then. */
    boolean tryTake(long toHi, long toLo, long nowNs) {
        long intervalNs = IpAddress.isIpv4(toHi, toLo) ? INTERVAL_NS : INTERVAL_V6_NS;
        int slot = hash.of(toHi, toLo, toHi, toLo, 0) & (SLOTS - 1);
        long wholeNs = Math.max(wholeAtNs[slot], nowNs);
        if (wholeNs - nowNs > (BURST - 1) * intervalNs || !all.tryTake(nowNs)) {
            return false;
        }
        wholeAtNs[slot] = wholeNs + intervalNs;
        return true;
    }
}
