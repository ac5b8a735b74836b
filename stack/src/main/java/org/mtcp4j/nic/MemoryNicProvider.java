/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

/** Kind {@code memory}: needs nothing, takes no arguments of its own. */
public final class MemoryNicProvider implements NicProvider {
    @Override
    public String kind() {
        return "memory";
    }

    @Override
    public String unavailable() {
        return null;
    }

    @Override
    public Nic open(String arguments, NicSettings settings) throws NicUnavailableException {
        if (!arguments.isEmpty()) {
            throw new NicUnavailableException("mtcp.nic=memory takes no name, but got '" + arguments
                    + "'; write memory or" + " memory:OPTION=VALUE,…");
        }
        return new MemoryNic(settings);
    }
}
