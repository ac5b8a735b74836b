/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** How much of the memory of a JVM and its container the stack takes, and which. */
class MemoryBudgetTest {
    private static final long MEBI = 1 << 20;
    private static final long DEFAULT = 1L << 30;

    private static MemoryBudget budget(
            long wantedMebi, boolean asked, long heapMebi, long directMebi, long containerMebi) {
        long container = containerMebi == 0 ? MemoryLimits.NONE : containerMebi * MEBI;
        return MemoryBudget.of(
                wantedMebi * MEBI, asked, new MemoryLimits(heapMebi * MEBI, directMebi * MEBI, container));
    }

    private static MemoryBudget byDefault(long heapMebi, long directMebi, long containerMebi) {
        return budget(DEFAULT / MEBI, false, heapMebi, directMebi, containerMebi);
    }

    @Test
    void aQuarterOfTheDirectMemoryIsTakenAndNoMoreThanTheDefault() {
        assertThat(byDefault(128, 128, 0).text()).isEqualTo("32m direct");
        assertThat(byDefault(16_384, 16_384, 0).text()).isEqualTo("1024m direct");
        assertThat(byDefault(128, 128, 0).frameBytes()).isEqualTo(16 * MEBI);
    }

    @Test
    void whereDirectMemoryIsShortPayloadIsInTheHeap() {
        assertThat(byDefault(512, 10, 0).text()).isEqualTo("64m heap");
        assertThat(byDefault(64, 20, 0).text()).isEqualTo("8m heap");
        assertThat(byDefault(512, 10, 0).frameBytes()).isEqualTo(10 * MEBI / 8);
    }

    @Test
    void aContainersLimitBoundsWhatTheHeapLeaves() {
        assertThat(byDefault(256, 256, 1_024).text()).isEqualTo("64m direct");
        assertThat(byDefault(768, 768, 1_024).text())
                .as("64 of what is beside the heap, 96 of the heap")
                .isEqualTo("96m heap");
        assertThat(byDefault(256, 256, 300).text())
                .as("hardly anything is beside the heap")
                .isEqualTo("32m heap");
    }

    @Test
    void whatTheUserAsksForIsTakenUpToHalfOfWhatThereIsAndMoreIsWarnedOf() {
        assertThat(budget(64, true, 128, 128, 0).text()).isEqualTo("64m direct");
        assertThat(budget(64, true, 128, 128, 0).warning()).isNull();
        MemoryBudget above = budget(1_024, true, 128, 128, 0);
        assertThat(above.text()).isEqualTo("64m direct");
        assertThat(above.warning())
                .isEqualTo(
                        "mtcp.memory=1024m is above what this JVM and its container leave to the stack: it takes at most 64m;"
                                + " give the JVM more with -XX:MaxDirectMemorySize or -Xmx, or set mtcp.memory to that or less");
        assertThat(budget(4, true, 64, 10, 0).text()).isEqualTo("4m direct");
    }

    @Test
    void theLastOptionCountsAsForTheJvm() {
        assertThat(MemoryLimits.directBytes("java\0-Xmx1g\0Main\0", 7)).isEqualTo(7);
        assertThat(MemoryLimits.directBytes("-XX:MaxDirectMemorySize=10M java\0-XX:MaxDirectMemorySize=20m\0Main\0", 7))
                .isEqualTo(20 * MEBI);
        assertThat(MemoryLimits.directBytes("-XX:MaxDirectMemorySize=1G ", 7)).isEqualTo(DEFAULT);
        assertThat(MemoryLimits.directBytes("-XX:MaxDirectMemorySize=4096", 7)).isEqualTo(4_096);
        assertThat(MemoryLimits.directBytes("-XX:MaxDirectMemorySize=much", 7)).isEqualTo(7);
    }

    @Test
    void controlGroupsOfBothVersionsSayThatThereIsNoLimit() {
        assertThat(MemoryLimits.limit("max\n")).isEqualTo(MemoryLimits.NONE);
        assertThat(MemoryLimits.limit("9223372036854771712\n")).isEqualTo(MemoryLimits.NONE);
        assertThat(MemoryLimits.limit("")).isEqualTo(MemoryLimits.NONE);
        assertThat(MemoryLimits.limit("536870912\n")).isEqualTo(512 * MEBI);
    }
}
