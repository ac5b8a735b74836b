/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The descriptors by which a port's receive queues wake a sleeper. DPDK gives them away for {@code net_tap} (the TAP's own, readable
 * while frames wait) and {@code net_virtio_user} (an eventfd that the peer writes). The sockets of {@code net_af_packet} and
 * {@code net_af_xdp} are found among the process's descriptors: those that appeared while the port was opened. Which queue has which of
 * several is not told, so those ports are waited for by descriptor only where they receive with one queue.
 */
final class Wakeups {
    /** {@code AF_PACKET}, {@code AF_XDP}. */
    private static final int[] DOMAINS = {17, 44};

    private final DpdkCalls calls;
    private final boolean opensSockets;
    private final boolean hasInterrupts;
    private final boolean hasEventfd;
    private final Map<Integer, String> before;
    private final Map<Integer, String> own = new HashMap<>();

    /** Before the device is probed. */
    Wakeups(DpdkCalls calls, DevArgs device) {
        this.calls = calls;
        String name = device.name();
        opensSockets = name.startsWith("net_af_packet") || name.startsWith("net_af_xdp");
        hasEventfd = name.startsWith("net_virtio_user");
        hasInterrupts = hasEventfd || name.startsWith("net_tap");
        before = opensSockets ? sockets() : Map.of();
    }

    /** Whether the port is configured with receive interrupts. */
    boolean wantsInterrupts() {
        return hasInterrupts;
    }

    /** Whether a descriptor is an eventfd, which has to be read. */
    boolean hasEventfd() {
        return hasEventfd;
    }

    /**
     * After the port was started.
     *
     * @param receiving queues that receive
     * @return a descriptor for each of them, or -1
     */
    int[] descriptors(int port, int receiving) {
        int[] fds = new int[receiving];
        Arrays.fill(fds, -1);
        if (opensSockets) {
            List<Integer> found = new ArrayList<>();
            sockets().forEach((fd, identity) -> {
                if (!identity.equals(before.get(fd)) && isPacketSocket(fd)) {
                    own.put(fd, identity);
                    found.add(fd);
                }
            });
            if (receiving == 1 && found.size() == 1) {
                fds[0] = found.get(0);
            }
        } else if (hasInterrupts) {
            for (int i = 0; i < receiving; i++) {
                int fd = calls.interruptFd(port, i);
                // A TAP's descriptor needs no enabling, and its driver knows none.
                if (fd >= 0 && (!hasEventfd || calls.interruptEnable(port, i) == 0)) {
                    fds[i] = fd;
                }
            }
        }
        return fds;
    }

    /** How sleepers learn of frames, for the user. */
    static String sentence(DpdkQueue[] queues, int receiving) {
        boolean polled = false;
        boolean rung = true;
        for (DpdkQueue queue : queues) {
            polled |= queue.mustBePolled();
            rung &= queue.isRung() || !queue.mustBePolled();
        }
        String how = !polled
                ? "frames are waited for on the driver's own descriptor"
                : rung
                        ? "its peer is asked to ring while frames are waited for"
                        : "its driver announces no frames, so it is polled, ever more rarely while idle, down to every 5 ms";
        return receiving < queues.length
                ? how + "; it receives on " + receiving + " of " + queues.length + " queues"
                : how;
    }

    private boolean isPacketSocket(int fd) {
        int domain = calls.socketDomain(fd);
        return Arrays.stream(DOMAINS).anyMatch(known -> known == domain);
    }

    /**
     * After the port was closed: closes sockets that the driver has left open. That of {@code net_af_xdp} does so up to DPDK 22.11 (it
     * counts the users of a socket wrongly), and the interface's queue stays taken.
     */
    void closeLeftovers() {
        Map<Integer, String> now = own.isEmpty() ? Map.of() : sockets();
        own.forEach((fd, identity) -> {
            if (identity.equals(now.get(fd))) {
                calls.close(fd);
            }
        });
        own.clear();
    }

    /** The process's sockets, by descriptor, as {@code socket:[INODE]}. */
    private static Map<Integer, String> sockets() {
        Map<Integer, String> found = new HashMap<>();
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            for (Path path : all.toList()) {
                try {
                    String target = Files.readSymbolicLink(path).toString();
                    if (target.startsWith("socket:")) {
                        found.put(Integer.valueOf(path.getFileName().toString()), target);
                    }
                } catch (IOException e) {
                    // Closed meanwhile.
                }
            }
        } catch (IOException e) {
            // Without /proc ports are polled.
        }
        return found;
    }
}
