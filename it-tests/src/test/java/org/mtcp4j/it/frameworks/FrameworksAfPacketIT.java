/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import org.junit.jupiter.api.BeforeAll;

/** Over DPDK's packet sockets on a veth. */
class FrameworksAfPacketIT extends KernelClients {
    @BeforeAll
    static void needsDpdkAndRoot() {
        Dpdk.assumeAvailableToRoot();
    }

    @Override
    String nic() {
        return "af_packet";
    }

    @Override
    int seconds() {
        return 2;
    }

    @Override
    Server serve(Namespace made, Program program) throws Exception {
        return Server.overAfPacket(made, program);
    }
}
