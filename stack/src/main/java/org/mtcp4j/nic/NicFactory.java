/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import java.nio.file.Path;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.mtcp4j.nic.capture.CapturingNic;
import org.mtcp4j.nic.fault.FaultyNic;

/** Opens the NIC that an entry of {@code mtcp.nic} describes, with the faults and the capture it is to have. */
public final class NicFactory {
    private NicFactory() {}

    /** Every provider that is there, by kind, usable here or not. Loads nothing native. */
    public static Map<String, NicProvider> providers() {
        Map<String, NicProvider> providers = new TreeMap<>();
        for (NicProvider provider : ServiceLoader.load(NicProvider.class, NicProvider.class.getClassLoader())) {
            providers.putIfAbsent(provider.kind(), provider);
        }
        return providers;
    }

    /**
     * Opens a NIC.
     *
     * @param spec one entry of {@code mtcp.nic}, see {@link NicSpec}
     * @param captureFile pcapng file to write, {@code %p} is the process id; empty for none
     * @throws NicUnavailableException with one sentence: what, why, how to mend
     */
    public static Nic open(String spec, NicSettings settings, String captureFile) throws NicUnavailableException {
        NicSpec parsed = NicSpec.parse(spec);
        Map<String, NicProvider> providers = providers();
        NicProvider provider = providers.get(parsed.kind());
        if (provider == null) {
            throw new NicUnavailableException("mtcp.nic has no kind '" + parsed.kind() + "'; did you mean '"
                    + Nearest.to(parsed.kind(), providers.keySet()) + "'? Kinds are "
                    + String.join(", ", providers.keySet()));
        }
        String unavailable = provider.unavailable();
        if (unavailable != null) {
            throw new NicUnavailableException(unavailable);
        }
        Nic nic = provider.open(parsed.arguments(), settings);
        try {
            if (!parsed.faults().isNone()) {
                nic = new FaultyNic(nic, parsed.faults(), settings.clockNs());
            }
            if (!captureFile.isEmpty()) {
                String path = captureFile.replace(
                        "%p", Long.toString(ProcessHandle.current().pid()));
                nic = new CapturingNic(nic, Path.of(path), settings.clockNs());
            }
            return nic;
        } catch (NicUnavailableException | RuntimeException | Error e) {
            nic.close();
            throw e;
        }
    }
}
