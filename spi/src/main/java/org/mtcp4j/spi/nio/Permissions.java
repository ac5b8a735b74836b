/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.net.InetSocketAddress;

/** The checks that the JDK's channels make where a security manager is set (JDK 17; later releases have none). */
@SuppressWarnings("removal")
final class Permissions {
    private Permissions() {}

    static void checkListen(InetSocketAddress local) {
        SecurityManager manager = System.getSecurityManager();
        if (manager != null) {
            manager.checkListen(local.getPort());
        }
    }

    static void checkConnect(InetSocketAddress remote) {
        SecurityManager manager = System.getSecurityManager();
        if (manager != null) {
            manager.checkConnect(remote.getAddress().getHostAddress(), remote.getPort());
        }
    }

    static void checkAccept(InetSocketAddress remote) {
        SecurityManager manager = System.getSecurityManager();
        if (manager != null) {
            manager.checkAccept(remote.getAddress().getHostAddress(), remote.getPort());
        }
    }
}
