/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

/** The oracle: the cases say what the JDK's channels do. */
class JdkContractTest extends SocketContract {
    @Override
    ContractEnvironment open() throws Exception {
        return new JdkEnvironment();
    }
}
