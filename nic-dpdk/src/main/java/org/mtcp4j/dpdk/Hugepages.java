/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.mtcp4j.nic.linux.OwnFiles;

/** What the kernel says of its hugepages. */
final class Hugepages {
    private static final Path POOLS = Path.of("/sys/kernel/mm/hugepages");

    private Hugepages() {}

    /** Free hugepages of all sizes, in MiB. */
    static long freeMib() {
        long mib = 0;
        try (Stream<Path> pools = Files.list(POOLS)) {
            for (Path pool : pools.toList()) {
                String digits = pool.getFileName().toString().replaceAll("\\D", "");
                long free = Long.parseLong(
                        OwnFiles.read(pool.resolve("free_hugepages")).strip());
                mib += Long.parseLong(digits) * free / 1024;
            }
        } catch (IOException | NumberFormatException e) {
            return mib;
        }
        return mib;
    }
}
