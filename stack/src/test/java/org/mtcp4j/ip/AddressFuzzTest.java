/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.mtcp4j.core.Corpus;
import org.mtcp4j.wire.Dhcp;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Icmp6;
import org.mtcp4j.wire.Ipv6;
import org.mtcp4j.wire.Ndp;

/**
 * DHCP messages, router advertisements, conflicts and time as a fuzzer thinks of them, for a host that learns its addresses. Replays the corpus;
 * {@code bin/bench fuzz} looks for more.
 *
 * <p>The input is a row of steps, each of a byte that says what happens, and what that takes.
 */
public class AddressFuzzTest {
    private static final int DHCP = 0;
    private static final int ADVERTISEMENT = 1;
    private static final int TIME = 2;
    private static final int KINDS = 4;
    /** Left as it came: else nothing would get past the checks of who sent it. */
    private static final int AS_IT_CAME = 4;

    private static final int MOST_STEPS = 200;
    private static final int MOST_BYTES = 600;
    private static final int MOST_TIMERS = 200;
    private static final int COOKIE = 0x6382_5363;
    private static final int COOKIE_OFFSET = 236;
    private static final long MAC = 0x0e0000000002L;
    private static final int ICMP = Ipv6.HEADER_BYTES;

    private final ByteBuffer message = ByteBuffer.allocate(MOST_BYTES);
    private long nowNs = 1_000_000_000L;
    private int transactionId;
    private int triedIpv4;
    private IpAddress triedIpv6 = IpAddress.ANY_V6;

    private final DhcpClient client = new DhcpClient(MAC, new SplittableRandom(1), new DhcpClient.Events() {
        @Override
        public void send(int type, int id, int seconds, Dhcp.Parties parties, boolean toServer) {
            transactionId = id;
            assertThat(seconds).isNotNegative();
        }

        @Override
        public void probe(int address) {
            triedIpv4 = address;
        }
    });

    private final RouterDiscovery routers = new RouterDiscovery(
            new InterfaceIds("secret", MAC), 1, null, new SplittableRandom(1), new RouterDiscovery.Events() {
                @Override
                public void solicit(IpAddress source) {
                    assertThat(source.isLinkLocal()).isTrue();
                }

                @Override
                public void probe(IpAddress target) {
                    triedIpv6 = target;
                }
            });

    /** Jazzer's entry. */
    public static void fuzzerTestOneInput(byte[] input) {
        new AddressFuzzTest().steps(ByteBuffer.wrap(input));
    }

    @Test
    void whatTheFuzzerFoundHolds() throws Exception {
        assertThat(Corpus.replay(Path.of("src/test/corpus/addresses"), AddressFuzzTest::fuzzerTestOneInput))
                .isPositive();
    }

    private void steps(ByteBuffer input) {
        client.start(nowNs);
        routers.start(nowNs);
        for (int i = 0; i < MOST_STEPS && input.remaining() > 1; i++) {
            step(input.get(), input);
            assertSound(client.addresses(), 1, 1);
            assertSound(routers.addresses(nowNs), 1 + RouterDiscovery.MOST_PREFIXES, RouterDiscovery.MOST_ROUTERS);
        }
    }

    private void step(int what, ByteBuffer input) {
        switch (what % KINDS) {
            case DHCP -> dhcp((what & AS_IT_CAME) == 0, input);
            case ADVERTISEMENT -> advertisement((what & AS_IT_CAME) == 0, input);
            case TIME -> pass((input.get() & 0xffL) << (input.hasRemaining() ? input.get() & 0x37 : 0));
            default -> {
                client.conflict(triedIpv4, nowNs);
                routers.duplicate(triedIpv6.hi(), triedIpv6.lo(), nowNs);
            }
        }
    }

    /** The length first; what the input does not hold is zero. */
    private int take(ByteBuffer input) {
        int length = Math.floorMod(input.remaining() >= 2 ? input.getShort() : 0, MOST_BYTES + 1);
        for (int i = 0; i < MOST_BYTES; i++) {
            message.put(i, i < length && input.hasRemaining() ? input.get() : 0);
        }
        return length;
    }

    private void dhcp(boolean mend, ByteBuffer input) {
        int length = take(input);
        if (mend) {
            message.putInt(0, 2 << 24 | 1 << 16 | 6 << 8).putInt(4, transactionId);
            Ethernet.putMac(message, 28, MAC);
            message.putInt(COOKIE_OFFSET, COOKIE);
        }
        client.input(message, 0, length, nowNs);
    }

    private void advertisement(boolean mend, ByteBuffer input) {
        int length = take(input);
        if (mend) {
            Ipv6.write(message, 0, 0, Ipv6.ICMP, Ndp.HOPS);
            message.putShort(8, (short) 0xfe80);
            message.putShort(ICMP, (short) (Icmp6.ROUTER_ADVERTISEMENT << 8));
        }
        if (length > ICMP) {
            routers.advertised(message, 0, ICMP, length - ICMP, nowNs);
        }
    }

    /** From deadline to deadline; each is done with when its time has come. */
    private void pass(long ns) {
        long endNs = nowNs + ns;
        for (int i = 0; i < MOST_TIMERS; i++) {
            long next = Math.min(client.nextDeadlineNs(), routers.nextDeadlineNs(nowNs));
            if (next > endNs) {
                break;
            }
            nowNs = Math.max(nowNs, next);
            client.onTimer(nowNs);
            routers.onTimer(nowNs);
            assertThat(routers.nextDeadlineNs(nowNs))
                    .as("a deadline that stays")
                    .isGreaterThan(nowNs);
            if (client.nextDeadlineNs() <= nowNs) {
                // A lease may be over as soon as it begins: one state follows another, but not for ever.
                client.onTimer(nowNs);
                client.onTimer(nowNs);
                assertThat(client.nextDeadlineNs()).as("a deadline that stays").isGreaterThan(nowNs);
            }
        }
        nowNs = Math.max(nowNs, endNs);
    }

    private static void assertSound(LinkAddresses found, int mostOwn, int mostRouters) {
        assertThat(found.own()).hasSizeLessThanOrEqualTo(mostOwn);
        assertThat(found.gateways()).hasSizeLessThanOrEqualTo(mostRouters);
        for (Subnet own : found.own()) {
            assertThat(own.address().isAny()).isFalse();
            assertThat(own.address().isMulticast()).isFalse();
        }
        assertThat(found.ipv6MtuBytes() == 0 || found.ipv6MtuBytes() >= 1_280).isTrue();
        assertThat(found.ipv4MtuBytes() == 0 || found.ipv4MtuBytes() >= 576).isTrue();
    }
}
