/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** {@code SocketChannel.socket()}: the channel through the eyes of {@link Socket}. */
abstract class SocketAdaptorCases extends ContractCases {
    SocketAdaptorCases(SocketContract contract) {
        super(contract);
    }

    @Test
    void adaptorIsOneObjectAndKnowsItsChannel() throws IOException {
        SocketChannel channel = newClient();
        assertThat(channel.socket()).isSameAs(channel.socket());
        assertThat(channel.socket().getChannel()).isSameAs(channel);
    }

    @Test
    void newSocketIsUnboundAndUnconnected() throws IOException {
        Socket socket = newClient().socket();
        assertThat(socket.isBound()).isFalse();
        assertThat(socket.isConnected()).isFalse();
        assertThat(socket.isClosed()).isFalse();
        assertThat(socket.isInputShutdown()).isFalse();
        assertThat(socket.isOutputShutdown()).isFalse();
        assertThat(socket.getLocalPort()).isEqualTo(-1);
        assertThat(socket.getPort()).isZero();
        assertThat(socket.getInetAddress()).isNull();
        assertThat(socket.getLocalAddress().isAnyLocalAddress()).isTrue();
        assertThat(socket.getLocalSocketAddress()).isNull();
        assertThat(socket.getRemoteSocketAddress()).isNull();
        assertThat(socket).hasToString("Socket[unconnected]");
    }

    @Test
    void connectedSocketKnowsItsAddresses() throws IOException {
        ServerSocketChannel server = listen();
        Socket socket = pair(server).client().socket();
        InetSocketAddress address = addressOf(server);
        assertThat(socket.isBound()).isTrue();
        assertThat(socket.isConnected()).isTrue();
        assertThat(socket.getInetAddress()).isEqualTo(address.getAddress());
        assertThat(socket.getPort()).isEqualTo(address.getPort());
        assertThat(socket.getRemoteSocketAddress()).isEqualTo(address);
        assertThat(socket.getLocalAddress()).isEqualTo(env().clientAddress());
        assertThat(socket.getLocalPort()).isPositive();
        assertThat(socket)
                .hasToString("Socket[addr=" + socket.getInetAddress() + ",port=" + socket.getPort() + ",localport="
                        + socket.getLocalPort() + "]");
    }

    @Test
    void closedSocketKeepsItsPorts() throws IOException {
        Socket socket = pair().client().socket();
        int port = socket.getPort();
        int localPort = socket.getLocalPort();
        socket.close();
        assertThat(socket.isClosed()).isTrue();
        assertThat(socket.getPort()).isEqualTo(port);
        assertThat(socket.getLocalPort()).isEqualTo(localPort);
        assertThat(socket.getLocalAddress().isAnyLocalAddress()).isTrue();
    }

    @Test
    void socketConnectsAndTalks() throws IOException {
        ServerSocketChannel server = listen();
        Socket socket = newClient().socket();
        socket.connect(addressOf(server));
        SocketChannel accepted = closeLater(server.accept());
        OutputStream out = socket.getOutputStream();
        out.write('x');
        out.write("yz".getBytes(StandardCharsets.US_ASCII));
        assertThat(receive(accepted, 3)).isEqualTo("xyz");
        send(accepted, "abc");
        InputStream in = socket.getInputStream();
        assertThat(in.read()).isEqualTo('a');
        assertThat(in.readNBytes(2)).containsExactly('b', 'c');
        accepted.shutdownOutput();
        assertThat(in.read()).isEqualTo(-1);
    }

    @Test
    void connectWithATimeoutSucceedsInTime() throws IOException {
        ServerSocketChannel server = listen();
        Socket socket = newClient().socket();
        socket.connect(addressOf(server), 10_000);
        assertThat(socket.isConnected()).isTrue();
        assertThat(socket.getChannel().isBlocking()).isTrue();
    }

    @Test
    void connectTimesOut() throws IOException {
        Socket socket = newClient().socket();
        InetSocketAddress silent = env().silentAddress();
        assertThatThrownBy(() -> socket.connect(silent, 100))
                .isInstanceOf(SocketTimeoutException.class)
                .hasMessage("Connect timed out");
        assertThat(socket.isClosed()).isTrue();
    }

    @Test
    void connectRefusedClosesTheSocket() throws IOException {
        Socket socket = newClient().socket();
        InetSocketAddress nobody = refusingAddress();
        assertThatThrownBy(() -> socket.connect(nobody, 10_000))
                .isInstanceOf(ConnectException.class)
                .hasMessage("Connection refused");
        assertThat(socket.isClosed()).isTrue();
    }

    @Test
    void connectChecksItsArguments() throws IOException {
        Socket socket = newClient().socket();
        InetSocketAddress address = new InetSocketAddress(env().serverAddress(), 1);
        assertThatThrownBy(() -> socket.connect(null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("connect: The address can't be null");
        assertThatThrownBy(() -> socket.connect(address, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("connect: timeout can't be negative");
        assertThatThrownBy(() -> socket.connect(InetSocketAddress.createUnresolved("nowhere.invalid", 1)))
                .isInstanceOf(UnknownHostException.class);
    }

    @Test
    void connectOfANonBlockingChannelIsRefused() throws IOException {
        SocketChannel channel = newClient();
        channel.configureBlocking(false);
        InetSocketAddress address = addressOf(listen());
        assertThatThrownBy(() -> channel.socket().connect(address)).isInstanceOf(IllegalBlockingModeException.class);
    }

    @Test
    void secondConnectSaysSo() throws IOException {
        Socket socket = pair().client().socket();
        InetSocketAddress address = addressOf(listen());
        if (Runtime.version().feature() < 24) {
            assertThatThrownBy(() -> socket.connect(address)).isInstanceOf(AlreadyConnectedException.class);
        } else {
            assertThatThrownBy(() -> socket.connect(address))
                    .isInstanceOf(SocketException.class)
                    .hasMessage("Already connected");
        }
    }

    @Test
    void bindTwiceSaysSo() throws IOException {
        Socket socket = newClient().socket();
        socket.bind(new InetSocketAddress(env().clientAddress(), 0));
        assertThat(socket.isBound()).isTrue();
        assertThatThrownBy(() -> socket.bind(null))
                .isInstanceOf(SocketException.class)
                .hasMessage("Already bound");
    }

    @Test
    void readTimesOutAndTheSocketStaysUsable() throws IOException {
        Pair pair = pair();
        Socket socket = pair.client().socket();
        socket.setSoTimeout(50);
        assertThat(socket.getSoTimeout()).isEqualTo(50);
        InputStream in = socket.getInputStream();
        assertThatThrownBy(in::read).isInstanceOf(SocketTimeoutException.class).hasMessage("Read timed out");
        send(pair.accepted(), "z");
        assertThat(in.read()).isEqualTo('z');
        assertThat(socket.isClosed()).isFalse();
    }

    @Test
    void readTimeoutTakesItsTime() throws IOException {
        Socket socket = pair().client().socket();
        socket.setSoTimeout(200);
        InputStream in = socket.getInputStream();
        long startNs = System.nanoTime();
        assertThatThrownBy(in::read).isInstanceOf(SocketTimeoutException.class);
        assertThat(System.nanoTime() - startNs).isGreaterThanOrEqualTo(199_000_000L);
    }

    @Test
    void readTimeoutDoesNotTouchReadsOfTheChannel() throws Exception {
        Pair pair = pair();
        pair.client().socket().setSoTimeout(1);
        Running<String> reader = start(() -> receive(pair.client(), 1)).awaitBlocked();
        send(pair.accepted(), "c");
        assertThat(reader.result()).isEqualTo("c");
    }

    @Test
    void negativeTimeoutIsRefused() throws IOException {
        Socket socket = newClient().socket();
        assertThatThrownBy(() -> socket.setSoTimeout(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("timeout < 0");
    }

    @Test
    void streamsNeedAConnection() throws IOException {
        Socket socket = newClient().socket();
        assertThatThrownBy(socket::getInputStream)
                .isInstanceOf(SocketException.class)
                .hasMessage("Socket is not connected");
        assertThatThrownBy(socket::getOutputStream)
                .isInstanceOf(SocketException.class)
                .hasMessage("Socket is not connected");
    }

    @Test
    void streamsOfANonBlockingChannelAreRefused() throws IOException {
        SocketChannel channel = pair().client();
        InputStream in = channel.socket().getInputStream();
        OutputStream out = channel.socket().getOutputStream();
        channel.configureBlocking(false);
        assertThatThrownBy(in::read).isInstanceOf(IllegalBlockingModeException.class);
        assertThatThrownBy(() -> out.write(1)).isInstanceOf(IllegalBlockingModeException.class);
    }

    @Test
    void streamsCheckTheirArguments() throws IOException {
        Socket socket = pair().client().socket();
        InputStream in = socket.getInputStream();
        OutputStream out = socket.getOutputStream();
        byte[] four = new byte[4];
        assertThat(in.read(four, 0, 0)).isZero();
        assertThatThrownBy(() -> in.read(four, 3, 2)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> out.write(four, -1, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void shutStreamsSaySo() throws IOException {
        Socket socket = pair().client().socket();
        InputStream in = socket.getInputStream();
        socket.shutdownInput();
        socket.shutdownOutput();
        assertThat(socket.isInputShutdown()).isTrue();
        assertThat(socket.isOutputShutdown()).isTrue();
        assertThat(in.read()).isEqualTo(-1);
        assertThat(in.available()).isZero();
        assertThatThrownBy(socket::getInputStream)
                .isInstanceOf(SocketException.class)
                .hasMessage("Socket input is shutdown");
        assertThatThrownBy(socket::getOutputStream)
                .isInstanceOf(SocketException.class)
                .hasMessage("Socket output is shutdown");
    }

    @Test
    void unconnectedSocketCannotBeShut() throws IOException {
        Socket socket = newClient().socket();
        assertThatThrownBy(socket::shutdownInput)
                .isInstanceOf(SocketException.class)
                .hasMessage("Socket is not connected");
        assertThatThrownBy(socket::shutdownOutput)
                .isInstanceOf(SocketException.class)
                .hasMessage("Socket is not connected");
    }

    @Test
    void availableCountsWhatIsThere() throws IOException {
        Pair pair = pair();
        InputStream in = pair.client().socket().getInputStream();
        assertThat(in.available()).isZero();
        send(pair.accepted(), "12345");
        while (in.available() < 5) {
            Thread.onSpinWait();
        }
        assertThat(in.available()).isEqualTo(5);
        assertThat(in.read()).isEqualTo('1');
        assertThat(in.available()).isEqualTo(4);
    }

    @Test
    void closingAStreamClosesTheChannel() throws IOException {
        SocketChannel channel = pair().client();
        channel.socket().getInputStream().close();
        assertThat(channel.isOpen()).isFalse();
        SocketChannel other = pair().client();
        other.socket().getOutputStream().close();
        assertThat(other.isOpen()).isFalse();
    }

    @Test
    void closedSocketSaysSo() throws IOException {
        Socket socket = pair().client().socket();
        InputStream in = socket.getInputStream();
        socket.close();
        assertThatThrownBy(in::read).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(socket::getInputStream)
                .isInstanceOf(SocketException.class)
                .hasMessage("Socket is closed");
        assertThatThrownBy(socket::getOutputStream)
                .isInstanceOf(SocketException.class)
                .hasMessage("Socket is closed");
        assertThatThrownBy(socket::getTcpNoDelay)
                .isInstanceOf(SocketException.class)
                .hasMessage("Socket is closed");
        assertThatThrownBy(() -> socket.setTcpNoDelay(true))
                .isInstanceOf(SocketException.class)
                .hasMessage("Socket is closed");
        assertThatThrownBy(() -> socket.setSoTimeout(1))
                .isInstanceOf(SocketException.class)
                .hasMessage("Socket is closed");
    }

    @Test
    void optionsReadBackThroughTheSocket() throws IOException {
        Socket socket = pair().client().socket();
        socket.setTcpNoDelay(true);
        socket.setKeepAlive(true);
        socket.setReuseAddress(true);
        socket.setOOBInline(true);
        socket.setTrafficClass(0x08);
        socket.setSoLinger(true, 3);
        assertThat(socket.getTcpNoDelay()).isTrue();
        assertThat(socket.getKeepAlive()).isTrue();
        assertThat(socket.getReuseAddress()).isTrue();
        assertThat(socket.getOOBInline()).isTrue();
        assertThat(socket.getTrafficClass()).isEqualTo(0x08);
        assertThat(socket.getSoLinger()).isEqualTo(3);
        socket.setSoLinger(false, 0);
        assertThat(socket.getSoLinger()).isEqualTo(-1);
        assertThat(socket.supportedOptions()).isEqualTo(socket.getChannel().supportedOptions());
    }

    @Test
    void bufferSizesOfZeroAreRefused() throws IOException {
        Socket socket = newClient().socket();
        assertThatThrownBy(() -> socket.setSendBufferSize(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Invalid send size");
        assertThatThrownBy(() -> socket.setReceiveBufferSize(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Invalid receive size");
        socket.setSendBufferSize(32 * 1024);
        assertThat(socket.getSendBufferSize()).isEqualTo(32 * 1024);
    }

    @Test
    void largeWritesThroughTheStreamAreWhole() throws Exception {
        Pair pair = pair();
        OutputStream out = pair.client().socket().getOutputStream();
        byte[] data = new byte[3 << 20];
        new java.util.Random(7).nextBytes(data);
        Running<Void> writer = start(() -> {
            out.write(data);
            return null;
        });
        byte[] received = pair.accepted().socket().getInputStream().readNBytes(data.length);
        writer.result();
        assertThat(received).isEqualTo(data);
    }
}
