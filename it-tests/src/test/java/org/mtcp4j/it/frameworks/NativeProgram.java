/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.net.ServerSocket;

/** Opens a socket, and tries native code of its own. */
public final class NativeProgram {
    private NativeProgram() {}

    public static void main(String[] arguments) throws Exception {
        try (ServerSocket server = new ServerSocket(8080)) {
            System.out.println("listens on " + server.getLocalPort());
        }
        if (arguments.length > 0) {
            try {
                System.load(arguments[0]);
            } catch (RuntimeException | UnsatisfiedLinkError e) {
                System.out.println("load: " + e.getClass().getSimpleName());
            }
        }
    }
}
