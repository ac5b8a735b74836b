/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.xdp;

import java.nio.ByteOrder;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicProvider;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.NicUnavailableException;
import org.mtcp4j.nic.linux.LinuxCallsLoader;

/**
 * Kind {@code xdp}: {@code xdp:INTERFACE} shares an interface with the kernel; {@code xdp:INTERFACE/native} and {@code
 * xdp:INTERFACE/generic} insist on where the program is attached.
 */
public final class XdpNicProvider implements NicProvider {
    /** The kind. */
    public static final String KIND = "xdp";

    @Override
    public String kind() {
        return KIND;
    }

    @Override
    public String unavailable() {
        if (!System.getProperty("os.name", "").startsWith("Linux")) {
            return "nic=xdp: needs Linux, but this is " + System.getProperty("os.name") + "; use mtcp.nic=memory";
        }
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            return "nic=xdp: has its program for little-endian machines only; use mtcp.nic=tap:NAME";
        }
        return null;
    }

    @Override
    public Nic open(String arguments, NicSettings settings) throws NicUnavailableException {
        String[] parts = arguments.split("/", -1);
        String mode = parts.length > 1 ? parts[1] : "";
        boolean knowsMode = mode.isEmpty() || mode.equals("native") || mode.equals("generic");
        if (parts[0].isEmpty() || parts.length > 2 || !knowsMode) {
            throw new NicUnavailableException("nic=xdp:" + arguments
                    + " does not name an interface; write xdp:NAME, xdp:NAME/native or xdp:NAME/generic, as xdp:eth0");
        }
        return XdpNic.open(LinuxCallsLoader.load(), parts[0], mode, settings);
    }
}
