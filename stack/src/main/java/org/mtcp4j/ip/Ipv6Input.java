/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import java.nio.ByteBuffer;
import org.mtcp4j.wire.Ipv6;
import org.mtcp4j.wire.Ndp;

/** What a host may take in (RFC 8200, RFC 4291). The result is a reason to count, never an exception. */
public final class Ipv6Input {
    /** Results of {@link #check}; each but the first is a reason to drop. */
    public static final int OK = 0;

    /** Cut short, not version 6, or lengths that contradict each other. */
    public static final int BAD_HEADER = 1;
    /** No host can have sent it: multicast (RFC 4291 §2.7), ::1 from outside, an IPv4 address in disguise (RFC 4038 §4.2). */
    public static final int BAD_SOURCE = 2;
    /** For another host, or for a group that we are not in. */
    public static final int NOT_OURS = 3;
    /**
     * Else fine, but from :: or from one of our own addresses: only neighbour discovery may come so, from who tries an address that
     * we have, or has it, too (RFC 4862 §5.4).
     */
    public static final int DISCOVERY_ONLY = 4;

    private static final int MULTICAST = 0xff;
    private static final long LOOPBACK_LO = 1;

    private Ipv6Input() {}

    /** All but {@link #NOT_OURS}: for links where every packet is ours. */
    public static int check(ByteBuffer bytes, int offset, int lengthBytes) {
        if (Ipv6.check(bytes, offset, lengthBytes) != Ipv6.OK) {
            return BAD_HEADER;
        }
        long sourceHi = Ipv6.sourceHi(bytes, offset);
        boolean disguised = IpAddress.isIpv4(sourceHi, Ipv6.sourceLo(bytes, offset));
        return disguised || sourceHi >>> 56 == MULTICAST ? BAD_SOURCE : OK;
    }

    /**
     * {@link #check(ByteBuffer, int, int)}, and that the packet is for one of our addresses or groups.
     *
     * @param zone of the link that it came over
     */
    public static int check(ByteBuffer bytes, int offset, int lengthBytes, Routes routes, int zone) {
        int reason = check(bytes, offset, lengthBytes);
        if (reason != OK) {
            return reason;
        }
        long sourceHi = Ipv6.sourceHi(bytes, offset);
        long sourceLo = Ipv6.sourceLo(bytes, offset);
        if (IpAddress.hasZone(sourceHi) || (sourceHi == 0 && sourceLo == LOOPBACK_LO)) {
            return BAD_SOURCE;
        }
        long hi = IpAddress.inZone(Ipv6.destinationHi(bytes, offset), zone);
        long lo = Ipv6.destinationLo(bytes, offset);
        boolean ours = routes.isLocal(hi, lo) || (hi == Ndp.SOLICITED_NODE_HI && isOurGroup(lo, routes));
        if (!ours) {
            return NOT_OURS;
        }
        boolean unspecified = (sourceHi | sourceLo) == 0;
        return unspecified || routes.isLocal(IpAddress.inZone(sourceHi, zone), sourceLo) ? DISCOVERY_ONLY : OK;
    }

    /** All nodes, or the solicited-node group of one of our addresses. */
    private static boolean isOurGroup(long lo, Routes routes) {
        return lo == Ndp.ALL_NODES_LO || routes.isSolicitedNode(lo);
    }

    /** Whether a packet that was checked, as IPv4 or as IPv6, is the latter. */
    public static boolean isIpv6(ByteBuffer bytes, int offset) {
        return (bytes.get(offset) & 0xf0) == 0x60;
    }

    /** Whether the packet went to a group rather than to us alone. */
    public static boolean isToGroup(ByteBuffer bytes, int offset) {
        return Ipv6.destinationHi(bytes, offset) >>> 56 == MULTICAST;
    }
}
