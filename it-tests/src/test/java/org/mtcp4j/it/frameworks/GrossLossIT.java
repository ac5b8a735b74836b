/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * A guard of speed that a busy machine does not trip: the same program, a loop that talks to itself with 64 bytes to and fro over 64
 * connections, over the kernel's loopback and over the stack. It does five times as much and more; less than the kernel is a gross loss.
 */
class GrossLossIT {
    private static final int SECONDS = 120;
    private static final int WINDOWS = 3;
    private static final double LEAST_RATIO = 1.0;

    @Test
    void theStackDoesMoreRequestsThanTheKernel() throws Exception {
        double kernel = rate(List.of());
        double ours =
                rate(List.of(Server.agent("nic=memory,loopback=stack,on-failure=fail,log=warn,linger-on-exit=0s")));
        System.out.printf(
                Locale.ROOT,
                "[it] 64-byte requests a second: kernel %.0f, stack %.0f, ratio %.2f%n",
                kernel,
                ours,
                ours / kernel);
        assertThat(ours / kernel).as("stack against kernel").isGreaterThan(LEAST_RATIO);
    }

    private static double rate(List<String> flags) throws Exception {
        List<String> command = new ArrayList<>(List.of(Build.java().toString(), "-Xmx512m", "-XX:+UseSerialGC"));
        command.addAll(flags);
        command.addAll(List.of(
                "-cp",
                Build.examples(Program.JETTY),
                "org.mtcp4j.examples.bench.InsideLoad",
                "127.0.0.1",
                Integer.toString(freePort()),
                "1",
                "64",
                "4000",
                "1000",
                Integer.toString(WINDOWS)));
        try (Running running = Running.start(command)) {
            double best = 0;
            for (int i = 0; i < WINDOWS; i++) {
                best = Math.max(
                        best,
                        Double.parseDouble(
                                running.awaitLine("window ", i, SECONDS).split(" ", 3)[1]));
            }
            return best;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
