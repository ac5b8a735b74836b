/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.mtcp4j.nic.NicFactory;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.NicUnavailableException;

class DpdkNicProviderTest {
    @Test
    void isFoundAndSaysThatItIsNotThereYet() {
        assertThat(NicFactory.providers()).containsKeys("dpdk", "memory", "tap");
        NicSettings settings = new NicSettings(1, 1500, 0, 64, null, System::nanoTime);
        assertThatThrownBy(() -> NicFactory.open("dpdk:net_memif0,role=server", settings, ""))
                .isInstanceOf(NicUnavailableException.class)
                .hasMessageStartingWith("DPDK support is not part of this release yet");
    }
}
