/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mtcp4j.dpdk.DpdkNicProvider;

/** The contract on DPDK's ports, each kind in a JVM and a network namespace of its own. */
class DpdkPortsTest {
    @BeforeAll
    static void needsDpdk() {
        String reason = new DpdkNicProvider().unavailable();
        if (reason != null) {
            System.out.println("[dpdk] skipped: " + reason);
            abort(reason);
        }
    }

    static Stream<Class<?>> ports() {
        return Stream.of(
                DpdkContracts.Ring.class,
                DpdkContracts.Memif.class,
                DpdkContracts.Vhost.class,
                DpdkContracts.Tap.class,
                DpdkContracts.AfPacket.class,
                DpdkContracts.AfXdp.class,
                DpdkContracts.Pcap.class,
                DpdkOneWay.class,
                DpdkMemifLife.class,
                DpdkMemifLargest.class,
                DpdkWaits.class);
    }

    @ParameterizedTest
    @MethodSource("ports")
    @Tag("netns")
    void keepsTheContract(Class<?> contract) throws Exception {
        if (!System.getProperty("user.name").equals("root")) {
            abort("DPDK's sockets and devices need root here");
        }
        Netns.Result result = Netns.runTests(List.of(), contract);
        Map<Class<?>, Integer> special = Map.of(DpdkOneWay.class, 4, DpdkMemifLife.class, 2, DpdkMemifLargest.class, 2);
        int tests = special.getOrDefault(contract, 8);
        assertThat(result.output()).contains("ran " + tests + " failed 0").doesNotContain("rte_dump_stack");
        assertThat(result.exitCode()).isZero();
    }
}
