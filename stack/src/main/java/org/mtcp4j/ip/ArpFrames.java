/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import java.nio.ByteBuffer;
import org.mtcp4j.wire.Arp;
import org.mtcp4j.wire.Ethernet;

/** Whole ARP frames, without a VLAN tag, written where the caller has a frame. */
public final class ArpFrames {
    public static final int FRAME_BYTES = Ethernet.HEADER_BYTES + Arp.PACKET_BYTES;

    private ArpFrames() {}

    /**
     * Asks who has an address.
     *
     * @param toMac {@link Ethernet#BROADCAST}, or the address to probe (RFC 1122 §2.3.2.1 (2))
     */
    public static void writeRequest(ByteBuffer bytes, int frame, long ourMac, int ourIp, long toMac, int targetIp) {
        Ethernet.write(bytes, frame, toMac, ourMac, Ethernet.TYPE_ARP);
        Arp.write(bytes, frame + Ethernet.HEADER_BYTES, Arp.REQUEST, ourMac, ourIp, 0, targetIp);
    }

    /** Asks, without an address of our own, whether anybody has this one (RFC 5227 §2.1, ARP probe). */
    public static void writeProbe(ByteBuffer bytes, int frame, long ourMac, int targetIp) {
        writeRequest(bytes, frame, ourMac, /* ourIp= */ 0, Ethernet.BROADCAST, targetIp);
    }

    /** Tells everybody our address (RFC 5227 §2.3, ARP announcement). */
    public static void writeAnnouncement(ByteBuffer bytes, int frame, long ourMac, int ourIp) {
        writeRequest(bytes, frame, ourMac, ourIp, Ethernet.BROADCAST, ourIp);
    }

    /**
     * Answers a request for one of our addresses.
     *
     * @param asked where the request's packet starts, behind whatever tags its frame has; it is only read
     */
    public static void writeReply(ByteBuffer bytes, int frame, int asked, long ourMac) {
        long askerMac = Arp.senderMac(bytes, asked);
        int askerIp = Arp.senderIp(bytes, asked);
        int ourIp = Arp.targetIp(bytes, asked);
        Ethernet.write(bytes, frame, askerMac, ourMac, Ethernet.TYPE_ARP);
        Arp.write(bytes, frame + Ethernet.HEADER_BYTES, Arp.REPLY, ourMac, ourIp, askerMac, askerIp);
    }
}
