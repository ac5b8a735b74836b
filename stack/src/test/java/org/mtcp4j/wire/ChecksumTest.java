/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ChecksumTest {
    private static final long SEED = 7_071;

    /** RFC 1071 §3: the bytes 00 01 f2 03 f4 f5 f6 f7 sum to ddf2. */
    @Test
    void sumsTheExampleOfRfc1071() {
        byte[] example = {0, 1, (byte) 0xf2, 3, (byte) 0xf4, (byte) 0xf5, (byte) 0xf6, (byte) 0xf7};

        assertThat(Checksum.partial(ByteBuffer.wrap(example), 0, 8)).isEqualTo(0xddf2);
        assertThat(Checksum.finish(0xddf2)).isEqualTo(0x220d);
    }

    /** RFC 1624 §4: field dd2f, word 5555 becomes 3285, new field 0000. */
    @Test
    void updatesAsTheExampleOfRfc1624() {
        assertThat(Checksum.update(0xdd2f, 0x5555, 0x3285)).isZero();
    }

    @Test
    void agreesWithTheTextbookSumForEveryLengthAlignmentAndByteOrder() {
        SplittableRandom random = new SplittableRandom(SEED);
        byte[] data = new byte[4096];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (i < 1024 ? 0xff : random.nextInt());
        }
        ByteBuffer big = ByteBuffer.allocateDirect(data.length).put(0, data);
        ByteBuffer little = big.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        for (int round = 0; round < 20_000; round++) {
            int offset = random.nextInt(2048);
            int length = random.nextInt(data.length - offset);
            int expected = textbook(data, offset, length);
            assertThat(Checksum.partial(big, offset, length)).isEqualTo(expected);
            assertThat(Checksum.partial(little, offset, length)).isEqualTo(expected);
        }
    }

    @Test
    void addsUpOverPiecesAlsoBehindAnOddOne() {
        SplittableRandom random = new SplittableRandom(SEED);
        byte[] data = new byte[999];
        random.nextBytes(data);
        ByteBuffer bytes = ByteBuffer.wrap(data);
        for (int cut = 0; cut <= data.length; cut++) {
            int head = Checksum.partial(bytes, 0, cut);
            int tail = Checksum.partial(bytes, cut, data.length - cut);
            int sum = head + ((cut & 1) == 0 ? tail : Checksum.swapped(tail));
            assertThat(Checksum.fold(sum)).isEqualTo(textbook(data, 0, data.length));
        }
    }

    @Test
    void incrementalUpdateEqualsTheSumDoneAnew() {
        SplittableRandom random = new SplittableRandom(SEED);
        byte[] header = new byte[20];
        ByteBuffer bytes = ByteBuffer.wrap(header);
        for (int round = 0; round < 5_000; round++) {
            random.nextBytes(header);
            bytes.putShort(10, (short) 0);
            bytes.putShort(10, (short) Checksum.finish(Checksum.partial(bytes, 0, 20)));
            int at = random.nextInt(5) * 2;
            int old = bytes.getShort(at) & 0xffff;
            int now = random.nextInt(65_536);
            bytes.putShort(at, (short) now);
            bytes.putShort(10, (short) Checksum.update(bytes.getShort(10), old, now));
            assertThat(Checksum.isGood(Checksum.partial(bytes, 0, 20))).isTrue();
        }
    }

    private static int textbook(byte[] data, int offset, int length) {
        long sum = 0;
        for (int i = 0; i < length; i++) {
            int value = data[offset + i] & 0xff;
            sum += (i & 1) == 0 ? value << 8 : value;
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) sum;
    }
}
