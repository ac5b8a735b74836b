/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.util.List;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.xdp.RedirectRules;

/** What is to be known of interfaces that the kernel has, too. */
final class SharedInterfaces {
    private static final String GENERIC = "/generic";

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
            List<String> rules = RedirectRules.find();
            if (!rules.isEmpty()) {
                warnings.add("nic=" + nic.name() + ": " + RedirectRules.warning(rules));
            }
        }
    }
}
