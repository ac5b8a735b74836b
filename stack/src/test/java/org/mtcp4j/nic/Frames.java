/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import java.nio.ByteBuffer;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Ipv4;

/** Frames and settings for the tests of NICs. */
final class Frames {
    static final int TCP_FRAME_BYTES = 60;

    private Frames() {}

    static NicSettings settings(int queues, int frames) {
        return new NicSettings(queues, 1500, 0, frames, null, System::nanoTime);
    }

    /** A TCP frame from port {@code port} to port 80 whose payload is the number {@code serial}; returns its length. */
    static int writeTcp(ByteBuffer bytes, int offset, int port, int serial) {
        Ethernet.write(bytes, offset, 0x0e0000000001L, 0x0e0000000002L, Ethernet.TYPE_IPV4);
        Ipv4.write(bytes, offset + 14, TCP_FRAME_BYTES - 14, serial, Ipv4.PROTOCOL_TCP, 0xc6120001, 0xc6120002);
        for (int at = offset + 34; at < offset + TCP_FRAME_BYTES; at++) {
            bytes.put(at, (byte) 0);
        }
        bytes.putInt(offset + 34, (port << 16) | 80);
        bytes.putShort(offset + 46, (short) 0x5010);
        bytes.putInt(offset + 54, serial);
        return TCP_FRAME_BYTES;
    }

    static int serial(ByteBuffer bytes, int offset) {
        return bytes.getInt(offset + 54);
    }

    /** Receives and frees all that waits on a queue; returns how many frames. */
    static int drain(NicQueue queue) {
        FrameBatch batch = new FrameBatch(64);
        int total = 0;
        while (queue.receive(batch) > 0) {
            for (int i = 0; i < batch.count; i++) {
                queue.free(batch.offset[i]);
            }
            total += batch.count;
            batch.count = 0;
        }
        return total;
    }
}
