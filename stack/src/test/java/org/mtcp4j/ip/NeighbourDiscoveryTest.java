/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Icmp6;
import org.mtcp4j.wire.Ipv6;
import org.mtcp4j.wire.Ndp;

class NeighbourDiscoveryTest {
    private static final long OUR_MAC = 0x0e0000000002L;
    private static final long PEER_MAC = 0x0e0000000001L;
    private static final long OTHER_MAC = 0x0e0000000009L;
    private static final IpAddress OURS = IpAddress.parse("2001:db8::2");
    private static final IpAddress PEER = IpAddress.parse("2001:db8::1");
    private static final int IP = Ethernet.HEADER_BYTES;
    private static final int ICMP = IP + Ipv6.HEADER_BYTES;

    private final List<String> events = new ArrayList<>();
    private final ByteBuffer frame = ByteBuffer.allocate(256);
    private final Routes routes = new Routes(List.of(Subnet.parse("2001:db8::2/64")), List.of());
    private final Neighbours neighbours = new Neighbours(OUR_MAC, routes, new Neighbours.Events() {
        @Override
        public void request(long hi, long lo, long toMac) {
            events.add("request " + IpAddress.of(hi, lo) + " to " + Ethernet.toText(toMac));
        }

        @Override
        public void resolved(long hi, long lo, long mac) {
            events.add("resolved " + IpAddress.of(hi, lo) + " " + Ethernet.toText(mac));
        }

        @Override
        public void unreachable(long hi, long lo) {
            events.add("unreachable " + IpAddress.of(hi, lo));
        }

        @Override
        public void isNoRouter(long hi, long lo) {
            events.add("no router " + IpAddress.of(hi, lo));
        }
    });

    private int input(int lengthBytes) {
        assertThat(Icmp6.isGood(frame, IP, ICMP, lengthBytes)).isTrue();
        return neighbours.neighbourInput(frame, IP, ICMP, lengthBytes, 77);
    }

    private int solicit(long mac, IpAddress source, IpAddress target) {
        return input(NdpFrames.writeSolicitation(frame, 0, mac, source, Ethernet.BROADCAST, target) - ICMP);
    }

    private int advertise(long mac, IpAddress target, int flags) {
        Ipv6.write(frame, IP, Ndp.MESSAGE_BYTES, Ipv6.ICMP, Ndp.HOPS);
        Ipv6.addresses(frame, IP, target.hi(), target.lo(), OURS.hi(), OURS.lo());
        Ndp.write(frame, ICMP, target.hi(), target.lo(), Ndp.TARGET_LINK_ADDRESS, mac);
        Icmp6.write(frame, IP, ICMP, Ndp.MESSAGE_BYTES, Icmp6.NEIGHBOUR_ADVERTISEMENT << 8, flags);
        return input(Ndp.MESSAGE_BYTES);
    }

    private long lookup() {
        return neighbours.lookup(PEER.hi(), PEER.lo(), 77);
    }

    @Test
    void rfc4861_7_2_2_unknownNeighbour_isSolicited_andResolvedByItsAdvertisement() {
        assertThat(lookup()).isEqualTo(Neighbours.UNRESOLVED);
        assertThat(advertise(PEER_MAC, PEER, Ndp.ROUTER | Ndp.SOLICITED | Ndp.OVERRIDE))
                .isEqualTo(Neighbours.LEARNED);
        assertThat(lookup()).isEqualTo(PEER_MAC);
        assertThat(events)
                .containsExactly("request 2001:db8::1 to ff:ff:ff:ff:ff:ff", "resolved 2001:db8::1 0e:00:00:00:00:01");
    }

    @Test
    void rfc4861_7_2_5_advertisementOfAnUnknownNeighbour_isIgnored() {
        assertThat(advertise(PEER_MAC, PEER, Ndp.SOLICITED | Ndp.OVERRIDE)).isEqualTo(Neighbours.IGNORED);
        assertThat(neighbours.size()).isZero();
    }

    @Test
    void rfc4861_7_2_5_anotherAddressWithoutOverride_doesNotReplace() {
        lookup();
        advertise(PEER_MAC, PEER, Ndp.SOLICITED | Ndp.OVERRIDE);
        assertThat(advertise(OTHER_MAC, PEER, Ndp.SOLICITED)).isEqualTo(Neighbours.IGNORED);
        assertThat(lookup()).isEqualTo(PEER_MAC);
        assertThat(advertise(OTHER_MAC, PEER, Ndp.OVERRIDE)).isEqualTo(Neighbours.LEARNED);
        assertThat(lookup()).isEqualTo(OTHER_MAC);
    }

    @Test
    void rfc4861_7_2_5_whoSaysThatItIsNoRouter_isTakenAtItsWord() {
        lookup();
        advertise(PEER_MAC, PEER, Ndp.ROUTER | Ndp.SOLICITED);
        assertThat(events).doesNotContain("no router 2001:db8::1");
        advertise(OTHER_MAC, PEER, 0);
        assertThat(events).as("no right to replace").doesNotContain("no router 2001:db8::1");
        advertise(PEER_MAC, PEER, 0);
        assertThat(events).last().isEqualTo("no router 2001:db8::1");
    }

    @Test
    void rfc4861_7_1_2_aSolicitedAdvertisementToAGroup_isBad() {
        lookup();
        Ipv6.write(frame, IP, Ndp.MESSAGE_BYTES, Ipv6.ICMP, Ndp.HOPS);
        Ipv6.addresses(frame, IP, PEER.hi(), PEER.lo(), Ndp.SOLICITED_NODE_HI, Ndp.ALL_NODES_LO);
        Ndp.write(frame, ICMP, PEER.hi(), PEER.lo(), Ndp.TARGET_LINK_ADDRESS, PEER_MAC);
        Icmp6.write(frame, IP, ICMP, Ndp.MESSAGE_BYTES, Icmp6.NEIGHBOUR_ADVERTISEMENT << 8, Ndp.SOLICITED);
        assertThat(input(Ndp.MESSAGE_BYTES)).isEqualTo(Neighbours.BAD);
    }

    @Test
    void rfc4861_7_2_3_solicitationForUs_isAnswered_andTeaches() {
        assertThat(solicit(PEER_MAC, PEER, OURS)).isEqualTo(Neighbours.REPLY);
        assertThat(lookup()).isEqualTo(PEER_MAC);
        ByteBuffer reply = frame;
        NdpFrames.writeReply(reply, 128, 0, OUR_MAC);
        assertThat(Ethernet.destination(reply, 128)).isEqualTo(PEER_MAC);
        assertThat(Icmp6.isGood(reply, 128 + IP, 128 + ICMP, Ndp.MESSAGE_BYTES)).isTrue();
        assertThat(Ndp.isValid(reply, 128 + IP, 128 + ICMP, Ndp.MESSAGE_BYTES)).isTrue();
        assertThat(Icmp6.word(reply, 128 + ICMP)).isEqualTo(Ndp.SOLICITED | Ndp.OVERRIDE);
        assertThat(Ndp.linkAddress(reply, 128 + ICMP, Ndp.MESSAGE_BYTES, Ndp.TARGET_LINK_ADDRESS))
                .isEqualTo(OUR_MAC);
    }

    @Test
    void solicitationFromALinkLocalAddress_teaches_thoughNoAddressOfOursIsLinkLocal() {
        IpAddress linkLocal = IpAddress.parse("fe80::1");
        assertThat(solicit(PEER_MAC, linkLocal, OURS)).isEqualTo(Neighbours.REPLY);
        assertThat(neighbours.peek(linkLocal.hi(), linkLocal.lo())).isEqualTo(PEER_MAC);
    }

    @Test
    void rfc4862_5_4_3_duplicateDetectionForOurAddress_isAnsweredToAllNodes() {
        assertThat(solicit(PEER_MAC, IpAddress.ANY_V6, OURS)).isEqualTo(Neighbours.REPLY);
        NdpFrames.writeReply(frame, 128, 0, OUR_MAC);
        assertThat(Ethernet.destination(frame, 128)).isEqualTo(0x333300000001L);
        assertThat(Icmp6.word(frame, 128 + ICMP)).isEqualTo(Ndp.OVERRIDE);
    }

    @Test
    void rfc4862_5_4_4_anotherNodesAdvertisementOfOurAddress_isAConflict() {
        assertThat(advertise(PEER_MAC, OURS, Ndp.OVERRIDE)).isEqualTo(Neighbours.CONFLICT);
    }

    @Test
    void rfc4861_7_1_1_hopLimitBelow255_isFromOffTheLink_andBad() {
        int length = NdpFrames.writeSolicitation(frame, 0, PEER_MAC, PEER, Ethernet.BROADCAST, OURS) - ICMP;
        frame.put(IP + Ipv6.HOP_LIMIT_OFFSET, (byte) 254);
        assertThat(neighbours.neighbourInput(frame, IP, ICMP, length, 77)).isEqualTo(Neighbours.BAD);
    }

    @Test
    void rfc4861_7_1_1_optionOfLengthZero_isBad() {
        int length = NdpFrames.writeSolicitation(frame, 0, PEER_MAC, PEER, Ethernet.BROADCAST, OURS) - ICMP;
        frame.put(ICMP + Ndp.OPTIONS_OFFSET + 1, (byte) 0);
        assertThat(neighbours.neighbourInput(frame, IP, ICMP, length, 77)).isEqualTo(Neighbours.BAD);
    }

    @Test
    void randomMessages_neverThrow() {
        SplittableRandom random = new SplittableRandom(20261126);
        byte[] bytes = new byte[256];
        for (int i = 0; i < 50_000; i++) {
            random.nextBytes(bytes);
            int length = random.nextInt(0, 120);
            bytes[IP + Ipv6.HOP_LIMIT_OFFSET] = (byte) 255;
            bytes[ICMP] = (byte) (135 + (i & 1));
            bytes[ICMP + 1] = 0;
            neighbours.neighbourInput(ByteBuffer.wrap(bytes), IP, ICMP, length, i);
            neighbours.onTimer(i);
        }
        assertThat(neighbours.size()).isLessThanOrEqualTo(Neighbours.MOST);
    }

    // ---- zones and states
    // ----------------------------------------------------------------------------------------------

    @Test
    void ourOwnMessages_thatCameBack_areIgnored() {
        assertThat(solicit(OUR_MAC, OURS, OURS)).isEqualTo(Neighbours.IGNORED);
        assertThat(advertise(OUR_MAC, OURS, Ndp.OVERRIDE)).isEqualTo(Neighbours.IGNORED);
    }

    @Test
    void rfc4862_5_4_3_aSolicitationFromOurAddress_isAConflict() {
        assertThat(solicit(PEER_MAC, OURS, OURS)).isEqualTo(Neighbours.CONFLICT);
    }

    @Test
    void aSolicitationForAnother_isIgnoredAndTeachesNothing() {
        assertThat(solicit(PEER_MAC, PEER, IpAddress.parse("2001:db8::77"))).isEqualTo(Neighbours.IGNORED);
        assertThat(neighbours.size()).isZero();
    }

    @Test
    void aSolicitationFromOffTheLinkOrWithAGroupsAddress_isBad() {
        assertThat(solicit(PEER_MAC, IpAddress.parse("2001:db9::1"), OURS)).isEqualTo(Neighbours.BAD);
        assertThat(solicit(0x333300000001L, PEER, OURS)).isEqualTo(Neighbours.BAD);
        assertThat(neighbours.size()).isZero();
    }

    @Test
    void rfc4861_7_2_3_aSolicitation_vouchesForNobody() {
        solicit(PEER_MAC, PEER, OURS);
        lookup();
        assertThat(neighbours.isUnsure()).isTrue();
    }

    @Test
    void rfc4861_7_2_5_anAdvertisementWithAGroupsAddress_isBad() {
        lookup();
        assertThat(advertise(0x333300000001L, PEER, Ndp.SOLICITED)).isEqualTo(Neighbours.BAD);
        assertThat(lookup()).isEqualTo(Neighbours.UNRESOLVED);
    }

    @Test
    void rfc4861_7_2_5_anUnsolicitedAdvertisement_resolvesButIsMadeSureOf() {
        lookup();
        advertise(PEER_MAC, PEER, Ndp.OVERRIDE);
        assertThat(lookup()).isEqualTo(PEER_MAC);
        assertThat(neighbours.isUnsure()).isTrue();
    }

    @Test
    void rfc4861_7_2_5_anotherAddressWithoutOverride_makesTheKnownOneStale() {
        lookup();
        advertise(PEER_MAC, PEER, Ndp.SOLICITED | Ndp.OVERRIDE);
        lookup();
        assertThat(neighbours.isUnsure()).isFalse();
        advertise(OTHER_MAC, PEER, 0);
        assertThat(lookup()).isEqualTo(PEER_MAC);
        assertThat(neighbours.isUnsure()).isTrue();
        advertise(OTHER_MAC, PEER, 0);
        assertThat(neighbours.isUnsure()).as("stays in DELAY").isTrue();
    }

    private int advertiseWithoutMac(int flags) {
        Ipv6.write(frame, IP, Ndp.OPTIONS_OFFSET, Ipv6.ICMP, Ndp.HOPS);
        Ipv6.addresses(frame, IP, PEER.hi(), PEER.lo(), OURS.hi(), OURS.lo());
        Ndp.write(frame, ICMP, PEER.hi(), PEER.lo(), Ndp.TARGET_LINK_ADDRESS, PEER_MAC);
        Icmp6.write(frame, IP, ICMP, Ndp.OPTIONS_OFFSET, Icmp6.NEIGHBOUR_ADVERTISEMENT << 8, flags);
        return input(Ndp.OPTIONS_OFFSET);
    }

    @Test
    void rfc4861_4_4_anAdvertisementWithoutAnAddress_confirmsTheKnownOne_andResolvesNothing() {
        lookup();
        assertThat(advertiseWithoutMac(Ndp.SOLICITED)).isEqualTo(Neighbours.IGNORED);
        assertThat(lookup()).isEqualTo(Neighbours.UNRESOLVED);
        advertise(PEER_MAC, PEER, Ndp.OVERRIDE);
        lookup();
        assertThat(neighbours.isUnsure()).isTrue();
        assertThat(advertiseWithoutMac(Ndp.SOLICITED)).isEqualTo(Neighbours.LEARNED);
        assertThat(lookup()).isEqualTo(PEER_MAC);
        assertThat(neighbours.isUnsure()).isFalse();
    }

    @Test
    void rfc4861_7_2_3_aSolicitationWithoutAnAddress_isAnsweredAndTeachesNothing() {
        Ipv6.write(frame, IP, Ndp.OPTIONS_OFFSET, Ipv6.ICMP, Ndp.HOPS);
        Ipv6.addresses(frame, IP, PEER.hi(), PEER.lo(), OURS.hi(), OURS.lo());
        Ndp.write(frame, ICMP, OURS.hi(), OURS.lo(), Ndp.SOURCE_LINK_ADDRESS, PEER_MAC);
        Icmp6.write(frame, IP, ICMP, Ndp.OPTIONS_OFFSET, Icmp6.NEIGHBOUR_SOLICITATION << 8, 0);
        assertThat(input(Ndp.OPTIONS_OFFSET)).isEqualTo(Neighbours.REPLY);
        assertThat(neighbours.size()).isZero();
    }
}
