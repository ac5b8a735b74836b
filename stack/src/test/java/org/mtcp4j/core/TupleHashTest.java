/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.mtcp4j.ip.IpAddress;

class TupleHashTest {
    private long v0;
    private long v1;
    private long v2;
    private long v3;

    private void round() {
        v0 += v1;
        v1 = Long.rotateLeft(v1, 13) ^ v0;
        v0 = Long.rotateLeft(v0, 32);
        v2 += v3;
        v3 = Long.rotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = Long.rotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = Long.rotateLeft(v1, 17) ^ v2;
        v2 = Long.rotateLeft(v2, 32);
    }

    /** SipHash of bytes, as its authors wrote it down, with one round a word and three behind. */
    private int reference(long key0, long key1, ByteBuffer bytes) {
        v0 = key0 ^ 0x736f6d6570736575L;
        v1 = key1 ^ 0x646f72616e646f6dL;
        v2 = key0 ^ 0x6c7967656e657261L;
        v3 = key1 ^ 0x7465646279746573L;
        int length = bytes.limit();
        bytes.order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at <= length - length % 8; at += 8) {
            long m = 0;
            if (at + 8 <= length) {
                m = bytes.getLong(at);
            } else {
                for (int i = at; i < length; i++) {
                    m |= (bytes.get(i) & 0xffL) << (8 * (i - at));
                }
                m |= (long) length << 56;
            }
            v3 ^= m;
            round();
            v0 ^= m;
        }
        v2 ^= 0xff;
        round();
        round();
        round();
        long all = v0 ^ v1 ^ v2 ^ v3;
        return (int) (all ^ (all >>> 32));
    }

    @Test
    void itIsSipHash13OfTheTuple() {
        SplittableRandom random = new SplittableRandom(13);
        for (int i = 0; i < 1_000; i++) {
            long key0 = random.nextLong();
            long key1 = random.nextLong();
            int ports = random.nextInt();
            int local = random.nextInt();
            int remote = random.nextInt();
            TupleHash hash = new TupleHash(key0, key1);
            ByteBuffer v4 = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
            v4.putInt(remote).putInt(local).putInt(ports);
            assertThat(hash.of(0, IpAddress.mapped(local), 0, IpAddress.mapped(remote), ports))
                    .isEqualTo(reference(key0, key1, v4));
            ByteBuffer v6 = ByteBuffer.allocate(36).order(ByteOrder.LITTLE_ENDIAN);
            long[] words = {random.nextLong() | 1, random.nextLong(), random.nextLong() | 1, random.nextLong()};
            v6.putLong(words[0])
                    .putLong(words[1])
                    .putLong(words[2])
                    .putLong(words[3])
                    .putInt(ports);
            assertThat(hash.of(words[0], words[1], words[2], words[3], ports)).isEqualTo(reference(key0, key1, v6));
        }
    }
}
