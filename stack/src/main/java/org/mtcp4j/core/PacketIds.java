/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.Ipv6Input;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;

/**
 * Identification of packets that may be, or are, cut into fragments (RFC 7739 §5.3, algorithm 3; RFC 6864): a keyed offset for each pair of
 * addresses, and one of some counters that a keyed hash of the pair chooses. Nobody learns from his own packets how many others get. What
 * has DF set needs none and has 0. The owner's.
 */
final class PacketIds {
    private static final int COUNTERS = 256;

    private final TupleHash offsets;
    private final TupleHash choice;
    private final int[] counters = new int[COUNTERS];

    PacketIds(SplittableRandom random) {
        offsets = new TupleHash(random.nextLong(), random.nextLong());
        choice = new TupleHash(random.nextLong(), random.nextLong());
        for (int i = 0; i < COUNTERS; i++) {
            counters[i] = random.nextInt();
        }
    }

    /** For the packet there, from its addresses; IPv4 takes the lower half. */
    int next(ByteBuffer bytes, int ip) {
        boolean v6 = Ipv6Input.isIpv6(bytes, ip);
        long sourceHi = v6 ? Ipv6.sourceHi(bytes, ip) : 0;
        long sourceLo = v6 ? Ipv6.sourceLo(bytes, ip) : IpAddress.mapped(Ipv4.source(bytes, ip));
        long toHi = v6 ? Ipv6.destinationHi(bytes, ip) : 0;
        long toLo = v6 ? Ipv6.destinationLo(bytes, ip) : IpAddress.mapped(Ipv4.destination(bytes, ip));
        int counter = choice.of(sourceHi, sourceLo, toHi, toLo, 0) & (COUNTERS - 1);
        return offsets.of(sourceHi, sourceLo, toHi, toLo, 0) + counters[counter]++;
    }
}
