/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens a connection and waits; with an argument it listens there instead, as somebody who wants to be taken for another would. */
public final class TrustProgram {
    private TrustProgram() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length > 0) {
            Path socket = Path.of(arguments[0]);
            Files.createDirectories(socket.getParent());
            try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                server.bind(UnixDomainSocketAddress.of(socket));
                System.out.println("listening");
                server.accept().close();
                System.out.println("connected");
            }
            return;
        }
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
                Socket accepted = server.accept()) {
            System.out.println("ready " + client.isConnected() + accepted.isConnected());
            System.in.read();
        }
    }
}
