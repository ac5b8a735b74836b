/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.linux;

import java.nio.ByteBuffer;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;

/**
 * What stands before a frame that is handed to the kernel, or taken from it, with its checksum or its segmentation still to be done: {@code
 * struct virtio_net_hdr} of the kernel's uapi, of TAP devices and of packet sockets.
 *
 * <pre>
 * in the machine's byte order:
 *  byte 0    1          2 3       4 5        6 7          8 9
 * +-------+----------+---------+----------+------------+-------------+
 * | flags | gso type | hdr len | gso size | csum start | csum offset |
 * +-------+----------+---------+----------+------------+-------------+
 * </pre>
 */
public final class VirtioHeader {
    public static final int BYTES = 10;

    private static final int FLAGS_AT = -BYTES;
    private static final int GSO_TYPE_AT = FLAGS_AT + 1;
    private static final int HEADER_LENGTH_AT = FLAGS_AT + 2;
    private static final int GSO_SIZE_AT = FLAGS_AT + 4;
    private static final int CHECKSUM_START_AT = FLAGS_AT + 6;
    private static final int CHECKSUM_OFFSET_AT = FLAGS_AT + 8;

    private static final int NEEDS_CHECKSUM = 1;
    private static final int DATA_VALID = 2;
    private static final int GSO_NONE = 0;
    private static final int GSO_TCPV4 = 1;
    private static final int GSO_TCPV6 = 4;
    private static final int TCP_CHECKSUM_OFFSET = 16;
    private static final int TCP_DATA_OFFSET_AT = 12;

    private VirtioHeader() {}

    /**
     * Writes the header before a TCP frame, or one that asks for nothing.
     *
     * @param bytes of the NIC, big-endian; {@code nativeOrder} are the same in the machine's order
     * @param frame where the frame begins; as many bytes before it are free
     * @param flags of {@link FrameBatch}
     * @param segmentBytes of {@link FrameBatch#tsoSize}
     */
    public static void write(ByteBuffer bytes, ByteBuffer nativeOrder, int frame, int flags, int segmentBytes) {
        nativeOrder.putLong(frame + FLAGS_AT, 0);
        nativeOrder.putShort(frame + CHECKSUM_OFFSET_AT, (short) 0);
        if ((flags & (FrameBatch.TX_L4_CHECKSUM | FrameBatch.TX_TSO)) == 0) {
            return;
        }
        int ip = Ethernet.headerBytes(bytes, frame);
        boolean ipv4 = Ethernet.type(bytes, frame) == Ethernet.TYPE_IPV4;
        int tcp = ip + (ipv4 ? Ipv4.headerBytes(bytes, frame + ip) : Ipv6.HEADER_BYTES);
        nativeOrder.put(frame + FLAGS_AT, (byte) NEEDS_CHECKSUM);
        nativeOrder.putShort(frame + CHECKSUM_START_AT, (short) tcp);
        nativeOrder.putShort(frame + CHECKSUM_OFFSET_AT, (short) TCP_CHECKSUM_OFFSET);
        if ((flags & FrameBatch.TX_TSO) != 0) {
            int tcpHeaderBytes = (bytes.get(frame + tcp + TCP_DATA_OFFSET_AT) >>> 2) & 0x3c;
            nativeOrder.put(frame + GSO_TYPE_AT, (byte) (ipv4 ? GSO_TCPV4 : GSO_TCPV6));
            nativeOrder.putShort(frame + HEADER_LENGTH_AT, (short) (tcp + tcpHeaderBytes));
            nativeOrder.putShort(frame + GSO_SIZE_AT, (short) segmentBytes);
        }
    }

    /** Whether the checksum of the received frame needs no look: it has been looked at, or the frame never left the machine. */
    static boolean isChecksumGood(ByteBuffer nativeOrder, int frame) {
        return (nativeOrder.get(frame + FLAGS_AT) & (NEEDS_CHECKSUM | DATA_VALID)) != 0;
    }

    /** Payload bytes of the segments that the received frame was put together from; 0 where it is one. */
    static int segmentBytes(ByteBuffer nativeOrder, int frame) {
        return nativeOrder.get(frame + GSO_TYPE_AT) == GSO_NONE
                ? 0
                : nativeOrder.getShort(frame + GSO_SIZE_AT) & 0xffff;
    }
}
