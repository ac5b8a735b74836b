/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Inet6Address;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Link-local addresses and their zones (RFC 4007), and the edges of literals. */
class AddressZoneTest {
    private static final IpAddress PLAIN = IpAddress.parse("fe80::2");

    @ParameterizedTest
    @CsvSource({"fe80::2%1, 1", "fe80::2%65535, 65535", "fe80::2%007, 7"})
    void rfc4007_11_aZoneIsReadBehindAPercentSign(String text, int zone) {
        IpAddress address = IpAddress.parse(text);
        assertThat(address.zone()).isEqualTo(zone);
        assertThat(address).isEqualTo(PLAIN.inZone(zone)).hasToString("fe80::2%" + zone);
        assertThat(address.withoutZone()).isEqualTo(PLAIN);
        assertThat(IpAddress.hasZone(address.hi())).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fe80::2%",
                "fe80::2%0",
                "fe80::2%65536",
                "fe80::2%100000",
                "fe80::2%eth0",
                "fe80::2%-1",
                "2001:db8::2%1",
                "198.18.0.2%1",
                "%1",
                "fe80::2%1%2",
                "fe80::1.2.3",
                "::1.2.3.4:5",
                "1:2:3:4:5:6:7::8:9",
                "1:2:3:4::5:6:7:8",
                "\u0661.2.3.4",
                "\u0080::1"
            })
    void whatIsNoZoneOrNoLiteralIsRefused(String text) {
        assertThatThrownBy(() -> IpAddress.parse(text)).hasMessageContaining("is no IP address");
    }

    @Test
    void literalsAtTheirEdgesAreRead() {
        assertThat(IpAddress.parse("1:2:3:4:5:6:7::")).hasToString("1:2:3:4:5:6:7:0");
        assertThat(IpAddress.parse("::2:3:4:5:6:7:8")).hasToString("0:2:3:4:5:6:7:8");
        assertThat(IpAddress.parse("2001:db8:1:1:1:1::")).hasToString("2001:db8:1:1:1:1::");
        assertThat(IpAddress.parse("::1:0:0:0:0")).hasToString("0:0:0:1::");
        assertThat(IpAddress.parse("::ffff:ffff:198.18.0.2")).hasToString("::ffff:ffff:c612:2");
    }

    @Test
    void packetsCarryNoZone() {
        IpAddress zoned = PLAIN.inZone(3);
        assertThat(IpAddress.onWire(zoned.hi())).isEqualTo(PLAIN.hi());
        assertThat(IpAddress.inZone(PLAIN.hi(), 3)).isEqualTo(zoned.hi());
        assertThat(IpAddress.inZone(zoned.hi(), 4))
                .as("a zone replaces another")
                .isEqualTo(PLAIN.inZone(4).hi());
        assertThat(IpAddress.inZone(zoned.hi(), 0)).as("no zone").isEqualTo(zoned.hi());
        long global = IpAddress.parse("2001:db8:1:2::").hi();
        assertThat(IpAddress.onWire(global))
                .as("bits of a global address are its own")
                .isEqualTo(global);
        assertThat(IpAddress.inZone(global, 3)).isEqualTo(global);
        assertThat(IpAddress.hasZone(global)).isFalse();
        assertThat(IpAddress.hasZone(PLAIN.hi())).isFalse();
        assertThat(IpAddress.parse("2001:db8:1:2::").inZone(3).hi()).isEqualTo(global);
        assertThat(IpAddress.parse("2001:db8:1:2::").zone()).isZero();
    }

    @Test
    void theJdksScopeIsTheZone() throws Exception {
        IpAddress zoned = PLAIN.inZone(7);
        InetAddress jdk = zoned.toInetAddress();
        assertThat(jdk).isInstanceOf(Inet6Address.class);
        assertThat(((Inet6Address) jdk).getScopeId()).isEqualTo(7);
        assertThat(jdk.getAddress()).isEqualTo(PLAIN.toBytes());
        assertThat(IpAddress.scoped(jdk)).isEqualTo(zoned);
        assertThat(IpAddress.of(jdk)).as("the bits as they are").isEqualTo(PLAIN);
        Inet6Address without = Inet6Address.getByAddress(null, PLAIN.toBytes(), 0);
        assertThat(IpAddress.scoped(without)).as("the first NIC's").isEqualTo(PLAIN.inZone(1));
        Inet6Address beyond = Inet6Address.getByAddress(null, PLAIN.toBytes(), 70_000);
        assertThat(IpAddress.scoped(beyond)).as("no NIC's").isEqualTo(PLAIN.inZone(0xffff));
        InetAddress global = InetAddress.getByName("2001:db8::1");
        assertThat(IpAddress.scoped(global)).isEqualTo(IpAddress.parse("2001:db8::1"));
        InetAddress four = InetAddress.getByName("198.18.0.2");
        assertThat(IpAddress.scoped(four)).isEqualTo(IpAddress.parse("198.18.0.2"));
        assertThat(PLAIN.toInetAddress()).isEqualTo(Inet6Address.getByAddress(null, PLAIN.toBytes(), -1));
    }

    @Test
    void loopbackIsWholeEightBitsOfIpv4AndOneAddressOfIpv6() {
        assertThat(IpAddress.parse("127.255.0.1").isLoopback()).isTrue();
        assertThat(IpAddress.parse("126.0.0.1").isLoopback()).isFalse();
        assertThat(IpAddress.parse("::1").isLoopback()).isTrue();
        assertThat(IpAddress.parse("::2").isLoopback()).isFalse();
        assertThat(IpAddress.parse("2001:db8::1").isLoopback()).isFalse();
        assertThat(IpAddress.parse("198.18.0.2").toIpv4()).isEqualTo(0xc612_0002);
    }

    @Test
    void bytesOfAnotherLengthAreNoAddress() {
        assertThatThrownBy(() -> IpAddress.of(new byte[5])).hasMessageContaining("not 5");
    }
}
