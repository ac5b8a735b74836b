/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.mtcp4j.wire.Dhcp;
import org.mtcp4j.wire.Ethernet;

/** The DHCP client in virtual time against a server that the test plays. */
class DhcpClientTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long SEED = Long.getLong("mtcp.test.seed", System.nanoTime());
    private static final long MAC = 0x0e0000000002L;
    private static final int OURS = IpAddress.parse("198.18.0.50").toIpv4();
    private static final int SERVER = IpAddress.parse("198.18.0.1").toIpv4();
    private static final int ROUTER = IpAddress.parse("198.18.0.254").toIpv4();
    private static final int MASK = 0xffff_ff00;

    private record Sent(long atNs, int type, int transactionId, int seconds, Dhcp.Parties parties, boolean toServer) {}

    private final List<Sent> sent = new ArrayList<>();
    private final List<String> probed = new ArrayList<>();
    private final ByteBuffer bytes = ByteBuffer.allocate(1_024);
    private long nowNs = 77;
    private int length;

    private final DhcpClient client = new DhcpClient(MAC, new SplittableRandom(SEED), new DhcpClient.Events() {
        @Override
        public void send(int type, int transactionId, int seconds, Dhcp.Parties parties, boolean toServer) {
            sent.add(new Sent(nowNs, type, transactionId, seconds, parties, toServer));
        }

        @Override
        public void probe(int address) {
            probed.add(IpAddress.ofIpv4(address).toString());
        }
    });

    private Sent last() {
        return sent.get(sent.size() - 1);
    }

    private void message(int type, int yourIp) {
        for (int i = 0; i < bytes.capacity(); i++) {
            bytes.put(i, (byte) 0);
        }
        bytes.putInt(0, 2 << 24 | 1 << 16 | 6 << 8)
                .putInt(4, last().transactionId)
                .putInt(16, yourIp);
        Ethernet.putMac(bytes, 28, MAC);
        bytes.putInt(236, 0x6382_5363);
        bytes.put(240, (byte) 53).put(241, (byte) 1).put(242, (byte) type);
        length = 243;
        option(54, SERVER);
    }

    private void option(int code, int value) {
        bytes.put(length, (byte) code).put(length + 1, (byte) 4).putInt(length + 2, value);
        length += 6;
    }

    private void lease(int type, int seconds) {
        message(type, OURS);
        option(51, seconds);
        option(1, MASK);
        option(3, ROUTER);
    }

    private int arrives() {
        bytes.put(length, (byte) 255);
        return client.input(bytes, 0, length + 1, nowNs);
    }

    private void pass(long ns) {
        long endNs = nowNs + ns;
        while (client.nextDeadlineNs() <= endNs) {
            nowNs = Math.max(nowNs, client.nextDeadlineNs());
            client.onTimer(nowNs);
        }
        nowNs = endNs;
    }

    private void bound(int seconds) {
        client.start(nowNs);
        lease(Dhcp.OFFER, seconds);
        assertThat(arrives()).isEqualTo(DhcpClient.TAKEN);
        lease(Dhcp.ACK, seconds);
        assertThat(arrives()).isEqualTo(DhcpClient.TAKEN);
        pass(SECOND);
        assertThat(client.hasAddress()).isTrue();
    }

    private List<Subnet> own() {
        return client.addresses().own();
    }

    @Test
    void rfc2131_3_1_discoverOfferRequestAckThenProbesThenTheAddress() {
        client.start(nowNs);
        assertThat(last().type).isEqualTo(Dhcp.DISCOVER);
        lease(Dhcp.OFFER, 3_600);
        assertThat(arrives()).isEqualTo(DhcpClient.TAKEN);
        assertThat(last().type).isEqualTo(Dhcp.REQUEST);
        assertThat(last().parties).isEqualTo(new Dhcp.Parties(0, OURS, SERVER));
        lease(Dhcp.ACK, 3_600);
        bytes.put(length, (byte) 26).put(length + 1, (byte) 2).putShort(length + 2, (short) 1_400);
        length += 4;
        assertThat(arrives()).isEqualTo(DhcpClient.TAKEN);
        assertThat(own()).as("before anybody was asked").isEmpty();
        pass(SECOND);
        assertThat(probed).containsExactly("198.18.0.50", "198.18.0.50", "198.18.0.50");
        assertThat(own()).containsExactly(Subnet.parse("198.18.0.50/24"));
        assertThat(client.addresses().gateways()).containsExactly(IpAddress.ofIpv4(ROUTER));
        assertThat(client.addresses().ipv4MtuBytes()).isEqualTo(1_400);
        assertThat(client.addresses().onLink()).isEmpty();
    }

    @Test
    void rfc2131_4_1_whatIsNotAnsweredIsSentAgainEverMoreSeldom() {
        client.start(nowNs);
        pass(300 * SECOND);
        long[] expected = {4, 8, 16, 32, 64, 64};
        for (int i = 0; i < expected.length; i++) {
            assertThat(sent.get(i + 1).atNs - sent.get(i).atNs)
                    .isBetween((expected[i] - 1) * SECOND, (expected[i] + 1) * SECOND);
            assertThat(sent.get(i + 1).transactionId).isEqualTo(sent.get(0).transactionId);
        }
        assertThat(last().seconds).isGreaterThan(200);
    }

    @Test
    void aServerThatOffersAndFallsSilentIsLeftForAnother() {
        client.start(nowNs);
        int first = last().transactionId;
        lease(Dhcp.OFFER, 3_600);
        arrives();
        pass(200 * SECOND);
        assertThat(sent.stream().filter(each -> each.type == Dhcp.REQUEST)).hasSize(4);
        assertThat(last().type).isEqualTo(Dhcp.DISCOVER);
        assertThat(last().transactionId).isNotEqualTo(first);
    }

    @Test
    void rfc5227_2_1_1_anAddressThatSomebodyHasIsDeclined() {
        client.start(nowNs);
        lease(Dhcp.OFFER, 3_600);
        arrives();
        lease(Dhcp.ACK, 3_600);
        arrives();
        assertThat(client.conflict(SERVER, nowNs)).isFalse();
        assertThat(client.conflict(OURS, nowNs)).isTrue();
        assertThat(last().type).isEqualTo(Dhcp.DECLINE);
        assertThat(last().parties).isEqualTo(new Dhcp.Parties(0, OURS, SERVER));
        pass(9 * SECOND);
        assertThat(last().type).isEqualTo(Dhcp.DECLINE);
        pass(2 * SECOND);
        assertThat(last().type).isEqualTo(Dhcp.DISCOVER);
        assertThat(own()).isEmpty();
    }

    @Test
    void rfc2131_4_4_5_theLeaseIsRenewedAtHalfOfIts_time() {
        bound(3_600);
        pass(1_797 * SECOND);
        int before = sent.size();
        pass(5 * SECOND);
        assertThat(sent).hasSize(before + 1);
        assertThat(last().toServer).isTrue();
        assertThat(last().parties).isEqualTo(new Dhcp.Parties(OURS, 0, 0));
        lease(Dhcp.ACK, 7_200);
        assertThat(arrives()).isEqualTo(DhcpClient.TAKEN);
        pass(3_500 * SECOND);
        assertThat(own()).hasSize(1);
        assertThat(sent).hasSize(before + 1);
    }

    @Test
    void rfc2131_4_4_5_anybodyIsAskedAtSevenEighthsAndTheAddressEndsWithTheLease() {
        bound(3_600);
        pass(3_100 * SECOND);
        assertThat(last().toServer).isTrue();
        long renewals = sent.stream().filter(each -> each.toServer).count();
        assertThat(renewals).isBetween(3L, 6L);
        pass(100 * SECOND);
        assertThat(last().toServer).isFalse();
        assertThat(last().type).isEqualTo(Dhcp.REQUEST);
        assertThat(own()).hasSize(1);
        pass(401 * SECOND);
        assertThat(own()).isEmpty();
        assertThat(last().type).isEqualTo(Dhcp.DISCOVER);
    }

    @Test
    void rebindingTakesAnotherServersWord() {
        bound(3_600);
        pass(3_200 * SECOND);
        lease(Dhcp.ACK, 3_600);
        bytes.putInt(245, SERVER + 1);
        assertThat(arrives()).isEqualTo(DhcpClient.TAKEN);
        assertThat(client.serverId()).isEqualTo(SERVER + 1);
        pass(1_700 * SECOND);
        assertThat(own()).hasSize(1);
    }

    @Test
    void rfc2131_3_1_aRefusalBeginsAnew() {
        client.start(nowNs);
        lease(Dhcp.OFFER, 3_600);
        arrives();
        message(Dhcp.NAK, 0);
        bytes.putInt(245, SERVER + 1);
        assertThat(arrives()).as("of a server that was not asked").isEqualTo(DhcpClient.IGNORED);
        message(Dhcp.NAK, 0);
        assertThat(arrives()).isEqualTo(DhcpClient.TAKEN);
        pass(2 * SECOND);
        assertThat(last().type).isEqualTo(Dhcp.DISCOVER);
    }

    @Test
    void aRefusedRenewalTakesTheAddressAway() {
        bound(3_600);
        pass(1_900 * SECOND);
        message(Dhcp.NAK, 0);
        assertThat(arrives()).isEqualTo(DhcpClient.TAKEN);
        assertThat(own()).isEmpty();
    }

    @Test
    void aLeaseForEverIsNeverRenewed() {
        bound(Dhcp.LEASE_FOR_EVER_S);
        int before = sent.size();
        pass(10_000_000 * SECOND);
        assertThat(sent).hasSize(before);
        assertThat(own()).hasSize(1);
    }

    @Test
    void aRouterOutsideOfTheNetworkIsOnTheLink() {
        client.start(nowNs);
        for (int type : new int[] {Dhcp.OFFER, Dhcp.ACK}) {
            message(type, OURS);
            option(51, 60);
            option(1, -1);
            option(3, ROUTER);
            arrives();
        }
        pass(SECOND);
        Routes routes = Routes.ofLinks(List.of(client.addresses()), List.of());
        assertThat(routes.nextHop(IpAddress.parse("198.19.0.1"))).isEqualTo(IpAddress.ofIpv4(ROUTER));
        assertThat(routes.sourceFor(IpAddress.parse("198.19.0.1"))).isEqualTo(IpAddress.ofIpv4(OURS));
        assertThat(routes.onLink(0).isConnected(0, IpAddress.mapped(ROUTER))).isTrue();
        assertThat(routes.onLink(0).sourceFor(IpAddress.ofIpv4(ROUTER))).isEqualTo(IpAddress.ofIpv4(OURS));
    }

    @Test
    void answersToOthersAndNonsenseChangeNothing() {
        client.start(nowNs);
        lease(Dhcp.OFFER, 3_600);
        bytes.putInt(4, last().transactionId + 1);
        assertThat(arrives()).as("another transaction").isEqualTo(DhcpClient.IGNORED);
        lease(Dhcp.OFFER, 3_600);
        Ethernet.putMac(bytes, 28, MAC + 1);
        assertThat(arrives()).as("another client").isEqualTo(DhcpClient.BAD);
        lease(Dhcp.OFFER, 3_600);
        bytes.putInt(236, 0);
        assertThat(arrives()).as("no cookie").isEqualTo(DhcpClient.BAD);
        lease(Dhcp.OFFER, 3_600);
        bytes.put(0, (byte) 1);
        assertThat(arrives()).as("a client's").isEqualTo(DhcpClient.BAD);
        lease(Dhcp.OFFER, 0);
        assertThat(arrives()).as("no time").isEqualTo(DhcpClient.BAD);
        lease(Dhcp.OFFER, 3_600);
        option(1, 0xff00_ff00);
        assertThat(arrives()).as("mask with a hole").isEqualTo(DhcpClient.BAD);
        for (String address : new String[] {"0.0.0.1", "127.0.0.1", "224.0.0.1", "255.255.255.255"}) {
            lease(Dhcp.OFFER, 3_600);
            bytes.putInt(16, IpAddress.parse(address).toIpv4());
            assertThat(arrives()).as(address).isEqualTo(DhcpClient.BAD);
        }
        lease(Dhcp.OFFER, 3_600);
        bytes.put(length, (byte) 12).put(length + 1, (byte) 200);
        assertThat(client.input(bytes, 0, length + 2, nowNs))
                .as("beyond the end")
                .isEqualTo(DhcpClient.BAD);
        lease(Dhcp.ACK, 3_600);
        assertThat(arrives()).as("nobody asked").isEqualTo(DhcpClient.IGNORED);
        assertThat(sent).hasSize(1);
    }

    @Test
    void noBytesMakeItThrow() {
        SplittableRandom random = new SplittableRandom(SEED);
        System.out.println("DhcpClientTest: seed " + SEED);
        client.start(nowNs);
        for (int round = 0; round < 50_000; round++) {
            lease(random.nextBoolean() ? Dhcp.OFFER : random.nextBoolean() ? Dhcp.ACK : Dhcp.NAK, random.nextInt());
            option(58, random.nextInt());
            option(59, random.nextInt());
            option(52, random.nextInt());
            for (int i = random.nextInt(6); i > 0; i--) {
                bytes.put(random.nextInt(8) == 0 ? random.nextInt(length) : random.nextInt(236, length), (byte)
                        random.nextInt());
            }
            length -= random.nextInt(8) == 0 ? random.nextInt(length) : 0;
            client.input(bytes, 0, length, nowNs);
            pass(random.nextLong(SECOND));
            client.addresses();
            client.conflict(OURS, nowNs);
        }
    }

    // ---- what an acknowledgement says, to its edges
    // --------------------------------------------------------------------

    private void acknowledge(Runnable options) {
        client.start(nowNs);
        message(Dhcp.OFFER, OURS);
        option(51, 3_600);
        assertThat(arrives()).isEqualTo(DhcpClient.TAKEN);
        message(Dhcp.ACK, OURS);
        options.run();
        assertThat(arrives()).isEqualTo(DhcpClient.TAKEN);
        pass(SECOND);
        assertThat(client.hasAddress()).isTrue();
    }

    /** Seconds from the request to the first renewal, and to the first word to any server, which the test never answers. */
    private void assertTimes(int renewal, int rebinding) {
        long askedNs = sent.get(1).atNs;
        pass(40_000 * SECOND);
        Sent first = sent.get(2);
        assertThat(first.toServer).isTrue();
        assertThat(first.atNs - askedNs).isEqualTo(renewal * SECOND);
        Sent any =
                sent.stream().skip(2).filter(each -> !each.toServer).findFirst().orElseThrow();
        assertThat(any.atNs - askedNs).isEqualTo(rebinding * SECOND);
    }

    @Test
    void rfc2131_4_4_5_timesThatTheServerNamesAreKept() {
        acknowledge(() -> {
            option(51, 10_000);
            option(58, 1_000);
            option(59, 2_000);
        });
        assertTimes(1_000, 2_000);
    }

    @Test
    void rfc2131_4_4_5_timesThatTheServerDoesNotNameAreAHalfAndSevenEighths() {
        acknowledge(() -> option(51, 8_000));
        assertTimes(4_000, 7_000);
    }

    @Test
    void timesThatContradictTheLeaseAreNotTaken() {
        acknowledge(() -> {
            option(51, 8_000);
            option(58, 9_000);
            option(59, 8_000);
        });
        assertTimes(4_000, 7_000);
    }

    @Test
    void aRenewalNoSoonerThanTheRebindingIsHalfOfTheLeaseOrTheRebinding() {
        acknowledge(() -> {
            option(51, 8_000);
            option(58, 3_000);
            option(59, 3_000);
        });
        // Half would be 4,000, behind the rebinding: then any server may answer at once.
        pass(2_998 * SECOND);
        assertThat(sent).hasSize(2);
        pass(2 * SECOND);
        assertThat(last().toServer).isFalse();
    }

    @Test
    void aLeaseBeyondAnIntsSecondsIsRead() {
        acknowledge(() -> option(51, 0xf000_0000));
        pass(0x7000_0000L * SECOND);
        assertThat(sent).hasSize(2);
        assertThat(own()).hasSize(1);
    }

    @Test
    void aNetworkWithoutAMaskHasThatOfItsClass() {
        String[] addresses = {"10.1.2.3", "126.1.2.3", "128.1.2.3", "191.1.2.3", "192.0.2.3"};
        int[] bits = {8, 8, 16, 16, 24};
        for (int i = 0; i < addresses.length; i++) {
            DhcpClientTest test = new DhcpClientTest();
            int address = IpAddress.parse(addresses[i]).toIpv4();
            test.client.start(test.nowNs);
            for (int type : new int[] {Dhcp.OFFER, Dhcp.ACK}) {
                test.message(type, address);
                test.option(51, 60);
                assertThat(test.arrives()).isEqualTo(DhcpClient.TAKEN);
            }
            test.pass(SECOND);
            assertThat(test.own()).containsExactly(Subnet.parse(addresses[i] + "/" + bits[i]));
        }
    }

    @Test
    void rfc2132_5_1_anMtuBelow576IsNotTaken() {
        for (int mtu : new int[] {575, 576}) {
            DhcpClientTest test = new DhcpClientTest();
            test.acknowledge(() -> {
                test.option(51, 60);
                test.bytes.put(test.length, (byte) 26).put(test.length + 1, (byte) 2);
                test.bytes.putShort(test.length + 2, (short) mtu);
                test.length += 4;
            });
            assertThat(test.client.addresses().ipv4MtuBytes()).isEqualTo(mtu < 576 ? 0 : mtu);
        }
    }

    // ---- what comes at the wrong time
    // ------------------------------------------------------------------------------------

    @Test
    void aSecondOfferIsPassedOver() {
        client.start(nowNs);
        lease(Dhcp.OFFER, 3_600);
        arrives();
        lease(Dhcp.OFFER, 3_600);
        assertThat(arrives()).isEqualTo(DhcpClient.IGNORED);
        assertThat(sent).hasSize(2);
    }

    @Test
    void anotherServersAcknowledgementIsPassedOverUntilAnybodyIsAsked() {
        client.start(nowNs);
        lease(Dhcp.OFFER, 3_600);
        arrives();
        lease(Dhcp.ACK, 3_600);
        bytes.putInt(245, SERVER + 1);
        assertThat(arrives()).isEqualTo(DhcpClient.IGNORED);
        lease(Dhcp.ACK, 3_600);
        arrives();
        pass(1_900 * SECOND);
        lease(Dhcp.ACK, 3_600);
        bytes.putInt(245, SERVER + 1);
        assertThat(arrives()).as("renewing").isEqualTo(DhcpClient.IGNORED);
        message(Dhcp.NAK, 0);
        bytes.putInt(245, SERVER + 1);
        assertThat(arrives()).as("renewing").isEqualTo(DhcpClient.IGNORED);
        pass(1_300 * SECOND);
        message(Dhcp.NAK, 0);
        bytes.putInt(245, SERVER + 1);
        assertThat(arrives()).as("rebinding").isEqualTo(DhcpClient.TAKEN);
        assertThat(client.hasAddress()).isFalse();
    }

    @Test
    void anAcknowledgementOfAnotherAddressIsBad() {
        client.start(nowNs);
        lease(Dhcp.OFFER, 3_600);
        arrives();
        lease(Dhcp.ACK, 3_600);
        bytes.putInt(16, OURS + 1);
        assertThat(arrives()).as("requesting").isEqualTo(DhcpClient.BAD);
        lease(Dhcp.ACK, 0);
        assertThat(arrives()).as("no time").isEqualTo(DhcpClient.BAD);
        lease(Dhcp.ACK, 3_600);
        arrives();
        pass(1_900 * SECOND);
        lease(Dhcp.ACK, 3_600);
        bytes.putInt(16, OURS + 1);
        assertThat(arrives()).as("renewing").isEqualTo(DhcpClient.BAD);
        assertThat(own()).containsExactly(Subnet.parse("198.18.0.50/24"));
    }

    @Test
    void nothingThatAServerSaysMovesAnAddressThatIsBoundOrTried() {
        client.start(nowNs);
        lease(Dhcp.OFFER, 3_600);
        arrives();
        lease(Dhcp.ACK, 3_600);
        arrives();
        for (int i = 0; i < 2; i++) {
            lease(Dhcp.ACK, 60);
            assertThat(arrives()).isEqualTo(DhcpClient.IGNORED);
            message(Dhcp.NAK, 0);
            assertThat(arrives()).isEqualTo(DhcpClient.IGNORED);
            pass(SECOND);
        }
        assertThat(own()).hasSize(1);
        pass(1_700 * SECOND);
        assertThat(sent).as("the lease is that of the first").hasSize(2);
    }

    @Test
    void rfc5227_2_4_itsAddressConcernsItFromTheFirstProbeToTheEnd() {
        client.start(nowNs);
        lease(Dhcp.OFFER, 3_600);
        arrives();
        assertThat(client.isConcerned(OURS)).as("requesting").isFalse();
        lease(Dhcp.ACK, 3_600);
        arrives();
        assertThat(client.isConcerned(OURS)).as("probing").isTrue();
        assertThat(client.isConcerned(OURS + 1)).isFalse();
        pass(SECOND);
        assertThat(client.isConcerned(OURS)).as("bound").isTrue();
        assertThat(client.conflict(OURS, nowNs)).as("no more to be declined").isFalse();
        pass(1_900 * SECOND);
        message(Dhcp.NAK, 0);
        arrives();
        assertThat(client.isConcerned(OURS)).as("taken away").isFalse();
    }

    // ---- when it speaks
    // ----------------------------------------------------------------------------------------------------

    @Test
    void rfc5227_1_1_probesAreApartAndTheLastIsWaitedForLonger() {
        client.start(nowNs);
        lease(Dhcp.OFFER, 3_600);
        arrives();
        lease(Dhcp.ACK, 3_600);
        arrives();
        assertThat(probed).hasSize(1);
        pass(2 * DhcpClient.PROBE_NS - 1);
        assertThat(probed).hasSize(2);
        pass(1);
        assertThat(probed).hasSize(3);
        pass(2 * DhcpClient.PROBE_NS - 1);
        assertThat(client.hasAddress()).isFalse();
        pass(1);
        assertThat(client.hasAddress()).isTrue();
        assertThat(probed).hasSize(3);
    }

    @Test
    void calledEarlyItDoesNothing() {
        client.start(nowNs);
        client.onTimer(client.nextDeadlineNs() - 1);
        assertThat(sent).hasSize(1);
    }

    @Test
    void rfc2131_4_1_theRetryIsOfThatTimeASecondMoreOrLess() {
        boolean sooner = false;
        boolean later = false;
        for (int i = 0; i < 64; i++) {
            DhcpClientTest test = new DhcpClientTest();
            DhcpClient each = new DhcpClient(MAC, new SplittableRandom(i), NOTHING);
            each.start(test.nowNs);
            long ns = each.nextDeadlineNs() - test.nowNs;
            assertThat(ns).isBetween(3 * SECOND, 5 * SECOND);
            sooner |= ns < 4 * SECOND;
            later |= ns > 4 * SECOND;
        }
        assertThat(sooner && later).isTrue();
    }

    private static final DhcpClient.Events NOTHING = new DhcpClient.Events() {
        @Override
        public void send(int type, int transactionId, int seconds, Dhcp.Parties parties, boolean toServer) {}

        @Override
        public void probe(int address) {}
    };

    @Test
    void rfc2131_2_secondsCountFromTheBeginningOfEachExchange() {
        client.start(nowNs);
        assertThat(last().seconds).isZero();
        pass(100_000 * SECOND);
        assertThat(last().seconds).as("as much as the field holds").isEqualTo(0xffff);
        DhcpClientTest test = new DhcpClientTest();
        test.bound(3_600);
        test.pass(1_800 * SECOND);
        assertThat(test.last().toServer).isTrue();
        assertThat(test.last().seconds).as("a renewal begins anew").isZero();
        int transaction = test.last().transactionId;
        assertThat(transaction).isNotEqualTo(test.sent.get(0).transactionId);
        test.pass(1_000 * SECOND);
        assertThat(test.last().seconds).isPositive();
        assertThat(test.last().transactionId).as("of the same exchange").isEqualTo(transaction);
    }

    @Test
    void anAddressWhoseLeaseEndsIsGivenUpAtOnceAndAskedForAnew() {
        bound(3_600);
        long endNs = sent.get(1).atNs + 3_600 * SECOND;
        pass(endNs - 1 - nowNs);
        assertThat(client.hasAddress()).isTrue();
        pass(1);
        assertThat(client.hasAddress()).isFalse();
        assertThat(last().type).isEqualTo(Dhcp.DISCOVER);
        assertThat(last().atNs).isEqualTo(endNs);
    }
}
