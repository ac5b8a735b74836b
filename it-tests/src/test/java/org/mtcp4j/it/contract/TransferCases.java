/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** Much data, many connections, both directions at once. */
abstract class TransferCases extends ContractCases {
    private static final int SIZE = 16 << 20;

    TransferCases(SocketContract contract) {
        super(contract);
    }

    private static long sendRandom(SocketChannel channel, long seed, int size) throws IOException {
        Random random = new Random(seed);
        CRC32C sum = new CRC32C();
        ByteBuffer src = ByteBuffer.allocate(100_000);
        for (int sent = 0; sent < size; ) {
            random.nextBytes(src.array());
            src.clear().limit(Math.min(src.capacity(), size - sent));
            sum.update(src.array(), 0, src.limit());
            sent += src.limit();
            sendAll(channel, src);
        }
        return sum.getValue();
    }

    private static long receiveSum(SocketChannel channel, int size) throws IOException {
        CRC32C sum = new CRC32C();
        ByteBuffer dst = ByteBuffer.allocateDirect(70_000);
        for (int received = 0; received < size; ) {
            dst.clear().limit(Math.min(dst.capacity(), size - received));
            int n = channel.read(dst);
            assertThat(n).isNotNegative();
            received += n;
            sum.update(dst.flip());
        }
        return sum.getValue();
    }

    @Test
    void largeUploadArrivesUnharmed() throws Exception {
        Pair pair = pair();
        Running<Long> sent = start(() -> sendRandom(pair.client(), 1, SIZE));
        assertThat(receiveSum(pair.accepted(), SIZE)).isEqualTo(sent.result());
    }

    @Test
    void largeDownloadArrivesUnharmed() throws Exception {
        Pair pair = pair();
        Running<Long> sent = start(() -> sendRandom(pair.accepted(), 2, SIZE));
        assertThat(receiveSum(pair.client(), SIZE)).isEqualTo(sent.result());
    }

    @Test
    void bothDirectionsAtOnceWithAReaderAndAWriterEach() throws Exception {
        Pair pair = pair();
        Running<Long> up = start(() -> sendRandom(pair.client(), 3, SIZE));
        Running<Long> down = start(() -> sendRandom(pair.accepted(), 4, SIZE));
        Running<Long> received = start(() -> receiveSum(pair.client(), SIZE));
        assertThat(receiveSum(pair.accepted(), SIZE)).isEqualTo(up.result());
        assertThat(received.result()).isEqualTo(down.result());
    }

    @Test
    void slowReaderLosesNothing() throws Exception {
        Pair pair = pair();
        Running<Long> sent = start(() -> sendRandom(pair.client(), 5, 2 << 20));
        sent.awaitBlocked();
        CRC32C sum = new CRC32C();
        ByteBuffer dst = ByteBuffer.allocate(777);
        for (int received = 0; received < 2 << 20; ) {
            received += pair.accepted().read(dst.clear());
            sum.update(dst.flip());
        }
        assertThat(sum.getValue()).isEqualTo(sent.result());
    }

    @Test
    void nonBlockingTransferBySelectorsArrivesUnharmed() throws Exception {
        needsClientHere();
        Pair pair = pair();
        pair.client().configureBlocking(false);
        Running<Long> sent = start(() -> sendBySelector(pair.client()));
        pair.accepted().configureBlocking(false);
        Selector selector = serverSelector();
        pair.accepted().register(selector, SelectionKey.OP_READ);
        CRC32C sum = new CRC32C();
        ByteBuffer dst = ByteBuffer.allocate(20_000);
        for (int received = 0; received < SIZE; ) {
            assertThat(selectOne(selector).isReadable()).isTrue();
            int n;
            while ((n = pair.accepted().read(dst.clear())) > 0) {
                received += n;
                sum.update(dst.flip());
            }
        }
        assertThat(sum.getValue()).isEqualTo(sent.result());
    }

    private long sendBySelector(SocketChannel channel) throws IOException {
        Selector selector = clientSelector();
        channel.register(selector, SelectionKey.OP_WRITE);
        byte[] data = new byte[SIZE];
        new Random(6).nextBytes(data);
        ByteBuffer src = ByteBuffer.wrap(data);
        while (src.hasRemaining()) {
            assertThat(selectOne(selector).isWritable()).isTrue();
            channel.write(src);
        }
        CRC32C sum = new CRC32C();
        sum.update(data);
        return sum.getValue();
    }

    @Test
    void writerThatIsOftenFullAlwaysGoesOn() throws Exception {
        needsClientHere();
        Pair pair = pair();
        pair.client().setOption(StandardSocketOptions.SO_SNDBUF, 16 * 1024);
        pair.client().configureBlocking(false);
        Running<Long> sent = start(() -> sendBySelector(pair.client()));
        assertThat(receiveSum(pair.accepted(), SIZE)).isEqualTo(sent.result());
    }

    @Test
    void pingPongOfSmallMessages() throws Exception {
        Pair pair = pair();
        Running<Void> echo = start(() -> {
            for (int i = 0; i < 3_000; i++) {
                send(pair.accepted(), receive(pair.accepted(), 10));
            }
            return null;
        });
        for (int i = 0; i < 3_000; i++) {
            String message = String.format("%010d", i);
            send(pair.client(), message);
            assertThat(receive(pair.client(), 10)).isEqualTo(message);
        }
        echo.result();
    }

    @Test
    void manyConnectionsAtOnceKeepTheirData() throws IOException {
        ServerSocketChannel server = newServer().bind(new InetSocketAddress(env().serverAddress(), 0), 1024);
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            pairs.add(pair(server));
        }
        for (int i = 0; i < pairs.size(); i++) {
            send(pairs.get(i).client(), String.format("%05d", i));
        }
        for (int i = 0; i < pairs.size(); i++) {
            assertThat(receive(pairs.get(i).accepted(), 5)).isEqualTo(String.format("%05d", i));
        }
    }

    @Test
    void connectionsComeAndGo() throws IOException {
        ServerSocketChannel server = listen();
        for (int i = 0; i < 300; i++) {
            try (SocketChannel client = env().client().openSocketChannel()) {
                client.connect(addressOf(server));
                try (SocketChannel accepted = server.accept()) {
                    send(client, "x");
                    assertThat(receive(accepted, 1)).isEqualTo("x");
                }
            }
        }
    }

    @Test
    void echoServerOnASelectorServesManyClients() throws Exception {
        ServerSocketChannel server = newServer().bind(new InetSocketAddress(env().serverAddress(), 0), 256);
        server.configureBlocking(false);
        Selector selector = serverSelector();
        server.register(selector, SelectionKey.OP_ACCEPT);
        Running<Integer> echo = start(() -> echo(selector, server, 50));
        List<SocketChannel> clients = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            SocketChannel client = newClient();
            client.connect(addressOf(server));
            clients.add(client);
        }
        for (int round = 0; round < 10; round++) {
            for (SocketChannel client : clients) {
                send(client, "round" + round);
            }
            for (SocketChannel client : clients) {
                assertThat(receive(client, 6)).isEqualTo("round" + round);
            }
        }
        for (SocketChannel client : clients) {
            client.close();
        }
        assertThat(echo.result()).isEqualTo(50);
    }

    /** Until the given number of connections has come and gone. */
    private int echo(Selector selector, ServerSocketChannel server, int connections) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1024);
        int ended = 0;
        while (ended < connections) {
            selector.select();
            for (SelectionKey key : selector.selectedKeys()) {
                if (key.isAcceptable()) {
                    SocketChannel accepted = server.accept();
                    if (accepted != null) {
                        closeLater(accepted).configureBlocking(false);
                        accepted.register(selector, SelectionKey.OP_READ);
                    }
                } else if (!echoOnce((SocketChannel) key.channel(), buffer)) {
                    ended++;
                }
            }
            selector.selectedKeys().clear();
        }
        return ended;
    }

    private static boolean echoOnce(SocketChannel channel, ByteBuffer buffer) throws IOException {
        if (channel.read(buffer.clear()) < 0) {
            channel.close();
            return false;
        }
        sendAll(channel, buffer.flip());
        return true;
    }
}
