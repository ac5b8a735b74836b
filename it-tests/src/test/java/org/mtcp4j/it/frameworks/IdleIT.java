/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** An idle server costs no processor time beyond the program's own. */
class IdleIT {
    private static final int SECONDS = 10;
    /** A tenth of a per cent of a core, on top of what the same program takes on the kernel. */
    private static final long MOST_NS = TimeUnit.SECONDS.toNanos(SECONDS) / 1_000;

    @Test
    void anIdleServerOverTapTakesNoMoreThanOnTheKernel() throws Exception {
        try (Namespace ours = Namespace.create();
                Namespace kernels = Namespace.create();
                Server stack = Server.overTap(ours, Program.JETTY);
                Server kernel = Server.start(kernels, List.of(), Build.java(), Program.JETTY, List.of())) {
            ours.shell(30, "curl -sS -f -m 20 " + Server.URL + "/");
            kernels.shell(30, "curl -sS -f -m 20 http://127.0.0.1:" + Server.PORT + "/");
            // What start-up left to do, compilation above all, is not idleness.
            TimeUnit.SECONDS.sleep(10);
            long stackNs = stack.cpuNs();
            long kernelNs = kernel.cpuNs();
            TimeUnit.SECONDS.sleep(SECONDS);
            stackNs = stack.cpuNs() - stackNs;
            kernelNs = kernel.cpuNs() - kernelNs;
            System.out.printf(
                    Locale.ROOT,
                    "[it] idle Jetty for %d s: %.1f ms of processor time over TAP, %.1f ms on the kernel%n",
                    SECONDS,
                    stackNs / 1e6,
                    kernelNs / 1e6);
            assertThat(stackNs).isLessThan(kernelNs + MOST_NS);
        }
    }
}
