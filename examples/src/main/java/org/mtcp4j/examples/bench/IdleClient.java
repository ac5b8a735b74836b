/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.examples.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Iterator;

/**
 * Opens connections and leaves them alone: {@code HOST FIRST_PORT PORTS CONNECTIONS}. Says {@code open N} every 50,000 and at the end, then
 * waits for the end of standard input. An error ends it with how far it came.
 */
public final class IdleClient {
    private static final int AT_ONCE = 512;
    private static final int PROGRESS = 50_000;

    private IdleClient() {}

    /** See the class. */
    public static void main(String[] arguments) throws IOException {
        int firstPort = Integer.parseInt(arguments[1]);
        int ports = Integer.parseInt(arguments[2]);
        int wanted = Integer.parseInt(arguments[3]);
        Selector selector = Selector.open();
        int started = 0;
        int open = 0;
        while (open < wanted) {
            while (started < wanted && started - open < AT_ONCE) {
                SocketChannel channel = SocketChannel.open();
                channel.configureBlocking(false);
                channel.connect(new InetSocketAddress(arguments[0], firstPort + started % ports));
                channel.register(selector, SelectionKey.OP_CONNECT);
                started++;
            }
            selector.select(1_000);
            Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
            while (ready.hasNext()) {
                SelectionKey key = ready.next();
                ready.remove();
                if (key.isConnectable()) {
                    ((SocketChannel) key.channel()).finishConnect();
                    key.interestOps(SelectionKey.OP_READ);
                    open++;
                    if (open % PROGRESS == 0 && open < wanted) {
                        System.out.println("open " + open);
                    }
                } else {
                    throw new IOException("a connection ended early");
                }
            }
        }
        System.out.println("open " + open);
        // Selectors of ours drive the stack; without one its own thread does.
        int ignored = System.in.read();
        System.exit(ignored < 0 ? 0 : 1);
    }
}
