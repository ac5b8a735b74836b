/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.Test;

/** New and closed channels: states, and which exception says what they cannot do. */
abstract class OpeningCases extends ContractCases {
    OpeningCases(SocketContract contract) {
        super(contract);
    }

    @Test
    void newChannelIsOpenBlockingAndUnconnected() throws IOException {
        SocketChannel channel = newClient();
        assertThat(channel.isOpen()).isTrue();
        assertThat(channel.isBlocking()).isTrue();
        assertThat(channel.isConnected()).isFalse();
        assertThat(channel.isConnectionPending()).isFalse();
        assertThat(channel.isRegistered()).isFalse();
        assertThat(channel.getLocalAddress()).isNull();
        assertThat(channel.getRemoteAddress()).isNull();
        assertThat(channel.validOps())
                .isEqualTo(SelectionKey.OP_READ | SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT);
    }

    @Test
    void newServerIsOpenBlockingAndUnbound() throws IOException {
        ServerSocketChannel server = newServer();
        assertThat(server.isOpen()).isTrue();
        assertThat(server.isBlocking()).isTrue();
        assertThat(server.getLocalAddress()).isNull();
        assertThat(server.validOps()).isEqualTo(SelectionKey.OP_ACCEPT);
    }

    @Test
    void channelsNameTheirProvider() throws IOException {
        assertThat(newClient().provider()).isSameAs(env().client());
        assertThat(newServer().provider()).isSameAs(env().server());
        Pair pair = pair();
        assertThat(pair.accepted().provider()).isSameAs(env().server());
    }

    @Test
    void newChannelPrintsItsState() throws IOException {
        SocketChannel channel = newClient();
        assertThat(channel).hasToString("java.nio.channels.SocketChannel[unconnected]");
        channel.close();
        assertThat(channel).hasToString("java.nio.channels.SocketChannel[closed]");
    }

    @Test
    void connectedChannelPrintsItsAddressesAndShutEnds() throws IOException {
        SocketChannel channel = pair().client();
        String addresses = " local=" + channel.getLocalAddress() + " remote=" + channel.getRemoteAddress() + "]";
        assertThat(channel).hasToString("java.nio.channels.SocketChannel[connected" + addresses);
        channel.shutdownOutput();
        assertThat(channel).hasToString("java.nio.channels.SocketChannel[connected oshut" + addresses);
        channel.shutdownInput();
        assertThat(channel).hasToString("java.nio.channels.SocketChannel[connected ishut oshut" + addresses);
    }

    @Test
    void ipv4FamilyOpens() throws IOException {
        assertThat(closeLater(env().client().openSocketChannel(StandardProtocolFamily.INET))
                        .isOpen())
                .isTrue();
        assertThat(closeLater(env().server().openServerSocketChannel(StandardProtocolFamily.INET))
                        .isOpen())
                .isTrue();
    }

    @Test
    void unixFamilyIsTheKernels() throws IOException {
        SocketChannel channel = closeLater(env().client().openSocketChannel(StandardProtocolFamily.UNIX));
        assertThat(channel.getClass().getName()).startsWith("sun.nio.ch.");
    }

    @Test
    void nullFamilyIsRefused() {
        assertThatThrownBy(() -> env().client().openSocketChannel(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> env().server().openServerSocketChannel(null)).isInstanceOf(NullPointerException.class);
    }

    @Test
    void unconnectedChannelNeitherReadsNorWrites() throws IOException {
        SocketChannel channel = newClient();
        ByteBuffer buffer = ByteBuffer.allocate(1);
        assertThatThrownBy(() -> channel.read(buffer)).isInstanceOf(NotYetConnectedException.class);
        assertThatThrownBy(() -> channel.read(new ByteBuffer[] {buffer})).isInstanceOf(NotYetConnectedException.class);
        assertThatThrownBy(() -> channel.write(buffer)).isInstanceOf(NotYetConnectedException.class);
        assertThatThrownBy(() -> channel.write(new ByteBuffer[] {buffer})).isInstanceOf(NotYetConnectedException.class);
    }

    @Test
    void unconnectedChannelCannotBeShut() throws IOException {
        SocketChannel channel = newClient();
        assertThatThrownBy(channel::shutdownInput).isInstanceOf(NotYetConnectedException.class);
        assertThatThrownBy(channel::shutdownOutput).isInstanceOf(NotYetConnectedException.class);
    }

    @Test
    void finishConnectNeedsAConnect() throws IOException {
        SocketChannel channel = newClient();
        assertThatThrownBy(channel::finishConnect).isInstanceOf(NoConnectionPendingException.class);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void unboundServerDoesNotAccept() throws IOException {
        ServerSocketChannel server = newServer();
        assertThatThrownBy(server::accept).isInstanceOf(NotYetBoundException.class);
        server.configureBlocking(false);
        assertThatThrownBy(server::accept).isInstanceOf(NotYetBoundException.class);
    }

    @Test
    void closedChannelRefusesEverything() throws IOException {
        SocketChannel channel = newClient();
        channel.close();
        channel.close();
        ByteBuffer buffer = ByteBuffer.allocate(1);
        InetSocketAddress address = new InetSocketAddress(env().serverAddress(), 1);
        assertThat(channel.isOpen()).isFalse();
        assertThatThrownBy(() -> channel.read(buffer)).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> channel.write(buffer)).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> channel.connect(address)).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> channel.bind(null)).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(channel::finishConnect).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(channel::getLocalAddress).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(channel::getRemoteAddress).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(channel::shutdownInput).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(channel::shutdownOutput).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> channel.getOption(StandardSocketOptions.TCP_NODELAY))
                .isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> channel.setOption(StandardSocketOptions.TCP_NODELAY, true))
                .isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> channel.configureBlocking(false)).isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void closedConnectionIsNoLongerConnected() throws IOException {
        SocketChannel channel = pair().client();
        channel.close();
        assertThat(channel.isConnected()).isFalse();
        assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1))).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> channel.write(ByteBuffer.allocate(1))).isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void closedServerRefusesEverything() throws IOException {
        ServerSocketChannel server = listen();
        server.close();
        assertThatThrownBy(server::accept).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> server.bind(null)).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(server::getLocalAddress).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> server.getOption(StandardSocketOptions.SO_RCVBUF))
                .isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void blockingModeChangesAndIsSeen() throws IOException {
        SocketChannel channel = newClient();
        assertThat(channel.configureBlocking(false)).isSameAs(channel);
        assertThat(channel.isBlocking()).isFalse();
        channel.configureBlocking(true);
        assertThat(channel.isBlocking()).isTrue();
    }
}
