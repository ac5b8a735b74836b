/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

/** The contract over the memory NIC. */
class MemoryInlineTwoContextsContractTest extends SocketContract {
    @Override
    ContractEnvironment open() throws Exception {
        return MemoryEnvironment.onStack(",contexts=2");
    }
}
