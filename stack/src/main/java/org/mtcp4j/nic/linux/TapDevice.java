/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.NicUnavailableException;

/**
 * Opening and configuring a TAP device: {@code linux/if_tun.h}, netdevice(7). Everything that can fail says so in one sentence.
 */
final class TapDevice {
    static final String PATH = "/dev/net/tun";

    private static final long TUNSETIFF = 0x400454caL;
    private static final long TUNSETOFFLOAD = 0x400454d0L;
    private static final long TUNSETVNETHDRSZ = 0x400454d8L;
    private static final long SIOCGIFFLAGS = 0x8913;
    private static final long SIOCSIFFLAGS = 0x8914;
    private static final long SIOCSIFADDR = 0x8916;
    private static final long SIOCSIFNETMASK = 0x891c;
    private static final long SIOCGIFMTU = 0x8921;
    private static final long SIOCSIFMTU = 0x8922;

    private static final int IFF_TAP = 0x0002;
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_VNET_HDR = 0x4000;
    private static final int IFF_UP = 1;
    private static final int TUN_F_CSUM = 1;
    private static final int TUN_F_TSO4 = 2;
    private static final int TUN_F_TSO6 = 4;

    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM = 2;
    private static final int IFREQ_BYTES = 40;
    private static final int IFREQ_NAME_BYTES = 16;

    private final LinuxCalls calls;
    private final String name;
    private final ByteBuffer request = ByteBuffer.allocateDirect(IFREQ_BYTES).order(ByteOrder.nativeOrder());
    private final long requestAddress;

    private TapDevice(LinuxCalls calls, String name) {
        this.calls = calls;
        this.name = name;
        this.requestAddress = calls.address(request);
    }

    /** Opens the device, offloads on, and sets what the settings say of the kernel's end; returns its descriptor. */
    static int open(LinuxCalls calls, String name, NicSettings settings) throws NicUnavailableException {
        checkName(name);
        TapDevice device = new TapDevice(calls, name);
        int fd = device.openControl();
        try {
            device.attach(fd);
            device.configure(settings);
            return fd;
        } catch (NicUnavailableException | RuntimeException | Error e) {
            calls.close(fd);
            throw e;
        }
    }

    static void checkName(String name) throws NicUnavailableException {
        boolean valid = !name.isEmpty()
                && name.length() < IFREQ_NAME_BYTES
                && !name.equals(".")
                && !name.equals("..")
                && name.chars().allMatch(c -> c > ' ' && c < 127 && c != '/' && c != ':' && c != '%');
        if (!valid) {
            throw new NicUnavailableException(
                    "'" + name
                            + "' is no name for a TAP device; write mtcp.nic=tap:NAME with 1 to 15 letters or digits, as tap:mt0");
        }
    }

    /** Whether the kernel's end is up; true where that cannot be told. */
    static boolean isUp(LinuxCalls calls, String name) {
        int socket = calls.socket(AF_INET, SOCK_DGRAM, 0);
        if (socket < 0) {
            return true;
        }
        TapDevice device = new TapDevice(calls, name);
        device.named();
        int result = calls.ioctl(socket, SIOCGIFFLAGS, device.requestAddress);
        calls.close(socket);
        return result < 0 || (device.request.getShort(IFREQ_NAME_BYTES) & IFF_UP) != 0;
    }

    private int openControl() throws NicUnavailableException {
        int fd = calls.open(PATH, LinuxCalls.O_RDWR | LinuxCalls.O_NONBLOCK | LinuxCalls.O_CLOEXEC);
        if (fd >= 0) {
            return fd;
        }
        throw switch (-fd) {
            case LinuxCalls.ENOENT, LinuxCalls.ENODEV, LinuxCalls.ENXIO -> new NicUnavailableException(missing());
            case LinuxCalls.EACCES, LinuxCalls.EPERM -> new NicUnavailableException(noAccess());
            default -> failure("opening " + PATH, -fd, "see dmesg");
        };
    }

    private static final String CONTAINERS = "; in a container give it --cap-add NET_ADMIN --device " + PATH
            + ", in Kubernetes securityContext.capabilities.add: [NET_ADMIN]";

    static String missing() {
        return PATH
                + " is missing, so no TAP device can be made; load the module with 'modprobe tun', or start the container"
                + " with --device " + PATH;
    }

    static String noAccess() {
        return PATH + " may not be opened by this user; run as root, or 'chmod 666 " + PATH + "'" + CONTAINERS;
    }

    private void attach(int fd) throws NicUnavailableException {
        named();
        request.putShort(IFREQ_NAME_BYTES, (short) (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR));
        int result = calls.ioctl(fd, TUNSETIFF, requestAddress);
        if (result < 0) {
            throw attachFailure(-result);
        }
        request.putInt(0, TapNic.VNET_HEADER_BYTES);
        must(calls.ioctl(fd, TUNSETVNETHDRSZ, requestAddress), "setting the header size of");
        must(calls.ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6), "switching on the offloads of");
    }

    private NicUnavailableException attachFailure(int errno) {
        return switch (errno) {
            case LinuxCalls.EPERM, LinuxCalls.EACCES ->
                new NicUnavailableException("TAP device '" + name
                        + "' may not be made by this user: CAP_NET_ADMIN is missing; run as root, or in a"
                        + " namespace of your own with 'unshare -rn', or make it once with 'ip tuntap add dev " + name
                        + " mode tap user $USER vnet_hdr'" + CONTAINERS);
            case LinuxCalls.EBUSY ->
                new NicUnavailableException("TAP device '" + name
                        + "' is in use by another process; stop that one, or choose another name in mtcp.nic=tap:NAME");
            case LinuxCalls.EINVAL ->
                new NicUnavailableException("a network interface '" + name
                        + "' exists and is no TAP device with vnet_hdr; choose another name in mtcp.nic=tap:NAME");
            default -> failure("making TAP device '" + name + "'", errno, "choose another name or see dmesg");
        };
    }

    private void configure(NicSettings settings) throws NicUnavailableException {
        int socket = calls.socket(AF_INET, SOCK_DGRAM, 0);
        if (socket < 0) {
            throw failure("opening a socket to configure TAP device '" + name + "'", -socket, "see ulimit -n");
        }
        try {
            setMtu(socket, settings.mtuBytes());
            if (settings.hostIp() != null && !settings.hostIp().isEmpty()) {
                setAddress(socket, settings.hostIp());
            }
        } finally {
            calls.close(socket);
        }
    }

    private void setMtu(int socket, int mtuBytes) throws NicUnavailableException {
        named();
        must(calls.ioctl(socket, SIOCGIFMTU, requestAddress), "reading the MTU of");
        if (request.getInt(IFREQ_NAME_BYTES) == mtuBytes) {
            return;
        }
        request.putInt(IFREQ_NAME_BYTES, mtuBytes);
        int result = calls.ioctl(socket, SIOCSIFMTU, requestAddress);
        if (result == -LinuxCalls.EINVAL) {
            throw new NicUnavailableException(
                    "TAP device '" + name + "' cannot have an MTU of " + mtuBytes + "; set mtcp.mtu to at most 65521");
        }
        must(result, "setting the MTU of");
    }

    private void setAddress(int socket, String hostIp) throws NicUnavailableException {
        int[] address = parse(hostIp);
        inetAddress(address[0]);
        must(calls.ioctl(socket, SIOCSIFADDR, requestAddress), "setting address " + hostIp + " of");
        inetAddress(address[1] == 0 ? 0 : -1 << (32 - address[1]));
        must(calls.ioctl(socket, SIOCSIFNETMASK, requestAddress), "setting the netmask of");
        named();
        must(calls.ioctl(socket, SIOCGIFFLAGS, requestAddress), "reading the flags of");
        request.putShort(IFREQ_NAME_BYTES, (short) (request.getShort(IFREQ_NAME_BYTES) | IFF_UP));
        must(calls.ioctl(socket, SIOCSIFFLAGS, requestAddress), "bringing up");
    }

    /** Address and prefix length of {@code a.b.c.d/len}. */
    static int[] parse(String hostIp) throws NicUnavailableException {
        String[] parts = hostIp.split("[./]", -1);
        int value = 0;
        boolean valid = parts.length == 5 && hostIp.indexOf('/') > hostIp.lastIndexOf('.');
        for (int i = 0; valid && i < 5; i++) {
            int number = parts[i].matches("\\d{1,3}") ? Integer.parseInt(parts[i]) : -1;
            valid = number >= 0 && number <= (i < 4 ? 255 : 32);
            value = i < 4 ? (value << 8) | number : value;
        }
        if (!valid) {
            throw new NicUnavailableException("mtcp.tap.host-ip '" + hostIp
                    + "' is no IPv4 address with prefix; write ADDRESS/BITS as 198.18.0.1/24");
        }
        return new int[] {value, Integer.parseInt(parts[4])};
    }

    /** A {@code struct ifreq} with nothing but the name. */
    private void named() {
        for (int i = 0; i < IFREQ_BYTES; i++) {
            request.put(i, (byte) 0);
        }
        request.put(0, name.getBytes(StandardCharsets.US_ASCII));
    }

    /** A {@code struct ifreq} with the name and a {@code sockaddr_in}. */
    private void inetAddress(int address) {
        named();
        request.putShort(IFREQ_NAME_BYTES, (short) AF_INET);
        for (int i = 0; i < 4; i++) {
            request.put(IFREQ_NAME_BYTES + 4 + i, (byte) (address >>> (24 - 8 * i)));
        }
    }

    private void must(int result, String doing) throws NicUnavailableException {
        if (result < 0) {
            String cure = -result == LinuxCalls.EPERM
                    ? "run as root, or in a namespace of your own with 'unshare -rn'" + CONTAINERS
                    : "see 'ip link' and dmesg";
            throw failure(doing + " TAP device '" + name + "'", -result, cure);
        }
    }

    private NicUnavailableException failure(String doing, int errno, String cure) {
        return new NicUnavailableException(doing + " failed: " + calls.errorText(errno) + "; " + cure);
    }
}
