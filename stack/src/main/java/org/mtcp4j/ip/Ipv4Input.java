/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import java.nio.ByteBuffer;
import org.mtcp4j.wire.Ipv4;

/** What a host may take in (RFC 1122 §3.2.1). The result is a reason to count, never an exception. */
public final class Ipv4Input {
    /** Results of {@link #check}; each but the first is a reason to drop. */
    public static final int OK = 0;

    /** Cut short, not version 4, or lengths that contradict each other. */
    public static final int BAD_HEADER = 1;

    public static final int BAD_CHECKSUM = 2;
    /** No host can have sent it: source 0/8, multicast, broadcast; from outside also 127/8 and our own (RFC 1122 §3.2.1.3). */
    public static final int BAD_SOURCE = 3;
    /** Else fine, but a fragment: {@link Fragments} takes it. */
    public static final int FRAGMENT = 4;
    /** For another host, or for a group. */
    public static final int NOT_OURS = 5;

    private static final int FIRST_MULTICAST_OCTET = 224;
    private static final int LOOPBACK_OCTET = 127;

    private Ipv4Input() {}

    /** All but {@link #NOT_OURS}: for links where every packet is ours. */
    public static int check(ByteBuffer bytes, int offset, int lengthBytes) {
        if (Ipv4.check(bytes, offset, lengthBytes) != Ipv4.OK) {
            return BAD_HEADER;
        }
        if (!Ipv4.checksumGood(bytes, offset)) {
            return BAD_CHECKSUM;
        }
        int firstOctet = Ipv4.source(bytes, offset) >>> 24;
        if (firstOctet >= FIRST_MULTICAST_OCTET || firstOctet == 0) {
            return BAD_SOURCE;
        }
        return Ipv4.isFragment(bytes, offset) ? FRAGMENT : OK;
    }

    /**
     * {@link #check(ByteBuffer, int, int)}, and that the packet is for one of our addresses and from one that a neighbour or a
     * router can have: not a broadcast address, nor this host's own, by which it would be answered to itself.
     */
    public static int check(ByteBuffer bytes, int offset, int lengthBytes, Routes routes) {
        int reason = check(bytes, offset, lengthBytes);
        if (reason != OK && reason != FRAGMENT) {
            return reason;
        }
        if (!routes.isLocal(0, IpAddress.mapped(Ipv4.destination(bytes, offset)))) {
            return NOT_OURS;
        }
        int source = Ipv4.source(bytes, offset);
        boolean impossible = source >>> 24 == LOOPBACK_OCTET
                || routes.isBroadcast(0, IpAddress.mapped(source))
                || routes.isLocal(0, IpAddress.mapped(source));
        return impossible ? BAD_SOURCE : reason;
    }
}
