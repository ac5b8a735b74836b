/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.mtcp4j.socket.StackSocket;

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

    /** What a program that may not know the local address sees of it: loopback. Null stays null. */
    static InetSocketAddress revealedLocal(InetSocketAddress local) {
        SecurityManager manager = System.getSecurityManager();
        if (manager == null || local == null) {
            return local;
        }
        try {
            manager.checkConnect(local.getAddress().getHostAddress(), -1);
            return local;
        } catch (SecurityException e) {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), local.getPort());
        }
    }

    static void checkAccept(StackSocket accepted) {
        SecurityManager manager = System.getSecurityManager();
        if (manager != null) {
            // An address that nobody asks for is never made: it would stay with the socket.
            InetSocketAddress remote = accepted.remoteAddress();
            manager.checkAccept(remote.getAddress().getHostAddress(), remote.getPort());
        }
    }
}
