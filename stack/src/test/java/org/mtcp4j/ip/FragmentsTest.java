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
}
