/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.mtcp4j.wire.Icmp6;
import org.mtcp4j.wire.Ipv6;
import org.mtcp4j.wire.Ndp;
import org.mtcp4j.wire.RouterAdvert;

/** Router discovery and stateless addresses in virtual time: advertisements in, questions and addresses out. */
class RouterDiscoveryTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long HOUR = 3_600 * SECOND;
    private static final long SEED = Long.getLong("mtcp.test.seed", System.nanoTime());
    private static final int ICMP = Ipv6.HEADER_BYTES;
    private static final IpAddress ROUTER = IpAddress.parse("fe80::1");
    private static final IpAddress OTHER_ROUTER = IpAddress.parse("fe80::9");
    private static final int BOTH = RouterAdvert.ON_LINK | RouterAdvert.AUTONOMOUS;

    private final List<String> asked = new ArrayList<>();
    private final List<IpAddress> probed = new ArrayList<>();
    private final ByteBuffer bytes = ByteBuffer.allocate(2_048);
    private final RouterDiscovery routers = discovery(null);
    private long nowNs = 77;
    private int length;

    private RouterDiscovery discovery(IpAddress linkLocal) {
        return new RouterDiscovery(
                new InterfaceIds("secret", 0x0e0000000002L),
                1,
                linkLocal,
                new SplittableRandom(SEED),
                new RouterDiscovery.Events() {
                    @Override
                    public void solicit(IpAddress source) {
                        asked.add(nowNs / SECOND + " s from " + source);
                    }

                    @Override
                    public void probe(IpAddress target) {
                        probed.add(target);
                    }
                });
    }

    private void advert(IpAddress source, int lifetimeSeconds) {
        Ipv6.write(bytes, 0, 0, Ipv6.ICMP, Ndp.HOPS);
        Ipv6.addresses(bytes, 0, source.hi(), source.lo(), Ndp.SOLICITED_NODE_HI, Ndp.ALL_NODES_LO);
        bytes.putInt(ICMP, Icmp6.ROUTER_ADVERTISEMENT << 24).putInt(ICMP + 4, 64 << 24 | lifetimeSeconds);
        bytes.putLong(ICMP + 8, 0);
        length = RouterAdvert.OPTIONS_OFFSET;
    }

    private void prefix(String network, int bits, int flags, long validSeconds, long preferredSeconds) {
        IpAddress address = IpAddress.parse(network);
        int at = ICMP + length;
        bytes.putInt(at, RouterAdvert.PREFIX_OPTION << 24 | 4 << 16 | bits << 8 | flags);
        bytes.putInt(at + 4, (int) validSeconds)
                .putInt(at + 8, (int) preferredSeconds)
                .putInt(at + 12, 0);
        bytes.putLong(at + 16, address.hi()).putLong(at + 24, address.lo());
        length += RouterAdvert.PREFIX_OPTION_BYTES;
    }

    private void mtu(int mtuBytes) {
        bytes.putInt(ICMP + length, RouterAdvert.MTU_OPTION << 24 | 1 << 16).putInt(ICMP + length + 4, mtuBytes);
        length += RouterAdvert.MTU_OPTION_BYTES;
    }

    private int arrives() {
        return routers.advertised(bytes, 0, ICMP, length, nowNs);
    }

    private LinkAddresses addresses() {
        return routers.addresses(nowNs);
    }

    /** Lets time pass, from deadline to deadline. */
    private void pass(long ns) {
        long endNs = nowNs + ns;
        for (long next = routers.nextDeadlineNs(nowNs); next <= endNs; next = routers.nextDeadlineNs(nowNs)) {
            assertThat(next).as("a deadline that is behind").isGreaterThanOrEqualTo(nowNs);
            nowNs = next;
            routers.onTimer(nowNs);
        }
        nowNs = endNs;
    }

    private void ready() {
        routers.start(nowNs);
        pass(2 * SECOND);
        assertThat(addresses().own()).hasSize(1);
    }

    private IpAddress global() {
        return addresses().own().stream()
                .map(Subnet::address)
                .filter(address -> !address.isLinkLocal())
                .findFirst()
                .orElse(null);
    }

    @Test
    void rfc4862_5_4_theLinkLocalAddressIsTriedForASecondBeforeAnybodyIsAskedFromIt() {
        routers.start(nowNs);
        IpAddress tentative = addresses().tentative().get(0);
        assertThat(tentative.isLinkLocal()).isTrue();
        assertThat(tentative.zone()).isEqualTo(1);
        pass(SECOND - 1);
        assertThat(probed).containsExactly(tentative);
        assertThat(addresses().own()).isEmpty();
        assertThat(asked).isEmpty();
        pass(SECOND);
        assertThat(addresses().own()).containsExactly(new Subnet(tentative, 64));
        assertThat(asked).hasSize(1).allMatch(text -> text.endsWith("from " + tentative));
    }

    @Test
    void rfc7559_2_routersAreAskedEverMoreSeldomUntilOneIsThere() {
        ready();
        pass(3 * HOUR);
        // 4 s, 8 s … 3600 s, each a tenth more or less: after about 2 h 16 min the thirteenth.
        assertThat(asked).hasSizeBetween(11, 14);
        int before = asked.size();
        advert(ROUTER, 1_800);
        assertThat(arrives()).isEqualTo(RouterDiscovery.TAKEN);
        pass(1_700 * SECOND);
        assertThat(asked).hasSize(before);
    }

    @Test
    void rfc4862_5_5_3_aPrefixMakesAnAddressThatIsTriedFirst() {
        ready();
        advert(ROUTER, 1_800);
        prefix("2001:db8:1::", 64, BOTH, 7_200, 3_600);
        mtu(1_400);
        assertThat(arrives()).isEqualTo(RouterDiscovery.TAKEN);
        assertThat(addresses().gateways()).containsExactly(ROUTER.inZone(1));
        assertThat(addresses().onLink()).containsExactly(Subnet.parse("2001:db8:1::/64"));
        assertThat(addresses().ipv6MtuBytes()).isEqualTo(1_400);
        assertThat(routers.hasAddress()).isFalse();
        pass(SECOND);
        assertThat(routers.hasAddress()).isTrue();
        assertThat(Subnet.parse("2001:db8:1::/64").contains(global())).isTrue();
        assertThat(probed).contains(global());
    }

    @Test
    void rfc7217_5_theAddressIsTheSameEachTimeAndAnotherInEachNetwork() {
        long id = new InterfaceIds("secret", 2).of(0x2001_0db8_0001_0000L, 0);
        assertThat(new InterfaceIds("secret", 2).of(0x2001_0db8_0001_0000L, 0)).isEqualTo(id);
        assertThat(new InterfaceIds("secret", 2).of(0x2001_0db8_0002_0000L, 0)).isNotEqualTo(id);
        assertThat(new InterfaceIds("secret", 3).of(0x2001_0db8_0001_0000L, 0)).isNotEqualTo(id);
        assertThat(new InterfaceIds("other", 2).of(0x2001_0db8_0001_0000L, 0)).isNotEqualTo(id);
        assertThat(new InterfaceIds("secret", 2).of(0x2001_0db8_0001_0000L, 1)).isNotEqualTo(id);
    }

    @Test
    void rfc4862_5_4_5_aDuplicateIsReplacedThreeTimesThenGivenUp() {
        ready();
        advert(ROUTER, 1_800);
        prefix("2001:db8:1::", 64, BOTH, 7_200, 3_600);
        arrives();
        List<IpAddress> tried = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            pass(SECOND / 2);
            IpAddress tentative = addresses().tentative().get(0);
            assertThat(tried).doesNotContain(tentative);
            tried.add(tentative);
            assertThat(routers.duplicate(tentative.hi(), tentative.lo(), nowNs)).isTrue();
        }
        pass(60 * SECOND);
        assertThat(addresses().tentative()).isEmpty();
        assertThat(global()).isNull();
        assertThat(routers.duplicate(tried.get(3).hi(), tried.get(3).lo(), nowNs))
                .isFalse();
    }

    @Test
    void rfc4862_5_5_4_anAddressIsDeprecatedThenGone() {
        ready();
        advert(ROUTER, 1_800);
        prefix("2001:db8:1::", 64, BOTH, 20_000, 3_600);
        arrives();
        pass(3_599 * SECOND);
        assertThat(addresses().deprecated()).isEmpty();
        pass(2 * SECOND);
        assertThat(addresses().deprecated()).containsExactly(global());
        pass(16_400 * SECOND);
        assertThat(global()).isNull();
        assertThat(addresses().onLink()).isEmpty();
    }

    @Test
    void rfc4862_5_5_3_e_nobodyShortensALifetimeToLessThanTwoHours() {
        ready();
        advert(ROUTER, 1_800);
        prefix("2001:db8:1::", 64, BOTH, 100_000, 50_000);
        arrives();
        pass(2 * SECOND);
        advert(ROUTER, 1_800);
        prefix("2001:db8:1::", 64, RouterAdvert.AUTONOMOUS, 0, 0);
        arrives();
        assertThat(addresses().deprecated())
                .as("the preferred lifetime is the advertised one")
                .hasSize(1);
        pass(7_100 * SECOND);
        assertThat(global()).isNotNull();
        advert(ROUTER, 1_800);
        prefix("2001:db8:1::", 64, RouterAdvert.AUTONOMOUS, 1, 1);
        arrives();
        pass(90 * SECOND);
        assertThat(global()).as("what is left, less than two hours, stays").isNotNull();
        pass(20 * SECOND);
        assertThat(global()).isNull();
    }

    @Test
    void rfc4861_6_3_4_aPrefixOnTheLinkEndsAtOnceWithLifetimeZero() {
        ready();
        advert(ROUTER, 1_800);
        prefix("2001:db8:1::", 64, RouterAdvert.ON_LINK, RouterAdvert.FOR_EVER_S, RouterAdvert.FOR_EVER_S);
        arrives();
        pass(100_000 * HOUR);
        assertThat(addresses().onLink()).hasSize(1);
        assertThat(global()).isNull();
        advert(ROUTER, 1_800);
        prefix("2001:db8:1::", 64, RouterAdvert.ON_LINK, 0, 0);
        arrives();
        assertThat(addresses().onLink()).isEmpty();
    }

    @Test
    void rfc4861_6_3_4_aRouterEndsWithItsLifetimeOrWhenItSaysSo() {
        ready();
        advert(ROUTER, 1_800);
        arrives();
        advert(OTHER_ROUTER, 9_000);
        bytes.put(ICMP + 5, (byte) (1 << 3));
        arrives();
        assertThat(addresses().gateways()).containsExactly(OTHER_ROUTER.inZone(1), ROUTER.inZone(1));
        advert(OTHER_ROUTER, 0);
        arrives();
        assertThat(addresses().gateways()).containsExactly(ROUTER.inZone(1));
        pass(1_801 * SECOND);
        assertThat(addresses().gateways()).isEmpty();
    }

    @Test
    void rfc4861_6_1_2_whatIsNotValidIsNotTaken() {
        ready();
        advert(ROUTER, 1_800);
        bytes.put(Ipv6.HOP_LIMIT_OFFSET, (byte) 254);
        assertThat(arrives()).as("from off the link").isEqualTo(RouterDiscovery.BAD);
        advert(IpAddress.parse("2001:db8::1"), 1_800);
        assertThat(arrives()).as("not from a link-local address").isEqualTo(RouterDiscovery.BAD);
        advert(ROUTER.inZone(5), 1_800);
        assertThat(arrives()).as("from what is our zone's place").isEqualTo(RouterDiscovery.BAD);
        advert(ROUTER, 1_800);
        bytes.put(ICMP + 1, (byte) 1);
        assertThat(arrives()).as("code").isEqualTo(RouterDiscovery.BAD);
        advert(ROUTER, 1_800);
        length -= 1;
        assertThat(arrives()).as("short").isEqualTo(RouterDiscovery.BAD);
        advert(ROUTER, 1_800);
        mtu(1_400);
        bytes.put(ICMP + RouterAdvert.OPTIONS_OFFSET + 1, (byte) 0);
        assertThat(arrives()).as("option without length").isEqualTo(RouterDiscovery.BAD);
        bytes.put(ICMP + RouterAdvert.OPTIONS_OFFSET + 1, (byte) 4);
        assertThat(arrives()).as("option beyond the end").isEqualTo(RouterDiscovery.BAD);
        assertThat(addresses().gateways()).isEmpty();
        assertThat(addresses().ipv6MtuBytes()).isZero();
    }

    @Test
    void prefixesThatNoHostTakesMakeNothing() {
        ready();
        advert(ROUTER, 1_800);
        prefix("fe80::", 64, BOTH, 7_200, 3_600);
        prefix("ff02::", 64, BOTH, 7_200, 3_600);
        prefix("::ffff:198.18.0.0", 64, BOTH, 7_200, 3_600);
        prefix("::ffff:198.18.0.0", 120, BOTH, 7_200, 3_600);
        prefix("2001:db8:1::", 64, RouterAdvert.AUTONOMOUS, 3_600, 7_200);
        prefix("2001:db8:2::", 65, RouterAdvert.AUTONOMOUS, 7_200, 3_600);
        prefix("2001:db8:3::", 64, BOTH, 0, 0);
        prefix("2001:db8:4::", 129, BOTH, 7_200, 3_600);
        prefix("2001:db8:5::", 0, BOTH, 7_200, 3_600);
        mtu(1_279);
        assertThat(arrives()).isEqualTo(RouterDiscovery.TAKEN);
        pass(2 * SECOND);
        assertThat(global()).isNull();
        assertThat(addresses().onLink()).isEmpty();
        assertThat(addresses().ipv6MtuBytes()).isZero();
    }

    @Test
    void aFloodOfPrefixesAndRoutersIsBounded() {
        ready();
        for (int i = 0; i < 1_000; i++) {
            advert(IpAddress.of(ROUTER.hi(), i + 1), 9_000);
            prefix("2001:db8:" + Integer.toHexString(i) + "::", 64, BOTH, 7_200, 3_600);
            boolean room = i < RouterDiscovery.MOST_ROUTERS;
            assertThat(arrives()).isEqualTo(room ? RouterDiscovery.TAKEN : RouterDiscovery.TOO_MUCH);
        }
        assertThat(addresses().gateways()).hasSize(RouterDiscovery.MOST_ROUTERS);
        pass(2 * SECOND);
        assertThat(addresses().own()).hasSize(1 + RouterDiscovery.MOST_PREFIXES);
    }

    @Test
    void noBytesMakeItThrow() {
        SplittableRandom random = new SplittableRandom(SEED);
        System.out.println("RouterDiscoveryTest: seed " + SEED);
        ready();
        for (int round = 0; round < 20_000; round++) {
            advert(ROUTER, 1_800);
            prefix("2001:db8:1::", 64, BOTH, 7_200, 3_600);
            mtu(1_400);
            prefix("2001:db8:2::", 64, BOTH, 7_200, 3_600);
            for (int i = random.nextInt(4); i >= 0; i--) {
                bytes.put(ICMP + random.nextInt(length), (byte) random.nextInt());
            }
            length -= random.nextInt(8) == 0 ? random.nextInt(length) : 0;
            arrives();
            pass(random.nextLong(SECOND));
            assertThat(addresses().own()).hasSizeLessThanOrEqualTo(1 + RouterDiscovery.MOST_PREFIXES);
        }
    }

    @Test
    void aConfiguredLinkLocalAddressIsUsedAsItIs() {
        RouterDiscovery configured = discovery(ROUTER.inZone(1));
        configured.start(nowNs);
        assertThat(configured.addresses(nowNs).own()).containsExactly(new Subnet(ROUTER.inZone(1), 64));
        nowNs += SECOND;
        configured.onTimer(nowNs);
        assertThat(asked).hasSize(1);
        assertThat(probed).isEmpty();
    }

    // ---- edges
    // ---------------------------------------------------------------------------------------------------------

    @Test
    void rfc4861_6_3_4_mtusFrom1280To65535AreTaken() {
        ready();
        int[] mtus = {1_280, 1_279, 65_535, 65_536, -1};
        int[] expected = {1_280, 1_280, 65_535, 65_535, 65_535};
        for (int i = 0; i < mtus.length; i++) {
            advert(ROUTER, 1_800);
            mtu(mtus[i]);
            arrives();
            assertThat(addresses().ipv6MtuBytes()).isEqualTo(expected[i]);
        }
    }

    @Test
    void rfc7559_2_1_anAdvertisementOfNoRouterDoesNotEndTheAsking() {
        ready();
        int before = asked.size();
        advert(ROUTER, 0);
        assertThat(arrives()).isEqualTo(RouterDiscovery.TAKEN);
        pass(100 * SECOND);
        assertThat(asked.size()).isGreaterThan(before);
    }

    @Test
    void rfc4861_7_2_5_aRouterThatSaysItIsNoneIsOneNoLonger() {
        ready();
        advert(ROUTER, 1_800);
        arrives();
        advert(OTHER_ROUTER, 1_800);
        arrives();
        IpAddress router = ROUTER.inZone(1);
        assertThat(routers.isNoRouter(router.hi(), 77)).isFalse();
        assertThat(routers.isNoRouter(ROUTER.hi(), router.lo()))
                .as("in no zone")
                .isFalse();
        assertThat(routers.isNoRouter(router.hi(), router.lo())).isTrue();
        assertThat(routers.isNoRouter(router.hi(), router.lo())).isFalse();
        assertThat(addresses().gateways()).containsExactly(OTHER_ROUTER.inZone(1));
    }

    @Test
    void aPrefixMayBeTheLinksOrForAddressesOrBoth() {
        ready();
        advert(ROUTER, 1_800);
        prefix("2001:db8:1::", 64, RouterAdvert.AUTONOMOUS, 7_200, 7_200);
        prefix("2001:db8:2::", 128, RouterAdvert.ON_LINK, 7_200, 7_200);
        prefix("2001:db8:3::", 64, 0, 7_200, 7_200);
        prefix("2001:db8:4::", 1, RouterAdvert.ON_LINK, 7_200, 7_200);
        arrives();
        pass(2 * SECOND);
        assertThat(addresses().onLink())
                .containsExactly(Subnet.parse("2001:db8:2::/128"), Subnet.networkOf(IpAddress.parse("2001::"), 1));
        assertThat(addresses().own()).hasSize(2);
        assertThat(addresses().own().get(1).prefixBits())
                .as("not on the link: neighbours are reached through a router")
                .isEqualTo(128);
        assertThat(Subnet.parse("2001:db8:1::/64").contains(global())).isTrue();
        assertThat(addresses().deprecated()).isEmpty();
    }

    @Test
    void anAddressOfAPrefixOnTheLinkHasItsLength_untilThatEnds() {
        ready();
        advert(ROUTER, 1_800);
        prefix("2001:db8:1::", 64, BOTH, 20_000, 20_000);
        arrives();
        pass(2 * SECOND);
        assertThat(addresses().own().get(1).prefixBits()).isEqualTo(64);
        advert(ROUTER, 1_800);
        prefix("2001:db8:1::", 64, RouterAdvert.ON_LINK, 100, 100);
        arrives();
        pass(100 * SECOND - 1);
        assertThat(addresses().onLink()).hasSize(1);
        pass(1);
        assertThat(addresses().onLink()).isEmpty();
        assertThat(addresses().own().get(1).prefixBits()).isEqualTo(128);
    }

    @Test
    void rfc4862_5_5_3_e_lifetimesAtTheirEdges() {
        ready();
        advert(ROUTER, 1_800);
        prefix("2001:db8:1::", 64, BOTH, 7_100, 7_100);
        arrives();
        pass(2 * SECOND);
        advert(ROUTER, 1_800);
        prefix("2001:db8:1::", 64, RouterAdvert.AUTONOMOUS, 7_150, 7_150);
        arrives();
        pass(7_149 * SECOND);
        assertThat(global()).as("longer than what was left is taken").isNotNull();
        pass(SECOND);
        assertThat(global()).isNull();
        advert(ROUTER, 1_800);
        prefix("2001:db8:1::", 64, BOTH, 100_000, 100_000);
        arrives();
        pass(2 * SECOND);
        advert(ROUTER, 1_800);
        prefix("2001:db8:1::", 64, RouterAdvert.AUTONOMOUS, 7_300, 7_300);
        arrives();
        pass(7_299 * SECOND);
        assertThat(global()).as("more than two hours shortens").isNotNull();
        pass(SECOND);
        assertThat(global()).isNull();
    }

    @Test
    void rfc4862_5_4_4_aDuplicateOfAnAddressInUseOrOfAnotherIsNone() {
        ready();
        IpAddress linkLocal = addresses().own().get(0).address();
        assertThat(routers.duplicate(linkLocal.hi(), linkLocal.lo(), nowNs)).isFalse();
        advert(ROUTER, 1_800);
        prefix("2001:db8:1::", 64, BOTH, 7_200, 3_600);
        arrives();
        IpAddress tentative = addresses().tentative().get(0);
        assertThat(routers.duplicate(tentative.hi(), tentative.lo() + 1, nowNs)).isFalse();
        assertThat(routers.duplicate(tentative.hi() + 1, tentative.lo(), nowNs)).isFalse();
        pass(2 * SECOND);
        assertThat(routers.duplicate(tentative.hi(), tentative.lo(), nowNs)).isFalse();
        assertThat(global()).isEqualTo(tentative);
    }

    @Test
    void rfc4862_5_4_5_aDuplicateLinkLocalAddressIsReplacedAndTriedAnew() {
        routers.start(nowNs);
        pass(SECOND);
        IpAddress first = addresses().tentative().get(0);
        assertThat(probed).containsExactly(first);
        assertThat(routers.duplicate(first.hi(), first.lo(), nowNs)).isTrue();
        IpAddress second = addresses().tentative().get(0);
        assertThat(second).isNotEqualTo(first);
        pass(SECOND);
        assertThat(probed).containsExactly(first, second);
        assertThat(addresses().own()).containsExactly(new Subnet(second, 64));
    }
}
