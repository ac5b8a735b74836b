/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mtcp4j.wire.Checksum;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Icmp4;
import org.mtcp4j.wire.Ipv4;

class IcmpTest {
    private static final int OUR_IP = 0xc6120002;
    private static final int PEER_IP = 0xc6120001;
    private final ByteBuffer bytes = ByteBuffer.allocate(128);
    private final Routes routes = new Routes(List.of(Subnet.parse("198.18.0.2/24")), List.of());

    @Test
    void anEchoRequestBecomesItsReplyInPlace() {
        Ethernet.write(bytes, 0, 2, 1, Ethernet.TYPE_IPV4);
        Ipv4.write(bytes, 14, 31, 99, Ipv4.PROTOCOL_ICMP, PEER_IP, OUR_IP);
        bytes.put(42, (byte) 'a').put(43, (byte) 'b').put(44, (byte) 'c');
        Icmp4.write(bytes, 34, 11, Icmp4.ECHO_REQUEST << 8, (7 << 16) | 3);
        assertThat(IcmpReplies.isEchoRequest(bytes, 34)).isTrue();

        int length = IcmpReplies.turnIntoReply(bytes, 0, 2);

        assertThat(length).isEqualTo(45);
        assertThat(Ethernet.destination(bytes, 0)).isEqualTo(1);
        assertThat(Ethernet.source(bytes, 0)).isEqualTo(2);
        assertThat(Ipv4.check(bytes, 14, 31)).isZero();
        assertThat(Ipv4.checksumGood(bytes, 14)).isTrue();
        assertThat(Ipv4.source(bytes, 14)).isEqualTo(OUR_IP);
        assertThat(Ipv4.destination(bytes, 14)).isEqualTo(PEER_IP);
        assertThat(Icmp4.check(bytes, 34, 11)).isZero();
        assertThat(Icmp4.type(bytes, 34)).isEqualTo(Icmp4.ECHO_REPLY);
        assertThat(Icmp4.id(bytes, 34)).isEqualTo(7);
        assertThat(Icmp4.sequence(bytes, 34)).isEqualTo(3);
        assertThat(bytes.get(44)).isEqualTo((byte) 'c');
    }

    @Test
    void anErrorNamesTheFlowAndWhatIsWrong() {
        IcmpError error = new IcmpError();
        writeError(Icmp4.DESTINATION_UNREACHABLE, Icmp4.PORT_UNREACHABLE, Ipv4.PROTOCOL_TCP, 0);
        assertThat(error.parse(bytes, 0, 36)).isTrue();
        assertThat(error.kind).isEqualTo(IcmpError.Kind.REFUSED);
        assertThat(error.localLo).isEqualTo(IpAddress.mapped(OUR_IP));
        assertThat(error.remoteLo).isEqualTo(IpAddress.mapped(PEER_IP));
        assertThat(error.localPort).isEqualTo(50_000);
        assertThat(error.remotePort).isEqualTo(80);
        assertThat(error.seq).isEqualTo(0x89abcdef);

        writeError(Icmp4.DESTINATION_UNREACHABLE, Icmp4.FRAGMENTATION_NEEDED, Ipv4.PROTOCOL_TCP, 1400);
        assertThat(error.parse(bytes, 0, 36)).isTrue();
        assertThat(error.kind).isEqualTo(IcmpError.Kind.FRAGMENTATION_NEEDED);
        assertThat(error.nextHopMtuBytes).isEqualTo(1400);

        writeError(Icmp4.DESTINATION_UNREACHABLE, Icmp4.NET_UNREACHABLE, Ipv4.PROTOCOL_TCP, 0);
        assertThat(error.parse(bytes, 0, 36)).isTrue();
        assertThat(error.kind).isEqualTo(IcmpError.Kind.NETWORK_UNREACHABLE);
        assertThat(error.nextHopMtuBytes).isZero();

        writeError(Icmp4.DESTINATION_UNREACHABLE, Icmp4.PROTOCOL_UNREACHABLE, Ipv4.PROTOCOL_TCP, 0);
        assertThat(error.parse(bytes, 0, 36)).isTrue();
        assertThat(error.kind).isEqualTo(IcmpError.Kind.PROTOCOL_UNREACHABLE);

        writeError(Icmp4.TIME_EXCEEDED, 0, Ipv4.PROTOCOL_TCP, 0);
        assertThat(error.parse(bytes, 0, 36)).isTrue();
        assertThat(error.kind).isEqualTo(IcmpError.Kind.TIME_EXCEEDED);
    }

    @Test
    void whatIsNotAboutTcpIsNoErrorOfOurs() {
        IcmpError error = new IcmpError();
        writeError(Icmp4.DESTINATION_UNREACHABLE, Icmp4.PORT_UNREACHABLE, Ipv4.PROTOCOL_UDP, 0);
        assertThat(error.parse(bytes, 0, 36)).isFalse();
        writeError(Icmp4.ECHO_REQUEST, 0, Ipv4.PROTOCOL_TCP, 0);
        assertThat(error.parse(bytes, 0, 36)).isFalse();
        writeError(Icmp4.TIME_EXCEEDED, 0, Ipv4.PROTOCOL_TCP, 0);
        assertThat(error.parse(bytes, 0, 35)).isFalse();
    }

    @Test
    void inputNamesWhyAPacketIsDropped() {
        Ipv4.write(bytes, 0, 40, 1, Ipv4.PROTOCOL_TCP, PEER_IP, OUR_IP);
        assertThat(Ipv4Input.check(bytes, 0, 46, routes)).isEqualTo(Ipv4Input.OK);
        assertThat(Ipv4Input.check(bytes, 0, 39, routes)).isEqualTo(Ipv4Input.BAD_HEADER);
        bytes.put(8, (byte) 1);
        assertThat(Ipv4Input.check(bytes, 0, 46, routes)).isEqualTo(Ipv4Input.BAD_CHECKSUM);

        Ipv4.write(bytes, 0, 40, 1, Ipv4.PROTOCOL_TCP, PEER_IP, OUR_IP + 1);
        assertThat(Ipv4Input.check(bytes, 0, 46, routes)).isEqualTo(Ipv4Input.NOT_OURS);
        assertThat(Ipv4Input.check(bytes, 0, 46)).isEqualTo(Ipv4Input.OK);

        for (int source : new int[] {-1, 0xc61200ff, 0xe0000001, 0}) {
            Ipv4.write(bytes, 0, 40, 1, Ipv4.PROTOCOL_TCP, source, OUR_IP);
            assertThat(Ipv4Input.check(bytes, 0, 46, routes)).isEqualTo(Ipv4Input.BAD_SOURCE);
        }

        Ipv4.write(bytes, 0, 40, 1, Ipv4.PROTOCOL_TCP, PEER_IP, OUR_IP);
        bytes.putShort(6, (short) Ipv4.MORE_FRAGMENTS);
        Ipv4.checksum(bytes, 0, 0);
        Ipv4.checksum(bytes, 0, Checksum.finish(Checksum.partial(bytes, 0, 20)));
        assertThat(Ipv4Input.check(bytes, 0, 46, routes)).isEqualTo(Ipv4Input.FRAGMENT);
    }

    private void writeError(int type, int code, int quotedProtocol, int mtu) {
        Ipv4.write(bytes, 8, 1500, 1, quotedProtocol, OUR_IP, PEER_IP);
        bytes.putInt(28, (50_000 << 16) | 80);
        bytes.putInt(32, 0x89abcdef);
        Icmp4.write(bytes, 0, 36, (type << 8) | code, mtu);
    }

    @Test
    void rfc1122_3_2_2_6_onlyAnEchoRequestOfCodeZeroIsOne() {
        Icmp4.write(bytes, 34, 8, Icmp4.ECHO_REQUEST << 8, 0);
        assertThat(IcmpReplies.isEchoRequest(bytes, 34)).isTrue();
        Icmp4.write(bytes, 34, 8, Icmp4.ECHO_REQUEST << 8 | 1, 0);
        assertThat(IcmpReplies.isEchoRequest(bytes, 34)).isFalse();
        Icmp4.write(bytes, 34, 8, Icmp4.ECHO_REPLY << 8, 0);
        assertThat(IcmpReplies.isEchoRequest(bytes, 34)).isFalse();
    }

    /** The reply's sum is made from the request's: it counts hops anew. */
    @Test
    void aReplyToARequestThatCameFarHasAGoodChecksum() {
        for (int ttl : new int[] {1, 63, 128, 255}) {
            Ethernet.write(bytes, 0, 2, 1, Ethernet.TYPE_IPV4);
            Ipv4.write(bytes, 14, 28, 99, Ipv4.PROTOCOL_ICMP, PEER_IP, OUR_IP);
            Ipv4.ttl(bytes, 14, ttl);
            Icmp4.write(bytes, 34, 8, Icmp4.ECHO_REQUEST << 8, 7);
            assertThat(Ipv4.checksumGood(bytes, 14)).isTrue();
            assertThat(IcmpReplies.turnIntoReply(bytes, 0, 2)).isEqualTo(42);
            assertThat(Ipv4.ttl(bytes, 14)).isEqualTo(Ipv4.DEFAULT_TTL);
            assertThat(Ipv4.checksumGood(bytes, 14)).as("TTL " + ttl).isTrue();
        }
    }

    @Test
    void anErrorAboutALaterFragmentNamesNoFlow() {
        IcmpError error = new IcmpError();
        writeError(Icmp4.TIME_EXCEEDED, 0, Ipv4.PROTOCOL_TCP, 0);
        bytes.putShort(8 + Ipv4.FRAGMENT_OFFSET, (short) 5);
        Icmp4.write(bytes, 0, 36, Icmp4.TIME_EXCEEDED << 8, 0);
        assertThat(error.parse(bytes, 0, 36)).isFalse();
    }

    @Test
    void rfc1122_3_2_1_3_sourcesThatNobodyOutsideCanHave() {
        for (int source : new int[] {0x7f00_0001, 0x7fff_ffff, OUR_IP, 0xe000_0000, 0x00ff_ffff}) {
            Ipv4.write(bytes, 0, 40, 1, Ipv4.PROTOCOL_TCP, source, OUR_IP);
            assertThat(Ipv4Input.check(bytes, 0, 40, routes)).isEqualTo(Ipv4Input.BAD_SOURCE);
        }
        for (int source : new int[] {0x7eff_ffff, 0x8000_0000, 0xdfff_ffff, 0x0100_0000}) {
            Ipv4.write(bytes, 0, 40, 1, Ipv4.PROTOCOL_TCP, source, OUR_IP);
            assertThat(Ipv4Input.check(bytes, 0, 40, routes)).isEqualTo(Ipv4Input.OK);
        }
    }

    @Test
    void aFragmentIsJudgedByItsAddressesToo() {
        Ipv4.write(bytes, 0, 40, 1, Ipv4.PROTOCOL_TCP, PEER_IP, OUR_IP + 1);
        bytes.putShort(6, (short) Ipv4.MORE_FRAGMENTS);
        Ipv4.makeChecksum(bytes, 0);
        assertThat(Ipv4Input.check(bytes, 0, 40, routes)).isEqualTo(Ipv4Input.NOT_OURS);
        bytes.put(8, (byte) 1);
        assertThat(Ipv4Input.check(bytes, 0, 40, routes)).isEqualTo(Ipv4Input.BAD_CHECKSUM);
    }
}
