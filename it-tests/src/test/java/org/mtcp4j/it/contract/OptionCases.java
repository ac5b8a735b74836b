/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Test;

/** Socket options: which there are, what they start with, what they take. */
abstract class OptionCases extends ContractCases {
    OptionCases(SocketContract contract) {
        super(contract);
    }

    @Test
    void channelSupportsTheJdksOptions() throws IOException {
        assertThat(newClient().supportedOptions())
                .isEqualTo(closeLater(SocketChannel.open()).supportedOptions());
    }

    @Test
    void serverSupportsTheJdksOptions() throws IOException {
        assertThat(newServer().supportedOptions())
                .isEqualTo(closeLater(ServerSocketChannel.open()).supportedOptions());
    }

    @Test
    void everySupportedOptionCanBeRead() throws IOException {
        SocketChannel channel = pair().client();
        for (SocketOption<?> option : channel.supportedOptions()) {
            assertThat(channel.getOption(option)).as(option.name()).isInstanceOf(option.type());
        }
        ServerSocketChannel server = listen();
        for (SocketOption<?> option : server.supportedOptions()) {
            assertThat(server.getOption(option)).as(option.name()).isInstanceOf(option.type());
        }
    }

    @Test
    void optionsStartWithLinuxsDefaults() throws IOException {
        SocketChannel channel = pair().client();
        assertThat(channel.getOption(StandardSocketOptions.TCP_NODELAY)).isFalse();
        assertThat(channel.getOption(StandardSocketOptions.SO_KEEPALIVE)).isFalse();
        assertThat(channel.getOption(StandardSocketOptions.SO_REUSEADDR)).isFalse();
        assertThat(channel.getOption(StandardSocketOptions.SO_REUSEPORT)).isFalse();
        assertThat(channel.getOption(StandardSocketOptions.SO_LINGER)).isEqualTo(-1);
        assertThat(channel.getOption(StandardSocketOptions.IP_TOS)).isZero();
        assertThat(channel.getOption(ExtendedSocketOptions.TCP_KEEPIDLE)).isEqualTo(7200);
        assertThat(channel.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL)).isEqualTo(75);
        assertThat(channel.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT)).isEqualTo(9);
    }

    @Test
    void serversReuseAddressesByDefault() throws IOException {
        assertThat(newServer().getOption(StandardSocketOptions.SO_REUSEADDR)).isTrue();
        assertThat(newServer().getOption(StandardSocketOptions.SO_REUSEPORT)).isFalse();
    }

    private <T> void assertReadsBack(SocketChannel channel, SocketOption<T> option, T value) throws IOException {
        assertThat(channel.setOption(option, value)).isSameAs(channel);
        assertThat(channel.getOption(option)).as(option.name()).isEqualTo(value);
    }

    @Test
    void switchesReadBack() throws IOException {
        SocketChannel channel = pair().client();
        for (boolean on : new boolean[] {true, false}) {
            assertReadsBack(channel, StandardSocketOptions.TCP_NODELAY, on);
            assertReadsBack(channel, StandardSocketOptions.SO_KEEPALIVE, on);
            assertReadsBack(channel, StandardSocketOptions.SO_REUSEADDR, on);
            assertReadsBack(channel, StandardSocketOptions.SO_REUSEPORT, on);
        }
    }

    @Test
    void numbersReadBack() throws IOException {
        SocketChannel channel = pair().client();
        assertReadsBack(channel, StandardSocketOptions.IP_TOS, 0x10);
        assertReadsBack(channel, ExtendedSocketOptions.TCP_KEEPIDLE, 100);
        assertReadsBack(channel, ExtendedSocketOptions.TCP_KEEPINTERVAL, 10);
        assertReadsBack(channel, ExtendedSocketOptions.TCP_KEEPCOUNT, 3);
    }

    @Test
    void bufferSizesReadBack() throws IOException {
        SocketChannel channel = newClient();
        assertReadsBack(channel, StandardSocketOptions.SO_SNDBUF, 64 * 1024);
        assertReadsBack(channel, StandardSocketOptions.SO_RCVBUF, 128 * 1024);
        ServerSocketChannel server = newServer();
        server.setOption(StandardSocketOptions.SO_RCVBUF, 100_000);
        assertThat(server.getOption(StandardSocketOptions.SO_RCVBUF)).isEqualTo(100_000);
    }

    @Test
    void tinyBufferSizesAreRaised() throws IOException {
        SocketChannel channel = newClient();
        channel.setOption(StandardSocketOptions.SO_SNDBUF, 1);
        channel.setOption(StandardSocketOptions.SO_RCVBUF, 1);
        assertThat(channel.getOption(StandardSocketOptions.SO_SNDBUF)).isEqualTo(2_304);
        assertThat(channel.getOption(StandardSocketOptions.SO_RCVBUF)).isEqualTo(1_152);
    }

    @Test
    void aTinySendBufferStillTakesATlsRecordWhole() throws IOException {
        Pair pair = pair();
        pair.client().setOption(StandardSocketOptions.SO_SNDBUF, 4_096);
        pair.client().configureBlocking(false);
        assertThat(pair.client().getOption(StandardSocketOptions.SO_SNDBUF)).isEqualTo(4_096);
        assertThat(pair.client().write(ByteBuffer.allocate(20_000))).isEqualTo(20_000);
    }

    @Test
    void aSendBufferHoldsTwiceWhatIsSet() throws IOException {
        Pair pair = pair();
        pair.client().setOption(StandardSocketOptions.SO_SNDBUF, 64 * 1_024);
        pair.client().configureBlocking(false);
        assertThat(pair.client().write(ByteBuffer.allocate(1 << 20))).isBetween(100 * 1_024, 256 * 1_024);
    }

    @Test
    void negativeBufferSizesAreRefused() throws IOException {
        SocketChannel channel = newClient();
        assertThatThrownBy(() -> channel.setOption(StandardSocketOptions.SO_SNDBUF, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Invalid send/receive buffer size");
        assertThatThrownBy(() -> newServer().setOption(StandardSocketOptions.SO_RCVBUF, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Invalid send/receive buffer size");
    }

    @Test
    void lingerIsBounded() throws IOException {
        SocketChannel channel = newClient();
        assertReadsBack(channel, StandardSocketOptions.SO_LINGER, 15);
        channel.setOption(StandardSocketOptions.SO_LINGER, -5);
        assertThat(channel.getOption(StandardSocketOptions.SO_LINGER)).isEqualTo(-1);
        channel.setOption(StandardSocketOptions.SO_LINGER, 1_000_000);
        assertThat(channel.getOption(StandardSocketOptions.SO_LINGER)).isEqualTo(65_535);
        channel.setOption(StandardSocketOptions.SO_LINGER, -1);
    }

    @Test
    void typeOfServiceIsBounded() throws IOException {
        SocketChannel channel = newClient();
        for (int value : new int[] {-1, 256}) {
            assertThatThrownBy(() -> channel.setOption(StandardSocketOptions.IP_TOS, value))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Invalid IP_TOS value");
        }
    }

    @Test
    void keepAliveTimesAreBounded() throws IOException {
        SocketChannel channel = newClient();
        assertThatThrownBy(() -> channel.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 0))
                .isInstanceOf(SocketException.class)
                .hasMessage("Invalid argument");
        assertThatThrownBy(() -> channel.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, 32_768))
                .isInstanceOf(SocketException.class)
                .hasMessage("Invalid argument");
        assertThatThrownBy(() -> channel.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 128))
                .isInstanceOf(SocketException.class)
                .hasMessage("Invalid argument");
    }

    @Test
    void incomingQueueIsReadOnly() throws IOException {
        assertThatThrownBy(() -> newClient().setOption(ExtendedSocketOptions.SO_INCOMING_NAPI_ID, 1))
                .isInstanceOf(SocketException.class)
                .hasMessage("Attempt to set read only option SO_INCOMING_NAPI_ID");
    }

    @Test
    void unsupportedOptionsAreRefused() throws IOException {
        SocketOption<Integer> option = StandardSocketOptions.IP_MULTICAST_TTL;
        assertThatThrownBy(() -> newClient().setOption(option, 1))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("'IP_MULTICAST_TTL' not supported");
        assertThatThrownBy(() -> newClient().getOption(option)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> newServer().setOption(StandardSocketOptions.TCP_NODELAY, true))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void nullNamesAndValuesAreRefused() throws IOException {
        SocketChannel channel = newClient();
        assertThatThrownBy(() -> channel.getOption(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> channel.setOption(null, 1)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> channel.setOption(StandardSocketOptions.SO_LINGER, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Invalid value 'null'");
    }

    @Test
    @SuppressWarnings({"unchecked", "rawtypes"})
    void valuesOfTheWrongTypeAreRefused() throws IOException {
        SocketOption raw = StandardSocketOptions.TCP_NODELAY;
        assertThatThrownBy(() -> newClient().setOption(raw, "yes"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Invalid value 'yes'");
    }

    @Test
    void acceptedChannelInheritsTheServersReceiveBuffer() throws IOException {
        ServerSocketChannel server = newServer();
        server.setOption(StandardSocketOptions.SO_RCVBUF, 50_000);
        server.bind(new java.net.InetSocketAddress(env().serverAddress(), 0));
        assertThat(pair(server).accepted().getOption(StandardSocketOptions.SO_RCVBUF))
                .isEqualTo(50_000);
    }
}
