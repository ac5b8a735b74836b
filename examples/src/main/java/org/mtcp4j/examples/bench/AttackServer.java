/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Iterator;

/**
 * What is attacked, one event loop: {@code HOST PORT}. At the port {@link PingServer} with messages of {@link #MESSAGE_BYTES}, at the next one a
 * server that writes without end to whoever has sent it something.
 */
public final class AttackServer {
    static final int MESSAGE_BYTES = 64;
    /** Attached to the connections of the second port. */
    private static final Object ENDLESS = new Object();

    private final Selector selector = Selector.open();
    private final PingServer pings = new PingServer("0", MESSAGE_BYTES);
    private final ByteBuffer page = ByteBuffer.allocateDirect(64 * 1024);
    private final int endlessPort;

    private AttackServer(String host, int port) throws IOException {
        endlessPort = port + 1;
        PingServer.listen(selector, new InetSocketAddress(host, port), false);
        PingServer.listen(selector, new InetSocketAddress(host, endlessPort), false);
    }

    /** See the class. */
    public static void main(String[] arguments) throws IOException {
        AttackServer server = new AttackServer(arguments[0], Integer.parseInt(arguments[1]));
        System.out.println("ready");
        while (true) {
            server.selector.select();
            Iterator<SelectionKey> ready = server.selector.selectedKeys().iterator();
            while (ready.hasNext()) {
                SelectionKey key = ready.next();
                ready.remove();
                server.turn(key);
            }
        }
    }

    private void turn(SelectionKey key) throws IOException {
        if (key.attachment() == ENDLESS) {
            endless(key);
        } else if (!key.isAcceptable()) {
            pings.turn(key);
        } else {
            ServerSocketChannel server = (ServerSocketChannel) key.channel();
            if (server.socket().getLocalPort() != endlessPort) {
                PingServer.acceptAll(server, selector);
                return;
            }
            for (SocketChannel peer = server.accept(); peer != null; peer = server.accept()) {
                peer.configureBlocking(false);
                peer.register(selector, SelectionKey.OP_READ, ENDLESS);
            }
        }
    }

    private void endless(SelectionKey key) throws IOException {
        SocketChannel channel = (SocketChannel) key.channel();
        try {
            page.clear();
            if (key.isReadable() && channel.read(page) < 0) {
                channel.close();
                return;
            }
            key.interestOps(SelectionKey.OP_WRITE);
            page.clear();
            channel.write(page);
        } catch (IOException e) {
            channel.close();
        }
    }
}
