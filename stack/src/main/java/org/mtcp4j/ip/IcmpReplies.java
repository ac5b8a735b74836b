/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import java.nio.ByteBuffer;
import org.mtcp4j.wire.Checksum;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Icmp4;
import org.mtcp4j.wire.Ipv4;

/** Answers to ICMP echo requests (RFC 1122 §3.2.2.6). */
public final class IcmpReplies {
    private IcmpReplies() {}

    /** Whether a checked ICMP message is a request to answer. */
    public static boolean isEchoRequest(ByteBuffer bytes, int icmp) {
        return Icmp4.type(bytes, icmp) == Icmp4.ECHO_REQUEST && Icmp4.code(bytes, icmp) == 0;
    }

    /**
     * Turns a frame with an echo request to one of our addresses, checked on all layers, into the reply, in place.
     *
     * @return bytes of the reply's frame: the request's without Ethernet padding
     */
    public static int turnIntoReply(ByteBuffer bytes, int frame, long ourMac) {
        int headerBytes = Ethernet.headerBytes(bytes, frame);
        int ip = frame + headerBytes;
        Ethernet.destination(bytes, frame, Ethernet.source(bytes, frame));
        Ethernet.source(bytes, frame, ourMac);
        int asker = Ipv4.source(bytes, ip);
        // The sum does not mind the order of the two addresses.
        bytes.putInt(ip + Ipv4.SOURCE_OFFSET, Ipv4.destination(bytes, ip));
        bytes.putInt(ip + Ipv4.DESTINATION_OFFSET, asker);
        int old = bytes.getShort(ip + Ipv4.TTL_OFFSET);
        int now = (Ipv4.DEFAULT_TTL << 8) | Ipv4.PROTOCOL_ICMP;
        bytes.putShort(ip + Ipv4.TTL_OFFSET, (short) now);
        Ipv4.checksum(bytes, ip, Checksum.update(Ipv4.checksum(bytes, ip), old, now));
        Icmp4.typeAndCode(bytes, ip + Ipv4.headerBytes(bytes, ip), Icmp4.ECHO_REPLY, 0);
        return headerBytes + Ipv4.totalBytes(bytes, ip);
    }
}
