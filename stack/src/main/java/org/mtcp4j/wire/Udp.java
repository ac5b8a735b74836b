/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.wire;

import java.nio.ByteBuffer;

/** UDP's header (<a href="https://www.rfc-editor.org/rfc/rfc768">RFC 768</a>): source port, destination port, length, checksum. */
public final class Udp {
    public static final int HEADER_BYTES = 8;

    private static final int CHECKSUM_OFFSET = 6;

    private Udp() {}

    /** Whether the datagram is all there; after it the accessors below may be used. */
    public static boolean isWhole(ByteBuffer bytes, int udp, int lengthBytes) {
        int length = lengthBytes < HEADER_BYTES ? 0 : bytes.getShort(udp + 4) & 0xffff;
        return length >= HEADER_BYTES && length <= lengthBytes;
    }

    /** Whether the checksum is right, in a checked IPv4 packet; one of 0 was not made. */
    public static boolean checksumGood(ByteBuffer bytes, int ip, int udp) {
        int length = HEADER_BYTES + payloadBytes(bytes, udp);
        int pseudo =
                Checksum.pseudoIpv4(Ipv4.source(bytes, ip), Ipv4.destination(bytes, ip), Ipv4.PROTOCOL_UDP, length);
        return bytes.getShort(udp + CHECKSUM_OFFSET) == 0
                || Checksum.isGood(pseudo + Checksum.partial(bytes, udp, length));
    }

    public static int destinationPort(ByteBuffer bytes, int udp) {
        return bytes.getShort(udp + 2) & 0xffff;
    }

    public static int payloadBytes(ByteBuffer bytes, int udp) {
        return (bytes.getShort(udp + 4) & 0xffff) - HEADER_BYTES;
    }

    /** Writes header and checksum of a datagram whose payload, and whose IPv4 header, stand there already. */
    public static void write(ByteBuffer bytes, int ip, int udp, int sourcePort, int destinationPort, int payloadBytes) {
        int length = HEADER_BYTES + payloadBytes;
        bytes.putInt(udp, sourcePort << 16 | destinationPort);
        bytes.putInt(udp + 4, length << 16);
        int pseudo =
                Checksum.pseudoIpv4(Ipv4.source(bytes, ip), Ipv4.destination(bytes, ip), Ipv4.PROTOCOL_UDP, length);
        int sum = Checksum.finish(pseudo + Checksum.partial(bytes, udp, length));
        bytes.putShort(udp + CHECKSUM_OFFSET, (short) (sum == 0 ? -1 : sum));
    }
}
