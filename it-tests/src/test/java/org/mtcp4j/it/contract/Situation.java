/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** A channel in one of the situations that it can be in, with what belongs to it. The peer of a connected one has sent three bytes. */
final class Situation implements AutoCloseable {
    /** The situations. */
    enum Kind {
        NEW,
        BOUND,
        CONNECTED,
        NON_BLOCKING,
        INPUT_SHUT,
        OUTPUT_SHUT,
        BOTH_SHUT,
        PEER_FINISHED,
        CLOSED_NEW,
        CLOSED_CONNECTED;

        private boolean isConnected() {
            return this != NEW && this != BOUND && this != CLOSED_NEW;
        }
    }

    private final ServerSocketChannel server;
    private final SocketChannel channel;
    private SocketChannel peer;

    private Situation(ContractEnvironment environment) throws IOException {
        server = environment.server().openServerSocketChannel();
        server.bind(new InetSocketAddress(environment.serverAddress(), 0));
        channel = environment.client().openSocketChannel();
    }

    static Situation of(Kind kind, ContractEnvironment environment) throws IOException {
        Situation made = new Situation(environment);
        try {
            made.enter(kind, environment);
            return made;
        } catch (IOException | RuntimeException e) {
            made.close();
            throw e;
        }
    }

    private void enter(Kind kind, ContractEnvironment environment) throws IOException {
        if (kind.isConnected()) {
            channel.connect(server.getLocalAddress());
            peer = server.accept();
            peer.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        }
        switch (kind) {
            case BOUND -> channel.bind(new InetSocketAddress(environment.clientAddress(), 0));
            case NON_BLOCKING -> channel.configureBlocking(false);
            case INPUT_SHUT -> channel.shutdownInput();
            case OUTPUT_SHUT -> channel.shutdownOutput();
            case BOTH_SHUT -> channel.shutdownInput().shutdownOutput();
            case PEER_FINISHED -> {
                peer.shutdownOutput();
                // All three and the end are there.
                ByteBuffer three = ByteBuffer.allocate(3);
                while (channel.read(three) >= 0) {
                    if (!three.hasRemaining()) {
                        three.clear();
                    }
                }
            }
            case CLOSED_NEW, CLOSED_CONNECTED -> channel.close();
            default -> {}
        }
    }

    SocketChannel channel() {
        return channel;
    }

    InetSocketAddress serverAddress() throws IOException {
        return (InetSocketAddress) server.getLocalAddress();
    }

    @Override
    public void close() throws IOException {
        channel.close();
        server.close();
        if (peer != null) {
            peer.close();
        }
    }
}
