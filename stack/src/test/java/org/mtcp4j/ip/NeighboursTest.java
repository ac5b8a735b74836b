/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.mtcp4j.wire.Arp;
import org.mtcp4j.wire.Ethernet;

class NeighboursTest {
    private static final long OUR_MAC = 0x0e0000000002L;
    private static final long PEER_MAC = 0x0e0000000001L;
    private static final long OTHER_MAC = 0x0e0000000009L;
    private static final int OUR_IP = 0xc6120002;
    private static final int PEER_IP = 0xc6120001;
    private static final long PEER = IpAddress.mapped(PEER_IP);
    private static final long SECOND = 1_000_000_000L;

    private final List<String> events = new ArrayList<>();
    private final ByteBuffer packet = ByteBuffer.allocate(64);
    private final Neighbours neighbours =
            new Neighbours(OUR_MAC, new Routes(List.of(Subnet.parse("198.18.0.2/24")), List.of()), new Recorder());
    private long nowNs = 77;

    private class Recorder implements Neighbours.Events {
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
    }

    private static final String ASK_ALL = "request 198.18.0.1 to ff:ff:ff:ff:ff:ff";
    private static final String ASK_PEER = "request 198.18.0.1 to 0e:00:00:00:00:01";
    private static final String RESOLVED = "resolved 198.18.0.1 0e:00:00:00:00:01";

    private int arp(int operation, long senderMac, int senderIp, int targetIp) {
        Arp.write(packet, 14, operation, senderMac, senderIp, 0, targetIp);
        return neighbours.input(packet, 14, 46, nowNs);
    }

    /** Runs the timer at every deadline up to {@code untilNs}. */
    private void advanceTo(long untilNs) {
        while (neighbours.nextDeadlineNs() <= untilNs) {
            nowNs = Math.max(nowNs, neighbours.nextDeadlineNs());
            neighbours.onTimer(nowNs);
        }
        nowNs = untilNs;
    }

    private void resolve() {
        neighbours.lookup(0, PEER, nowNs);
        arp(Arp.REPLY, PEER_MAC, PEER_IP, OUR_IP);
        events.clear();
    }

    @Test
    void unknown_lookup_asksEverybodyOnce() {
        assertThat(neighbours.lookup(0, PEER, nowNs)).isEqualTo(Neighbours.UNRESOLVED);
        assertThat(neighbours.lookup(0, PEER, nowNs)).isEqualTo(Neighbours.UNRESOLVED);
        assertThat(events).containsExactly(ASK_ALL);
        assertThat(neighbours.nextDeadlineNs()).isEqualTo(nowNs + SECOND);
    }

    @Test
    void incomplete_reply_resolves() {
        neighbours.lookup(0, PEER, nowNs);
        assertThat(arp(Arp.REPLY, PEER_MAC, PEER_IP, OUR_IP)).isEqualTo(Neighbours.LEARNED);
        assertThat(neighbours.lookup(0, PEER, nowNs)).isEqualTo(PEER_MAC);
        assertThat(events).containsExactly(ASK_ALL, RESOLVED);
        advanceTo(nowNs + 20 * SECOND);
        assertThat(events).hasSize(2);
        assertThat(neighbours.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void incomplete_threeRequestsUnanswered_isUnreachableAndCanBeAskedAnew() {
        neighbours.lookup(0, PEER, nowNs);
        advanceTo(nowNs + 10 * SECOND);
        assertThat(events).containsExactly(ASK_ALL, ASK_ALL, ASK_ALL, "unreachable 198.18.0.1");
        neighbours.lookup(0, PEER, nowNs);
        assertThat(events).last().isEqualTo(ASK_ALL);
    }

    @Test
    void failed_isNotAskedForASecond_butForWhoWantsToKnowNow() {
        neighbours.lookup(0, PEER, nowNs);
        advanceTo(nowNs + 3 * SECOND);
        assertThat(neighbours.lookup(0, PEER, nowNs)).isEqualTo(Neighbours.FAILED);
        assertThat(neighbours.lookup(0, PEER, nowNs + SECOND - 1)).isEqualTo(Neighbours.FAILED);
        assertThat(events).hasSize(4);
        assertThat(neighbours.lookup(0, PEER, /* anew= */ true, nowNs)).isEqualTo(Neighbours.UNRESOLVED);
        assertThat(events).hasSize(5).last().isEqualTo(ASK_ALL);
        assertThat(arp(Arp.REPLY, PEER_MAC, PEER_IP, OUR_IP)).isEqualTo(Neighbours.LEARNED);
        assertThat(neighbours.isDead(0, PEER)).isFalse();
    }

    @Test
    void failed_thatNobodyWants_isForgotten() {
        neighbours.lookup(0, PEER, nowNs);
        advanceTo(nowNs + 100 * SECOND);
        assertThat(neighbours.size()).isZero();
        assertThat(neighbours.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
        assertThat(events).hasSize(4);
    }

    @Test
    void strangers_areAskedForOnlySoOften_andThoseThatFailedEverMoreSeldom() {
        int admitted = 0;
        for (int i = 0; i < 100; i++) {
            admitted += neighbours.admits(0, IpAddress.mapped(0xc6120010 + i), nowNs) ? 1 : 0;
        }
        assertThat(admitted).isEqualTo(Neighbours.STRANGERS_PER_SECOND);
        nowNs += SECOND;
        assertThat(neighbours.admits(0, PEER, nowNs)).isTrue();
        for (long holdNs = SECOND; holdNs <= 8 * SECOND; holdNs *= 2) {
            neighbours.lookup(0, PEER, nowNs);
            advanceTo(nowNs + 3 * SECOND);
            assertThat(neighbours.admits(0, PEER, nowNs + holdNs - 1)).isFalse();
            assertThat(neighbours.admits(0, PEER, nowNs + holdNs)).isTrue();
            nowNs += 20 * SECOND;
        }
        arp(Arp.REQUEST, PEER_MAC, PEER_IP, OUR_IP);
        assertThat(neighbours.admits(0, PEER, nowNs)).isTrue();
    }

    @Test
    void rfc1122_4_2_3_5_suspectedByTcp_isProbedAtOnce_unlessItHasJustAnswered() {
        resolve();
        neighbours.suspected(0, PEER, nowNs + SECOND);
        assertThat(events).isEmpty();
        neighbours.suspected(0, PEER, nowNs + 6 * SECOND);
        assertThat(events).containsExactly(ASK_PEER);
        neighbours.confirmed(0, PEER, nowNs + 6 * SECOND);
        advanceTo(nowNs + 30 * SECOND);
        assertThat(events).containsExactly(ASK_PEER);
        assertThat(neighbours.isUnsure()).isFalse();
    }

    @Test
    void reachable_notUsed_isNeverProbed() {
        resolve();
        advanceTo(nowNs + 1_000 * SECOND);
        assertThat(events).isEmpty();
    }

    @Test
    void stale_lookup_probesTheKnownAddressAndGivesItMeanwhile() {
        resolve();
        nowNs += 31 * SECOND;
        assertThat(neighbours.lookup(0, PEER, nowNs)).isEqualTo(PEER_MAC);
        advanceTo(nowNs + 4 * SECOND);
        assertThat(events).isEmpty();
        advanceTo(nowNs + SECOND);
        assertThat(events).containsExactly(ASK_PEER);
        arp(Arp.REPLY, PEER_MAC, PEER_IP, OUR_IP);
        advanceTo(nowNs + 20 * SECOND);
        assertThat(events).containsExactly(ASK_PEER);
        assertThat(neighbours.lookup(0, PEER, nowNs)).isEqualTo(PEER_MAC);
    }

    @Test
    void delay_progressOfTcp_spareTheProbe() {
        resolve();
        nowNs += 31 * SECOND;
        neighbours.lookup(0, PEER, nowNs);
        neighbours.confirmed(0, PEER, nowNs + SECOND);
        advanceTo(nowNs + 20 * SECOND);
        assertThat(events).isEmpty();
    }

    @Test
    void probe_unanswered_isUnreachable() {
        resolve();
        nowNs += 31 * SECOND;
        neighbours.lookup(0, PEER, nowNs);
        advanceTo(nowNs + 20 * SECOND);
        assertThat(events).containsExactly(ASK_PEER, ASK_PEER, ASK_PEER, "unreachable 198.18.0.1");
        assertThat(neighbours.lookup(0, PEER, nowNs)).isEqualTo(Neighbours.UNRESOLVED);
    }

    @Test
    void aRequestForUsIsToBeAnsweredAndTeaches() {
        assertThat(arp(Arp.REQUEST, PEER_MAC, PEER_IP, OUR_IP)).isEqualTo(Neighbours.REPLY);
        assertThat(neighbours.peek(0, PEER)).isEqualTo(PEER_MAC);
        ArpFrames.writeReply(packet, 0, 14, OUR_MAC);
        assertThat(Ethernet.destination(packet, 0)).isEqualTo(PEER_MAC);
        assertThat(Ethernet.source(packet, 0)).isEqualTo(OUR_MAC);
        assertThat(Arp.operation(packet, 14)).isEqualTo(Arp.REPLY);
        assertThat(Arp.senderIp(packet, 14)).isEqualTo(OUR_IP);
        assertThat(Arp.targetIp(packet, 14)).isEqualTo(PEER_IP);
        assertThat(Arp.targetMac(packet, 14)).isEqualTo(PEER_MAC);
    }

    @Test
    void unknown_replyThatNobodyAskedFor_makesNoEntry() {
        assertThat(arp(Arp.REPLY, PEER_MAC, PEER_IP, OUR_IP)).isEqualTo(Neighbours.IGNORED);
        assertThat(neighbours.size()).isZero();
    }

    @Test
    void stale_replyThatNobodyAskedFor_vouchesForNobody() {
        resolve();
        nowNs += 31 * SECOND;
        neighbours.lookup(0, PEER, nowNs);
        arp(Arp.REPLY, PEER_MAC, PEER_IP, OUR_IP);
        advanceTo(nowNs + 5 * SECOND);
        assertThat(events).containsExactly(ASK_PEER);
    }

    @Test
    void rfc4861_7_2_3_aRequest_saysOnlyThatWeHearIt_soUseMakesSure() {
        arp(Arp.REQUEST, PEER_MAC, PEER_IP, OUR_IP);
        events.clear();
        assertThat(neighbours.lookup(0, PEER, nowNs)).isEqualTo(PEER_MAC);
        advanceTo(nowNs + 5 * SECOND);
        assertThat(events).containsExactly(ASK_PEER);
    }

    @Test
    void aProbeForOurAddressIsAnsweredAndTeachesNothing() {
        assertThat(arp(Arp.REQUEST, PEER_MAC, 0, OUR_IP)).isEqualTo(Neighbours.REPLY);
        assertThat(neighbours.size()).isZero();
    }

    @Test
    void strangersTalkTeachesNothingNewButUpdatesWhatIsKnown() {
        assertThat(arp(Arp.REQUEST, PEER_MAC, PEER_IP, 0xc6120063)).isEqualTo(Neighbours.IGNORED);
        assertThat(neighbours.size()).isZero();
        resolve();
        assertThat(arp(Arp.REQUEST, OTHER_MAC, PEER_IP, PEER_IP)).isEqualTo(Neighbours.LEARNED);
        assertThat(neighbours.peek(0, PEER)).isEqualTo(OTHER_MAC);
        assertThat(events).containsExactly("resolved 198.18.0.1 0e:00:00:00:00:09");
    }

    @Test
    void refusesImpossibleSenders() {
        assertThat(arp(Arp.REPLY, Ethernet.BROADCAST, PEER_IP, OUR_IP)).isEqualTo(Neighbours.BAD);
        assertThat(arp(Arp.REPLY, 0, PEER_IP, OUR_IP)).isEqualTo(Neighbours.BAD);
        assertThat(arp(Arp.REPLY, PEER_MAC, 0x08080808, OUR_IP)).isEqualTo(Neighbours.BAD);
        assertThat(arp(Arp.REPLY, PEER_MAC, 0xc61200ff, OUR_IP)).isEqualTo(Neighbours.BAD);
        assertThat(arp(3, PEER_MAC, PEER_IP, OUR_IP)).isEqualTo(Neighbours.BAD);
        assertThat(arp(Arp.REQUEST, PEER_MAC, OUR_IP, OUR_IP)).isEqualTo(Neighbours.CONFLICT);
        assertThat(arp(Arp.REQUEST, OUR_MAC, OUR_IP, OUR_IP)).isEqualTo(Neighbours.IGNORED);
        assertThat(neighbours.size()).isZero();
    }

    @Test
    void broadcastAndOwnAddressesNeedNoAsking() {
        assertThat(neighbours.lookup(0, IpAddress.mapped(-1), nowNs)).isEqualTo(Ethernet.BROADCAST);
        assertThat(neighbours.lookup(0, IpAddress.mapped(0xc61200ff), nowNs)).isEqualTo(Ethernet.BROADCAST);
        assertThat(neighbours.lookup(0, IpAddress.mapped(OUR_IP), nowNs)).isEqualTo(OUR_MAC);
        assertThat(events).isEmpty();
    }

    @Test
    void aScanOfManyAddressesStaysBounded() {
        resolve();
        for (int i = 0; i < 100_000; i++) {
            nowNs += 1_000;
            neighbours.lookup(0, IpAddress.mapped(0x0a000000 + i), nowNs);
            if (i % 100 == 0) {
                assertThat(neighbours.lookup(0, PEER, nowNs)).isEqualTo(PEER_MAC);
            }
        }
        assertThat(neighbours.size()).isEqualTo(Neighbours.MOST);
        advanceTo(nowNs + 100 * SECOND);
        assertThat(neighbours.size()).isEqualTo(1);
    }

    @Test
    void noBytesMakeInputFail() {
        SplittableRandom random = new SplittableRandom(826);
        byte[] data = new byte[60];
        for (int round = 0; round < 100_000; round++) {
            random.nextBytes(data);
            ByteBuffer bytes = ByteBuffer.wrap(data);
            int length = random.nextInt(61);
            if (round % 2 == 0) {
                bytes.putLong(60 - length > 52 ? 52 : 60 - length, 0x0001_0800_0604_0001L);
            }
            neighbours.input(bytes, 60 - length, length, round);
        }
    }

    // ---- times, to their edges
    // -----------------------------------------------------------------------------------------

    @Test
    void reachable_forThirtySecondsExactly() {
        resolve();
        neighbours.lookup(0, PEER, nowNs + 30 * SECOND - 1);
        assertThat(neighbours.isUnsure()).isFalse();
        neighbours.lookup(0, PEER, nowNs + 30 * SECOND);
        assertThat(neighbours.isUnsure()).isTrue();
    }

    @Test
    void failed_isAskedAgainAfterASecondExactly() {
        neighbours.lookup(0, PEER, nowNs);
        advanceTo(nowNs + 3 * SECOND);
        assertThat(neighbours.lookup(0, PEER, nowNs + SECOND)).isEqualTo(Neighbours.UNRESOLVED);
        assertThat(events).hasSize(5).last().isEqualTo(ASK_ALL);
    }

    @Test
    void isDead_onlyAfterItDidNotAnswer_untilItDoes() {
        assertThat(neighbours.isDead(0, PEER)).as("unknown").isFalse();
        neighbours.lookup(0, PEER, nowNs);
        assertThat(neighbours.isDead(0, PEER)).as("asked").isFalse();
        advanceTo(nowNs + 3 * SECOND);
        assertThat(neighbours.isDead(0, PEER)).isTrue();
        neighbours.lookup(0, PEER, true, nowNs);
        assertThat(neighbours.isDead(0, PEER)).as("asked once more").isTrue();
        arp(Arp.REPLY, PEER_MAC, PEER_IP, OUR_IP);
        assertThat(neighbours.isDead(0, PEER)).isFalse();
    }

    @Test
    void peek_neverAsks() {
        assertThat(neighbours.peek(0, PEER)).isEqualTo(Neighbours.UNRESOLVED);
        assertThat(events).isEmpty();
        assertThat(neighbours.size()).isZero();
    }

    @Test
    void calledEarly_doesNothing() {
        neighbours.lookup(0, PEER, nowNs);
        neighbours.onTimer(nowNs + SECOND - 1);
        assertThat(events).containsExactly(ASK_ALL);
    }

    @Test
    void suspected_isProbedFiveSecondsAfterItsAnswer_andCountsAsUnsure() {
        resolve();
        neighbours.suspected(0, PEER, nowNs + 5 * SECOND - 1);
        assertThat(events).isEmpty();
        assertThat(neighbours.isUnsure()).isFalse();
        neighbours.suspected(0, PEER, nowNs + 5 * SECOND);
        assertThat(events).containsExactly(ASK_PEER);
        assertThat(neighbours.isUnsure()).isTrue();
        neighbours.suspected(0, PEER, nowNs + 5 * SECOND);
        assertThat(events).as("is being probed").hasSize(1);
        nowNs += 5 * SECOND;
        advanceTo(nowNs + 10 * SECOND);
        assertThat(events).containsExactly(ASK_PEER, ASK_PEER, ASK_PEER, "unreachable 198.18.0.1");
        assertThat(neighbours.isUnsure()).isFalse();
    }

    @Test
    void suspected_whomNobodyKnows_isNotAsked() {
        neighbours.suspected(0, PEER, nowNs);
        neighbours.lookup(0, PEER, nowNs);
        neighbours.suspected(0, PEER, nowNs);
        assertThat(events).containsExactly(ASK_ALL);
    }

    @Test
    void stale_suspected_isProbedAtOnce() {
        arp(Arp.REQUEST, PEER_MAC, PEER_IP, OUR_IP);
        events.clear();
        neighbours.suspected(0, PEER, nowNs);
        assertThat(events).containsExactly(ASK_PEER);
    }

    @Test
    void confirmed_whomNobodyKnows_changesNothing() {
        neighbours.confirmed(0, PEER, nowNs);
        assertThat(neighbours.size()).isZero();
        neighbours.lookup(0, PEER, nowNs);
        neighbours.confirmed(0, PEER, nowNs);
        advanceTo(nowNs + 10 * SECOND);
        assertThat(events).last().isEqualTo("unreachable 198.18.0.1");
    }

    @Test
    void unsure_isCountedThroughEveryWayOut() {
        resolve();
        nowNs += 31 * SECOND;
        neighbours.lookup(0, PEER, nowNs);
        assertThat(neighbours.isUnsure()).as("DELAY").isTrue();
        advanceTo(nowNs + 5 * SECOND);
        assertThat(neighbours.isUnsure()).as("PROBE").isTrue();
        arp(Arp.REPLY, PEER_MAC, PEER_IP, OUR_IP);
        assertThat(neighbours.isUnsure()).as("REACHABLE").isFalse();
        nowNs += 31 * SECOND;
        neighbours.lookup(0, PEER, nowNs);
        for (int i = 0; i < Neighbours.MOST; i++) {
            neighbours.lookup(0, IpAddress.mapped(0x0a000000 + i), ++nowNs);
        }
        assertThat(neighbours.peek(0, PEER)).as("pushed out").isEqualTo(Neighbours.UNRESOLVED);
        assertThat(neighbours.isUnsure()).isFalse();
    }

    // ---- whom it admits
    // ------------------------------------------------------------------------------------------------

    @Test
    void strangers_whoAreKnownOrOurselves_areAdmittedInAnyNumber() {
        resolve();
        nowNs += 2 * SECOND;
        for (int i = 0; i < 2 * Neighbours.STRANGERS_PER_SECOND; i++) {
            assertThat(neighbours.admits(0, PEER, nowNs)).isTrue();
            assertThat(neighbours.admits(0, IpAddress.mapped(OUR_IP), nowNs)).isTrue();
        }
        for (int i = 0; i < Neighbours.STRANGERS_PER_SECOND; i++) {
            assertThat(neighbours.admits(0, IpAddress.mapped(0xc6120010 + i), nowNs))
                    .isTrue();
        }
        assertThat(neighbours.admits(0, IpAddress.mapped(0xc61200aa), nowNs + SECOND - 1))
                .isFalse();
        assertThat(neighbours.admits(0, IpAddress.mapped(0xc61200aa), nowNs + SECOND))
                .isTrue();
    }

    // ---- routers, and who was known
    // ------------------------------------------------------------------------------------

    private Neighbours ofRouter() {
        return new Neighbours(OUR_MAC, new Routes(List.of(Subnet.parse("198.18.0.2/24")), List.of()), new Recorder() {
            @Override
            public void gone(long hi, long lo) {
                events.add("gone " + IpAddress.of(hi, lo));
            }

            @Override
            public boolean isRouter(long hi, long lo) {
                return true;
            }
        });
    }

    private void advance(Neighbours table, long untilNs) {
        while (table.nextDeadlineNs() <= untilNs) {
            nowNs = Math.max(nowNs, table.nextDeadlineNs());
            table.onTimer(nowNs);
        }
        nowNs = untilNs;
    }

    @Test
    void failed_router_isAskedEveryTenSecondsAndNeverForgotten() {
        Neighbours table = ofRouter();
        table.lookup(0, PEER, nowNs);
        long failedNs = nowNs + 3 * SECOND;
        advance(table, failedNs);
        assertThat(events).containsExactly(ASK_ALL, ASK_ALL, ASK_ALL, "unreachable 198.18.0.1");
        advance(table, failedNs + 10 * SECOND - 1);
        assertThat(events).hasSize(4);
        advance(table, failedNs + 10 * SECOND);
        assertThat(events).hasSize(5).last().isEqualTo(ASK_ALL);
        advance(table, failedNs + 100 * SECOND);
        assertThat(events).hasSize(14);
        assertThat(table.size()).isEqualTo(1);
        Arp.write(packet, 14, Arp.REPLY, PEER_MAC, PEER_IP, 0, OUR_IP);
        assertThat(table.input(packet, 14, 46, nowNs)).isEqualTo(Neighbours.LEARNED);
        assertThat(table.isDead(0, PEER)).isFalse();
        events.clear();
        advance(table, nowNs + 100 * SECOND);
        assertThat(events).isEmpty();
    }

    @Test
    void known_thatAnswersNoMore_isGoneAndMayBeAskedByEverybodyAtOnce() {
        Neighbours table = ofRouter();
        table.lookup(0, PEER, nowNs);
        Arp.write(packet, 14, Arp.REPLY, PEER_MAC, PEER_IP, 0, OUR_IP);
        table.input(packet, 14, 46, nowNs);
        table.suspected(0, PEER, nowNs + 10 * SECOND);
        events.clear();
        advance(table, nowNs + 13 * SECOND);
        assertThat(events).containsExactly(ASK_PEER, ASK_PEER, "gone 198.18.0.1", "unreachable 198.18.0.1");
        assertThat(table.lookup(0, PEER, nowNs)).isEqualTo(Neighbours.UNRESOLVED);
        assertThat(events).last().isEqualTo(ASK_ALL);
    }

    @Test
    void pushedOutWhileItIsAsked_isUnreachable_butNotWhenItWasKnown() {
        neighbours.lookup(0, PEER, nowNs);
        for (int i = 0; i < Neighbours.MOST; i++) {
            neighbours.lookup(0, IpAddress.mapped(0x0a000000 + i), ++nowNs);
        }
        assertThat(events).contains("unreachable 198.18.0.1");
        NeighboursTest test = new NeighboursTest();
        test.resolve();
        for (int i = 0; i < Neighbours.MOST; i++) {
            test.neighbours.lookup(0, IpAddress.mapped(0x0a000000 + i), ++test.nowNs);
        }
        assertThat(test.neighbours.peek(0, PEER)).isEqualTo(Neighbours.UNRESOLVED);
        assertThat(test.events).doesNotContain("unreachable 198.18.0.1");
    }

    @Test
    void twoOfOneHalf_areTwo() {
        long hi = IpAddress.parse("2001:db8::").hi();
        long before = neighbours.lookup(hi, 1, nowNs);
        assertThat(before).isEqualTo(Neighbours.UNRESOLVED);
        neighbours.lookup(hi + 1, 1, nowNs);
        neighbours.lookup(hi, 2, nowNs);
        assertThat(neighbours.size()).isEqualTo(3);
        assertThat(events).hasSize(3).doesNotHaveDuplicates();
    }
}
