/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.linux;

import org.mtcp4j.nic.NicUnavailableException;

/** Loads {@link LinuxCalls} once, when first asked. */
public final class LinuxCallsLoader {
    private static final String IMPLEMENTATION = "org.mtcp4j.nic.linux.JnrLinuxCalls";
    private static LinuxCalls calls;

    private LinuxCallsLoader() {}

    /** @throws NicUnavailableException with one sentence where native code cannot be loaded */
    public static synchronized LinuxCalls load() throws NicUnavailableException {
        if (calls == null) {
            if (!System.getProperty("os.name", "").startsWith("Linux")) {
                throw new NicUnavailableException("TAP devices and descriptor wake-ups need Linux, but this is "
                        + System.getProperty("os.name") + "; use mtcp.nic=memory");
            }
            calls = NativeLoader.instantiate(LinuxCalls.class, IMPLEMENTATION);
        }
        return calls;
    }
}
