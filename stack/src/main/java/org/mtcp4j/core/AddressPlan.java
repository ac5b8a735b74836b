/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.List;
import org.mtcp4j.ip.IpAddress;

/**
 * What the stack learns its addresses from, beside those that are configured.
 *
 * @param links one for each outer NIC, in their order
 * @param gateways the configured ones: each counts as soon as it is in a network of the stack's
 * @param secret for interface identifiers, see {@link org.mtcp4j.ip.InterfaceIds}
 */
public record AddressPlan(List<Sources> links, List<IpAddress> gateways, String secret) {
    /**
     * Of one NIC.
     *
     * @param dhcp a DHCPv4 server
     * @param slaac router advertisements
     * @param kernel the kernel, whose interface it is, too; configured addresses then say which of them
     */
    public record Sources(boolean dhcp, boolean slaac, boolean kernel) {
        public Sources(boolean dhcp, boolean slaac) {
            this(dhcp, slaac, false);
        }

        public boolean any() {
            return dhcp || slaac || kernel;
        }
    }

    /** Whether anything is learned at all. */
    public boolean any() {
        return links.stream().anyMatch(Sources::any);
    }
}
