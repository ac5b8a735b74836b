/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.net.InetSocketAddress;
import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.OffloadRules;
import org.mtcp4j.socket.Reach;
import org.mtcp4j.stats.SideReason;

/** The one place that decides a socket's side, for sockets ({@link SideRules}) and for {@code config explain}. Counts nothing. Any thread. */
public final class SideDecision {
    private final Reach reach;
    private final OffloadRules offload;
    private final SideReason wildcard;

    /** @throws IllegalArgumentException with one sentence, where {@code mtcp.offload} cannot be read */
    public SideDecision(Reach reach, StackConfig config) {
        this.reach = reach;
        offload = OffloadRules.parse(config.text(Key.OFFLOAD));
        wildcard = config.is(Key.WILDCARD, "kernel")
                ? SideReason.KERNEL_WILDCARD
                : config.is(Key.WILDCARD, "stack") ? SideReason.STACK : SideReason.STACK_AND_KERNEL;
    }

    /** Of a client bound to this address, which is not the any-address. */
    public SideReason bind(InetSocketAddress local) {
        if (!offload.allows(local)) {
            return SideReason.KERNEL_EXCLUDED;
        }
        return reach.owns(local.getAddress()) ? SideReason.STACK : SideReason.KERNEL_ADDRESS;
    }

    /** Of a connection to this address. */
    public SideReason connect(InetSocketAddress remote) {
        return offload.allows(remote) ? reach.sideOf(remote) : SideReason.KERNEL_EXCLUDED;
    }

    /** Of a server bound to this address. */
    public SideReason listen(InetSocketAddress local) {
        if (local.getAddress().isAnyLocalAddress()) {
            return offload.allowsAnyAddress(local.getPort()) ? wildcard : SideReason.KERNEL_EXCLUDED;
        }
        SideReason reason = bind(local);
        boolean both = reason == SideReason.STACK
                && wildcard == SideReason.STACK_AND_KERNEL
                && reach.shares(local.getAddress());
        return both ? SideReason.STACK_AND_KERNEL : reason;
    }

    /** The rule of {@code mtcp.offload} that decides about this address; empty where none does. */
    public String rule(InetSocketAddress address) {
        return offload.deciding(address);
    }
}
