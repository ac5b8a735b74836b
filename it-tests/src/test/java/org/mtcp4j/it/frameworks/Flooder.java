/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.it.frameworks;

import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicDecorator;
import org.mtcp4j.nic.NicProvider;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.spi.nio.MtcpSelectorProvider;
import org.mtcp4j.wire.Checksum;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.TcpSegment;

/**
 * Floods an echo server with SYNs from made-up addresses, over the same memif link by which its own stack's honest clients come: {@code
 * SERVER-IP OWN-IP SOCKET SECONDS}. First as fast as the server takes them, which is its capacity; then, after a line of standard input,
 * twice as many for the time given. Prints what became of both.
 */
public final class Flooder {
    private static final int PORT = Server.PORT;
    private static final int BURST = 64;
    private static final int MESSAGE_BYTES = 64;
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long PATIENCE_NS = 10 * SECOND_NS;
    private static final long OPEN_EVERY_NS = SECOND_NS / 20;
    private static final int WARM_UP_SECONDS = 12;
    private static final int CAPACITY_SECONDS = 3;

    private static volatile Flood flood;

    private final InetSocketAddress server;
    private final MtcpSelectorProvider provider;
    private final Selector selector;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(MESSAGE_BYTES);
    private final List<Client> clients = new ArrayList<>();
    private long established;
    private int started;
    private int done;
    private long slowestNs;

    private static final class Client {
        final SocketChannel channel;
        final long startNs;
        /** Speaks for ever. */
        final boolean stays;

        int got;

        Client(SocketChannel channel, long startNs, boolean stays) {
            this.channel = channel;
            this.startNs = startNs;
            this.stays = stays;
        }
    }

    private Flooder(Stack stack, StackConfig config, InetSocketAddress server) throws IOException {
        this.server = server;
        provider = MtcpSelectorProvider.of(stack, config);
        selector = provider.openSelector();
    }

    /** A JVM with one. */
    static Running start(Path directory, String server, String own, int seconds) throws Exception {
        Path services = Files.createDirectories(directory.resolve("flood/META-INF/services"));
        Files.writeString(services.resolve(NicProvider.class.getName()), Provider.class.getName() + "\n");
        return Running.start(List.of(
                Build.java().toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:ErrorFile=" + directory.resolve("crash-%p.log"),
                "-cp",
                directory.resolve("flood") + File.pathSeparator + System.getProperty("java.class.path"),
                Flooder.class.getName(),
                server,
                own,
                directory.resolve("memif.sock").toString(),
                "" + seconds));
    }

    public static void main(String[] arguments) throws Exception {
        StackConfig config = StackConfig.of("nic=flood:" + arguments[2] + ",dpdk.no-huge=true,ip=" + arguments[1]
                + "/24,wildcard=stack" + Talker.FIXED_BUFFERS);
        Stack stack = Stack.start(config);
        Flooder flooder = new Flooder(stack, config, new InetSocketAddress(arguments[0], PORT));
        flooder.open(true);
        flooder.run(SECOND_NS, false);
        if (flooder.established == 0) {
            throw new IOException("the connection that stays is not there");
        }
        flood.to = IpAddress.parse(arguments[0]).toIpv4();
        flood.perSecond = Double.MAX_VALUE;
        // A cold server takes half of what a warm one does.
        flooder.run(WARM_UP_SECONDS * SECOND_NS, false);
        long before = flood.sent;
        flooder.run(CAPACITY_SECONDS * SECOND_NS, false);
        double capacity = (flood.sent - before) / (double) CAPACITY_SECONDS;
        System.out.printf(
                Locale.ROOT,
                "capacity %.0f SYNs a second, refused %.2f of what was offered%n",
                capacity,
                flood.refused());
        while (System.in.read() != '\n') {
            // The line.
        }
        flood.again(2 * capacity);
        int seconds = Integer.parseInt(arguments[3]);
        long least = Long.MAX_VALUE;
        for (int second = 0; second < seconds; second++) {
            long were = flooder.established;
            flooder.run(SECOND_NS, true);
            least = Math.min(least, flooder.established - were);
        }
        double offered = (flood.sent + flood.dropped) / (double) seconds;
        double taken = flood.sent / (double) seconds;
        flooder.finish();
        System.out.printf(
                Locale.ROOT,
                "flooded %d s: offered %.0f SYNs a second, %.0f taken; honest %d of %d done, slowest %d ms;"
                        + " established at least %d messages a second%n",
                seconds,
                offered,
                taken,
                flooder.done,
                flooder.started,
                flooder.slowestNs / 1_000_000,
                least);
        System.exit(0);
    }

    private void open(boolean stays) throws IOException {
        SocketChannel channel = provider.openSocketChannel();
        channel.configureBlocking(false);
        Client client = new Client(channel, System.nanoTime(), stays);
        channel.register(selector, SelectionKey.OP_CONNECT, client);
        channel.connect(server);
        if (!stays) {
            clients.add(client);
            started++;
        }
    }

    private void run(long ns, boolean honest) throws IOException {
        long nowNs = System.nanoTime();
        long endNs = nowNs + ns;
        for (long nextNs = nowNs; nowNs < endNs; nowNs = System.nanoTime()) {
            if (honest && nowNs >= nextNs) {
                nextNs += OPEN_EVERY_NS;
                open(false);
            }
            turn(nowNs);
        }
    }

    /** The flood goes on until the last of the honest is done or out of patience. */
    private void finish() throws IOException {
        while (!clients.isEmpty()) {
            turn(System.nanoTime());
        }
    }

    private void turn(long nowNs) throws IOException {
        selector.selectNow();
        for (Iterator<SelectionKey> keys = selector.selectedKeys().iterator(); keys.hasNext(); ) {
            SelectionKey key = keys.next();
            keys.remove();
            Client client = (Client) key.attachment();
            try {
                ready(key, client, nowNs);
            } catch (IOException e) {
                System.out.println("a client failed after " + (nowNs - client.startNs) / 1_000_000 + " ms, " + e);
                end(client, false, nowNs);
            }
        }
        while (!clients.isEmpty() && nowNs - clients.get(0).startNs > PATIENCE_NS) {
            end(clients.get(0), false, nowNs);
        }
    }

    private void ready(SelectionKey key, Client client, long nowNs) throws IOException {
        if (key.isConnectable() && client.channel.finishConnect()) {
            key.interestOps(SelectionKey.OP_READ);
            client.channel.write(buffer.clear());
        } else if (key.isReadable()) {
            int n = client.channel.read(buffer.clear().limit(MESSAGE_BYTES - client.got));
            if (n < 0) {
                throw new IOException("end of stream");
            }
            client.got += n;
            if (client.got == MESSAGE_BYTES && client.stays) {
                established++;
                client.got = 0;
                client.channel.write(buffer.clear());
            } else if (client.got == MESSAGE_BYTES) {
                end(client, true, nowNs);
            }
        }
    }

    private void end(Client client, boolean well, long nowNs) throws IOException {
        if (client.stays) {
            throw new IOException("the connection that stays has ended");
        }
        if (clients.remove(client)) {
            done += well ? 1 : 0;
            slowestNs = Math.max(slowestNs, nowNs - client.startNs);
        }
        client.channel.close();
    }

    /** Of the kind {@code flood}, a memif client; what follows is its socket. */
    public static final class Provider extends WrappedMemif {
        public Provider() {
            super("flood", "client");
        }

        @Override
        NicQueue wrap(Nic port) {
            flood = new Flood(port, port.queue(0));
            return flood;
        }
    }

    /** Sends its share with each burst that is received. The owner's, but for what the main thread sets between runs, which owns it then. */
    private static final class Flood extends NicDecorator.Queue {
        private static final int L4 = Ethernet.HEADER_BYTES + Ipv4.HEADER_BYTES;
        private static final int TCP_BYTES = 24;

        private final ByteBuffer bytes;
        private final long mac;
        private final FrameBatch out = new FrameBatch(BURST);
        private final SplittableRandom random = new SplittableRandom(7);
        private volatile double perSecond;
        private long toMac;
        private int to;
        private long lastNs;
        private double credit;
        private long sent;
        private long dropped;

        Flood(Nic nic, NicQueue inner) {
            super(inner);
            bytes = nic.memory().bytes();
            mac = nic.macAddress();
        }

        double refused() {
            return dropped / (double) Math.max(1, sent + dropped);
        }

        void again(double rate) {
            sent = 0;
            dropped = 0;
            credit = 0;
            lastNs = System.nanoTime();
            perSecond = rate;
        }

        @Override
        public int receive(FrameBatch batch) {
            double rate = perSecond;
            if (rate > 0) {
                long nowNs = System.nanoTime();
                credit = rate == Double.MAX_VALUE
                        ? BURST
                        : Math.min(credit + (nowNs - lastNs) * rate / SECOND_NS, rate / 100);
                lastNs = nowNs;
                boolean goesOn = true;
                while (credit >= BURST && goesOn) {
                    credit -= BURST;
                    goesOn = burst();
                }
            }
            int received = inner.receive(batch);
            if (toMac == 0 && received > 0) {
                toMac = Ethernet.source(bytes, batch.offset[0]);
            }
            return received;
        }

        /** False when the link took less. */
        private boolean burst() {
            out.count = 0;
            for (int i = 0; i < BURST; i++) {
                int frame = inner.allocate();
                if (frame < 0) {
                    break;
                }
                write(frame);
                out.add(frame, L4 + TCP_BYTES, 0);
            }
            int wanted = out.count;
            int taken = inner.transmit(out);
            for (int i = taken; i < wanted; i++) {
                inner.free(out.offset[i]);
            }
            sent += taken;
            dropped += BURST - taken;
            return taken == BURST;
        }

        private void write(int frame) {
            int ip = frame + Ethernet.HEADER_BYTES;
            int tcp = frame + L4;
            int source = 198 << 24 | 19 << 16 | random.nextInt(65_536);
            bytes.putInt(tcp, random.nextInt(1_024, 65_536) << 16 | PORT);
            bytes.putInt(tcp + 4, random.nextInt()).putInt(tcp + 8, 0);
            bytes.putInt(tcp + 12, 6 << 28 | TcpSegment.SYN << 16 | 65_535).putInt(tcp + 16, 0);
            bytes.putInt(tcp + 20, 2 << 24 | 4 << 16 | 1_460);
            Ethernet.write(bytes, frame, toMac, mac, Ethernet.TYPE_IPV4);
            Ipv4.write(bytes, ip, Ipv4.HEADER_BYTES + TCP_BYTES, frame, Ipv4.PROTOCOL_TCP, source, to);
            int pseudo = Checksum.pseudoIpv4(source, to, Ipv4.PROTOCOL_TCP, TCP_BYTES);
            bytes.putShort(tcp + 16, (short) Checksum.finish(pseudo + Checksum.partial(bytes, tcp, TCP_BYTES)));
        }
    }
}
