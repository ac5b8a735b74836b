/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.nio.ByteBuffer;
import org.mtcp4j.nic.linux.LinuxCalls;
import org.mtcp4j.nic.linux.VirtioHeader;

/**
 * A socket of packet(7) that only sends: for frames that the interface, or the kernel before it, cuts into segments. AF_XDP cuts none. They pass the
 * interface's queueing discipline: with PACKET_QDISC_BYPASS the kernel drops what it would have to cut itself, and what a busy interface does
 * not take at once. It needs CAP_NET_RAW. One thread sends.
 */
final class PacketSocket implements AutoCloseable {
    private static final int AF_PACKET = 17;
    private static final int SO_SNDBUF = 7;
    private static final int SO_SNDBUFFORCE = 32;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_VNET_HDR = 15;
    /** {@code struct sockaddr_ll}. */
    private static final int ADDRESS_BYTES = 20;
    /** So many of the largest frames may be with the interface. */
    private static final int SEND_BUFFER_BYTES = 64 << 16;

    private final LinuxCalls calls;
    private final int fd;
    private boolean closed;

    private PacketSocket(LinuxCalls calls, int fd) {
        this.calls = calls;
        this.fd = fd;
    }

    /** Null where the kernel or the process's capabilities have none: then every frame is one segment. */
    static PacketSocket open(LinuxCalls calls, int interfaceIndex) {
        int fd = calls.socket(AF_PACKET, LinuxCalls.SOCK_RAW | LinuxCalls.SOCK_NONBLOCK | LinuxCalls.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            return null;
        }
        ByteBuffer memory = LinuxCalls.memory(ADDRESS_BYTES);
        long at = calls.address(memory);
        memory.putInt(0, 1);
        boolean able = calls.setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, at, 4) == 0;
        memory.putInt(0, SEND_BUFFER_BYTES);
        if (calls.setsockopt(fd, LinuxCalls.SOL_SOCKET, SO_SNDBUFFORCE, at, 4) < 0) {
            // As much as everybody may have.
            calls.setsockopt(fd, LinuxCalls.SOL_SOCKET, SO_SNDBUF, at, 4);
        }
        // Without a protocol it receives nothing.
        memory.putShort(0, (short) AF_PACKET).putShort(2, (short) 0).putInt(4, interfaceIndex);
        if (!able || calls.bind(fd, at, ADDRESS_BYTES) < 0) {
            calls.close(fd);
            return null;
        }
        return new PacketSocket(calls, fd);
    }

    /**
     * Sends a frame with its {@link VirtioHeader} before it; the bytes are copied.
     *
     * @param address of the frame
     * @return 0; {@code -EAGAIN} where the interface has too much to send already; another {@code -errno} for a frame that is lost
     */
    long send(long address, int lengthBytes) {
        long sent = calls.write(fd, address - VirtioHeader.BYTES, VirtioHeader.BYTES + (long) lengthBytes);
        return Math.min(sent, 0);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            calls.close(fd);
        }
    }
}
