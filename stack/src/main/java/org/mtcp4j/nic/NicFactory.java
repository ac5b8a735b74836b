/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.mtcp4j.nic.capture.CapturingNic;
import org.mtcp4j.nic.fault.FaultyNic;
import org.mtcp4j.text.Nearest;

/** Opens the NIC that an entry of {@code mtcp.nic} describes, with the faults and the capture it is to have. */
public final class NicFactory {
    private static final Path INTERFACES = Path.of("/sys/class/net");

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
            throw new NicUnavailableException(noKind(spec, parsed.kind(), providers));
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

    private static String noKind(String spec, String kind, Map<String, NicProvider> providers) {
        if (Files.isDirectory(INTERFACES.resolve(kind.isEmpty() ? "none" : kind.replace('/', '_')))) {
            return "mtcp.nic=" + spec
                    + " is a network interface of the kernel's, and no kind; write xdp:" + kind
                    + " to share it with the kernel,"
                    + " tap:NAME for a TAP device of the stack's own that the kernel routes to, or let the stack have this"
                    + " interface: dpdk:net_af_packet0,iface=" + kind + " or dpdk:net_af_xdp0,iface=" + kind
                    + " (in agent arguments '+' for ',')";
        }
        String question = Nearest.question(kind, providers.keySet());
        return "mtcp.nic has no kind '" + kind + "'" + (question.isEmpty() ? ";" : question) + " kinds are "
                + String.join(", ", providers.keySet());
    }
}
