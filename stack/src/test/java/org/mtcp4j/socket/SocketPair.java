/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.io.IOException;

/** Both ends of a connection within one stack. */
public record SocketPair(StackSocket client, StackSocket server) {
    /** Opens one to the listener, whose accept queue is empty before. */
    public static SocketPair open(Stack stack, StackListener listener) throws IOException {
        StackSocket client = stack.newSocket();
        client.startConnect(listener.localAddress());
        while (!client.finishConnect()) {
            client.await(Pollable.CONNECT, 0);
        }
        StackSocket server = listener.accept();
        while (server == null) {
            listener.await(Pollable.ACCEPT, 0);
            server = listener.accept();
        }
        return new SocketPair(client, server);
    }
}
