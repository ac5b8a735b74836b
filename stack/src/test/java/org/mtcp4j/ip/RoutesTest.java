/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mtcp4j.wire.Ndp;

/** Ways out, and the addresses to go out from, of hosts with several of both. */
class RoutesTest {
    private static final IpAddress FAR = ip("8.8.8.8");
    private static final IpAddress GATEWAY = ip("198.18.0.1");
    private static final IpAddress SPARE = ip("198.18.0.9");
    private static final IpAddress GATEWAY6 = ip("fe80::1%1");

    private static IpAddress ip(String text) {
        return IpAddress.parse(text);
    }

    private static LinkAddresses link(List<Subnet> own, List<Subnet> onLink, List<IpAddress> gateways) {
        return new LinkAddresses(own, List.of(), List.of(), onLink, gateways, 0, 0);
    }

    private static Routes of(LinkAddresses... links) {
        return Routes.ofLinks(List.of(links), List.of());
    }

    private static IpAddress gatewayFor(Routes routes, IpAddress to, Set<IpAddress> dead) {
        return routes.gatewayFor(to.hi(), to.lo(), (nic, gateway) -> dead.contains(gateway));
    }

    @Test
    void rfc1122_3_3_1_5_theNextGatewayIsTakenWhereTheFirstIsDead() {
        Routes routes = of(link(List.of(Subnet.parse("198.18.0.2/24")), List.of(), List.of(GATEWAY, SPARE)));
        assertThat(gatewayFor(routes, FAR, Set.of())).isEqualTo(GATEWAY);
        assertThat(gatewayFor(routes, FAR, Set.of(GATEWAY))).isEqualTo(SPARE);
        assertThat(gatewayFor(routes, FAR, Set.of(SPARE))).isEqualTo(GATEWAY);
        assertThat(gatewayFor(routes, FAR, Set.of(GATEWAY, SPARE)))
                .as("none better")
                .isEqualTo(GATEWAY);
        assertThat(gatewayFor(routes, ip("198.18.0.77"), Set.of(GATEWAY)))
                .as("a neighbour")
                .isNull();
        assertThat(gatewayFor(routes, ip("2001:db8::1"), Set.of()))
                .as("no route")
                .isNull();
        assertThat(routes.gatewayFor(FAR.hi(), FAR.lo())).isEqualTo(GATEWAY);
        assertThat(routes.gatewayFor(0, ip("198.18.0.77").lo())).isNull();
        assertThat(routes.gatewayFor(1, 1)).isNull();
    }

    @Test
    void aDeadGatewayIsNotReplacedByOneOfAnotherFamilyOrInterface() {
        LinkAddresses first = link(
                List.of(Subnet.parse("198.18.0.2/24"), Subnet.parse("fe80::2%1/64"), Subnet.parse("2001:db8::2/64")),
                List.of(),
                List.of(GATEWAY, GATEWAY6));
        LinkAddresses second = link(List.of(Subnet.parse("198.18.1.2/24")), List.of(), List.of(ip("198.18.1.1")));
        Routes routes = of(first, second);
        assertThat(gatewayFor(routes, FAR, Set.of(GATEWAY))).isEqualTo(GATEWAY);
        assertThat(gatewayFor(routes, ip("2001:db8:9::1"), Set.of(GATEWAY6))).isEqualTo(GATEWAY6);
    }

    @Test
    void gatewaysAreKnownByTheirWholeAddress() {
        Routes routes = of(link(List.of(Subnet.parse("fe80::2%1/64")), List.of(), List.of(GATEWAY6)));
        assertThat(routes.isGateway(GATEWAY6.hi(), GATEWAY6.lo())).isTrue();
        assertThat(routes.isGateway(GATEWAY6.hi(), 2)).isFalse();
        assertThat(routes.isGateway(0, GATEWAY6.lo())).isFalse();
    }

    @Test
    void tentativeAddressesAreNobodysButTheirGroupsAreJoined() {
        IpAddress trial = ip("fe80::12:3456%1");
        Routes routes = of(new LinkAddresses(
                List.of(Subnet.parse("2001:db8::ab:cdef/64"), Subnet.parse("198.18.0.2/24")),
                List.of(),
                List.of(trial),
                List.of(),
                List.of(),
                0,
                0));
        assertThat(routes.isTentative(trial.hi(), trial.lo())).isTrue();
        assertThat(routes.isTentative(trial.hi(), trial.lo() + 1)).isFalse();
        assertThat(routes.isTentative(0, trial.lo())).isFalse();
        assertThat(routes.isLocal(trial.hi(), trial.lo())).isFalse();
        assertThat(routes.isSolicitedNode(Ndp.solicitedNodeLo(0x12_3456))).isTrue();
        assertThat(routes.isSolicitedNode(Ndp.solicitedNodeLo(0xab_cdef))).isTrue();
        assertThat(routes.isSolicitedNode(Ndp.solicitedNodeLo(0xab_cdee))).isFalse();
        assertThat(routes.isSolicitedNode(Ndp.solicitedNodeLo(0xc612_0002L)))
                .as("of an IPv4 address")
                .isFalse();
        assertThat(routes.onLink(0).isTentative(trial.hi(), trial.lo())).isTrue();
    }

    @Test
    void theLongestPrefixLeadsWhateverTheOrder() {
        Routes routes = of(
                link(List.of(Subnet.parse("198.18.0.2/15")), List.of(), List.of(GATEWAY)),
                link(List.of(Subnet.parse("198.18.9.2/24")), List.of(Subnet.parse("198.18.8.0/30")), List.of()));
        assertThat(routes.interfaceFor(0, ip("198.18.9.7").lo())).isEqualTo(1);
        assertThat(routes.interfaceFor(0, ip("198.18.8.1").lo())).isEqualTo(1);
        assertThat(routes.interfaceFor(0, ip("198.18.8.4").lo())).isZero();
        assertThat(routes.interfaceFor(0, FAR.lo())).isZero();
        assertThat(routes.interfaceFor(5, 5)).isEqualTo(-1);
        assertThat(routes.hasRoute(FAR)).isTrue();
        assertThat(routes.hasRoute(ip("2001:db8::1"))).isFalse();
        assertThat(routes.sourceFor(ip("2001:db8::1"))).isNull();
        assertThat(routes.interfaces()).isEqualTo(2);
        assertThat(routes.link(1).own()).containsExactly(Subnet.parse("198.18.9.2/24"));
        assertThat(routes.own()).containsExactly(Subnet.parse("198.18.0.2/15"), Subnet.parse("198.18.9.2/24"));
        assertThat(routes.toText()).isEqualTo("198.18.0.2/15, via 198.18.0.1; 198.18.9.2/24");
        assertThat(routes.toString()).contains("198.18.9.2/24", "198.18.0.1");
    }

    private static IpAddress source(LinkAddresses link, String destination) {
        return of(link).sourceFor(ip(destination));
    }

    @Test
    void rfc6724_5_rule2_theScopeOfTheDestinationComesFirst() {
        LinkAddresses link = link(
                List.of(Subnet.parse("fe80::2%1/64"), Subnet.parse("2001:db8::2/64")), List.of(), List.of(GATEWAY6));
        assertThat(source(link, "2001:db9::1")).isEqualTo(ip("2001:db8::2"));
        assertThat(source(link, "fe80::9%1")).isEqualTo(ip("fe80::2%1"));
        LinkAddresses turned = link(
                List.of(Subnet.parse("2001:db8::2/64"), Subnet.parse("fe80::2%1/64")), List.of(), List.of(GATEWAY6));
        assertThat(source(turned, "fe80::9%1")).isEqualTo(ip("fe80::2%1"));
    }

    @Test
    void rfc6724_5_rule3_deprecatedAddressesComeBehindOthers() {
        List<Subnet> own = List.of(Subnet.parse("2001:db8::2/64"), Subnet.parse("2001:db8::3/64"));
        for (Subnet old : own) {
            LinkAddresses link = new LinkAddresses(own, List.of(old.address()), List.of(), List.of(), List.of(), 0, 0);
            assertThat(source(link, "2001:db8::9")).isNotEqualTo(old.address());
        }
    }

    @Test
    void rfc6724_5_rule5_5_theNextHopsNetworkCountsMoreThanCommonBits() {
        List<Subnet> own = List.of(Subnet.parse("2001:db8:2::2/64"), Subnet.parse("2001:db8:1::2/64"));
        LinkAddresses link = link(own, List.of(), List.of(ip("2001:db8:1::1")));
        assertThat(source(link, "2001:db8:2:1::9")).isEqualTo(ip("2001:db8:1::2"));
    }

    @Test
    void rfc6724_5_rule8_theLongestCommonPrefixDecidesAtLast() {
        List<Subnet> own = List.of(
                Subnet.parse("2001:db8:1::2/64"), Subnet.parse("2001:db8:8::2/64"), Subnet.parse("2001:db8:9::2/64"));
        LinkAddresses link = link(own, List.of(), List.of(GATEWAY6));
        assertThat(source(link, "2001:db8:9:1::9")).isEqualTo(ip("2001:db8:9::2"));
        assertThat(source(link, "2001:db8:8:1::9")).isEqualTo(ip("2001:db8:8::2"));
        assertThat(source(link, "2001:db8:1:1::9")).isEqualTo(ip("2001:db8:1::2"));
        assertThat(source(link, "2001:dba::9"))
                .as("the first where nothing decides")
                .isEqualTo(ip("2001:db8:1::2"));
        List<Subnet> own4 = List.of(Subnet.parse("198.18.1.2/32"), Subnet.parse("198.18.5.2/32"));
        LinkAddresses link4 = link(own4, List.of(), List.of(GATEWAY));
        assertThat(source(link4, "198.18.5.9")).isEqualTo(ip("198.18.5.2"));
        assertThat(source(link4, "198.18.1.9")).isEqualTo(ip("198.18.1.2"));
        List<Subnet> hosts = List.of(Subnet.parse("2001:db8::1:2/128"), Subnet.parse("2001:db8::5:2/128"));
        assertThat(source(link(hosts, List.of(), List.of(GATEWAY6)), "2001:db8::5:9"))
                .isEqualTo(ip("2001:db8::5:2"));
    }

    @Test
    void anInterfaceWithoutAnAddressOfThatFamilyIsNoSource() {
        LinkAddresses link = link(List.of(Subnet.parse("198.18.0.2/24")), List.of(), List.of(GATEWAY6));
        assertThat(source(link, "2001:db8::1")).isNull();
    }

    @Test
    void broadcastAddressesAreThoseOfNetworksOfUpTo30Bits() {
        assertThat(Subnet.parse("198.18.0.1/30").isBroadcast(0, ip("198.18.0.3").lo()))
                .isTrue();
        assertThat(Subnet.parse("198.18.0.0/31").isBroadcast(0, ip("198.18.0.1").lo()))
                .as("RFC 3021: a point-to-point link has none")
                .isFalse();
        Routes routes = of(link(List.of(Subnet.parse("198.18.0.2/24")), List.of(), List.of()));
        assertThat(routes.isBroadcast(0, ip("255.255.255.255").lo())).isTrue();
        assertThat(routes.isBroadcast(0, ip("198.18.0.255").lo())).isTrue();
        assertThat(routes.isBroadcast(0, ip("198.18.0.254").lo())).isFalse();
        assertThat(routes.isBroadcast(1, -1)).isFalse();
    }

    @Test
    void networksAreEqualByAddressAndLength() {
        Subnet network = Subnet.networkOf(ip("2001:db8:1:2:3::5"), 40);
        assertThat(network).isEqualTo(Subnet.parse("2001:db8::/40")).hasSameHashCodeAs(Subnet.parse("2001:db8::/40"));
        assertThat(network.hashCode())
                .isNotEqualTo(Subnet.parse("2001:db8::/41").hashCode());
        assertThat(network.hashCode()).isNotZero();
        assertThat(Subnet.networkOf(ip("2001:db8::1234:5678"), 112)).isEqualTo(Subnet.parse("2001:db8::1234:0/112"));
        assertThat(Subnet.networkOf(ip("198.18.77.5"), 16)).isEqualTo(Subnet.parse("198.18.0.0/16"));
        assertThat(Subnet.parse("198.18.0.5").prefixBits()).isEqualTo(32);
    }
}
