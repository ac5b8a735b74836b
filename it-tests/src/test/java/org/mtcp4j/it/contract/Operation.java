/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** What can be done with a channel, or with its socket, without waiting. */
enum Operation {
    READ((s, c) -> awaitReadable(c) + c.read(ByteBuffer.allocate(1))),
    READ_INTO_NOTHING((s, c) -> c.read(ByteBuffer.allocate(0))),
    READ_INTO_NULL((s, c) -> c.read((ByteBuffer) null)),
    READ_INTO_READ_ONLY((s, c) -> c.read(ByteBuffer.allocate(1).asReadOnlyBuffer())),
    READ_SCATTERED(
            (s, c) -> awaitReadable(c) + c.read(new ByteBuffer[] {ByteBuffer.allocate(1), ByteBuffer.allocate(1)})),
    READ_OUT_OF_RANGE((s, c) -> c.read(new ByteBuffer[1], 1, 1)),
    READ_INTO_NULL_ARRAY((s, c) -> c.read((ByteBuffer[]) null)),
    WRITE((s, c) -> c.write(ByteBuffer.allocate(1))),
    WRITE_NOTHING((s, c) -> c.write(ByteBuffer.allocate(0))),
    WRITE_NULL((s, c) -> c.write((ByteBuffer) null)),
    WRITE_GATHERED((s, c) -> c.write(new ByteBuffer[] {ByteBuffer.allocate(1), ByteBuffer.allocate(2)})),
    WRITE_OUT_OF_RANGE((s, c) -> c.write(new ByteBuffer[1], -1, 1)),
    CONNECT((s, c) -> c.connect(s.serverAddress()) || c.isConnectionPending()),
    CONNECT_NULL((s, c) -> c.connect(null)),
    CONNECT_UNRESOLVED((s, c) -> c.connect(InetSocketAddress.createUnresolved("nowhere", 1))),
    CONNECT_FOREIGN((s, c) -> c.connect(UnixDomainSocketAddress.of("/nowhere"))),
    FINISH_CONNECT((s, c) -> c.finishConnect()),
    BIND_ANY((s, c) -> c.bind(null) == c),
    BIND_UNRESOLVED((s, c) -> c.bind(InetSocketAddress.createUnresolved("nowhere", 1))),
    BIND_FOREIGN((s, c) -> c.bind(UnixDomainSocketAddress.of("/nowhere"))),
    SHUTDOWN_INPUT((s, c) -> c.shutdownInput() == c),
    SHUTDOWN_OUTPUT((s, c) -> c.shutdownOutput() == c),
    LOCAL_ADDRESS((s, c) -> c.getLocalAddress() != null),
    REMOTE_ADDRESS((s, c) -> c.getRemoteAddress() != null),
    IS_CONNECTED((s, c) -> c.isConnected()),
    IS_CONNECTION_PENDING((s, c) -> c.isConnectionPending()),
    IS_OPEN((s, c) -> c.isOpen()),
    VALID_OPS((s, c) -> c.validOps()),
    TO_STRING((s, c) -> c.toString()),
    SET_OPTION((s, c) -> c.setOption(StandardSocketOptions.TCP_NODELAY, true) == c),
    SET_OPTION_TO_NULL((s, c) -> c.setOption(StandardSocketOptions.TCP_NODELAY, null)),
    SET_NULL_OPTION((s, c) -> c.setOption((SocketOption<Boolean>) null, true)),
    SET_FOREIGN_OPTION((s, c) -> c.setOption(StandardSocketOptions.SO_BROADCAST, true)),
    SET_NEGATIVE_SIZE((s, c) -> c.setOption(StandardSocketOptions.SO_SNDBUF, -1)),
    SET_LINGER(
            (s, c) -> c.setOption(StandardSocketOptions.SO_LINGER, 70_000).getOption(StandardSocketOptions.SO_LINGER)),
    GET_OPTION((s, c) -> c.getOption(StandardSocketOptions.TCP_NODELAY)),
    GET_NULL_OPTION((s, c) -> c.getOption(null)),
    GET_FOREIGN_OPTION((s, c) -> c.getOption(StandardSocketOptions.IP_MULTICAST_TTL)),
    MAKE_BLOCKING((s, c) -> c.configureBlocking(true).isBlocking()),
    MAKE_NON_BLOCKING((s, c) -> c.configureBlocking(false).isBlocking()),
    REGISTER((s, c) -> register(c, SelectionKey.OP_READ)),
    REGISTER_FOR_ACCEPT((s, c) -> register(c, SelectionKey.OP_ACCEPT)),
    SOCKET_INPUT((s, c) -> c.socket().getInputStream() != null),
    SOCKET_OUTPUT((s, c) -> c.socket().getOutputStream() != null),
    SOCKET_READ((s, c) -> awaitReadable(c) + c.socket().getInputStream().read()),
    SOCKET_WRITE((s, c) -> {
        c.socket().getOutputStream().write(1);
        return "written";
    }),
    SOCKET_CONNECT_NULL((s, c) -> {
        c.socket().connect(null);
        return "connected";
    }),
    SOCKET_CONNECT_IN_NO_TIME((s, c) -> {
        c.socket().connect(s.serverAddress(), -1);
        return "connected";
    }),
    SOCKET_BIND_ANY((s, c) -> {
        c.socket().bind(null);
        return "bound";
    }),
    SOCKET_SHUTDOWN_INPUT((s, c) -> {
        c.socket().shutdownInput();
        return c.socket().isInputShutdown();
    }),
    SOCKET_SHUTDOWN_OUTPUT((s, c) -> {
        c.socket().shutdownOutput();
        return c.socket().isOutputShutdown();
    }),
    SOCKET_STATE((s, c) -> state(c.socket())),
    SOCKET_PORT((s, c) -> Integer.signum(c.socket().getPort())),
    SOCKET_LOCAL_PORT((s, c) -> Integer.signum(c.socket().getLocalPort())),
    SOCKET_ADDRESS((s, c) -> c.socket().getInetAddress() != null),
    SOCKET_LOCAL_ADDRESS((s, c) -> c.socket().getLocalAddress().isAnyLocalAddress()),
    SOCKET_REMOTE_ENDPOINT((s, c) -> c.socket().getRemoteSocketAddress() != null),
    SOCKET_LOCAL_ENDPOINT((s, c) -> c.socket().getLocalSocketAddress() != null),
    SOCKET_SET_TIMEOUT((s, c) -> {
        c.socket().setSoTimeout(5);
        return c.socket().getSoTimeout();
    }),
    SOCKET_SET_NEGATIVE_TIMEOUT((s, c) -> {
        c.socket().setSoTimeout(-5);
        return c.socket().getSoTimeout();
    }),
    SOCKET_SET_LINGER((s, c) -> {
        c.socket().setSoLinger(true, 7);
        return c.socket().getSoLinger();
    }),
    SOCKET_SET_NEGATIVE_LINGER((s, c) -> {
        c.socket().setSoLinger(true, -7);
        return c.socket().getSoLinger();
    }),
    SOCKET_NO_DELAY((s, c) -> {
        c.socket().setTcpNoDelay(true);
        return c.socket().getTcpNoDelay();
    }),
    SOCKET_SET_BUFFER_TO_NOTHING((s, c) -> {
        c.socket().setReceiveBufferSize(0);
        return "set";
    }),
    SOCKET_TRAFFIC_CLASS((s, c) -> {
        c.socket().setTrafficClass(256);
        return "set";
    }),
    SOCKET_URGENT((s, c) -> {
        c.socket().sendUrgentData(1);
        return "sent";
    });

    /** One of them; its result is shown as text. */
    interface Action {
        Object perform(Situation situation, SocketChannel channel) throws Exception;
    }

    @SuppressWarnings("ImmutableEnumChecker") // The lambdas capture nothing.
    private final Action action;

    Operation(Action action) {
        this.action = action;
    }

    /** What it returns or throws, in words that are the same for every address. */
    String outcome(Situation situation) {
        try {
            return String.valueOf(action.perform(situation, situation.channel()))
                    .replaceAll("=/\\S*:\\d+", "=address");
        } catch (Exception e) {
            return e.getClass().getName() + ": " + e.getMessage();
        }
    }

    /** For what may have been sent and not come yet: nothing is waited for where nothing can come. */
    private static String awaitReadable(SocketChannel channel) throws Exception {
        if (channel.isOpen() && channel.isConnected() && !channel.isBlocking()) {
            Selector selector = channel.provider().openSelector();
            try (selector) {
                channel.register(selector, SelectionKey.OP_READ);
                selector.select(5_000);
            }
        }
        return "";
    }

    private static String register(SocketChannel channel, int ops) throws Exception {
        try (Selector selector = channel.provider().openSelector()) {
            return "registered for " + channel.register(selector, ops).interestOps();
        }
    }

    private static String state(Socket socket) {
        return socket.isBound() + " " + socket.isConnected() + " " + socket.isClosed() + " " + socket.isInputShutdown()
                + " " + socket.isOutputShutdown();
    }
}
