/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.mtcp4j.core.Engine;
import org.mtcp4j.core.PortTable;
import org.mtcp4j.core.SocketDefaults;
import org.mtcp4j.core.StuckContextException;
import org.mtcp4j.ip.IpAddress;

/** Binding addresses and ports, for sockets and listeners alike. */
final class Binds {
    private Binds() {}

    static PortTable.Binding bind(Engine engine, InetSocketAddress address, OptionSet options) throws BindException {
        IpAddress ip = wireAddress(address.getAddress());
        if (!ip.isAny() && !engine.addresses().isLocal(ip)) {
            throw new BindException("Cannot assign requested address");
        }
        SocketDefaults values = options.values();
        PortTable.Binding bound;
        try {
            bound = engine.bind(ip, address.getPort(), values.reuseAddress, values.reusePort);
        } catch (StuckContextException e) {
            throw (BindException) new BindException(e.getMessage()).initCause(e);
        }
        if (bound == null) {
            throw new BindException("Address already in use");
        }
        return bound;
    }

    /** The address as the stack has it: mapped IPv6 addresses are IPv4, link-local ones have a zone. */
    static IpAddress wireAddress(InetAddress address) {
        return IpAddress.scoped(address);
    }
}
