/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;

/** Waits for a line, then opens sockets; with the argument {@code socket} or {@code channel} it opens one before too. Knows nothing of mtcp4j. */
final class LateProgram {
    private LateProgram() {}

    public static void main(String[] arguments) throws Exception {
        for (String argument : arguments) {
            if (argument.equals("socket")) {
                new ServerSocket(0, 1, InetAddress.getLoopbackAddress()).close();
            } else {
                SocketChannel.open().close();
            }
        }
        System.out.println("ready");
        System.in.read();
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                SocketChannel client = SocketChannel.open(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()))) {
            server.accept().close();
            System.out.println("talked over " + client.provider().getClass().getName());
        }
    }
}
