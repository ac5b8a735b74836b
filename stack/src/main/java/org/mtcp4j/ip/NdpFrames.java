/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import java.nio.ByteBuffer;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Icmp6;
import org.mtcp4j.wire.Ipv6;
import org.mtcp4j.wire.Ndp;
import org.mtcp4j.wire.RouterAdvert;

/** Whole frames of neighbour discovery (RFC 4861), without a VLAN tag, written where the caller has a frame. */
public final class NdpFrames {
    public static final int FRAME_BYTES = Ethernet.HEADER_BYTES + Ipv6.HEADER_BYTES + Ndp.MESSAGE_BYTES;

    private static final int IP = Ethernet.HEADER_BYTES;
    private static final int ICMP = IP + Ipv6.HEADER_BYTES;

    private NdpFrames() {}

    /**
     * Asks who has an address; from the unspecified address, whether it is free (RFC 4862 §5.4.2).
     *
     * @param toMac {@link Ethernet#BROADCAST} for the target's group, or the neighbour to probe (RFC 4861 §7.2.2)
     * @return bytes of the frame
     */
    public static int writeSolicitation(
            ByteBuffer bytes, int frame, long ourMac, IpAddress source, long toMac, IpAddress target) {
        boolean group = toMac == Ethernet.BROADCAST;
        long groupLo = Ndp.solicitedNodeLo(target.lo());
        Ethernet.write(bytes, frame, group ? Ndp.multicastMac(groupLo) : toMac, ourMac, Ethernet.TYPE_IPV6);
        // Who has no address yet has none to tell (RFC 4861 §4.3).
        int messageBytes = source.isAny() ? Ndp.OPTIONS_OFFSET : Ndp.MESSAGE_BYTES;
        Ipv6.write(bytes, frame + IP, messageBytes, Ipv6.ICMP, Ndp.HOPS);
        Ipv6.addresses(
                bytes,
                frame + IP,
                IpAddress.onWire(source.hi()),
                source.lo(),
                group ? Ndp.SOLICITED_NODE_HI : IpAddress.onWire(target.hi()),
                group ? groupLo : target.lo());
        Ndp.write(bytes, frame + ICMP, IpAddress.onWire(target.hi()), target.lo(), Ndp.SOURCE_LINK_ADDRESS, ourMac);
        Icmp6.write(bytes, frame + IP, frame + ICMP, messageBytes, Icmp6.NEIGHBOUR_SOLICITATION << 8, /* word= */ 0);
        return ICMP + messageBytes;
    }

    /**
     * Asks all routers to advertise themselves (RFC 4861 §6.3.7).
     *
     * @param source one of ours
     * @return bytes of the frame
     */
    public static int writeRouterSolicitation(ByteBuffer bytes, int frame, long ourMac, IpAddress source) {
        int messageBytes = RouterAdvert.SOLICITATION_BYTES;
        Ethernet.write(bytes, frame, Ndp.multicastMac(RouterAdvert.ALL_ROUTERS_LO), ourMac, Ethernet.TYPE_IPV6);
        Ipv6.write(bytes, frame + IP, messageBytes, Ipv6.ICMP, Ndp.HOPS);
        Ipv6.addresses(
                bytes,
                frame + IP,
                IpAddress.onWire(source.hi()),
                source.lo(),
                Ndp.SOLICITED_NODE_HI,
                RouterAdvert.ALL_ROUTERS_LO);
        Ndp.writeLinkAddress(bytes, frame + ICMP + Icmp6.HEADER_BYTES, Ndp.SOURCE_LINK_ADDRESS, ourMac);
        Icmp6.write(bytes, frame + IP, frame + ICMP, messageBytes, Icmp6.ROUTER_SOLICITATION << 8, /* word= */ 0);
        return ICMP + messageBytes;
    }

    /** Tells all nodes one of our addresses (RFC 4861 §7.2.6). */
    public static void writeAnnouncement(ByteBuffer bytes, int frame, long ourMac, IpAddress address) {
        Ethernet.write(bytes, frame, Ndp.multicastMac(Ndp.ALL_NODES_LO), ourMac, Ethernet.TYPE_IPV6);
        Ipv6.write(bytes, frame + IP, Ndp.MESSAGE_BYTES, Ipv6.ICMP, Ndp.HOPS);
        Ipv6.addresses(
                bytes,
                frame + IP,
                IpAddress.onWire(address.hi()),
                address.lo(),
                Ndp.SOLICITED_NODE_HI,
                Ndp.ALL_NODES_LO);
        advertise(bytes, frame, ourMac, address, Ndp.OVERRIDE);
    }

    /**
     * Answers a solicitation for one of our addresses, from the frame that it came in (RFC 4861 §7.2.4).
     *
     * @param asked where that frame starts; it is only read
     */
    public static void writeReply(ByteBuffer bytes, int frame, int asked, long ourMac) {
        int askedIp = asked + Ethernet.headerBytes(bytes, asked);
        int askedIcmp = askedIp + (Ipv6.transport(bytes, askedIp) & 0xffff);
        IpAddress target = IpAddress.of(Ndp.targetHi(bytes, askedIcmp), Ndp.targetLo(bytes, askedIcmp));
        long askerHi = Ipv6.sourceHi(bytes, askedIp);
        long askerLo = Ipv6.sourceLo(bytes, askedIp);
        boolean unspecified = (askerHi | askerLo) == 0;
        long toMac = unspecified ? Ndp.multicastMac(Ndp.ALL_NODES_LO) : Ethernet.source(bytes, asked);
        Ethernet.write(bytes, frame, toMac, ourMac, Ethernet.TYPE_IPV6);
        Ipv6.write(bytes, frame + IP, Ndp.MESSAGE_BYTES, Ipv6.ICMP, Ndp.HOPS);
        Ipv6.addresses(
                bytes,
                frame + IP,
                target.hi(),
                target.lo(),
                unspecified ? Ndp.SOLICITED_NODE_HI : askerHi,
                unspecified ? Ndp.ALL_NODES_LO : askerLo);
        advertise(bytes, frame, ourMac, target, Ndp.OVERRIDE | (unspecified ? 0 : Ndp.SOLICITED));
    }

    private static void advertise(ByteBuffer bytes, int frame, long ourMac, IpAddress target, int flags) {
        Ndp.write(bytes, frame + ICMP, IpAddress.onWire(target.hi()), target.lo(), Ndp.TARGET_LINK_ADDRESS, ourMac);
        Icmp6.write(bytes, frame + IP, frame + ICMP, Ndp.MESSAGE_BYTES, Icmp6.NEIGHBOUR_ADVERTISEMENT << 8, flags);
    }
}
