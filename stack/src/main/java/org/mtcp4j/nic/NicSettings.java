/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.nic;

import java.util.Map;
import java.util.function.LongSupplier;

/**
 * What a NIC is opened with.
 *
 * @param queues one per context, ≥ 1
 * @param mtuBytes 576 to 65,535
 * @param macAddress wanted address in the low 48 bits, or 0 for one of the NIC's choosing (locally administered, unicast)
 * @param frames frames wanted in the pool (shared by the queues), ≥ 64
 * @param hostIp of the kernel's end of a TAP as {@code a.b.c.d/len}, or eight groups of hexadecimal digits and {@code /len}, several separated
 *     by commas; or null
 * @param clockNs the stack's monotonic clock, for NICs that delay
 * @param options values of the keys that only some kinds know, by short name as {@code dpdk.no-huge}; and {@code log}
 */
public record NicSettings(
        int queues,
        int mtuBytes,
        long macAddress,
        int frames,
        String hostIp,
        LongSupplier clockNs,
        Map<String, String> options) {
    /** Without options. */
    public NicSettings(int queues, int mtuBytes, long macAddress, int frames, String hostIp, LongSupplier clockNs) {
        this(queues, mtuBytes, macAddress, frames, hostIp, clockNs, Map.of());
    }

    /** An option's value, or the default where it is not given. */
    public String option(String shortName, String defaultValue) {
        return options.getOrDefault(shortName, defaultValue);
    }
}
