/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.mtcp4j.nic.NicUnavailableException;

/**
 * Who has a PCI device, as {@code sysfs} tells it. Asked before DPDK is initialised, which would pass over a device that it may not have
 * without a word.
 */
final class PciDevices {
    static final Path DEVICES = Path.of("/sys/bus/pci/devices");

    /** Kernel drivers that leave a device to user space, and those under which DPDK shares one with the kernel. */
    private static final Set<String> USABLE = Set.of(
            "vfio-pci", "uio_pci_generic", "igb_uio", "mlx4_core", "mlx5_core", "ionic", "mana", "hv_netvsc", "sfc");

    private PciDevices() {}

    /** @throws NicUnavailableException with one sentence where DPDK cannot have the device as things are */
    static void check(Path devices, DevArgs device) throws NicUnavailableException {
        if (!device.isPci() || !Files.isDirectory(devices)) {
            return;
        }
        Path directory = devices.resolve(device.name());
        if (!Files.isDirectory(directory)) {
            throw new NicUnavailableException("there is no PCI device " + device.name()
                    + " here; 'dpdk-devbind.py -s' or 'lspci -D' lists those there are");
        }
        String driver = driver(directory);
        if (!USABLE.contains(driver)) {
            throw new NicUnavailableException("PCI device " + device.name()
                    + (driver.isEmpty() ? " has no driver" : " is held by the kernel's driver '" + driver + "'")
                    + "; give it to DPDK with 'modprobe vfio-pci && dpdk-devbind.py -b vfio-pci " + device.name()
                    + "', which takes its network interface away from the kernel");
        }
    }

    private static String driver(Path directory) {
        try {
            return Files.readSymbolicLink(directory.resolve("driver"))
                    .getFileName()
                    .toString();
        } catch (IOException e) {
            return "";
        }
    }
}
