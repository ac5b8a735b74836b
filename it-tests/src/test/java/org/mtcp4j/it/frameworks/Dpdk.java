/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.mtcp4j.nic.NicFactory;

/** Whether DPDK can be used on this machine. */
public final class Dpdk {
    private Dpdk() {}

    /** Aborts the test, with the reason printed, where it cannot. */
    public static void assumeAvailable() {
        var provider = NicFactory.providers().get("dpdk");
        String reason = provider == null ? "nic-dpdk is not on the class path" : provider.unavailable();
        if (reason != null) {
            System.out.println("[it] skipped: " + reason);
            abort(reason);
        }
    }

    /** As {@link #assumeAvailable}, with packet sockets. */
    static void assumeAvailableToRoot() {
        assumeAvailable();
        assumeTrue(System.getProperty("user.name").equals("root"), "packet sockets need root");
    }

    /** Aborts the test, with the reason printed, where the kernel has no VLANs. */
    static void assumeVlans(Namespace namespace) throws Exception {
        if (namespace
                        .run(10, "ip", "link", "add", "link", "lo", "name", "probe.5", "type", "vlan", "id", "5")
                        .exitCode()
                != 0) {
            System.out.println("[it] skipped: this kernel has no VLANs");
            abort("this kernel has no VLANs");
        }
    }
}
