/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

/** The contract over ports of DPDK; {@link DpdkContractTest} runs these in a namespace. */
final class DpdkContracts {
    private DpdkContracts() {}

    static class StackServesOverAfPacket extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return DpdkEnvironment.withKernelOverAfPacket(true);
        }
    }

    static class StackConnectsOverAfPacket extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return DpdkEnvironment.withKernelOverAfPacket(false);
        }
    }

    static class TwoStacksOverMemif extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return DpdkEnvironment.overMemif("");
        }
    }

    static class TwoStacksOverMemifThroughAnotherJvm extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return DpdkEnvironment.overMemifThroughAnotherJvm();
        }
    }

    static class ServerOverMemifOfAnotherJvmsClients extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return new TwoJvmEnvironment(true);
        }
    }

    static class ClientOverMemifOfAnotherJvmsServers extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return new TwoJvmEnvironment(false);
        }
    }

    static class TwoStacksOverMemifTwoContexts extends SocketContract {
        @Override
        ContractEnvironment open() throws Exception {
            return DpdkEnvironment.overMemif(",driver=dedicated,contexts=2");
        }
    }
}
