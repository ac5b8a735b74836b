/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

/** Over a TAP. */
class FrameworksTapIT extends KernelClients {
    @Override
    String nic() {
        return "TAP";
    }

    @Override
    Server serve(Namespace made, Program program) throws Exception {
        return Server.overTap(made, program);
    }
}
