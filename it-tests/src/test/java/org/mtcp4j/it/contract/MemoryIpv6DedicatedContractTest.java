/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

/** The contract over the memory NIC, between IPv6 addresses, with threads of the stack's own. */
class MemoryIpv6DedicatedContractTest extends SocketContract {
    @Override
    ContractEnvironment open() throws Exception {
        return MemoryEnvironment.onStackOverIpv6(",driver=dedicated,contexts=2");
    }
}
