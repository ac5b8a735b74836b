/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Memory of an idle socket, beside the kernel's; closing returns it. */
class SocketMemoryIT {
    private static final int SECONDS = 120;
    private static final int CONNECTIONS = 4_000;
    /** Our part is some 1,200; the rest is the JDK's and the program's, and differs among releases. */
    private static final long MOST_OPEN_BYTES = 2_000;
    /** Of each socket that was open: pools and tables keep what they have grown to. */
    /** A slab of the stack's storage for payload, 2 MiB, is kept or not, whatever the number of sockets was. */
    private static final long MOST_LEFT_BYTES = 100 + 2 * 1024 * 1024 / (2 * CONNECTIONS);

    private static Running start(List<String> options) throws Exception {
        List<String> command = new ArrayList<>(List.of(Build.java().toString(), "-Xmx512m", "-XX:+UseSerialGC"));
        command.addAll(options);
        command.addAll(List.of("-cp", Build.testClasses().toString(), SocketMemory.class.getName(), "" + CONNECTIONS));
        return Running.start(command);
    }

    private static long[] figures(Running running, String what) throws Exception {
        String[] words =
                running.awaitLine(what, 0, SECONDS).substring(what.length() + 1).split(" ", -1);
        return new long[] {Long.parseLong(words[0]), Long.parseLong(words[1])};
    }

    @Test
    void idleSocketIsSmallAndLeavesNothing() throws Exception {
        List<String> agent = List.of(Server.agent("nic=memory,loopback=stack,on-failure=fail,log=warn,time-wait=1s"));
        try (Running stack = start(agent)) {
            stack.awaitLine("done", SECONDS);
            try (Running kernel = start(List.of())) {
                kernel.awaitLine("done", SECONDS);
                for (String kind : List.of("blocking", "channel")) {
                    long[] ours = figures(stack, kind + " open");
                    long[] kernels = figures(kernel, kind + " open");
                    long left = figures(stack, kind + " closed")[0];
                    System.out.printf(
                            "[it] idle %s socket: %d bytes on the stack; on the kernel %d bytes and %d of the kernel's;"
                                    + " after closing %d and %d bytes%n",
                            kind, ours[0], kernels[0], kernels[1], left, figures(kernel, kind + " closed")[0]);
                    assertThat(ours[0]).as(kind + " socket's bytes").isLessThan(MOST_OPEN_BYTES);
                    assertThat(left).as(kind + " socket's bytes after close").isLessThan(MOST_LEFT_BYTES);
                }
                assertThat(Stat.asked(stack.pid()).counter("TcpActiveOpens"))
                        .as("connections over the stack")
                        .isGreaterThan(2L * CONNECTIONS);
            }
        }
    }
}
