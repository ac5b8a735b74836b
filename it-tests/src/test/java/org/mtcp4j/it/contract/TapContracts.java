/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

/** The contract over a TAP device; {@link TapContractTest} runs these in a namespace. */
final class TapContracts {
    private TapContracts() {}

    static class StackServes extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return new TapEnvironment(true, "");
        }
    }

    static class StackConnects extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return new TapEnvironment(false, "");
        }
    }

    static class StackServesOverIpv6 extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return TapEnvironment.overIpv6(true);
        }
    }

    static class StackConnectsOverIpv6 extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return TapEnvironment.overIpv6(false);
        }
    }

    static class StackServesDedicatedTwoContexts extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return new TapEnvironment(true, ",driver=dedicated,contexts=2");
        }
    }

    static class StackConnectsDedicatedTwoContexts extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return new TapEnvironment(false, ",driver=dedicated,contexts=2");
        }
    }
}
