/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.config;

import java.util.Map;

/** The named sets of defaults behind {@code mtcp.profile}. */
final class Profiles {
    private Profiles() {}

    static Map<Key, String> of(String profile) {
        return switch (profile) {
            case "latency" -> Map.of(Key.SPIN_US, "200us");
            case "throughput" -> Map.of(Key.SNDBUF, "1m", Key.RCVBUF, "2m");
            default -> Map.of();
        };
    }
}
