/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;

/** Fragments of both kinds, in virtual time. */
class FragmentsTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int V6_HEADERS = Ipv6.HEADER_BYTES + 8;

    private final ByteBuffer in = ByteBuffer.allocateDirect(70_000);
    private final ByteBuffer out = ByteBuffer.allocateDirect(70_000);
    private long nowNs = 5 * SECOND_NS;

    private static Fragments of(boolean v6) {
        return new Fragments(v6 ? Fragments.IPV6_LIFE_NS : Fragments.IPV4_LIFE_NS);
    }

    private static byte byteAt(int position) {
        return (byte) (position * 31 + position / 256);
    }

    /** A fragment of packet {@code id}: bytes {@code from} to {@code to} of its payload. */
    private int add(Fragments f, boolean v6, int id, int from, int to, boolean more) {
        return add(f, v6, id, from, to, more, 0);
    }

    private int add(Fragments f, boolean v6, int id, int from, int to, boolean more, int ecn) {
        int headers = v6 ? V6_HEADERS : Ipv4.HEADER_BYTES;
        for (int i = from; i < to; i++) {
            in.put(headers + i - from, byteAt(i));
        }
        if (v6) {
            Ipv6.write(in, 0, 8 + to - from, Ipv6.FRAGMENT, 64);
            Ipv6.addresses(in, 0, 1, 2, 3, 4);
            Ipv6.trafficClass(in, 0, ecn);
            in.put(40, (byte) Ipv4.PROTOCOL_TCP).put(41, (byte) 0);
            in.putShort(42, (short) (from | (more ? 1 : 0))).putInt(44, id);
        } else {
            Ipv4.write(in, 0, headers + to - from, id, Ipv4.PROTOCOL_TCP, 0xc612_0001, 0xc612_0002);
            Ipv4.tos(in, 0, ecn);
            in.putShort(Ipv4.FRAGMENT_OFFSET, (short) (from >>> 3 | (more ? Ipv4.MORE_FRAGMENTS : 0)));
        }
        return f.add(in, 0, Ipv6.HEADER_BYTES, 0, nowNs);
    }

    private void isWhole(Fragments f, boolean v6, int total, int payloadBytes) {
        int headers = v6 ? Ipv6.HEADER_BYTES : Ipv4.HEADER_BYTES;
        assertThat(total).isEqualTo(headers + payloadBytes);
        f.write(out, 0);
        for (int i = 0; i < payloadBytes; i++) {
            assertThat(out.get(headers + i)).as("byte " + i).isEqualTo(byteAt(i));
        }
        if (v6) {
            assertThat(Ipv6.check(out, 0, total)).isEqualTo(Ipv6.OK);
            assertThat(Ipv6.transport(out, 0)).isEqualTo(Ipv4.PROTOCOL_TCP << 16 | Ipv6.HEADER_BYTES);
        } else {
            assertThat(Ipv4Input.check(out, 0, total)).isEqualTo(Ipv4Input.OK);
            assertThat(Ipv4.totalBytes(out, 0)).isEqualTo(total);
        }
        assertThat(f.packets()).isZero();
        assertThat(f.keptBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rfc791_3_2_rfc8200_4_5_piecesInAnyOrderMakeThePacket(boolean v6) {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            Fragments f = of(v6);
            int total = 9 + random.nextInt(60_000);
            List<int[]> pieces = new ArrayList<>();
            for (int at = 0; at < total; ) {
                int end = Math.min(total, at + 8 * (128 + random.nextInt(256)));
                pieces.add(new int[] {at, end});
                at = end;
            }
            Collections.shuffle(pieces, random);
            int left = pieces.size();
            for (int[] piece : pieces) {
                int result = add(f, v6, 7, piece[0], piece[1], piece[1] < total);
                if (--left > 0) {
                    assertThat(result).as("seed " + seed).isEqualTo(Fragments.WAITING);
                    if (random.nextBoolean()) {
                        assertThat(add(f, v6, 7, piece[0], piece[1], piece[1] < total))
                                .as("once more")
                                .isEqualTo(Fragments.WAITING);
                    }
                } else {
                    isWhole(f, v6, result, total);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rfc5722_3_anOverlapDropsThePacketWithWhatIsStillToCome(boolean v6) {
        int[][] overlaps = {{0, 48}, {16, 32}, {40, 64}, {24, 56}, {0, 8}};
        for (int[] overlap : overlaps) {
            Fragments f = of(v6);
            assertThat(add(f, v6, 7, 8, 48, true)).isEqualTo(Fragments.WAITING);
            boolean overlapping = overlap[1] > 8;
            assertThat(add(f, v6, 7, overlap[0], overlap[1], true))
                    .isEqualTo(overlapping ? Fragments.DROPPED : Fragments.WAITING);
            int last = add(f, v6, 7, 48, 50, false);
            if (overlapping) {
                assertThat(last).isEqualTo(Fragments.DROPPED);
                assertThat(add(f, v6, 7, 0, 8, true)).isEqualTo(Fragments.DROPPED);
                assertThat(f.keptBytes()).isZero();
            } else {
                isWhole(f, v6, last, 50);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void fragmentsThatContradictTheEndDropThePacket(boolean v6) {
        Fragments f = of(v6);
        add(f, v6, 1, 64, 72, true);
        assertThat(add(f, v6, 1, 8, 24, false))
                .as("an end before what is there")
                .isEqualTo(Fragments.DROPPED);
        add(f, v6, 2, 8, 24, false);
        assertThat(add(f, v6, 2, 24, 32, true)).as("something behind the end").isEqualTo(Fragments.DROPPED);
        add(f, v6, 3, 8, 24, false);
        assertThat(add(f, v6, 3, 24, 30, false)).as("a second end").isEqualTo(Fragments.DROPPED);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void malformedOnesAreDroppedAndBeginNothing(boolean v6) {
        Fragments f = of(v6);
        assertThat(add(f, v6, 1, 0, 12, true)).as("not a multiple of 8").isEqualTo(Fragments.DROPPED);
        assertThat(add(f, v6, 1, 16, 16, false)).as("empty").isEqualTo(Fragments.DROPPED);
        assertThat(add(f, v6, 1, 65_528, 65_540, false))
                .as("longer than any packet")
                .isEqualTo(Fragments.DROPPED);
        assertThat(f.packets()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatDoesNotComeInTimeIsGivenUp(boolean v6) {
        Fragments f = of(v6);
        add(f, v6, 1, 0, 8, true);
        nowNs += (v6 ? 60 : 30) * SECOND_NS - 1;
        f.expire(nowNs);
        assertThat(f.packets()).isEqualTo(1);
        nowNs++;
        assertThat(add(f, v6, 1, 8, 16, false)).as("begins anew").isEqualTo(Fragments.WAITING);
        assertThat(f.takeTimedOut()).isEqualTo(1);
        assertThat(f.takeTimedOut()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFloodOfBegunPacketsStaysWithinItsBounds(boolean v6) {
        Fragments f = of(v6);
        for (int id = 0; id < 10_000; id++) {
            add(f, v6, id, 60_000, 61_000, true);
            assertThat(f.packets()).isLessThanOrEqualTo(Fragments.MOST_PACKETS);
            assertThat(f.keptBytes()).isLessThanOrEqualTo(Fragments.MOST_BYTES);
        }
        assertThat(f.takeEvicted()).isGreaterThan(9_900);
        add(f, v6, 20_000, 0, 800, true);
        isWholeAmongOthers(add(f, v6, 20_000, 800, 900, false), v6);
        for (int at = 0; at < 8 * Fragments.MOST_PIECES; at += 8) {
            assertThat(add(f, v6, 30_000, 2 * at, 2 * at + 8, true)).isEqualTo(Fragments.WAITING);
        }
        assertThat(add(f, v6, 30_000, 8, 16, true)).as("too many pieces").isEqualTo(Fragments.DROPPED);
    }

    private static void isWholeAmongOthers(int total, boolean v6) {
        assertThat(total).isEqualTo((v6 ? Ipv6.HEADER_BYTES : Ipv4.HEADER_BYTES) + 900);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rfc3168_5_3_congestionThatOneFragmentMetIsThePackets(boolean v6) {
        Fragments f = of(v6);
        add(f, v6, 1, 0, 8, true, Ipv4.ECN_CAPABLE);
        isWhole(f, v6, add(f, v6, 1, 8, 16, false, Ipv4.ECN_CE), 16);
        assertThat((v6 ? Ipv6.trafficClass(out, 0) : Ipv4.tos(out, 0)) & Ipv4.ECN)
                .isEqualTo(Ipv4.ECN_CE);
        add(f, v6, 2, 0, 8, true, 0);
        assertThat(add(f, v6, 2, 8, 16, false, Ipv4.ECN_CE)).isEqualTo(Fragments.DROPPED);
    }

    @Test
    void rfc6946_4_anAtomicFragmentMeetsNoOther() {
        Fragments f = of(true);
        add(f, true, 7, 8, 16, true);
        assertThat(add(f, true, 7, 0, 100, false)).isEqualTo(Ipv6.HEADER_BYTES + 100);
        assertThat(f.packets()).isEqualTo(1);
    }

    // ---- edges
    // ---------------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theLongestPacketIsTakenAndWriteable(boolean v6) {
        Fragments f = of(v6);
        int total = v6 ? 65_535 : 65_515;
        assertThat(add(f, v6, 1, 0, 32_768, true)).isEqualTo(Fragments.WAITING);
        isWhole(f, v6, add(f, v6, 1, 32_768, total, false), total);
        add(f, v6, 2, 0, 8, true);
        assertThat(add(f, v6, 2, 65_504, total + 1, false)).isEqualTo(Fragments.DROPPED);
        assertThat(f.packets()).as("it begins nothing, and ends nothing").isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFragmentThatEndsWhereTheKnownEndIsIsTaken(boolean v6) {
        Fragments f = of(v6);
        add(f, v6, 1, 16, 20, false);
        add(f, v6, 1, 8, 16, true);
        isWhole(f, v6, add(f, v6, 1, 0, 8, true), 20);
        add(f, v6, 2, 0, 16, true);
        assertThat(add(f, v6, 2, 8, 16, false))
                .as("an end within what is there")
                .isEqualTo(Fragments.DROPPED);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void packetsOfAnotherNumberProtocolOrPartnerAreOthers(boolean v6) {
        Fragments f = of(v6);
        add(f, v6, 1, 0, 8, true);
        assertThat(add(f, v6, 2, 8, 16, false)).isEqualTo(Fragments.WAITING);
        for (int at : v6 ? new int[] {8, 16, 24, 32} : new int[] {12, 16, 9}) {
            write(v6, 1, 8, 16, false);
            in.put(at, (byte) (in.get(at) ^ 0x10));
            assertThat(f.add(in, 0, Ipv6.HEADER_BYTES, 0, nowNs))
                    .as("byte " + at)
                    .isEqualTo(Fragments.WAITING);
        }
        assertThat(f.packets()).isEqualTo(v6 ? 6 : 5);
        assertThat(add(f, v6, 1, 8, 16, false)).isPositive();
    }

    private void write(boolean v6, int id, int from, int to, boolean more) {
        add(of(v6), v6, id, from, to, more);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void itIsChargedForWhatItKeepsAndNoMore(boolean v6) {
        Fragments f = of(v6);
        assertThat(f.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
        add(f, v6, 1, 0, 8, true);
        assertThat(f.keptBytes()).isEqualTo(2_048);
        assertThat(f.nextDeadlineNs()).isEqualTo(nowNs + (v6 ? 60 : 30) * SECOND_NS);
        add(f, v6, 1, 8, 2_048, true);
        assertThat(f.keptBytes()).isEqualTo(2_048);
        add(f, v6, 1, 2_048, 2_056, true);
        assertThat(f.keptBytes()).as("twice as much").isEqualTo(4_096);
        add(f, v6, 1, 2_056, 10_000, true);
        assertThat(f.keptBytes()).as("as much as comes").isEqualTo(10_000);
        nowNs += 60 * SECOND_NS;
        f.expire(nowNs);
        assertThat(f.keptBytes()).isZero();
        assertThat(f.nextDeadlineNs()).isEqualTo(Long.MAX_VALUE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void memoryIsFilledToTheByteThenTheOldestGoes(boolean v6) {
        Fragments f = of(v6);
        for (int id = 0; id < 16; id++) {
            add(f, v6, id, 0, 61_440, true);
            nowNs++;
        }
        add(f, v6, 100, 0, 65_504, true);
        assertThat(f.keptBytes()).isEqualTo(16 * 61_440 + 65_504);
        assertThat(Fragments.MOST_BYTES - f.keptBytes()).isEqualTo(32);
        add(f, v6, 200, 0, 8, true);
        assertThat(f.packets()).isEqualTo(17);
        assertThat(f.takeEvicted()).isEqualTo(1);
        assertThat(add(f, v6, 0, 61_440, 61_448, false))
                .as("of the oldest, which has gone")
                .isEqualTo(Fragments.WAITING);
        assertThat(add(f, v6, 100, 65_504, 65_512, false)).isPositive();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aPacketOfTheMostPiecesIsWhole(boolean v6) {
        Fragments f = of(v6);
        for (int i = 0; i < Fragments.MOST_PIECES - 1; i++) {
            assertThat(add(f, v6, 1, 8 * i, 8 * i + 8, true)).isEqualTo(Fragments.WAITING);
        }
        int last = 8 * (Fragments.MOST_PIECES - 1);
        isWhole(f, v6, add(f, v6, 1, last, last + 5, false), last + 5);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void ecnIsThatOfTheFirstFragmentWhereNoneMetCongestion(boolean v6) {
        Fragments f = of(v6);
        add(f, v6, 1, 0, 8, true, Ipv4.ECN_CAPABLE);
        isWhole(f, v6, add(f, v6, 1, 8, 16, false, Ipv4.ECN_CAPABLE), 16);
        assertThat((v6 ? Ipv6.trafficClass(out, 0) : Ipv4.tos(out, 0)) & Ipv4.ECN)
                .isEqualTo(Ipv4.ECN_CAPABLE);
    }

    /** What is told of packets that were given up: the first fragment, as much as is quoted, and where it came from. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rfc792_rfc8200_4_5_whoseFirstFragmentCameIsToldThatTheRestDidNot(boolean v6) {
        List<byte[]> quotes = new ArrayList<>();
        List<Long> froms = new ArrayList<>();
        Fragments f = new Fragments(v6 ? Fragments.IPV6_LIFE_NS : Fragments.IPV4_LIFE_NS, (first, from) -> {
            quotes.add(first);
            froms.add(from);
        });
        add(f, v6, 1, 8, 16, true);
        add(f, v6, 2, 0, 2_000, true);
        f.add(in, 0, Ipv6.HEADER_BYTES, 77, nowNs);
        write(v6, 3, 0, 8, true);
        f.add(in, 0, Ipv6.HEADER_BYTES, 99, nowNs);
        add(f, v6, 4, 0, 8, true);
        add(f, v6, 4, 0, 16, true);
        nowNs += 60 * SECOND_NS;
        f.expire(nowNs);
        assertThat(f.takeTimedOut())
                .as("the one with an overlap was given up before")
                .isEqualTo(3);
        assertThat(froms).containsExactly(77L, 99L);
        assertThat(quotes.get(0)).hasSize(v6 ? 1280 - 48 : 28);
        assertThat(quotes.get(1)).hasSize(v6 ? V6_HEADERS + 8 : 28);
        assertThat(quotes.get(1)[v6 ? 47 : 5]).as("its number").isEqualTo((byte) 3);
    }

    @Test
    void aFragmentHeaderBehindThePacketsEndIsDropped() {
        Fragments f = of(true);
        add(f, true, 1, 0, 8, true);
        Ipv6.write(in, 0, 7, Ipv6.FRAGMENT, 64);
        assertThat(f.add(in, 0, Ipv6.HEADER_BYTES, 0, nowNs)).isEqualTo(Fragments.DROPPED);
        Ipv6.write(in, 0, 8, Ipv6.FRAGMENT, 64);
        assertThat(f.add(in, 0, Ipv6.HEADER_BYTES, 0, nowNs)).as("empty").isEqualTo(Fragments.DROPPED);
        assertThat(f.packets()).isEqualTo(1);
    }
}
