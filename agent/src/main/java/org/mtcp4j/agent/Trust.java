/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent;

import java.lang.reflect.Field;
import java.security.ProtectionDomain;

/**
 * A security manager that the program sets later (JDK 17) does not limit the agent's own classes, as it does not limit the JDK's that
 * they stand for: their domain has all permissions, without a policy that names the jar. The program's own domains stay limited.
 */
final class Trust {
    private static final int LAST_WITH_SECURITY_MANAGER = 23;

    private Trust() {}

    @SuppressWarnings("removal")
    static void take() {
        if (Runtime.version().feature() > LAST_WITH_SECURITY_MANAGER || System.getSecurityManager() != null) {
            return;
        }
        try {
            Field all = ProtectionDomain.class.getDeclaredField("hasAllPerm");
            all.setAccessible(true);
            all.setBoolean(Agent.class.getProtectionDomain(), true);
        } catch (ReflectiveOperationException | RuntimeException e) {
            // Another JDK's: a policy has to name the agent's jar there.
        }
    }
}
