/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CodecsTest {
    private static final long SEED = 826;

    /** An echo request without data, put together by hand. */
    private static final String ECHO_FRAME =
            "0e00000000010e00000000020800" + "4500001c1c46400040019273" + "c6120001c6120002" + "0800f7fd00010001";

    private static ByteBuffer hex(String text) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(text));
    }

    @Test
    void readsAnEchoRequestFrame() {
        ByteBuffer frame = hex(ECHO_FRAME);

        assertThat(Ethernet.check(frame, 0, frame.capacity())).isZero();
        assertThat(Ethernet.toText(Ethernet.destination(frame, 0))).isEqualTo("0e:00:00:00:00:01");
        assertThat(Ethernet.source(frame, 0)).isEqualTo(Ethernet.parse("0e:00:00:00:00:02"));
        assertThat(Ethernet.type(frame, 0)).isEqualTo(Ethernet.TYPE_IPV4);
        assertThat(Ipv4.check(frame, 14, 28)).isZero();
        assertThat(Ipv4.checksumGood(frame, 14)).isTrue();
        assertThat(Ipv4.id(frame, 14)).isEqualTo(0x1c46);
        assertThat(Ipv4.ttl(frame, 14)).isEqualTo(64);
        assertThat(Ipv4.dontFragment(frame, 14)).isTrue();
        assertThat(Ipv4.isFragment(frame, 14)).isFalse();
        assertThat(Ipv4.source(frame, 14)).isEqualTo(0xc6120001);
        assertThat(Icmp4.check(frame, 34, 8)).isZero();
        assertThat(Icmp4.type(frame, 34)).isEqualTo(Icmp4.ECHO_REQUEST);
        assertThat(FlowHash.ofFrame(frame, 0, 42)).isZero();
    }

    @Test
    void headersWrittenAreRightWhenReadBack() {
        ByteBuffer bytes = ByteBuffer.allocate(64);
        Ethernet.write(bytes, 0, Ethernet.BROADCAST, 0x0e0000000001L, Ethernet.TYPE_IPV4);
        Ipv4.write(bytes, 14, 40, 0x12345, Ipv4.PROTOCOL_TCP, 0xc6120001, 0xc6120002);
        assertThat(Ethernet.destination(bytes, 0)).isEqualTo(Ethernet.BROADCAST);
        assertThat(Ethernet.source(bytes, 0)).isEqualTo(0x0e0000000001L);
        assertThat(Ipv4.check(bytes, 14, 50)).isZero();
        assertThat(Ipv4.checksumGood(bytes, 14)).isTrue();
        assertThat(Ipv4.id(bytes, 14)).isEqualTo(0x2345);

        Ipv4.tos(bytes, 14, 0xb9);
        Ipv4.id(bytes, 14, 7);
        Ipv4.totalBytes(bytes, 14, 44);
        assertThat(Ipv4.tos(bytes, 14)).isEqualTo(0xb9);
        assertThat(Ipv4.totalBytes(bytes, 14)).isEqualTo(44);
        assertThat(Ipv4.headerBytes(bytes, 14)).isEqualTo(20);
        assertThat(Ipv4.checksumGood(bytes, 14)).isTrue();
        bytes.put(14 + Ipv4.TTL_OFFSET, (byte) 63);
        assertThat(Ipv4.checksumGood(bytes, 14)).isFalse();
    }

    @Test
    void arpWrittenIsRightWhenReadBack() {
        ByteBuffer bytes = ByteBuffer.allocate(28);
        Arp.write(bytes, 0, Arp.REPLY, 0x0e0000000001L, 0xc6120001, 0x0e0000000002L, 0xc6120002);
        assertThat(Arp.check(bytes, 0, 28)).isZero();
        assertThat(Arp.operation(bytes, 0)).isEqualTo(Arp.REPLY);
        assertThat(Arp.senderMac(bytes, 0)).isEqualTo(0x0e0000000001L);
        assertThat(Arp.senderIp(bytes, 0)).isEqualTo(0xc6120001);
        assertThat(Arp.targetMac(bytes, 0)).isEqualTo(0x0e0000000002L);
        assertThat(Arp.targetIp(bytes, 0)).isEqualTo(0xc6120002);
        assertThat(Arp.check(bytes, 0, 27)).isEqualTo(Arp.TRUNCATED);
        bytes.put(1, (byte) 6);
        assertThat(Arp.check(bytes, 0, 28)).isEqualTo(Arp.NOT_IPV4_OVER_ETHERNET);
    }

    @Test
    void seesThroughOneVlanTag() {
        ByteBuffer frame = hex("0e00000000010e00000000028100e00a0800" + "45");
        assertThat(Ethernet.isTagged(frame, 0)).isTrue();
        assertThat(Ethernet.vlanId(frame, 0)).isEqualTo(10);
        assertThat(Ethernet.headerBytes(frame, 0)).isEqualTo(18);
        assertThat(Ethernet.type(frame, 0)).isEqualTo(Ethernet.TYPE_IPV4);
        assertThat(Ethernet.check(frame, 0, 17)).isEqualTo(Ethernet.TRUNCATED);
    }

    @Test
    void namesWhatIsWrongWithAnIpv4Header() {
        ByteBuffer bytes = ByteBuffer.allocate(40);
        Ipv4.write(bytes, 0, 40, 1, Ipv4.PROTOCOL_TCP, 1, 2);
        assertThat(Ipv4.check(bytes, 0, 19)).isEqualTo(Ipv4.TRUNCATED);
        assertThat(Ipv4.check(bytes, 0, 39)).isEqualTo(Ipv4.BAD_TOTAL_LENGTH);
        bytes.put(0, (byte) 0x44);
        assertThat(Ipv4.check(bytes, 0, 40)).isEqualTo(Ipv4.BAD_HEADER_LENGTH);
        bytes.put(0, (byte) 0x65);
        assertThat(Ipv4.check(bytes, 0, 40)).isEqualTo(Ipv4.BAD_VERSION);
    }

    @Test
    void icmpErrorGivesTheQuotedTuple() {
        ByteBuffer bytes = ByteBuffer.allocate(36);
        Ipv4.write(bytes, 8, 1500, 1, Ipv4.PROTOCOL_TCP, 0xc6120002, 0xc6120001);
        bytes.putInt(28, (50_000 << 16) | 80);
        bytes.putInt(32, 0x1234_5678);
        Icmp4.write(bytes, 0, 36, (Icmp4.DESTINATION_UNREACHABLE << 8) | Icmp4.FRAGMENTATION_NEEDED, 1400);

        assertThat(Icmp4.check(bytes, 0, 36)).isZero();
        assertThat(Icmp4.nextHopMtuBytes(bytes, 0)).isEqualTo(1400);
        assertThat(Ipv4.source(bytes, Icmp4.quoteOffset(0))).isEqualTo(0xc6120002);
        assertThat(Icmp4.quotedL4Offset(bytes, 0)).isEqualTo(28);
        assertThat(Icmp4.check(bytes, 0, 35)).isNotZero();
        bytes.put(20, (byte) 99);
        assertThat(Icmp4.check(bytes, 0, 36)).isEqualTo(Icmp4.BAD_CHECKSUM);
    }

    @Test
    void noBytesMakeACheckOrWhatItAllowsFail() {
        SplittableRandom random = new SplittableRandom(SEED);
        byte[] data = new byte[80];
        ByteBuffer bytes = ByteBuffer.wrap(data);
        for (int round = 0; round < 200_000; round++) {
            random.nextBytes(data);
            int length = random.nextInt(data.length + 1);
            int offset = data.length - length;
            if (round % 3 == 0 && length > 14) {
                bytes.putShort(offset + 12, (short) (round % 2 == 0 ? Ethernet.TYPE_IPV4 : Ethernet.TYPE_IPV6));
                data[offset + 14] = 0x45;
            }
            FlowHash.ofFrame(bytes, offset, length);
            if (Ipv4.check(bytes, offset, length) == Ipv4.OK) {
                Ipv4.checksumGood(bytes, offset);
            }
            Arp.check(bytes, offset, length);
            if (length >= 8) {
                data[offset] = (byte) (round % 13);
                bytes.putShort(offset + 2, (short) 0);
                bytes.putShort(offset + 2, (short) Checksum.finish(Checksum.partial(bytes, offset, length)));
            }
            if (Icmp4.check(bytes, offset, length) == Icmp4.OK && Icmp4.isError(Icmp4.type(bytes, offset))) {
                bytes.getLong(Icmp4.quotedL4Offset(bytes, offset));
            }
        }
    }

    @Test
    void macTextIsStrict() {
        assertThat(Ethernet.parse("0E:00:5e:00:53:af")).isEqualTo(0x0e005e0053afL);
        for (String bad :
                new String[] {"0e:00:5e:00:53", "0e:00:5e:00:53:zz", "0e:00:5e:00:53:", "", "e:0:5e:0:53:af"}) {
            assertThatThrownBy(() -> Ethernet.parse(bad)).hasMessageContaining("is no hardware address");
        }
    }

    @Test
    void flowHashIsSymmetricAndTheFramesIsTheSame() {
        SplittableRandom random = new SplittableRandom(SEED);
        ByteBuffer frame = ByteBuffer.allocate(54);
        for (int round = 0; round < 1_000; round++) {
            int a = random.nextInt();
            int b = random.nextInt();
            int portA = random.nextInt(65_536);
            int portB = random.nextInt(65_536);
            Ethernet.write(frame, 0, 1, 2, Ethernet.TYPE_IPV4);
            Ipv4.write(frame, 14, 40, round, Ipv4.PROTOCOL_TCP, a, b);
            frame.putInt(34, (portA << 16) | portB);
            int hash = FlowHash.ofIpv4(a, b, portA, portB);
            assertThat(FlowHash.ofIpv4(b, a, portB, portA)).isEqualTo(hash);
            assertThat(FlowHash.ofFrame(frame, 0, 54)).isEqualTo(hash);
        }
        frame.putShort(20, (short) Ipv4.MORE_FRAGMENTS);
        assertThat(FlowHash.ofFrame(frame, 0, 54)).isZero();
    }

    @Test
    void flowHashSpreadsNeighbouringPortsEvenly() {
        for (int contexts : new int[] {2, 3, 4, 7, 16}) {
            int[] flows = new int[contexts];
            for (int port = 32_768; port < 32_768 + 8_000; port++) {
                flows[FlowHash.context(FlowHash.ofIpv4(0xc6120001, 0xc6120002, port, 80), contexts)]++;
            }
            for (int count : flows) {
                assertThat(count).isBetween(8_000 / contexts * 8 / 10, 8_000 / contexts * 12 / 10);
            }
        }
    }
}
