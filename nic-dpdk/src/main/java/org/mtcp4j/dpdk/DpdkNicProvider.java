/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicProvider;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.NicUnavailableException;

/** Kind {@code dpdk}: {@code dpdk:DEVARGS}. */
public final class DpdkNicProvider implements NicProvider {
    @Override
    public String kind() {
        return "dpdk";
    }

    @Override
    public String unavailable() {
        return "DPDK support is not part of this release yet; use mtcp.nic=tap:NAME or mtcp.nic=memory";
    }

    @Override
    public Nic open(String arguments, NicSettings settings) throws NicUnavailableException {
        throw new NicUnavailableException(unavailable());
    }
}
