/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mtcp4j.ip.IpAddress;

/** Who gets how many ICMP errors, in virtual time. */
class IcmpLimitTest {
    private static final long MS = 1_000_000L;

    private final IcmpLimit limit = new IcmpLimit(new SplittableRandom(1));
    private long nowNs = 5_000 * MS;

    private int taken(IpAddress to, int asked) {
        int taken = 0;
        for (int i = 0; i < asked; i++) {
            taken += limit.tryTake(to.hi(), to.lo(), nowNs) ? 1 : 0;
        }
        return taken;
    }

    @ParameterizedTest
    @CsvSource({"198.18.0.1, 198.18.0.3, 1000", "2001:db8::1, 2001:db8::3, 100"})
    void rfc1812_4_3_2_8_rfc4443_2_4_f_oneSenderUsesUpOnlyItsOwnShare(String sender, String other, int intervalMs) {
        IpAddress from = IpAddress.parse(sender);
        assertThat(taken(from, 5_000)).isEqualTo(IcmpLimit.BURST);
        assertThat(taken(IpAddress.parse(other), 1)).isEqualTo(1);
        nowNs += (intervalMs - 1) * MS;
        assertThat(taken(from, 5_000)).isZero();
        nowNs += MS;
        assertThat(taken(from, 5_000)).isEqualTo(1);
        nowNs += 60_000 * MS;
        assertThat(taken(from, 5_000)).as("and saves no more").isEqualTo(IcmpLimit.BURST);
    }

    @Test
    void allTogetherGetAThousandASecond() {
        int taken = 0;
        for (int i = 0; i < 20_000; i++) {
            taken += taken(IpAddress.of(0x2001_0db8L << 32, i), 1);
        }
        assertThat(taken).isEqualTo(IcmpLimit.PER_SECOND);
        nowNs += 1_000 * MS;
        assertThat(taken(IpAddress.parse("198.18.0.9"), 1)).isEqualTo(1);
    }

    @Test
    void aClockMayBeginBelowZero() {
        nowNs = -9_000 * MS;
        assertThat(taken(IpAddress.parse("198.18.0.1"), 1)).isEqualTo(1);
    }
}
