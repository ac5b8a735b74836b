/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** When an application's thread runs a context in place of the context's own thread, and when no longer. */
class AdoptionTest {
    private final Adoption adoption = new Adoption();
    private final Waiter selector = new Waiter();
    private final Waiter other = new Waiter();
    private final Thread loop = new Thread();
    private final Thread pool = new Thread();

    private int waitsUntilAdopted() {
        for (int waits = 1; waits <= 2 * Adoption.MAX_STREAK; waits++) {
            if (adoption.waitBegins(selector, loop)) {
                return waits;
            }
        }
        throw new AssertionError("never");
    }

    private int strangersUntilGivenBack(int adopterWaitsEach) {
        for (int strangers = 1; strangers <= 1_000; strangers++) {
            if (adoption.strangerComes()) {
                return strangers;
            }
            for (int i = 0; i < adopterWaitsEach; i++) {
                adoption.adopterWaits();
            }
        }
        return Integer.MAX_VALUE;
    }

    @Test
    void threadThatAloneWaitsAndSubmitsAdopts() {
        assertThat(waitsUntilAdopted()).isEqualTo(Adoption.FIRST_STREAK + 1);
        assertThat(adoption.isAdopter(selector, loop)).isTrue();
        assertThat(adoption.isAdopter(selector, pool)).isFalse();
        assertThat(adoption.isAdopter(other, loop)).isFalse();
    }

    @Test
    void poolsAnswersKeepAContextWithItsOwnThread() {
        for (int i = 0; i < 10 * Adoption.FIRST_STREAK; i++) {
            assertThat(adoption.waitBegins(selector, loop)).isFalse();
            if (i % (Adoption.FIRST_STREAK / 2) == 0) {
                adoption.submits(pool);
            }
        }
    }

    @Test
    void ownCommandsDoNotCount() {
        for (int i = 0; i < Adoption.FIRST_STREAK; i++) {
            assertThat(adoption.waitBegins(selector, loop)).isFalse();
            adoption.submits(loop);
        }
        assertThat(adoption.waitBegins(selector, loop)).isTrue();
    }

    @Test
    void threadsThatWaitInTurnsKeepAContextWithItsOwnThread() {
        for (int i = 0; i < 10 * Adoption.FIRST_STREAK; i++) {
            assertThat(adoption.waitBegins(selector, loop)).isFalse();
            assertThat(adoption.waitBegins(other, pool)).isFalse();
        }
    }

    @Test
    void adoptionStandsRareStrangersAndEndsByFrequentOnes() {
        assertThat(strangersUntilGivenBack(16)).isEqualTo(Integer.MAX_VALUE);
        assertThat(strangersUntilGivenBack(0)).isLessThanOrEqualTo(Adoption.MAX_STRANGERS);
    }

    @Test
    void eachGivingBackDoublesTheNextStreakUpToABound() {
        waitsUntilAdopted();
        adoption.ends();
        assertThat(waitsUntilAdopted()).isEqualTo(2 * Adoption.FIRST_STREAK);
        for (int i = 0; i < 40; i++) {
            adoption.ends();
        }
        assertThat(waitsUntilAdopted()).isEqualTo(Adoption.MAX_STREAK);
    }
}
