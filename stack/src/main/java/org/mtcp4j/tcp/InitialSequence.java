/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

/**
 * Initial sequence numbers (RFC 6528): a clock of 4 us ticks plus a keyed hash of the connection's addresses and ports, so that nobody
 * without the key can tell one connection's numbers from another's. The hash is SipHash-2-4.
 */
public final class InitialSequence {
    /** 4.1 us: the numbers go round in 4.9 hours, well above any segment's life. */
    private static final int TICK_SHIFT = 12;

    private static final long TIMESTAMP_DOMAIN = 1L << 32;
    private static final long COOKIE_DOMAIN = 2L << 32;

    private final long key0;
    private final long key1;

    /** @param key0 together with {@code key1} 128 random bits, kept for the life of the context */
    public InitialSequence(long key0, long key1) {
        this.key0 = key0;
        this.key1 = key1;
    }

    /**
     * @param localHi upper half of the 128-bit local address; 0 for IPv4
     * @param ports local port in the upper, remote port in the lower half
     */
    public int iss(long localHi, long localLo, long remoteHi, long remoteLo, int ports, long nowNs) {
        long hash = hash(localHi, localLo, remoteHi, remoteLo, Integer.toUnsignedLong(ports));
        return (int) hash + (int) (nowNs >>> TICK_SHIFT);
    }

    /** What {@link TcpSettings#timestampOffset} should be: constant for the same addresses and ports (RFC 7323 §7.1). */
    public int timestampOffset(long localHi, long localLo, long remoteHi, long remoteLo, int ports) {
        return (int) hash(localHi, localLo, remoteHi, remoteLo, Integer.toUnsignedLong(ports) | TIMESTAMP_DOMAIN);
    }

    /** The connection's addresses and ports in one number that nobody without the key knows, for {@link SynCookies}. */
    public long tuple(long localHi, long localLo, long remoteHi, long remoteLo, int ports) {
        return hash(localHi, localLo, remoteHi, remoteLo, Integer.toUnsignedLong(ports) | COOKIE_DOMAIN);
    }

    /** SipHash-2-4 of the five words, little-endian: 40 bytes. */
    long hash(long a, long b, long c, long d, long e) {
        long v0 = key0 ^ 0x736f6d6570736575L;
        long v1 = key1 ^ 0x646f72616e646f6dL;
        long v2 = key0 ^ 0x6c7967656e657261L;
        long v3 = key1 ^ 0x7465646279746573L;
        for (int word = 0; word < 6; word++) {
            long m =
                    switch (word) {
                        case 0 -> a;
                        case 1 -> b;
                        case 2 -> c;
                        case 3 -> d;
                        case 4 -> e;
                        default -> 40L << 56;
                    };
            v3 ^= m;
            for (int round = 0; round < 2; round++) {
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
            }
            v0 ^= m;
        }
        v2 ^= 0xFF;
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
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }
}
