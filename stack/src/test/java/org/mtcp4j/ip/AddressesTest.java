/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressesTest {
    /** Texts of RFC 5952 §2 and §4 among them. */
    @ParameterizedTest
    @CsvSource({
        "198.18.0.2, 198.18.0.2",
        "0.0.0.0, 0.0.0.0",
        "255.255.255.255, 255.255.255.255",
        "2001:0db8::0001, 2001:db8::1",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
        "::, ::",
        "::1, ::1",
        "fe80::, fe80::",
        "::ffff:198.18.0.2, 198.18.0.2",
        "2001:DB8::198.18.0.2, 2001:db8::c612:2"
    })
    void readsAndWritesLiterals(String literal, String canonical) {
        assertThat(IpAddress.parse(literal)).hasToString(canonical);
        assertThat(IpAddress.parse(canonical)).isEqualTo(IpAddress.parse(literal));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1.2.3",
                "1.2.3.256",
                "1.2.3.4.5",
                "1..2.3",
                "a.b.c.d",
                ":",
                ":::",
                "1::2::3",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "1:2:3:4:5:6:7:8::",
                "12345::",
                "::g",
                "1:2:3:4:5:6:7:1.2.3.4",
                "-1.2.3.4",
                "localhost"
            })
    void refusesWhatIsNoLiteral(String text) {
        assertThatThrownBy(() -> IpAddress.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is no IP address");
    }

    @Test
    void agreesWithTheJdkOnRandomAddresses() throws Exception {
        SplittableRandom random = new SplittableRandom(4_291);
        for (int round = 0; round < 5_000; round++) {
            byte[] bytes = new byte[random.nextBoolean() ? 4 : 16];
            random.nextBytes(bytes);
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = random.nextBoolean() ? 0 : bytes[i];
            }
            InetAddress jdk = InetAddress.getByAddress(bytes);
            IpAddress ours = IpAddress.of(jdk);
            assertThat(ours.toBytes()).isEqualTo(bytes);
            assertThat(ours.toInetAddress()).isEqualTo(jdk);
            assertThat(InetAddress.getByName(ours.toString())).isEqualTo(jdk);
            assertThat(ours.isAny()).isEqualTo(jdk.isAnyLocalAddress());
            assertThat(ours.isLoopback()).isEqualTo(jdk.isLoopbackAddress());
            assertThat(ours.isMulticast()).isEqualTo(jdk.isMulticastAddress());
        }
    }

    @Test
    void subnetsContainTheirOwn() {
        Subnet subnet = Subnet.parse("198.18.5.2/22");
        assertThat(subnet.contains(IpAddress.parse("198.18.4.0"))).isTrue();
        assertThat(subnet.contains(IpAddress.parse("198.18.7.255"))).isTrue();
        assertThat(subnet.contains(IpAddress.parse("198.18.8.0"))).isFalse();
        assertThat(subnet.contains(IpAddress.parse("::c612:502"))).isFalse();
        assertThat(subnet.isBroadcast(0, IpAddress.parse("198.18.7.255").lo())).isTrue();
        assertThat(subnet.isBroadcast(0, IpAddress.parse("198.18.6.255").lo())).isFalse();
        assertThat(subnet).hasToString("198.18.5.2/22");
        assertThat(Subnet.parse("0.0.0.0/0").contains(IpAddress.parse("9.9.9.9")))
                .isTrue();
        assertThat(Subnet.parse("2001:db8::/32").contains(IpAddress.parse("2001:db8:1::1")))
                .isTrue();
        assertThat(Subnet.parse("2001:db8::/32").contains(IpAddress.parse("2001:db9::1")))
                .isFalse();
        assertThat(Subnet.parse("2001:db8::1").prefixBits()).isEqualTo(128);
        assertThat(Subnet.parse("198.18.0.1/32")
                        .isBroadcast(0, IpAddress.parse("198.18.0.1").lo()))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"198.18.0.2/33", "198.18.0.2/-1", "198.18.0.2/x", "198.18.0.2/", "2001:db8::/129"})
    void subnetsRefuseBadPrefixes(String text) {
        assertThatThrownBy(() -> Subnet.parse(text)).hasMessageContaining("has no valid prefix length");
    }

    @Test
    void routesTakeTheLongestPrefixThenTheGateway() {
        Routes routes = new Routes(
                List.of(Subnet.parse("198.18.0.2/15"), Subnet.parse("198.18.9.2/24")),
                List.of(IpAddress.parse("198.18.0.1")));
        assertThat(routes.nextHop(IpAddress.parse("198.19.1.1"))).hasToString("198.19.1.1");
        assertThat(routes.nextHop(IpAddress.parse("8.8.8.8"))).hasToString("198.18.0.1");
        assertThat(routes.nextHop(IpAddress.parse("2001:db8::1"))).isNull();
        assertThat(routes.sourceFor(IpAddress.parse("198.18.9.77"))).hasToString("198.18.9.2");
        assertThat(routes.sourceFor(IpAddress.parse("8.8.8.8"))).hasToString("198.18.0.2");
        assertThat(routes.isLocal(0, IpAddress.parse("198.18.9.2").lo())).isTrue();
        assertThat(routes.isLocal(0, IpAddress.parse("198.18.9.3").lo())).isFalse();
        assertThat(routes.isBroadcast(0, IpAddress.parse("198.19.255.255").lo()))
                .isTrue();
        assertThat(routes.isBroadcast(0, IpAddress.parse("255.255.255.255").lo()))
                .isTrue();
    }

    @Test
    void aGatewayOutsideEveryNetworkIsRefused() {
        List<Subnet> own = List.of(Subnet.parse("198.18.0.2/24"));
        List<IpAddress> gateways = List.of(IpAddress.parse("198.18.1.1"));
        assertThatThrownBy(() -> new Routes(own, gateways)).hasMessageContaining("gateway 198.18.1.1 is in none");
    }

    @Test
    void eachInterfaceReachesItsOwnNetworksAndOneTheGateway() {
        Routes routes = Routes.of(
                List.of(
                        List.of(Subnet.parse("198.18.1.2/24")),
                        List.of(Subnet.parse("198.18.2.2/24"), Subnet.parse("198.18.3.2/24"))),
                List.of(IpAddress.parse("198.18.3.1")));
        IpAddress first = IpAddress.parse("198.18.1.9");
        IpAddress second = IpAddress.parse("198.18.2.9");
        IpAddress elsewhere = IpAddress.parse("198.19.0.9");
        assertThat(routes.interfaceFor(first.hi(), first.lo())).isZero();
        assertThat(routes.interfaceFor(second.hi(), second.lo())).isEqualTo(1);
        assertThat(routes.interfaceFor(elsewhere.hi(), elsewhere.lo())).isEqualTo(1);
        assertThat(routes.sourceFor(first)).isEqualTo(IpAddress.parse("198.18.1.2"));
        assertThat(routes.sourceFor(elsewhere)).isEqualTo(IpAddress.parse("198.18.3.2"));
        assertThat(routes.onLink(0).hasRoute(second)).isFalse();
        assertThat(routes.onLink(1).isLocal(0, IpAddress.parse("198.18.1.2").lo()))
                .isFalse();
    }
}
