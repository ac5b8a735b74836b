/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.Test;

/** {@code ServerSocketChannel.socket()}: the server through the eyes of {@link ServerSocket}. */
abstract class ServerAdaptorCases extends ContractCases {
    ServerAdaptorCases(SocketContract contract) {
        super(contract);
    }

    @Test
    void adaptorIsOneObjectAndKnowsItsChannel() throws IOException {
        ServerSocketChannel server = newServer();
        assertThat(server.socket()).isSameAs(server.socket());
        assertThat(server.socket().getChannel()).isSameAs(server);
    }

    @Test
    void newServerSocketIsUnbound() throws IOException {
        ServerSocket socket = newServer().socket();
        assertThat(socket.isBound()).isFalse();
        assertThat(socket.isClosed()).isFalse();
        assertThat(socket.getLocalPort()).isEqualTo(-1);
        assertThat(socket.getInetAddress()).isNull();
        assertThat(socket.getLocalSocketAddress()).isNull();
        assertThat(socket).hasToString("ServerSocket[unbound]");
    }

    @Test
    void boundServerSocketKnowsItsAddress() throws IOException {
        ServerSocket socket = newServer().socket();
        socket.bind(new InetSocketAddress(env().serverAddress(), 0), 5);
        assertThat(socket.isBound()).isTrue();
        assertThat(socket.getInetAddress()).isEqualTo(env().serverAddress());
        assertThat(socket.getLocalPort()).isPositive();
        assertThat(socket)
                .hasToString(
                        "ServerSocket[addr=" + socket.getInetAddress() + ",localport=" + socket.getLocalPort() + "]");
        assertThatThrownBy(() -> socket.bind(null))
                .isInstanceOf(SocketException.class)
                .hasMessage("Already bound");
    }

    @Test
    void takenPortIsRefused() throws IOException {
        InetSocketAddress taken = addressOf(listen());
        ServerSocket socket = newServer().socket();
        assertThatThrownBy(() -> socket.bind(taken))
                .isInstanceOf(BindException.class)
                .hasMessage("Address already in use");
    }

    @Test
    void acceptReturnsTheChannelsSocket() throws IOException {
        ServerSocketChannel server = listen();
        SocketChannel client = newClient();
        client.connect(addressOf(server));
        Socket accepted = closeLater(server.socket().accept());
        assertThat(accepted.getRemoteSocketAddress()).isEqualTo(client.getLocalAddress());
        assertThat(accepted.getChannel().socket()).isSameAs(accepted);
        accepted.getOutputStream().write('!');
        assertThat(receive(client, 1)).isEqualTo("!");
    }

    @Test
    void acceptTimesOutAndTheServerStaysUsable() throws IOException {
        ServerSocketChannel server = listen();
        ServerSocket socket = server.socket();
        socket.setSoTimeout(50);
        assertThat(socket.getSoTimeout()).isEqualTo(50);
        assertThatThrownBy(socket::accept)
                .isInstanceOf(SocketTimeoutException.class)
                .hasMessage("Accept timed out");
        newClient().connect(addressOf(server));
        socket.setSoTimeout(10_000);
        assertThat(closeLater(socket.accept()).isConnected()).isTrue();
    }

    @Test
    void acceptOfAnUnboundServerSocketSaysSo() throws IOException {
        ServerSocket socket = newServer().socket();
        assertThatThrownBy(socket::accept).isInstanceOf(SocketException.class).hasMessage("Socket is not bound yet");
    }

    @Test
    void acceptOfANonBlockingServerIsRefusedWhenNobodyWaits() throws IOException {
        ServerSocketChannel server = listen();
        server.configureBlocking(false);
        assertThatThrownBy(() -> server.socket().accept()).isInstanceOf(IllegalBlockingModeException.class);
        server.socket().setSoTimeout(10);
        assertThatThrownBy(() -> server.socket().accept()).isInstanceOf(IllegalBlockingModeException.class);
    }

    @Test
    void closedServerSocketSaysSo() throws IOException {
        ServerSocket socket = listen().socket();
        socket.close();
        assertThat(socket.isClosed()).isTrue();
        assertThatThrownBy(socket::accept).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> socket.setSoTimeout(1))
                .isInstanceOf(SocketException.class)
                .hasMessage("Socket is closed");
        assertThatThrownBy(socket::getReuseAddress)
                .isInstanceOf(SocketException.class)
                .hasMessage("Socket is closed");
    }

    @Test
    void optionsReadBackThroughTheServerSocket() throws IOException {
        ServerSocket socket = newServer().socket();
        assertThat(socket.getReuseAddress()).isTrue();
        socket.setReuseAddress(false);
        assertThat(socket.getReuseAddress()).isFalse();
        socket.setReceiveBufferSize(40_000);
        assertThat(socket.getReceiveBufferSize()).isEqualTo(40_000);
        assertThatThrownBy(() -> socket.setReceiveBufferSize(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("size cannot be 0 or negative");
        assertThat(socket.supportedOptions()).isEqualTo(socket.getChannel().supportedOptions());
    }

    @Test
    void closeWakesABlockedAccept() throws Exception {
        ServerSocket socket = listen().socket();
        Running<Socket> accept = start(socket::accept).awaitBlocked();
        socket.close();
        assertThat(accept.failure()).isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void closeWakesATimedAccept() throws Exception {
        ServerSocket socket = listen().socket();
        socket.setSoTimeout(60_000);
        Running<Socket> accept = start(socket::accept).awaitBlocked();
        socket.close();
        assertThat(accept.failure()).isInstanceOf(ClosedChannelException.class);
    }
}
