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
}
