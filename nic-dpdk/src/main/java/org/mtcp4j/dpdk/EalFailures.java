/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import java.util.List;

/** From what DPDK prints to one sentence with the cure. */
final class EalFailures {
    private static final List<String> KNOWN = List.of(
            "net_memif",
            "net_af_packet",
            "net_af_xdp",
            "net_tap",
            "net_virtio_user",
            "net_vhost",
            "net_pcap",
            "net_ring",
            "net_null",
            "net_bonding");

    private EalFailures() {}

    /** Why the environment could not be initialised. */
    static String sentence(String log, boolean hugepages, String errorText) {
        if (log.contains("Permission denied") && hugepages) {
            return "DPDK may not use hugepages as this user (" + last(log, "Permission denied")
                    + "); run as root, give the user the hugetlbfs mount, or set mtcp.dpdk.no-huge=true";
        }
        if (log.contains("No free") && log.contains("hugepages")) {
            return "DPDK found no free hugepages; reserve some, or set mtcp.dpdk.no-huge=true";
        }
        if (log.contains("Cannot allocate memory") || log.contains("Cannot init memory")) {
            return "DPDK got no memory (" + last(log, "")
                    + "); set a smaller mtcp.frames, or raise 'ulimit -l' and 'ulimit -v'";
        }
        return "DPDK cannot be initialised (" + last(log, "") + ": " + errorText
                + "); check mtcp.dpdk.eal-args, and see docs/dpdk.md";
    }

    /**
     * Why a device could not be had.
     *
     * @param attached the sentence of the XDP program that the interface had before; null for none
     */
    static String device(DevArgs device, String log, String errorText, String attached) {
        String said = last(log, "");
        String detail = said.isEmpty() ? errorText : said;
        if (device.isPci()) {
            return "DPDK has no port for PCI device " + device.name() + " (" + detail
                    + "); is it bound to vfio-pci ('dpdk-devbind.py -s' shows it), and not in use by the kernel?";
        }
        String iface = device.argument("iface");
        if (iface != null) {
            return "DPDK cannot open " + device.name() + " on interface '" + iface + "' (" + detail
                    + "); does 'ip link show " + iface
                    + "' know it here, and is this process root or has it CAP_NET_RAW"
                    + " and CAP_NET_ADMIN?"
                    + (attached == null ? "" : " " + attached);
        }
        if (KNOWN.stream().anyMatch(device.name()::startsWith)) {
            return "DPDK cannot open '" + device.text() + "' (" + detail
                    + "); check its arguments against docs/dpdk.md, and mtcp.log=debug shows what its driver says";
        }
        return "DPDK has no device '" + device.text() + "' (" + detail + "); known names begin with "
                + String.join(", ", KNOWN) + "; arguments are in docs/dpdk.md";
    }

    /** The last line that says something of the kind, without DPDK's prefixes. */
    static String last(String log, String containing) {
        List<String> lines = log.lines()
                .filter(line -> !line.isBlank() && line.contains(containing))
                .filter(line -> !line.contains("Detected ") && !line.contains("Selected IOVA mode"))
                .filter(line -> !line.contains("VFIO support") && !line.contains("No shared files mode"))
                .toList();
        return lines.isEmpty() ? "" : lines.get(lines.size() - 1).strip().replaceFirst("^(EAL|ETHDEV): ", "");
    }
}
