/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Bind, connect, accept, and the addresses that come of it. */
abstract class ConnectingCases extends ContractCases {
    ConnectingCases(SocketContract contract) {
        super(contract);
    }

    private static final class OtherAddress extends SocketAddress {
        private static final long serialVersionUID = 1L;
    }

    private InetSocketAddress clientPort(int port) {
        return new InetSocketAddress(env().clientAddress(), port);
    }

    @Test
    void bindToPortZeroPicksOne() throws IOException {
        SocketChannel channel = newClient().bind(clientPort(0));
        InetSocketAddress local = (InetSocketAddress) channel.getLocalAddress();
        assertThat(local.getAddress()).isEqualTo(env().clientAddress());
        assertThat(local.getPort()).isPositive();
    }

    @Test
    void bindToNullIsTheAnyAddress() throws IOException {
        InetSocketAddress local = (InetSocketAddress) newClient().bind(null).getLocalAddress();
        assertThat(local.getAddress().isAnyLocalAddress()).isTrue();
        assertThat(local.getPort()).isPositive();
        InetSocketAddress server = addressOf(newServer().bind(null));
        assertThat(server.getAddress().isAnyLocalAddress()).isTrue();
        assertThat(server.getPort()).isPositive();
    }

    @Test
    void bindTwiceIsRefused() throws IOException {
        SocketChannel channel = newClient().bind(clientPort(0));
        assertThatThrownBy(() -> channel.bind(clientPort(0))).isInstanceOf(AlreadyBoundException.class);
        ServerSocketChannel server = listen();
        assertThatThrownBy(() -> server.bind(null)).isInstanceOf(AlreadyBoundException.class);
    }

    @Test
    void bindAfterConnectIsRefused() throws IOException {
        SocketChannel channel = pair().client();
        assertThatThrownBy(() -> channel.bind(null)).isInstanceOf(AlreadyBoundException.class);
    }

    @Test
    void secondServerOnAPortIsRefused() throws IOException {
        InetSocketAddress taken = addressOf(listen());
        ServerSocketChannel second = newServer();
        assertThatThrownBy(() -> second.bind(taken))
                .isInstanceOf(BindException.class)
                .hasMessage("Address already in use");
        assertThat(second.isOpen()).isTrue();
    }

    @Test
    void refusedBindMayBeTriedElsewhere() throws IOException {
        InetSocketAddress taken = addressOf(listen());
        ServerSocketChannel second = newServer();
        assertThatThrownBy(() -> second.bind(taken)).isInstanceOf(BindException.class);
        second.bind(new InetSocketAddress(env().serverAddress(), 0));
        assertThat(addressOf(second).getPort()).isNotEqualTo(taken.getPort());
    }

    @Test
    void foreignAddressCannotBeBound() throws IOException {
        InetSocketAddress foreign = new InetSocketAddress(InetAddress.getByName("203.0.113.9"), 0);
        SocketChannel channel = newClient();
        ServerSocketChannel server = newServer();
        assertThatThrownBy(() -> channel.bind(foreign))
                .isInstanceOf(BindException.class)
                .hasMessage("Cannot assign requested address");
        assertThatThrownBy(() -> server.bind(foreign))
                .isInstanceOf(BindException.class)
                .hasMessage("Cannot assign requested address");
    }

    @Test
    void unresolvedAddressesAreRefused() throws IOException {
        InetSocketAddress unresolved = InetSocketAddress.createUnresolved("nowhere.invalid", 80);
        assertThatThrownBy(() -> newClient().connect(unresolved)).isInstanceOf(UnresolvedAddressException.class);
        assertThatThrownBy(() -> newClient().bind(unresolved)).isInstanceOf(UnresolvedAddressException.class);
        assertThatThrownBy(() -> newServer().bind(unresolved)).isInstanceOf(UnresolvedAddressException.class);
    }

    @Test
    void otherKindsOfAddressAreRefused() throws IOException {
        SocketChannel channel = newClient();
        assertThatThrownBy(() -> channel.connect(new OtherAddress()))
                .isInstanceOf(UnsupportedAddressTypeException.class);
        assertThatThrownBy(() -> channel.bind(new OtherAddress())).isInstanceOf(UnsupportedAddressTypeException.class);
        assertThatThrownBy(() -> newServer().bind(new OtherAddress()))
                .isInstanceOf(UnsupportedAddressTypeException.class);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void ipv4ChannelRefusesIpv6Addresses() throws IOException {
        SocketChannel channel = closeLater(env().client().openSocketChannel(StandardProtocolFamily.INET));
        InetSocketAddress ipv6 = new InetSocketAddress(InetAddress.getByName("2001:db8::1"), 80);
        assertThatThrownBy(() -> channel.connect(ipv6)).isInstanceOf(UnsupportedAddressTypeException.class);
        assertThatThrownBy(() -> channel.bind(ipv6)).isInstanceOf(UnsupportedAddressTypeException.class);
    }

    @Test
    void connectToNullIsRefused() throws IOException {
        SocketChannel channel = newClient();
        assertThatThrownBy(() -> channel.connect(null)).isInstanceOf(NullPointerException.class);
    }

    @Test
    void bothEndsSeeTheSameAddresses() throws IOException {
        ServerSocketChannel server = listen();
        Pair pair = pair(server);
        assertThat(pair.client().getRemoteAddress()).isEqualTo(server.getLocalAddress());
        assertThat(pair.accepted().getLocalAddress()).isEqualTo(server.getLocalAddress());
        assertThat(pair.accepted().getRemoteAddress()).isEqualTo(pair.client().getLocalAddress());
        assertThat(((InetSocketAddress) pair.client().getLocalAddress()).getAddress())
                .isEqualTo(env().clientAddress());
    }

    @Test
    void connectKeepsABoundPort() throws IOException {
        SocketChannel channel = newClient().bind(clientPort(0));
        int port = ((InetSocketAddress) channel.getLocalAddress()).getPort();
        channel.connect(addressOf(listen()));
        assertThat(((InetSocketAddress) channel.getLocalAddress()).getPort()).isEqualTo(port);
    }

    @Test
    void anyAddressBecomesRealOnConnect() throws IOException {
        SocketChannel channel = newClient().bind(null);
        int port = ((InetSocketAddress) channel.getLocalAddress()).getPort();
        channel.connect(addressOf(listen()));
        assertThat(channel.getLocalAddress()).isEqualTo(clientPort(port));
    }

    @Test
    void acceptedChannelIsConnectedAndBlocking() throws IOException {
        ServerSocketChannel server = listen();
        SocketChannel client = newClient();
        client.connect(addressOf(server));
        server.configureBlocking(false);
        SocketChannel accepted = null;
        while (accepted == null) {
            accepted = server.accept();
        }
        closeLater(accepted);
        assertThat(accepted.isBlocking()).isTrue();
        assertThat(accepted.isConnected()).isTrue();
        assertThat(accepted.finishConnect()).isTrue();
    }

    @Test
    void nonBlockingAcceptReturnsNullWhenNobodyWaits() throws IOException {
        ServerSocketChannel server = listen();
        server.configureBlocking(false);
        assertThat(server.accept()).isNull();
    }

    @Test
    void blockedAcceptTakesTheNextConnection() throws Exception {
        ServerSocketChannel server = listen();
        Running<SocketChannel> accept = start(server::accept).awaitBlocked();
        SocketChannel client = newClient();
        client.connect(addressOf(server));
        SocketChannel accepted = closeLater(accept.result());
        assertThat(accepted.getRemoteAddress()).isEqualTo(client.getLocalAddress());
    }

    @Test
    void refusedBlockingConnectClosesTheChannel() throws IOException {
        SocketChannel channel = newClient();
        InetSocketAddress nobody = refusingAddress();
        assertThatThrownBy(() -> channel.connect(nobody))
                .isInstanceOf(ConnectException.class)
                .hasMessage("Connection refused");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void refusedNonBlockingConnectIsReportedByFinishConnect() throws IOException {
        SocketChannel channel = newClient();
        channel.configureBlocking(false);
        Selector selector = clientSelector();
        InetSocketAddress nobody = refusingAddress();
        assertThatThrownBy(() -> {
                    if (!channel.connect(nobody)) {
                        channel.register(selector, SelectionKey.OP_CONNECT);
                        assertThat(selectOne(selector).isConnectable()).isTrue();
                        channel.finishConnect();
                    }
                })
                .isInstanceOf(ConnectException.class)
                .hasMessage("Connection refused");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void nonBlockingConnectFinishesAfterOpConnect() throws IOException {
        ServerSocketChannel server = listen();
        SocketChannel channel = newClient();
        channel.configureBlocking(false);
        if (!channel.connect(addressOf(server))) {
            assertThat(channel.isConnectionPending()).isTrue();
            Selector selector = clientSelector();
            channel.register(selector, SelectionKey.OP_CONNECT);
            assertThat(selectOne(selector).isConnectable()).isTrue();
            assertThat(channel.finishConnect()).isTrue();
        }
        assertThat(channel.isConnected()).isTrue();
        assertThat(channel.isConnectionPending()).isFalse();
        assertThat(channel.finishConnect()).isTrue();
        assertThat(channel.getRemoteAddress()).isEqualTo(server.getLocalAddress());
    }

    @Test
    void blockingFinishConnectWaits() throws IOException {
        ServerSocketChannel server = listen();
        SocketChannel channel = newClient();
        channel.configureBlocking(false);
        channel.connect(addressOf(server));
        channel.configureBlocking(true);
        assertThat(channel.finishConnect()).isTrue();
        assertThat(channel.isConnected()).isTrue();
    }

    @Test
    void secondConnectIsRefused() throws IOException {
        SocketChannel channel = pair().client();
        InetSocketAddress again = addressOf(listen());
        assertThatThrownBy(() -> channel.connect(again)).isInstanceOf(AlreadyConnectedException.class);
        assertThat(channel.isConnected()).isTrue();
    }

    @Test
    void pendingChannelRefusesWhatNeedsAConnection() throws IOException {
        SocketChannel channel = newClient();
        channel.configureBlocking(false);
        InetSocketAddress silent = env().silentAddress();
        assertThat(channel.connect(silent)).isFalse();
        assertThat(channel.isConnectionPending()).isTrue();
        assertThat(channel.finishConnect()).isFalse();
        assertThat(channel.getRemoteAddress()).isEqualTo(silent);
        assertThatThrownBy(() -> channel.connect(silent)).isInstanceOf(ConnectionPendingException.class);
        assertThatThrownBy(() -> channel.bind(null)).isInstanceOf(ConnectionPendingException.class);
        assertThatThrownBy(() -> channel.read(bytes("x"))).isInstanceOf(NotYetConnectedException.class);
        assertThatThrownBy(() -> channel.write(bytes("x"))).isInstanceOf(NotYetConnectedException.class);
        assertThat(channel.toString())
                .startsWith("java.nio.channels.SocketChannel[connection-pending")
                .endsWith(" remote=" + silent + "]");
    }

    @Test
    void acceptedChannelHasNoPendingConnect() throws IOException {
        SocketChannel accepted = pair().accepted();
        assertThat(accepted.isConnectionPending()).isFalse();
        assertThatThrownBy(() -> newClient().finishConnect()).isInstanceOf(NoConnectionPendingException.class);
    }

    @Test
    void connectionsWaitInTheBacklogUntilAccepted() throws IOException {
        ServerSocketChannel server = newServer().bind(new InetSocketAddress(env().serverAddress(), 0), 10);
        Set<SocketAddress> clients = new HashSet<>();
        for (int i = 0; i < 10; i++) {
            SocketChannel client = newClient();
            client.connect(addressOf(server));
            send(client, "hello");
            clients.add(client.getLocalAddress());
        }
        Set<SocketAddress> accepted = new HashSet<>();
        for (int i = 0; i < 10; i++) {
            SocketChannel channel = closeLater(server.accept());
            assertThat(receive(channel, 5)).isEqualTo("hello");
            accepted.add(channel.getRemoteAddress());
        }
        assertThat(accepted).isEqualTo(clients);
    }

    @Test
    void connectionsAreAcceptedInTheirOrder() throws IOException {
        ServerSocketChannel server = listen();
        List<SocketAddress> clients = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            SocketChannel client = newClient();
            client.connect(addressOf(server));
            clients.add(client.getLocalAddress());
        }
        List<SocketAddress> accepted = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            accepted.add(closeLater(server.accept()).getRemoteAddress());
        }
        assertThat(accepted).containsExactlyInAnyOrderElementsOf(clients);
    }

    @Test
    void serverRestartsOnItsPortWhileOldConnectionsLive() throws IOException {
        ServerSocketChannel first = listen();
        InetSocketAddress address = addressOf(first);
        Pair old = pair(first);
        first.close();
        ServerSocketChannel second = newServer().bind(address);
        Pair fresh = pair(second);
        send(old.client(), "old");
        send(fresh.client(), "new");
        assertThat(receive(old.accepted(), 3)).isEqualTo("old");
        assertThat(receive(fresh.accepted(), 3)).isEqualTo("new");
    }

    @Test
    void serverRestartsOnItsPortAfterItClosedConnections() throws IOException {
        ServerSocketChannel first = listen();
        InetSocketAddress address = addressOf(first);
        Pair old = pair(first);
        old.accepted().close();
        drain(old.client());
        old.client().close();
        first.close();
        Pair fresh = pair(newServer().bind(address));
        send(fresh.accepted(), "new");
        assertThat(receive(fresh.client(), 3)).isEqualTo("new");
    }

    @Test
    void closedServerRefusesConnections() throws IOException {
        ServerSocketChannel server = listen();
        InetSocketAddress address = addressOf(server);
        pair(server);
        server.close();
        assertThatThrownBy(() -> newClient().connect(address))
                .isInstanceOf(ConnectException.class)
                .hasMessage("Connection refused");
    }

    @Test
    void anyAddressServerIsReachedAtARealAddress() throws IOException {
        ServerSocketChannel server = newServer().bind(new InetSocketAddress(0));
        SocketChannel client = newClient();
        client.connect(
                new InetSocketAddress(env().serverAddress(), addressOf(server).getPort()));
        SocketChannel accepted = closeLater(server.accept());
        assertThat(accepted.getLocalAddress()).isEqualTo(client.getRemoteAddress());
    }

    @Test
    void connectToTheAnyAddressMeansLoopback() throws IOException {
        assumeTrue(env().hasLoopback(), "no loopback between the two ends");
        ServerSocketChannel server = newServer().bind(new InetSocketAddress(0));
        SocketChannel client = newClient();
        client.connect(new InetSocketAddress("0.0.0.0", addressOf(server).getPort()));
        assertThat(((InetSocketAddress) client.getRemoteAddress()).getAddress().isLoopbackAddress())
                .isTrue();
        closeLater(server.accept());
    }

    @Test
    void ipv4FamilyEndsTalk() throws IOException {
        assumeTrue(env().serverAddress() instanceof Inet4Address, "these ends have IPv6 addresses");
        ServerSocketChannel server = closeLater(env().server().openServerSocketChannel(StandardProtocolFamily.INET));
        server.bind(new InetSocketAddress(env().serverAddress(), 0));
        SocketChannel client = closeLater(env().client().openSocketChannel(StandardProtocolFamily.INET));
        client.connect(addressOf(server));
        SocketChannel accepted = closeLater(server.accept());
        send(client, "four");
        assertThat(receive(accepted, 4)).isEqualTo("four");
    }

    @Test
    void optionsSetBeforeConnectStay() throws IOException {
        SocketChannel client = newClient();
        client.setOption(StandardSocketOptions.TCP_NODELAY, true);
        client.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        client.setOption(StandardSocketOptions.SO_LINGER, 7);
        client.connect(addressOf(listen()));
        assertThat(client.getOption(StandardSocketOptions.TCP_NODELAY)).isTrue();
        assertThat(client.getOption(StandardSocketOptions.SO_KEEPALIVE)).isTrue();
        assertThat(client.getOption(StandardSocketOptions.SO_LINGER)).isEqualTo(7);
        client.setOption(StandardSocketOptions.SO_LINGER, -1);
    }
}
