/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import java.util.List;
import java.util.regex.Pattern;
import org.mtcp4j.nic.NicUnavailableException;

/**
 * What stands behind {@code dpdk:}: a device's name, and its driver's arguments separated by commas.
 *
 * @param text as given
 * @param name {@code net_memif0}, or {@code 0000:3b:00.0}
 */
record DevArgs(String text, String name, boolean isPci) {
    private static final Pattern PCI =
            Pattern.compile("(?:pci:)?((?:[0-9a-fA-F]{4,8}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\\.[0-7])");

    private static final Pattern NAME = Pattern.compile("(?:vdev:)?([A-Za-z][A-Za-z0-9_.-]{1,62})");

    /** Ethernet header and tag. */
    private static final int FRAME_BYTES = 18;

    private static final int LINE_BYTES = 64;
    /** Of DPDK 21.11 to 25.11. */
    private static final List<String> MEMIF_NAMES = List.of(
            "id",
            "role",
            "bsize",
            "rsize",
            "socket",
            "socket-abstract",
            "owner-uid",
            "owner-gid",
            "mac",
            "zero-copy",
            "secret");

    /** The driver's defaults: buffers of this size, and the logarithm of how many a ring has. */
    private static final int MEMIF_BUFFER_BYTES = 2_048;

    private static final int MEMIF_RING_LOG2 = 10;
    private static final int LEAST_RING_LOG2 = 4;

    /** What a 16-bit length leaves in an mbuf beside its headroom of 128, in whole lines of the cache. */
    static final int MOST_ROOM_BYTES = 65_344;

    static DevArgs parse(String text) throws NicUnavailableException {
        String whole = text.strip();
        int comma = whole.indexOf(',');
        String first = comma < 0 ? whole : whole.substring(0, comma);
        String rest = comma < 0 ? "" : whole.substring(comma);
        var pci = PCI.matcher(first);
        if (pci.matches()) {
            String address = pci.group(1);
            String full = address.indexOf(':') == address.lastIndexOf(':') ? "0000:" + address : address;
            return new DevArgs(full + rest, full, true);
        }
        var name = NAME.matcher(first);
        if (name.matches()) {
            DevArgs device = new DevArgs(name.group(1) + rest, name.group(1), false);
            device.checkNames();
            return device;
        }
        throw new NicUnavailableException("'" + text
                + "' is no DPDK device; write mtcp.nic=dpdk:0000:3b:00.0 for a PCI device, or"
                + " mtcp.nic=dpdk:net_memif0,role=client,socket=/run/x.sock for a virtual one");
    }

    /** DPDK drops all arguments of net_memif where one has a name that it does not know, and says so in its log only. */
    private void checkNames() throws NicUnavailableException {
        if (!name.startsWith("net_memif")) {
            return;
        }
        String[] parts = text.split(",", -1);
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            if (equals < 0 || !MEMIF_NAMES.contains(parts[i].substring(0, equals))) {
                throw new NicUnavailableException("'" + parts[i] + "' is no argument of " + name
                        + ", and DPDK would drop all the others with it; write NAME=VALUE with a NAME of "
                        + String.join(", ", MEMIF_NAMES));
            }
        }
    }

    /** The value of an argument, or null. */
    String argument(String key) {
        for (String part : text.split(",", -1)) {
            if (part.startsWith(key + "=")) {
                return part.substring(key.length() + 1);
            }
        }
        return null;
    }

    /**
     * What the driver is given. {@code net_memif} gets buffers that hold a whole frame, unless their size is told: up to DPDK 22.11 a frame
     * in several of them is now and then delivered twice. With larger buffers a ring has fewer, unless told how many, so that it has the size of
     * the driver's own and is not read from farther away than the processor's caches.
     */
    String textFor(int mtuBytes) throws NicUnavailableException {
        int frameBytes = mtuBytes + FRAME_BYTES;
        int bufferBytes = (frameBytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
        if (bufferBytes > MOST_ROOM_BYTES) {
            throw new NicUnavailableException(name + " cannot have an MTU of " + mtuBytes + "; set mtcp.mtu to at most "
                    + (MOST_ROOM_BYTES - FRAME_BYTES));
        }
        if (!name.startsWith("net_memif") || frameBytes <= MEMIF_BUFFER_BYTES || argument("bsize") != null) {
            return text;
        }
        String withBuffers = text + ",bsize=" + bufferBytes;
        if (argument("rsize") != null) {
            return withBuffers;
        }
        int fit = (MEMIF_BUFFER_BYTES << MEMIF_RING_LOG2) / bufferBytes;
        return withBuffers + ",rsize="
                + Math.max(LEAST_RING_LOG2, Integer.SIZE - 1 - Integer.numberOfLeadingZeros(fit));
    }
}
