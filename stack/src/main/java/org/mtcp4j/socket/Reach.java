/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.mtcp4j.stats.SideReason;

/** Where the stack's addresses and routes lead: of a running stack, or of a configuration. What decides a socket's side asks either. */
public interface Reach {
    /** Whether a socket may be bound to this address on the stack: its own, the any-address, loopback where the stack has it. */
    boolean owns(InetAddress local);

    /** Where a connection to this address goes. */
    SideReason sideOf(InetSocketAddress remote);

    /** Whether the stack has the address only because it serves the machine's loopback: the kernel has it too. */
    boolean shares(InetAddress address);
}
