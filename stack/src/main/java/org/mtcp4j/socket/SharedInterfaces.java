/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.linux.OwnFiles;

/** What is to be known of interfaces that the kernel has, too. */
final class SharedInterfaces {
    private static final String GENERIC = "/generic";
    /** The tables of iptables in this network namespace, a line each. */
    private static final Path TABLES = Path.of("/proc/self/net/ip_tables_names");

    private SharedInterfaces() {}

    /** @param wanted the value of {@code mtcp.nic} */
    static void warn(String wanted, List<Nic> nics, List<String> warnings) {
        for (Nic nic : nics) {
            if (nic.kernelShare() == null) {
                continue;
            }
            if (nic.name().endsWith(GENERIC) && !wanted.contains(nic.name())) {
                warnings.add("nic=" + nic.name()
                        + ": the program is attached behind the interface's driver, which does not take it, so a packet costs more; 'xdp:NAME/native'"
                        + " says why");
            }
            if (hasNat()) {
                warnings.add("nic=" + nic.name()
                        + ": this network namespace has rules of iptables' nat table, as a service mesh makes them; the stack's connections pass them"
                        + " by, so leave redirected ports to the kernel, as by mtcp.offload=!*:8080");
            }
        }
    }

    private static boolean hasNat() {
        try {
            return OwnFiles.read(TABLES).lines().anyMatch("nat"::equals);
        } catch (IOException e) {
            // Nothing of iptables here, or nobody may know.
            return false;
        }
    }
}
