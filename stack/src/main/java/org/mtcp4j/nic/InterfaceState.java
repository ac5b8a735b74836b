/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import java.net.InetAddress;
import java.util.List;

/**
 * What the kernel knows of an interface at a time.
 *
 * @param isUp administratively
 * @param routes of all interfaces, best first among those to one network
 */
public record InterfaceState(int mtuBytes, long macAddress, boolean isUp, List<Address> addresses, List<Route> routes) {
    public InterfaceState {
        addresses = List.copyOf(addresses);
        routes = List.copyOf(routes);
    }

    /**
     * An address of the interface's.
     *
     * @param isDeprecated not for new connections (RFC 4862 §5.5.4)
     * @param isTentative not ours yet, or not unique
     */
    public record Address(InetAddress address, int prefixBits, boolean isDeprecated, boolean isTentative) {}

    /**
     * Where packets to a network go.
     *
     * @param gateway null where the network is on the link
     * @param isElsewhere not over this interface: over another, or nowhere
     */
    public record Route(InetAddress network, int prefixBits, InetAddress gateway, boolean isElsewhere) {}
}
