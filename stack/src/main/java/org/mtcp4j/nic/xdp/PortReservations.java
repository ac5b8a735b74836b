/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import org.mtcp4j.nic.linux.LinuxCalls;

/**
 * TCP ports taken in the kernel: sockets that are bound and do nothing else, so that the kernel gives their ports to nobody. A handle is the
 * socket's descriptor.
 */
final class PortReservations {
    private static final int SOCK_STREAM = 1;
    private static final int SO_REUSEADDR = 2;
    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_V6ONLY = 26;
    private static final int ADDRESS_BYTES = 28;
    private static final int SHORT_ADDRESS_BYTES = 16;

    private final LinuxCalls calls;
    private final int interfaceIndex;

    PortReservations(LinuxCalls calls, int interfaceIndex) {
        this.calls = calls;
        this.interfaceIndex = interfaceIndex;
    }

    private static ByteBuffer direct() {
        return LinuxCalls.memory(ADDRESS_BYTES);
    }

    /** See {@link org.mtcp4j.nic.KernelShare#reserve}. */
    int reserve(InetAddress address, int port, boolean reuse) {
        boolean ipv4 = address instanceof Inet4Address;
        int reserved = reserve(address.getAddress(), port, reuse, address.isLinkLocalAddress());
        boolean noIpv6 = reserved == -LinuxCalls.EAFNOSUPPORT || reserved == -LinuxCalls.EADDRNOTAVAIL;
        return noIpv6 && !ipv4 && address.isAnyLocalAddress() ? reserve(new byte[4], port, reuse, false) : reserved;
    }

    private int reserve(byte[] bytes, int port, boolean reuse, boolean linkLocal) {
        boolean ipv4 = bytes.length == 4;
        int fd =
                calls.socket(ipv4 ? LinuxCalls.AF_INET : LinuxCalls.AF_INET6, SOCK_STREAM | LinuxCalls.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            return fd;
        }
        ByteBuffer number = direct().putInt(0, reuse ? 1 : 0);
        calls.setsockopt(fd, LinuxCalls.SOL_SOCKET, SO_REUSEADDR, calls.address(number), 4);
        ByteBuffer to = direct();
        to.putShort(0, (short) (ipv4 ? LinuxCalls.AF_INET : LinuxCalls.AF_INET6));
        to.put(2, (byte) (port >>> 8)).put(3, (byte) port);
        if (ipv4) {
            to.put(4, bytes);
        } else {
            // One of the any-address takes IPv4's as well, as a dual-stack server does.
            calls.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, calls.address(number.putInt(0, 0)), 4);
            to.put(8, bytes).putInt(24, linkLocal ? interfaceIndex : 0);
        }
        int bound = calls.bind(fd, calls.address(to), ipv4 ? SHORT_ADDRESS_BYTES : ADDRESS_BYTES);
        if (bound < 0) {
            calls.close(fd);
            return bound;
        }
        return fd;
    }

    int port(int fd) {
        ByteBuffer address = direct();
        ByteBuffer length = direct().putInt(0, ADDRESS_BYTES);
        int result = calls.getsockname(fd, calls.address(address), calls.address(length));
        return result < 0 ? 0 : ((address.get(2) & 0xff) << 8) | (address.get(3) & 0xff);
    }

    void release(int fd) {
        calls.close(fd);
    }
}
