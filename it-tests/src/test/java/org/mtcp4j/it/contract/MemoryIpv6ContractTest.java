/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

/** The contract over the memory NIC, between IPv6 addresses. */
class MemoryIpv6ContractTest extends SocketContract {
    @Override
    ContractEnvironment open() throws Exception {
        return MemoryEnvironment.onStackOverIpv6("");
    }
}
