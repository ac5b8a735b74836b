/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The contract over an interface that the stack shares with the kernel, with a kernel as peer in another network namespace. */
class XdpContractTest {
    @BeforeAll
    static void needsRoot() {
        assumeTrue(System.getProperty("user.name").equals("root"), "XDP programs need root here");
    }

    @TestFactory
    Stream<DynamicTest> stackServes() throws Exception {
        return TapContractTest.casesOf(XdpContracts.StackServes.class);
    }

    @TestFactory
    Stream<DynamicTest> stackConnects() throws Exception {
        return TapContractTest.casesOf(XdpContracts.StackConnects.class);
    }

    @TestFactory
    Stream<DynamicTest> stackServesOverIpv6() throws Exception {
        return TapContractTest.casesOf(XdpContracts.StackServesOverIpv6.class);
    }

    @TestFactory
    Stream<DynamicTest> stackConnectsOverIpv6() throws Exception {
        return TapContractTest.casesOf(XdpContracts.StackConnectsOverIpv6.class);
    }

    @TestFactory
    Stream<DynamicTest> stackServesOnBothSidesInTwoContexts() throws Exception {
        return TapContractTest.casesOf(XdpContracts.StackServesOnBothSidesInTwoContexts.class);
    }

    @TestFactory
    Stream<DynamicTest> stackConnectsInTwoContexts() throws Exception {
        return TapContractTest.casesOf(XdpContracts.StackConnectsInTwoContexts.class);
    }
}
