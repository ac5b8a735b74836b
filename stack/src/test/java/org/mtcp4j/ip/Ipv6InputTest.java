/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mtcp4j.wire.Icmp6;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;
import org.mtcp4j.wire.Ndp;

/** What a host takes in of IPv6 packets, and what it reads from ICMPv6 errors. */
class Ipv6InputTest {
    private static final IpAddress OURS = IpAddress.parse("2001:db8::2");
    private static final IpAddress LINK_LOCAL = IpAddress.parse("fe80::2%3");
    private static final IpAddress PEER = IpAddress.parse("2001:db8::1");
    private static final int AT = 16;

    private final ByteBuffer bytes = ByteBuffer.allocate(256);
    private final IcmpError error = new IcmpError();
    private final Routes routes = new Routes(List.of(new Subnet(OURS, 64), new Subnet(LINK_LOCAL, 64)), List.of());

    private int check(String from, String to) {
        IpAddress source = IpAddress.parse(from);
        IpAddress destination = IpAddress.parse(to);
        Ipv6.write(bytes, AT, 20, Ipv4.PROTOCOL_TCP, 64);
        Ipv6.addresses(bytes, AT, source.hi(), source.lo(), destination.hi(), destination.lo());
        return Ipv6Input.check(bytes, AT, 60, routes, 3);
    }

    @ParameterizedTest
    @CsvSource({
        "2001:db8::1, 2001:db8::2, 0",
        "fe80::1, fe80::2, 0",
        "2001:db8::1, ff02::1, 0",
        "2001:db8::1, ff02::1:ff00:2, 0",
        "ff02::1, 2001:db8::2, 2",
        "::1, 2001:db8::2, 2",
        "0:0:0:1::1, 2001:db8::2, 0",
        "::2, 2001:db8::2, 0",
        "::ffff:198.18.0.1, 2001:db8::2, 2",
        "fe80::1%3, fe80::2, 2",
        "2001:db8::1, 2001:db8::3, 3",
        "2001:db8::1, fe80::3, 3",
        "2001:db8::1, ff02::2, 3",
        "2001:db8::1, ff05::1, 3",
        "2001:db8::1, ff02::1:ff00:3, 3",
        "::, ff02::1:ff00:2, 4",
        "2001:db8::2, 2001:db8::2, 4",
        "fe80::2, ff02::1, 4",
        "1::, 2001:db8::2, 0",
    })
    void rfc4291_2_aPacketIsJudgedByItsAddresses(String from, String to, int reason) {
        assertThat(check(from, to)).isEqualTo(reason);
    }

    @Test
    void rfc8200_3_aPacketThatIsCutShortIsBad() {
        check("2001:db8::1", "2001:db8::2");
        assertThat(Ipv6Input.check(bytes, AT, 59, routes, 3)).isEqualTo(Ipv6Input.BAD_HEADER);
        assertThat(Ipv6Input.check(bytes, AT, 59)).isEqualTo(Ipv6Input.BAD_HEADER);
        assertThat(Ipv6Input.check(bytes, AT, 60)).isEqualTo(Ipv6Input.OK);
        check("ff02::1", "2001:db8::2");
        assertThat(Ipv6Input.check(bytes, AT, 60)).isEqualTo(Ipv6Input.BAD_SOURCE);
        check("::ffff:198.18.0.1", "2001:db8::2");
        assertThat(Ipv6Input.check(bytes, AT, 60)).isEqualTo(Ipv6Input.BAD_SOURCE);
    }

    @Test
    void groupsAndVersionsAreTold() {
        check("2001:db8::1", "ff02::1");
        assertThat(Ipv6Input.isToGroup(bytes, AT)).isTrue();
        assertThat(Ipv6Input.isIpv6(bytes, AT)).isTrue();
        check("2001:db8::1", "2001:db8::2");
        assertThat(Ipv6Input.isToGroup(bytes, AT)).isFalse();
        bytes.put(AT, (byte) 0x45);
        assertThat(Ipv6Input.isIpv6(bytes, AT)).isFalse();
    }

    // ---- errors
    // --------------------------------------------------------------------------------------------------------

    /** An error about a segment of ours behind so many bytes of extension headers; {@code quoteBytes} of it are there. */
    private boolean parse(int type, int code, int word, int extensionBytes, int quoteBytes) {
        int quote = AT + Icmp6.HEADER_BYTES;
        Ipv6.write(bytes, quote, 1_440, extensionBytes == 0 ? Ipv4.PROTOCOL_TCP : Ipv6.DESTINATION_OPTIONS, 64);
        Ipv6.addresses(bytes, quote, OURS.hi(), OURS.lo(), PEER.hi(), PEER.lo());
        int l4 = quote + Ipv6.HEADER_BYTES + extensionBytes;
        if (extensionBytes > 0) {
            bytes.putInt(quote + Ipv6.HEADER_BYTES, Ipv4.PROTOCOL_TCP << 24 | 1 << 8 | 4);
        }
        bytes.putInt(l4, 50_000 << 16 | 80).putInt(l4 + 4, 0x89ab_cdef);
        bytes.putInt(AT, type << 24 | code << 16).putInt(AT + 4, word);
        return error.parse6(bytes, AT, Icmp6.HEADER_BYTES + quoteBytes);
    }

    @ParameterizedTest
    @CsvSource({
        "1, 0, NETWORK_UNREACHABLE",
        "1, 1, PROHIBITED",
        "1, 3, HOST_UNREACHABLE",
        "1, 4, REFUSED",
        "1, 5, PROHIBITED",
        "1, 6, PROHIBITED",
        "2, 0, FRAGMENTATION_NEEDED",
        "3, 0, TIME_EXCEEDED",
        "4, 1, PARAMETER_PROBLEM",
    })
    void rfc4443_3_anErrorNamesTheFlowAndWhatIsWrong(int type, int code, IcmpError.Kind kind) {
        for (int extensionBytes : new int[] {0, 8}) {
            assertThat(parse(type, code, 1_400, extensionBytes, 48 + extensionBytes))
                    .isTrue();
            assertThat(error.kind).isEqualTo(kind);
            assertThat(error.nextHopMtuBytes).isEqualTo(type == Icmp6.PACKET_TOO_BIG ? 1_400 : 0);
            assertThat(IpAddress.of(error.localHi, error.localLo)).isEqualTo(OURS);
            assertThat(IpAddress.of(error.remoteHi, error.remoteLo)).isEqualTo(PEER);
            assertThat(error.localPort).isEqualTo(50_000);
            assertThat(error.remotePort).isEqualTo(80);
            assertThat(error.seq).isEqualTo(0x89ab_cdef);
        }
    }

    @Test
    void rfc4443_3_2_anMtuIsUnsigned() {
        assertThat(parse(Icmp6.PACKET_TOO_BIG, 0, -1, 0, 48)).isTrue();
        assertThat(error.nextHopMtuBytes).isEqualTo(Integer.MAX_VALUE);
        assertThat(parse(Icmp6.PACKET_TOO_BIG, 0, 0, 0, 48)).isTrue();
        assertThat(error.nextHopMtuBytes).isZero();
    }

    @Test
    void whatIsCutShortOrNotAboutTcpIsNoErrorOfOurs() {
        assertThat(parse(Icmp6.ECHO_REQUEST, 0, 0, 0, 48)).as("no error").isFalse();
        assertThat(parse(Icmp6.TIME_EXCEEDED, 0, 0, 0, 47))
                .as("without a number")
                .isFalse();
        assertThat(parse(Icmp6.TIME_EXCEEDED, 0, 0, 8, 55))
                .as("without a number")
                .isFalse();
        assertThat(parse(Icmp6.TIME_EXCEEDED, 0, 0, 0, 39))
                .as("without a header")
                .isFalse();
        bytes.put(AT + Icmp6.HEADER_BYTES, (byte) 0x45);
        assertThat(error.parse6(bytes, AT, 56)).as("of another version").isFalse();
        parse(Icmp6.TIME_EXCEEDED, 0, 0, 0, 48);
        bytes.put(AT + Icmp6.HEADER_BYTES + Ipv6.NEXT_HEADER_OFFSET, (byte) Ipv4.PROTOCOL_UDP);
        assertThat(error.parse6(bytes, AT, 56)).as("UDP").isFalse();
    }

    @Test
    void rfc7217_5_identifiersAreNeitherZeroNorReserved() {
        InterfaceIds ids = new InterfaceIds("secret", 2);
        long prefix = PEER.hi();
        for (int duplicates = 0; duplicates < 100; duplicates++) {
            long id = ids.of(prefix, duplicates);
            assertThat(id).isNotZero().isEqualTo(ids.of(prefix, duplicates));
            assertThat(id >>> 7).isNotEqualTo(0xfdff_ffff_ffff_ff80L >>> 7);
        }
        assertThat(Ndp.solicitedNodeLo(0xab_1234_5678L)).isEqualTo(0x1_ff34_5678L);
    }
}
