/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.linux;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
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
    private static final long SIOCGIFTXQLEN = 0x8942;
    private static final long SIOCSIFTXQLEN = 0x8943;
    private static final long SIOCGIFINDEX = 0x8933;
    private static final long SIOCGIFCONF = 0x8912;
    private static final long SIOCGIFMTU = 0x8921;
    private static final long SIOCSIFMTU = 0x8922;

    private static final int IFF_TAP = 0x0002;
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_VNET_HDR = 0x4000;
    private static final int IFF_UP = 1;
    private static final int TUN_F_CSUM = 1;
    private static final int TUN_F_TSO4 = 2;
    private static final int TUN_F_TSO6 = 4;

    private static final int SOCK_DGRAM = 2;
    private static final int IFREQ_BYTES = 40;
    private static final int IFREQ_NAME_BYTES = 16;
    /** Of the kernel towards us, in frames: what it makes, and what we set instead. */
    private static final int DEFAULT_QUEUE = 1_000;

    private static final int QUEUE = 8_000;
    private static final int MAX_ADDRESSES = 1_024;

    private final LinuxCalls calls;
    private final String name;
    private final ByteBuffer request = LinuxCalls.memory(IFREQ_BYTES);
    private final long requestAddress;

    private TapDevice(LinuxCalls calls, String name) {
        this.calls = calls;
        this.name = name;
        this.requestAddress = calls.address(request);
    }

    /** Opens the device, offloads on, and sets what the settings say of the kernel's end; returns its descriptor. */
    static int open(LinuxCalls calls, String name, NicSettings settings) throws NicUnavailableException {
        checkName(name);
        List<HostAddress> addresses = HostAddress.parse(settings.hostIp());
        TapDevice device = new TapDevice(calls, name);
        int fd = device.openControl();
        try {
            device.attach(fd);
            device.configure(settings, addresses);
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
                // Of all interfaces in /proc/sys/net.
                && !name.equals("all")
                && !name.equals("default")
                && name.chars().allMatch(c -> c > ' ' && c < 127 && c != '/' && c != ':' && c != '%');
        if (!valid) {
            throw new NicUnavailableException(
                    "'" + name
                            + "' is no name for a TAP device; write mtcp.nic=tap:NAME with 1 to 15 letters or digits, as tap:mt0");
        }
    }

    /** Whether the kernel's end is up; true where that cannot be told. */
    static boolean isUp(LinuxCalls calls, String name) {
        int socket = calls.socket(LinuxCalls.AF_INET, SOCK_DGRAM, 0);
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
        request.putInt(0, VirtioHeader.BYTES);
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

    private void configure(NicSettings settings, List<HostAddress> addresses) throws NicUnavailableException {
        int socket = calls.socket(LinuxCalls.AF_INET, SOCK_DGRAM, 0);
        if (socket < 0) {
            throw failure("opening a socket to configure TAP device '" + name + "'", -socket, "see ulimit -n");
        }
        try {
            setMtu(socket, settings.mtuBytes());
            lengthenQueue(socket);
            if (!addresses.isEmpty()) {
                setAddresses(socket, addresses);
            }
        } finally {
            calls.close(socket);
        }
    }

    /**
     * A flood of small frames fills the kernel's queue in milliseconds, and then honest peers' are dropped with the others. A length that
     * somebody has chosen stays, and so does any where this user may not set it.
     */
    private void lengthenQueue(int socket) {
        named();
        if (calls.ioctl(socket, SIOCGIFTXQLEN, requestAddress) >= 0
                && request.getInt(IFREQ_NAME_BYTES) == DEFAULT_QUEUE) {
            request.putInt(IFREQ_NAME_BYTES, QUEUE);
            calls.ioctl(socket, SIOCSIFTXQLEN, requestAddress);
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

    private void setAddresses(int socket, List<HostAddress> addresses) throws NicUnavailableException {
        int aliases = 0;
        for (HostAddress address : addresses) {
            String holder = address.isIpv6() ? address.ipv6Holder(name) : ipv4Holder(socket, (int) address.lo());
            if (holder != null) {
                throw new NicUnavailableException("mtcp.tap.host-ip=" + address.text() + " is an address of interface '"
                        + holder
                        + "' already, so the machine would have two ways to one network; take a network that no"
                        + " interface has, for mtcp.ip and mtcp.tap.host-ip, as 'ip addr' shows them");
            }
            if (address.isIpv6()) {
                setIpv6Address(socket, address);
            } else {
                // Under one label a second address takes the place of the first.
                String label = aliases == 0 ? name : name + ":" + aliases;
                aliases++;
                if (label.length() >= IFREQ_NAME_BYTES) {
                    throw new NicUnavailableException("mtcp.tap.host-ip has more than one IPv4 address, and the name '"
                            + name + "' is too long for that; take one of at most 13 letters in mtcp.nic=tap:NAME");
                }
                inetAddress(label, (int) address.lo());
                must(calls.ioctl(socket, SIOCSIFADDR, requestAddress), "setting address " + address.text() + " of");
                inetAddress(label, address.prefixBits() == 0 ? 0 : -1 << (32 - address.prefixBits()));
                must(calls.ioctl(socket, SIOCSIFNETMASK, requestAddress), "setting the netmask of");
            }
        }
        named();
        must(calls.ioctl(socket, SIOCGIFFLAGS, requestAddress), "reading the flags of");
        request.putShort(IFREQ_NAME_BYTES, (short) (request.getShort(IFREQ_NAME_BYTES) | IFF_UP));
        must(calls.ioctl(socket, SIOCSIFFLAGS, requestAddress), "bringing up");
    }

    /** {@code struct in6_ifreq}: address, prefix length, index of the interface. */
    private void setIpv6Address(int socket, HostAddress address) throws NicUnavailableException {
        // Containers often begin with IPv6 off. Nobody but the stack is on the link, so the kernel need not try its
        // address for a second before it answers there.
        system("disable_ipv6", '0');
        system("accept_dad", '0');
        named();
        must(calls.ioctl(socket, SIOCGIFINDEX, requestAddress), "reading the index of");
        int index = request.getInt(IFREQ_NAME_BYTES);
        int socket6 = calls.socket(LinuxCalls.AF_INET6, SOCK_DGRAM, 0);
        if (socket6 < 0) {
            throw failure(
                    "setting address " + address.text() + " of TAP device '" + name + "'",
                    -socket6,
                    "does this kernel have IPv6?");
        }
        try {
            for (int i = 0; i < 16; i++) {
                long half = i < 8 ? address.hi() : address.lo();
                request.put(i, (byte) (half >>> (56 - 8 * (i & 7))));
            }
            request.putInt(16, address.prefixBits());
            request.putInt(20, index);
            int result = calls.ioctl(socket6, SIOCSIFADDR, requestAddress);
            if (result != -LinuxCalls.EEXIST) {
                if (result == -LinuxCalls.EACCES) {
                    throw new NicUnavailableException("mtcp.tap.host-ip=" + address.text()
                            + " is refused: IPv6 is off for '"
                            + name + "'; run 'sysctl net.ipv6.conf.default.disable_ipv6=0', in a container give it"
                            + " --sysctl net.ipv6.conf.all.disable_ipv6=0");
                }
                must(result, "setting address " + address.text() + " of");
            }
        } finally {
            calls.close(socket6);
        }
    }

    /** Of the interface alone; as it was where it may not be set. */
    private void system(String key, char value) {
        try (FileOutputStream out = new FileOutputStream("/proc/sys/net/ipv6/conf/" + name + "/" + key)) {
            out.write(value);
        } catch (IOException e) {
            // The address is refused then, with a reason, or takes a second longer.
        }
    }

    /** The other interface that has this IPv4 address, or null: {@code struct ifconf}. */
    private String ipv4Holder(int socket, int address) {
        ByteBuffer all = LinuxCalls.memory(MAX_ADDRESSES * IFREQ_BYTES);
        request.putLong(0, all.capacity());
        request.putLong(8, calls.address(all));
        if (calls.ioctl(socket, SIOCGIFCONF, requestAddress) < 0) {
            return null;
        }
        int bytes = Math.min(request.getInt(0), all.capacity());
        for (int at = 0; at + IFREQ_BYTES <= bytes; at += IFREQ_BYTES) {
            int found = 0;
            for (int i = 0; i < 4; i++) {
                found = found << 8 | (all.get(at + IFREQ_NAME_BYTES + 4 + i) & 0xff);
            }
            byte[] text = new byte[IFREQ_NAME_BYTES];
            all.get(at, text);
            String holder = new String(text, StandardCharsets.US_ASCII).split("\0", 2)[0];
            // An alias, as eth0:1, is the same interface.
            if (found == address && !holder.split(":", 2)[0].equals(name)) {
                return holder;
            }
        }
        return null;
    }

    /** A {@code struct ifreq} with nothing but the name. */
    private void named() {
        named(name);
    }

    private void named(String label) {
        for (int i = 0; i < IFREQ_BYTES; i++) {
            request.put(i, (byte) 0);
        }
        request.put(0, label.getBytes(StandardCharsets.US_ASCII));
    }

    /** A {@code struct ifreq} with the name, or an alias, and a {@code sockaddr_in}. */
    private void inetAddress(String label, int address) {
        named(label);
        request.putShort(IFREQ_NAME_BYTES, (short) LinuxCalls.AF_INET);
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
