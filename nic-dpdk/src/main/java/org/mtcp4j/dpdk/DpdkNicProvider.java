/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicProvider;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.NicUnavailableException;

/** Kind {@code dpdk}: {@code dpdk:DEVARGS} opens the port of that device, physical or virtual. */
public final class DpdkNicProvider implements NicProvider {
    @Override
    public String kind() {
        return "dpdk";
    }

    @Override
    public String unavailable() {
        try {
            Shim.load();
            return null;
        } catch (NicUnavailableException e) {
            return e.getMessage();
        }
    }

    @Override
    public Nic open(String arguments, NicSettings settings) throws NicUnavailableException {
        return DpdkNic.open(DevArgs.parse(arguments), settings);
    }
}
