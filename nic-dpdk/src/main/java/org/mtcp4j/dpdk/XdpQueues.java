/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCalls;

/** Whether the interface has the queues that net_af_xdp is to serve: {@code linux/ethtool.h}. Its driver fails without a reason. */
final class XdpQueues {
    private static final long SIOCETHTOOL = 0x8946;
    private static final int ETHTOOL_GCHANNELS = 0x3c;
    /** {@code struct ethtool_channels}: nine words, of which these are in use now. */
    private static final int CHANNELS_BYTES = 9 * Integer.BYTES;

    private static final int RX_AT = 5 * Integer.BYTES;
    private static final int COMBINED_AT = 8 * Integer.BYTES;
    private static final int SOCK_DGRAM = 2;
    private static final int IFREQ_BYTES = 40;
    private static final int NAME_BYTES = 16;

    private XdpQueues() {}

    static boolean isXdp(DevArgs device) {
        return device.name().startsWith("net_af_xdp");
    }

    static void check(LinuxCalls calls, DevArgs device) throws NicUnavailableException {
        String iface = device.argument("iface");
        int wanted = number(device, "start_queue", 0) + number(device, "queue_count", 1);
        int present = iface == null ? 0 : queues(calls, iface);
        if (present > 0 && wanted > present) {
            throw new NicUnavailableException("interface '" + iface + "' has " + present + " receive queue(s), and "
                    + device.text() + " wants queue " + (wanted - 1) + ", counted from 0; set queue_count to " + present
                    + " or less, and mtcp.contexts with it, or give the interface more with 'ethtool -L " + iface
                    + " combined " + wanted + "'");
        }
    }

    private static int number(DevArgs device, String key, int otherwise) {
        String value = device.argument(key);
        return value != null && value.matches("\\d{1,5}") ? Integer.parseInt(value) : otherwise;
    }

    /** 0 where the driver does not say. */
    static int queues(LinuxCalls calls, String iface) {
        byte[] name = iface.getBytes(StandardCharsets.US_ASCII);
        int socket = name.length < NAME_BYTES ? calls.socket(LinuxCalls.AF_INET, SOCK_DGRAM, 0) : -1;
        if (socket < 0) {
            return 0;
        }
        ByteBuffer channels = LinuxCalls.memory(CHANNELS_BYTES);
        ByteBuffer request = LinuxCalls.memory(IFREQ_BYTES);
        channels.putInt(0, ETHTOOL_GCHANNELS);
        request.put(0, name).putLong(NAME_BYTES, calls.address(channels));
        int result = calls.ioctl(socket, SIOCETHTOOL, calls.address(request));
        calls.close(socket);
        return result < 0 ? 0 : channels.getInt(RX_AT) + channels.getInt(COMBINED_AT);
    }
}
