/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import java.nio.ByteBuffer;
import org.mtcp4j.wire.Dhcp;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Udp;

/** Whole frames with a DHCP client's message, without a VLAN tag, written where the caller has a frame. */
public final class DhcpFrames {
    /** Where the message stands, which is written first. */
    public static final int MESSAGE_OFFSET = Ethernet.HEADER_BYTES + Ipv4.HEADER_BYTES + Udp.HEADER_BYTES;

    public static final int FRAME_BYTES = MESSAGE_OFFSET + Dhcp.MESSAGE_BYTES;

    private DhcpFrames() {}

    /** Writes the headers before a message. */
    public static void write(ByteBuffer bytes, int frame, long ourMac, long toMac, int source, int destination) {
        int ip = frame + Ethernet.HEADER_BYTES;
        Ethernet.write(bytes, frame, toMac, ourMac, Ethernet.TYPE_IPV4);
        Ipv4.write(bytes, ip, FRAME_BYTES - Ethernet.HEADER_BYTES, 0, Ipv4.PROTOCOL_UDP, source, destination);
        Udp.write(bytes, ip, ip + Ipv4.HEADER_BYTES, Dhcp.CLIENT_PORT, Dhcp.SERVER_PORT, Dhcp.MESSAGE_BYTES);
    }
}
