/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.junit.jupiter.api.Assumptions.abort;

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
}
