/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.dpdk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/**
 * What {@code net_memif} needs beyond other ports. Its driver unmaps the rings when the peer leaves, so bursts are gated; its client looks
 * for the server only when it is started, so it is started anew until there is a link; and its server does not start where the socket of
 * one that was killed lies.
 */
final class MemifLink {
    private static final long LOOK_MS = 100;
    /** Time that two peers have to agree once the client has found the server. */
    private static final int LOOKS_TO_AGREE = 20;

    private static final String DEFAULT_SOCKET = "/run/memif.sock";

    private final DevArgs device;
    private Thread keeper;

    MemifLink(DevArgs device) {
        this.device = device;
    }

    boolean isMemif() {
        return device.name().startsWith("net_memif");
    }

    private boolean isServer() {
        String role = device.argument("role");
        return role != null && (role.equals("server") || role.equals("master"));
    }

    /** Before the device is probed. */
    void removeDeadSocket(DpdkCalls calls) {
        if (!isMemif() || !isServer() || !"no".equals(device.argument("socket-abstract"))) {
            return;
        }
        String given = device.argument("socket");
        String path = given == null ? DEFAULT_SOCKET : given;
        if (calls.isDeadSocket(path)) {
            try {
                Files.deleteIfExists(Path.of(path));
            } catch (IOException e) {
                // Another user's: the driver will say that it is there.
            }
        }
    }

    /**
     * After the port was started.
     *
     * @param isUp whether there is a link
     * @param restart starts the port anew; true where the server was found
     */
    void keep(BooleanSupplier isUp, BooleanSupplier restart) {
        if (!isMemif() || isServer()) {
            return;
        }
        keeper = new Thread(() -> keepUp(isUp, restart), "mtcp-dpdk-link");
        keeper.setDaemon(true);
        keeper.start();
    }

    private static void keepUp(BooleanSupplier isUp, BooleanSupplier restart) {
        int patience = LOOKS_TO_AGREE;
        try {
            while (true) {
                Thread.sleep(LOOK_MS);
                if (isUp.getAsBoolean()) {
                    patience = 0;
                } else if (patience > 0) {
                    patience--;
                } else {
                    patience = restart.getAsBoolean() ? LOOKS_TO_AGREE : 0;
                }
            }
        } catch (InterruptedException e) {
            // The port is closed.
        }
    }

    /** Before the port is stopped. */
    void close() {
        if (keeper == null) {
            return;
        }
        keeper.interrupt();
        boolean interrupted = false;
        while (keeper.isAlive()) {
            try {
                keeper.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
