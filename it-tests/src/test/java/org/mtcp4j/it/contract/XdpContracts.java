/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

/** The contract over a shared interface; {@link XdpContractTest} runs these in a namespace. */
final class XdpContracts {
    private XdpContracts() {}

    static class StackServes extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return new XdpEnvironment(true, false, ",wildcard=stack");
        }
    }

    static class StackConnects extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return new XdpEnvironment(false, false, ",wildcard=stack");
        }
    }

    static class StackServesOverIpv6 extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return new XdpEnvironment(true, true, ",wildcard=stack");
        }
    }

    static class StackConnectsOverIpv6 extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return new XdpEnvironment(false, true, ",wildcard=stack");
        }
    }

    static class StackServesOnBothSidesInTwoContexts extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return new XdpEnvironment(true, false, ",driver=dedicated,contexts=2");
        }
    }

    static class StackConnectsInTwoContexts extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return new XdpEnvironment(false, false, ",driver=dedicated,contexts=2");
        }
    }
}
