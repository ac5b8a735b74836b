/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.security.AccessController;
import java.security.PrivilegedAction;
import jdk.internal.access.SharedSecrets;
import org.mtcp4j.config.Key;
import org.mtcp4j.spi.nio.MtcpRuntime;

/**
 * Ends the stack after the application's own shutdown hooks, so that a server finishes its last responses: the JDK runs its hooks by
 * slot, and the application's are slot 1.
 */
final class ExitHook {
    private static final int FIRST_SLOT_AFTER_APPLICATION = 3;
    private static final int SLOTS = 10;

    private ExitHook() {}

    static void install(MtcpRuntime runtime) {
        for (int slot = FIRST_SLOT_AFTER_APPLICATION; slot < SLOTS; slot++) {
            try {
                SharedSecrets.getJavaLangAccess().registerShutdownHook(slot, true, () -> stopPrivileged(runtime));
                return;
            } catch (InternalError e) {
                // Somebody has this slot: try the next.
            }
        }
        System.err.println(
                "[mtcp] WARN no late shutdown slot is free; the stack stops among the application's own hooks");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stopPrivileged(runtime), "mtcp-exit"));
    }

    /** Whoever calls exit need not be allowed what this takes. */
    @SuppressWarnings("removal")
    private static void stopPrivileged(MtcpRuntime runtime) {
        AccessController.doPrivileged((PrivilegedAction<Void>) () -> {
            stop(runtime);
            return null;
        });
    }

    private static void stop(MtcpRuntime runtime) {
        try {
            StatServer.stop();
            int cut = runtime.stop(runtime.config().number(Key.LINGER_ON_EXIT));
            if (cut > 0) {
                System.err.println("[mtcp] WARN exit cut " + cut + (cut == 1 ? " connection" : " connections")
                        + " that did not end within mtcp.linger-on-exit="
                        + runtime.config().text(Key.LINGER_ON_EXIT));
            }
        } catch (RuntimeException | LinkageError e) {
            System.err.println("[mtcp] WARN the stack did not stop cleanly: " + e);
        }
    }
}
