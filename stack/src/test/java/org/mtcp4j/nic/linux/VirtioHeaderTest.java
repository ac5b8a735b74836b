/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;

/** The expected bytes are those of the kernel's {@code struct virtio_net_hdr}. */
class VirtioHeaderTest {
    private static final int FRAME = 64;
    private static final int TCP_BYTES = 32 + 10_000;

    private final ByteBuffer bytes = ByteBuffer.allocateDirect(20_000);
    private final ByteBuffer nativeOrder = bytes.duplicate().order(ByteOrder.nativeOrder());

    private int[] header() {
        int at = FRAME - VirtioHeader.BYTES;
        return new int[] {
            nativeOrder.get(at),
            nativeOrder.get(at + 1),
            nativeOrder.getShort(at + 2),
            nativeOrder.getShort(at + 4),
            nativeOrder.getShort(at + 6),
            nativeOrder.getShort(at + 8)
        };
    }

    private int frame(boolean ipv4) {
        int ip = FRAME + Ethernet.HEADER_BYTES;
        Ethernet.write(bytes, FRAME, 1, 2, ipv4 ? Ethernet.TYPE_IPV4 : Ethernet.TYPE_IPV6);
        int tcp = ip + (ipv4 ? Ipv4.HEADER_BYTES : Ipv6.HEADER_BYTES);
        if (ipv4) {
            Ipv4.write(bytes, ip, Ipv4.HEADER_BYTES + TCP_BYTES, 0, Ipv4.PROTOCOL_TCP, 0xc6120001, 0xc6120002);
        } else {
            Ipv6.write(bytes, ip, TCP_BYTES, Ipv4.PROTOCOL_TCP, 64);
        }
        bytes.put(tcp + 12, (byte) (8 << 4));
        return tcp - FRAME;
    }

    @Test
    void aFrameOfSeveralSegmentsSaysHowLongTheyAreAndWhereTheSumGoes() {
        int tcp = frame(true);
        VirtioHeader.write(bytes, nativeOrder, FRAME, FrameBatch.TX_TSO | FrameBatch.TX_L4_CHECKSUM, 1_448);
        assertThat(header()).containsExactly(1, 1, tcp + 32, 1_448, tcp, 16);
        assertThat(VirtioHeader.segmentBytes(nativeOrder, FRAME)).isEqualTo(1_448);
        tcp = frame(false);
        VirtioHeader.write(bytes, nativeOrder, FRAME, FrameBatch.TX_TSO | FrameBatch.TX_L4_CHECKSUM, 1_428);
        assertThat(header()).containsExactly(1, 4, tcp + 32, 1_428, tcp, 16);
    }

    @Test
    void aSingleSegmentAsksForItsSumAloneAndOtherFramesForNothing() {
        int tcp = frame(true);
        VirtioHeader.write(bytes, nativeOrder, FRAME, FrameBatch.TX_L4_CHECKSUM, 0);
        assertThat(header()).containsExactly(1, 0, 0, 0, tcp, 16);
        assertThat(VirtioHeader.segmentBytes(nativeOrder, FRAME)).isZero();
        assertThat(VirtioHeader.isChecksumGood(nativeOrder, FRAME)).isTrue();
        VirtioHeader.write(bytes, nativeOrder, FRAME, FrameBatch.TX_HASH, 0);
        assertThat(header()).containsOnly(0);
        assertThat(VirtioHeader.isChecksumGood(nativeOrder, FRAME)).isFalse();
    }
}
