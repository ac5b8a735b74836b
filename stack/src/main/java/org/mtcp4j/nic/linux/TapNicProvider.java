/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic.linux;

import java.nio.file.Files;
import java.nio.file.Path;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicProvider;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.NicUnavailableException;

/** Kind {@code tap}: {@code tap:NAME} makes, or takes over, the TAP device of that name. */
public final class TapNicProvider implements NicProvider {
    @Override
    public String kind() {
        return "tap";
    }

    @Override
    public String unavailable() {
        if (!System.getProperty("os.name", "").startsWith("Linux")) {
            return "TAP devices need Linux, but this is " + System.getProperty("os.name") + "; use mtcp.nic=memory";
        }
        Path device = Path.of(TapDevice.PATH);
        if (!Files.exists(device)) {
            return TapDevice.missing();
        }
        return Files.isReadable(device) && Files.isWritable(device) ? null : TapDevice.noAccess();
    }

    @Override
    public Nic open(String arguments, NicSettings settings) throws NicUnavailableException {
        TapDevice.checkName(arguments);
        return TapNic.open(LinuxCallsLoader.load(), arguments, settings);
    }
}
