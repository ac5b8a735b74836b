/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.ip.IpAddress;

/**
 * A keyed hash of connections' addresses and ports, for the tables whose keys remote parties choose: without the key nobody can choose
 * tuples that meet in one place. SipHash-1-3; what it hashes is as short as the family allows. Steering has {@link
 * org.mtcp4j.wire.FlowHash}, which both ends and the NIC must be able to compute.
 */
final class TupleHash {
    private final long key0;
    private final long key1;

    /** @param key0 together with {@code key1} 128 random bits */
    TupleHash(long key0, long key1) {
        this.key0 = key0;
        this.key1 = key1;
    }

    /** All 32 bits are as good as random to who does not know the key. */
    int of(long localHi, long localLo, long remoteHi, long remoteLo, int ports) {
        long last = ports & 0xffff_ffffL;
        if (IpAddress.isIpv4(localHi, localLo) && IpAddress.isIpv4(remoteHi, remoteLo)) {
            return two((localLo << 32) | (remoteLo & 0xffff_ffffL), last | (12L << 56));
        }
        return five(localHi, localLo, remoteHi, remoteLo, last | (36L << 56));
    }

    private int two(long a, long b) {
        long v0 = key0 ^ 0x736f6d6570736575L;
        long v1 = key1 ^ 0x646f72616e646f6dL;
        long v2 = key0 ^ 0x6c7967656e657261L;
        long v3 = key1 ^ 0x7465646279746573L ^ a;
        // Each block of ten lines is a round.
        v0 += v1;
        v2 += v3;
        v1 = Long.rotateLeft(v1, 13) ^ v0;
        v3 = Long.rotateLeft(v3, 16) ^ v2;
        v0 = Long.rotateLeft(v0, 32);
        v2 += v1;
        v0 += v3;
        v1 = Long.rotateLeft(v1, 17) ^ v2;
        v3 = Long.rotateLeft(v3, 21) ^ v0;
        v2 = Long.rotateLeft(v2, 32);
        v0 ^= a;
        return finish(v0, v1, v2, v3, b);
    }

    private int five(long a, long b, long c, long d, long e) {
        long v0 = key0 ^ 0x736f6d6570736575L;
        long v1 = key1 ^ 0x646f72616e646f6dL;
        long v2 = key0 ^ 0x6c7967656e657261L;
        long v3 = key1 ^ 0x7465646279746573L;
        for (int word = 0; word < 4; word++) {
            long m = word == 0 ? a : word == 1 ? b : word == 2 ? c : d;
            v3 ^= m;
            v0 += v1;
            v2 += v3;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v1;
            v0 += v3;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 = Long.rotateLeft(v2, 32);
            v0 ^= m;
        }
        return finish(v0, v1, v2, v3, e);
    }

    /** The last word, which holds the length, and the three rounds behind it. */
    private static int finish(long a0, long a1, long a2, long a3, long last) {
        long v0 = a0;
        long v1 = a1;
        long v2 = a2;
        long v3 = a3 ^ last;
        for (int round = 0; round < 4; round++) {
            v0 += v1;
            v2 += v3;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v1;
            v0 += v3;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 = Long.rotateLeft(v2, 32);
            if (round == 0) {
                v0 ^= last;
                v2 ^= 0xff;
            }
        }
        long all = v0 ^ v1 ^ v2 ^ v3;
        return (int) (all ^ (all >>> 32));
    }
}
