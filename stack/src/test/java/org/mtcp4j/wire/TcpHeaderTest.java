/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TcpHeaderTest {
    /** Fields for the writer; the sending side has a class of its own in tcp. */
    private static final class Fields extends TcpFields {}

    private final TcpSegment out = new TcpSegment();

    private static Fields fields() {
        Fields f = new Fields();
        f.clearOptions();
        return f;
    }

    private int parse(String hex) {
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex.strip().replaceAll("\\s+", " "));
        return TcpHeader.parse(ByteBuffer.wrap(bytes), 0, bytes.length, out);
    }

    private static String written(TcpFields f) {
        ByteBuffer bytes = ByteBuffer.allocate(64);
        int length = TcpHeader.write(bytes, 0, 0x1234, 0x0050, f);
        assertThat(length).isEqualTo(TcpHeader.headerBytes(f));
        return HexFormat.ofDelimiter(" ").formatHex(bytes.array(), 0, length);
    }

    @Test
    void synOfALinuxPeerIsRead() {
        assertThat(parse("c0 00 00 50 11 22 33 44 00 00 00 00 a0 02 fa f0 12 34 00 00"
                        + " 02 04 05 b4 04 02 08 0a 00 00 00 07 00 00 00 00 01 03 03 07"))
                .isEqualTo(TcpHeader.OK);
        assertThat(out.sourcePort).isEqualTo(0xc000);
        assertThat(out.destinationPort).isEqualTo(80);
        assertThat(out.seq).isEqualTo(0x11223344);
        assertThat(out.flags).isEqualTo(TcpSegment.SYN);
        assertThat(out.window).isEqualTo(0xfaf0);
        assertThat(out.mss).isEqualTo(1460);
        assertThat(out.sackPermitted).isTrue();
        assertThat(out.timestamps).isTrue();
        assertThat(out.tsVal).isEqualTo(7);
        assertThat(out.windowScale).isEqualTo(7);
        assertThat(out.payloadBytes).isZero();
        assertThat(out.segLen()).isEqualTo(1);
    }

    @Test
    void optionsAreWrittenAsLinuxAlignsThem() {
        Fields f = fields();
        f.seq = 0x11223344;
        f.flags = TcpFields.SYN;
        f.window = 0xfaf0;
        f.mss = 1460;
        f.timestamps = true;
        f.tsVal = 7;
        f.windowScale = 7;
        String head = "12 34 00 50 11 22 33 44 00 00 00 00 a0 02 fa f0 00 00 00 00";
        assertThat(written(f)).isEqualTo(head + " 02 04 05 b4 01 01 08 0a 00 00 00 07 00 00 00 00 01 03 03 07");
        f.sackPermitted = true;
        assertThat(written(f)).isEqualTo(head + " 02 04 05 b4 04 02 08 0a 00 00 00 07 00 00 00 00 01 03 03 07");
        f.timestamps = false;
        f.windowScale = -1;
        assertThat(written(f)).endsWith("02 04 05 b4 01 01 04 02");
    }

    @Test
    void bareHeaderIsTwentyBytes() {
        Fields f = fields();
        f.seq = -1;
        f.ack = 0x01020304;
        f.flags = TcpFields.ACK | TcpFields.FIN | TcpFields.CWR;
        f.window = 0xffff;
        f.urgentPointer = 0xabcd;
        assertThat(written(f)).isEqualTo("12 34 00 50 ff ff ff ff 01 02 03 04 50 91 ff ff 00 00 ab cd");
    }

    @Test
    void sackBlocksThatDoNotFitAreLeftOut() {
        Fields f = fields();
        f.timestamps = true;
        f.sackBlocks = 4;
        for (int i = 0; i < 8; i++) {
            f.sackEdges[i] = i;
        }
        assertThat(TcpHeader.headerBytes(f)).isEqualTo(60);
        assertThat(parse(written(f))).isEqualTo(TcpHeader.OK);
        assertThat(out.sackBlocks).isEqualTo(3);
        assertThat(out.sackEdges).startsWith(0, 1, 2, 3, 4, 5);
        f.timestamps = false;
        assertThat(parse(written(f))).isEqualTo(TcpHeader.OK);
        assertThat(out.sackBlocks).isEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 12, 19})
    void lessThanAHeaderIsTruncated(int bytes) {
        assertThat(TcpHeader.parse(ByteBuffer.allocate(100), 0, bytes, out)).isEqualTo(TcpHeader.TRUNCATED);
    }

    @ParameterizedTest
    @CsvSource({"-1,20", "81,20", "0,101", "2147483647,20", "0,-5", "50,2147483647"})
    void whatTheBufferDoesNotHoldIsTruncated(int offset, int bytes) {
        assertThat(TcpHeader.parse(ByteBuffer.allocate(100), offset, bytes, out))
                .isEqualTo(TcpHeader.TRUNCATED);
    }

    @Test
    void dataOffsetMustLieInTheSegment() {
        ByteBuffer bytes = ByteBuffer.allocate(40);
        bytes.put(12, (byte) 0x40);
        assertThat(TcpHeader.parse(bytes, 0, 40, out)).isEqualTo(TcpHeader.BAD_DATA_OFFSET);
        bytes.put(12, (byte) 0xF0);
        assertThat(TcpHeader.parse(bytes, 0, 40, out)).isEqualTo(TcpHeader.BAD_DATA_OFFSET);
        bytes.put(12, (byte) 0xA0);
        assertThat(TcpHeader.parse(bytes, 0, 40, out)).isEqualTo(TcpHeader.OK);
    }

    /** MSS first, then an option that is wrong, then a window scale that must not be believed. */
    @ParameterizedTest
    @ValueSource(strings = {"08 00 01 03 03 05 00 00", "08 01 01 03 03 05 00 00", "08 ff 01 03 03 05 00 00"})
    void illegalLengthEndsTheOptions(String options) {
        assertThat(parse("00 01 00 02 00 00 00 00 00 00 00 00 80 02 00 00 00 00 00 00 02 04 05 b4 " + options))
                .isEqualTo(TcpHeader.OK);
        assertThat(out.mss).isEqualTo(1460);
        assertThat(out.windowScale).isEqualTo(-1);
        assertThat(out.timestamps).isFalse();
    }

    @Test
    void unknownOptionsAndThoseOfWrongLengthArePassedOver() {
        assertThat(parse("00 01 00 02 00 00 00 00 00 00 00 00 90 02 00 00 00 00 00 00"
                        + " fe 04 00 00 02 03 05 03 03 ff 05 03 00 01 00 00"))
                .isEqualTo(TcpHeader.OK);
        assertThat(out.mss).isZero();
        assertThat(out.sackBlocks).isZero();
        assertThat(out.windowScale).as("255 is read as 14 (RFC 7323 §2.3)").isEqualTo(14);
    }

    @ParameterizedTest
    @CsvSource({"00, 0", "0d, 13", "0e, 14", "0f, 14", "7f, 14", "80, 14", "ff, 14"})
    void rfc7323_2_3_aShiftAbove14IsReadAs14(String shift, int read) {
        assertThat(parse("00 01 00 02 00 00 00 00 00 00 00 00 60 02 00 00 00 00 00 00 01 03 03 " + shift))
                .isEqualTo(TcpHeader.OK);
        assertThat(out.windowScale).isEqualTo(read);
    }

    @Test
    void optionCutOffByTheHeadersEndIsNotRead() {
        assertThat(parse("00 01 00 02 00 00 00 00 00 00 00 00 60 02 00 00 00 00 00 00 01 01 02 04 05 b4"))
                .isEqualTo(TcpHeader.OK);
        assertThat(out.mss).isZero();
        assertThat(out.payloadBytes).isEqualTo(2);
    }

    @Test
    void optionsOfTheLastSegmentDoNotStay() {
        synOfALinuxPeerIsRead();
        assertThat(parse("00 01 00 02 00 00 00 00 00 00 00 00 50 10 00 00 00 00 00 00 41"))
                .isEqualTo(TcpHeader.OK);
        assertThat(out.mss).isZero();
        assertThat(out.windowScale).isEqualTo(-1);
        assertThat(out.timestamps).isFalse();
        assertThat(out.sackPermitted).isFalse();
        assertThat(out.payloadOffset).isEqualTo(20);
        assertThat(out.payloadBytes).isEqualTo(1);
    }

    @Test
    void rfc9293_3_1_optionsAreReadInSegmentsWithEveryFlag() {
        for (int flags = 0; flags < 256; flags++) {
            for (String payload : new String[] {"", " 41 42"}) {
                String fixed = String.format("00 01 00 02 00 00 00 00 00 00 00 00 c0 %02x 00 00 00 00 00 00", flags);
                String options = " 02 04 05 b4 01 03 03 07 08 0a 00 00 00 09 00 00 00 08 05 0a 00 00 00 0a 00 00 00 14";
                assertThat(parse(fixed + options + payload)).isEqualTo(TcpHeader.OK);
                assertThat(out.flags).isEqualTo(flags);
                assertThat(out.mss).isEqualTo(1460);
                assertThat(out.windowScale).isEqualTo(7);
                assertThat(out.timestamps).isTrue();
                assertThat(out.tsVal).isEqualTo(9);
                assertThat(out.tsEcr).isEqualTo(8);
                assertThat(out.sackBlocks).isEqualTo(1);
                assertThat(out.sackEdges[1]).isEqualTo(20);
            }
        }
    }

    @Test
    void noBytesMakeItThrow() {
        long seed = 42;
        Random random = new Random(seed);
        byte[] bytes = new byte[80];
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        int good = 0;
        for (int i = 0; i < 300_000; i++) {
            random.nextBytes(bytes);
            int offset = random.nextInt(90) - 5;
            int length = random.nextInt(90) - 5;
            if (random.nextBoolean() && offset >= 0 && offset + 12 < bytes.length) {
                bytes[offset + 12] = (byte) (0x50 + 16 * random.nextInt(11));
            }
            if (TcpHeader.parse(buffer, offset, length, out) == TcpHeader.OK) {
                good++;
                assertThat(out.payloadOffset + out.payloadBytes).isEqualTo(offset + length);
                assertThat(out.payloadBytes).isNotNegative();
                assertThat(out.windowScale).isBetween(-1, 14);
                assertThat(out.sackBlocks).isBetween(0, 4);
            }
        }
        assertThat(good).as("seed " + seed).isGreaterThan(1000);
    }

    @Test
    void whatIsWrittenIsRead() {
        long seed = 7;
        Random random = new Random(seed);
        ByteBuffer bytes = ByteBuffer.allocate(100);
        for (int i = 0; i < 20_000; i++) {
            Fields f = fields();
            f.seq = random.nextInt();
            f.ack = random.nextInt();
            f.flags = random.nextInt(256);
            f.window = random.nextInt(65536);
            f.urgentPointer = random.nextInt(65536);
            f.mss = random.nextBoolean() ? random.nextInt(65536) : 0;
            f.windowScale = random.nextInt(16) - 1;
            f.sackPermitted = random.nextBoolean();
            f.timestamps = random.nextBoolean();
            f.tsVal = random.nextInt();
            f.tsEcr = random.nextInt();
            int length = TcpHeader.write(bytes, 3, 65535, 1, f);
            assertThat(TcpHeader.parse(bytes, 3, length + 9, out)).isEqualTo(TcpHeader.OK);
            assertThat(out.sourcePort).isEqualTo(65535);
            assertThat(out.destinationPort).isEqualTo(1);
            assertThat(out.payloadBytes).isEqualTo(9);
            assertThat(new int[] {out.seq, out.ack, out.flags, out.window, out.urgentPointer, out.mss, out.windowScale})
                    .as("seed " + seed + ", turn " + i)
                    .containsExactly(f.seq, f.ack, f.flags, f.window, f.urgentPointer, f.mss, f.windowScale);
            assertThat(out.sackPermitted).isEqualTo(f.sackPermitted);
            assertThat(out.timestamps).isEqualTo(f.timestamps);
            assertThat(out.tsVal).isEqualTo(f.timestamps ? f.tsVal : 0);
            assertThat(out.tsEcr).isEqualTo(f.timestamps ? f.tsEcr : 0);
        }
    }
}
