/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.mtcp4j.it.frameworks.Dpdk;

/** The contract over ports of DPDK, each in a JVM inside a network namespace. */
class DpdkContractTest {
    @BeforeAll
    static void needsDpdkAndRoot() {
        Dpdk.assumeAvailable();
        assumeTrue(System.getProperty("user.name").equals("root"), "packet sockets need root");
    }

    @TestFactory
    Stream<DynamicTest> stackServesOverAfPacket() throws Exception {
        return TapContractTest.casesOf(DpdkContracts.StackServesOverAfPacket.class);
    }

    @TestFactory
    Stream<DynamicTest> stackConnectsOverAfPacket() throws Exception {
        return TapContractTest.casesOf(DpdkContracts.StackConnectsOverAfPacket.class);
    }

    @TestFactory
    Stream<DynamicTest> twoStacksOverMemif() throws Exception {
        return TapContractTest.casesOf(DpdkContracts.TwoStacksOverMemif.class);
    }

    @TestFactory
    Stream<DynamicTest> twoStacksOverMemifThroughAnotherJvm() throws Exception {
        return TapContractTest.casesOf(DpdkContracts.TwoStacksOverMemifThroughAnotherJvm.class);
    }

    @TestFactory
    Stream<DynamicTest> serverOverMemifOfAnotherJvmsClients() throws Exception {
        return TapContractTest.casesOf(DpdkContracts.ServerOverMemifOfAnotherJvmsClients.class);
    }

    @TestFactory
    Stream<DynamicTest> clientOverMemifOfAnotherJvmsServers() throws Exception {
        return TapContractTest.casesOf(DpdkContracts.ClientOverMemifOfAnotherJvmsServers.class);
    }

    @TestFactory
    Stream<DynamicTest> twoStacksOverMemifTwoContexts() throws Exception {
        return TapContractTest.casesOf(DpdkContracts.TwoStacksOverMemifTwoContexts.class);
    }
}
