/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.MemoryLink;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.wire.Checksum;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.TcpSegment;

/**
 * A flood of SYNs from made-up addresses, 20,000 a second for half a minute of virtual time, against a listener that honest clients use
 * meanwhile: two whole contexts, of which the test owns both and the time.
 */
class SynFloodTest {
    private static final int FLOOD_PER_MS = 20;
    private static final int SECONDS = 30;
    private static final int CLIENTS_PER_SECOND = 10;
    private static final long MS = 1_000_000L;
    private static final long PATIENCE_NS = 10_000 * MS;
    private static final IpAddress CLIENT = IpAddress.parse("198.18.0.1");
    private static final int L4 = Ethernet.HEADER_BYTES + Ipv4.HEADER_BYTES;

    private long nowNs = System.nanoTime();
    private final SplittableRandom random = new SplittableRandom(7);
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    private final FrameBatch batch = new FrameBatch(64);
    private final List<Client> clients = new ArrayList<>();
    private final List<Flow> accepted = new ArrayList<>();
    private Context server;
    private Context client;
    private Listener listener;
    private NicQueue attacker;
    private ByteBuffer frames;
    private Flow bulk;
    private Flow bulkServer;
    private long bulkRead;
    private int mostFlows;
    private int done;

    private static final class Client {
        final Flow flow;
        final long startNs;
        boolean asked;

        Client(Flow flow, long startNs) {
            this.flow = flow;
            this.startNs = startNs;
        }
    }

    private void set(String arguments) throws Exception {
        NicSettings settings = new NicSettings(1, 1500, 0, 4_096, null, () -> nowNs);
        MemoryLink link = MemoryLink.create(settings, settings);
        server = TestEngines.engine(
                        List.of(TestEngines.memory(), link.a()), "198.18.0.2/24", List.of(CLIENT), arguments)
                .context(0);
        client = TestEngines.engine(List.of(TestEngines.memory(), link.b()), CLIENT + "/24", List.of(), "nic=memory")
                .context(0);
        assertThat(server.ownership.tryAcquire()).isTrue();
        assertThat(client.ownership.tryAcquire()).isTrue();
        attacker = link.b().queue(0);
        frames = link.b().memory().bytes();
        PortTable.Binding binding = server.engine.bind(TestEngines.OURS, 80, true, false);
        listener = server.engine.listen(binding, 128, new SocketDefaults(65_536, 65_536), new Endpoint() {});
        bulk = connect();
        while (bulkServer == null) {
            turn();
            bulkServer = listener.accept();
        }
        bulkServer.attach(new Endpoint() {}, bulkServer.options().copy());
    }

    private Flow connect() {
        return connect(80);
    }

    private Flow connect(int port) {
        SocketDefaults defaults = new SocketDefaults(65_536, 65_536);
        ConnectCall call = new ConnectCall(1, CLIENT, TestEngines.OURS, port, defaults, new Endpoint() {});
        call.execute(client, nowNs);
        return call.flow();
    }

    private void turn() {
        nowNs += MS;
        for (int i = 0; i < 4; i++) {
            client.round(nowNs);
            server.round(nowNs);
        }
        mostFlows = Math.max(mostFlows, server.flows.size());
    }

    private void flood() {
        batch.count = 0;
        for (int i = 0; i < FLOOD_PER_MS; i++) {
            int frame = attacker.allocate();
            assertThat(frame).isNotNegative();
            int source = 198 << 24 | 19 << 16 | random.nextInt(65_536);
            int tcp = frame + L4;
            frames.putInt(tcp, random.nextInt(1024, 65_536) << 16 | 80);
            frames.putInt(tcp + 4, random.nextInt()).putInt(tcp + 8, 0);
            frames.putInt(tcp + 12, 6 << 28 | TcpSegment.SYN << 16 | 65_535).putInt(tcp + 16, 0);
            frames.putInt(tcp + 20, 2 << 24 | 4 << 16 | 1_460);
            int to = TestEngines.OURS.toIpv4();
            Ethernet.write(frames, frame, server.links[1].mac, client.links[1].mac, Ethernet.TYPE_IPV4);
            Ipv4.write(
                    frames,
                    frame + Ethernet.HEADER_BYTES,
                    Ipv4.HEADER_BYTES + 24,
                    i,
                    Ipv4.PROTOCOL_TCP,
                    /* source= */ source,
                    /* destination= */ to);
            int pseudo = Checksum.pseudoIpv4(source, to, Ipv4.PROTOCOL_TCP, 24);
            frames.putShort(tcp + 16, (short) Checksum.finish(pseudo + Checksum.partial(frames, tcp, 24)));
            batch.add(frame, L4 + 24, 0);
        }
        assertThat(attacker.transmit(batch)).isEqualTo(FLOOD_PER_MS);
    }

    /** The server answers each request of one byte with one, and closes; the client closes when it has it. */
    private void applications() {
        for (Flow flow = listener.accept(); flow != null; flow = listener.accept()) {
            flow.attach(new Endpoint() {}, flow.options().copy());
            accepted.add(flow);
        }
        accepted.removeIf(flow -> {
            if (flow.read(buffer.clear().limit(1)) == 1) {
                flow.write(buffer.flip());
                flow.askAndKick(Flow.CLOSE, false);
                return true;
            }
            return (flow.status() & Flow.CLOSED) != 0;
        });
        clients.removeIf(each -> {
            int status = each.flow.status();
            if (!each.asked && (status & Flow.CONNECTED) != 0) {
                each.asked = each.flow.write(buffer.clear().limit(1)) == 1;
            }
            boolean answered = each.flow.read(buffer.clear()) == 1;
            if (answered) {
                done++;
            }
            if (answered || nowNs - each.startNs > PATIENCE_NS || (status & Flow.CLOSED) != 0) {
                each.flow.askAndKick(Flow.ABORT, false);
                return true;
            }
            return false;
        });
        while (bulk.isWritable() && bulk.write(buffer.clear()) > 0) {}
        int n;
        while ((n = bulkServer.read(buffer.clear())) > 0) {
            bulkRead += n;
        }
    }

    private int run() {
        int started = 0;
        for (int ms = 0; ms < SECONDS * 1_000; ms++) {
            if (ms % (1_000 / CLIENTS_PER_SECOND) == 0) {
                clients.add(new Client(connect(), nowNs));
                started++;
            }
            long before = bulkRead;
            flood();
            turn();
            applications();
            if (ms > 1_000) {
                assertThat(bulkRead).as("the established connection goes on").isGreaterThan(before);
            }
        }
        while (!clients.isEmpty()) {
            flood();
            turn();
            applications();
        }
        System.out.printf(
                "SynFloodTest: %d of %d honest clients done, %d SYNs, at most %d flows, %d cookies sent, %d came back,"
                        + " %d MB moved meanwhile%n",
                done,
                started,
                server.tcpCounters.inSegs,
                mostFlows,
                server.counters.get(Counter.SYN_COOKIES_SENT),
                server.counters.get(Counter.SYN_COOKIES_RECEIVED),
                bulkRead >> 20);
        return started;
    }

    @Test
    void honestClientsAreServedAndNothingGrows() throws Exception {
        set("nic=memory");
        int started = run();
        assertThat(done).isGreaterThanOrEqualTo(started * 95 / 100);
        assertThat(mostFlows).as("half open: the limit").isLessThan(Listener.LEAST_HALF_OPEN + 40);
        assertThat(server.timeWaits.size()).isLessThanOrEqualTo(started);
        assertThat(server.counters.get(Counter.SYN_COOKIES_SENT)).isGreaterThan(500_000);
        assertThat(server.counters.get(Counter.SYN_COOKIES_RECEIVED)).isGreaterThan(started / 2);
        assertThat(server.engine.chunks.total() - server.engine.chunks.free()).isLessThan(100);
    }

    @Test
    void withoutCookiesTheyWouldNotBe() throws Exception {
        set("nic=memory,syn-cookies=never");
        int started = run();
        assertThat(done).isLessThan(started / 2);
        assertThat(server.counters.get(Counter.SYN_QUEUE_FULL_DROPS)).isPositive();
        assertThat(server.counters.get(Counter.SYN_COOKIES_SENT)).isZero();
    }

    @Test
    void cookiesAlwaysServeWithoutAFloodToo() throws Exception {
        set("nic=memory,syn-cookies=always");
        for (int i = 0; i < 50; i++) {
            clients.add(new Client(connect(), nowNs));
            turn();
            applications();
        }
        while (!clients.isEmpty()) {
            turn();
            applications();
        }
        assertThat(done).isEqualTo(50);
        assertThat(server.counters.get(Counter.SYN_COOKIES_RECEIVED)).isEqualTo(51);
    }

    @Test
    void handshakesThatTheAcceptQueueHasNoRoomForArePutOff() throws Exception {
        set("nic=memory");
        PortTable.Binding binding = server.engine.bind(TestEngines.OURS, 81, true, false);
        Listener small = server.engine.listen(binding, 1, new SocketDefaults(65_536, 65_536), new Endpoint() {});
        List<Flow> five = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            five.add(connect(81));
        }
        for (int i = 0; i < 10; i++) {
            turn();
        }
        assertThat(small.waiting()).as("backlog and one more, as Linux counts").isEqualTo(2);
        assertThat(server.counters.get(Counter.LISTEN_OVERFLOWS)).isEqualTo(3);
        assertThat(five).allMatch(flow -> (flow.status() & Flow.CONNECTED) != 0, "the client believes it is connected");
        int taken = 0;
        for (int ms = 0; ms < 10_000 && taken < 5; ms++) {
            turn();
            taken += small.accept() != null ? 1 : 0;
        }
        assertThat(taken)
                .as("the SYN-ACK that was sent again asked for the acknowledgement")
                .isEqualTo(5);
    }

    /** Of a peer whose acknowledgement found no room nothing is known, and its second byte does not fit the cookie. */
    @Test
    void aPeerWhoseCookieCameBackTooEarlyIsNotResetForWhatItSendsNext() throws Exception {
        set("nic=memory,syn-cookies=always");
        PortTable.Binding binding = server.engine.bind(TestEngines.OURS, 81, true, false);
        Listener small = server.engine.listen(binding, 0, new SocketDefaults(65_536, 65_536), new Endpoint() {});
        List<Flow> three = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Flow flow = connect(81);
            flow.options().noDelay = true;
            flow.optionsChanged(flow.options());
            three.add(flow);
        }
        turn();
        assertThat(small.waiting()).isEqualTo(1);
        for (int ms = 0; ms < 500; ms++) {
            if (ms < 2) {
                three.forEach(flow -> flow.write(ByteBuffer.allocate(1)));
            }
            turn();
        }
        assertThat(server.counters.get(Counter.SYN_COOKIES_FAILED))
                .as("the second byte")
                .isPositive();
        List<Flow> accepted = new ArrayList<>();
        for (int ms = 0;
                ms < 10_000 && accepted.stream().mapToInt(Flow::available).sum() < 6;
                ms++) {
            turn();
            Flow flow = small.accept();
            if (flow != null) {
                flow.attach(new Endpoint() {}, flow.options().copy());
                accepted.add(flow);
            }
        }
        assertThat(accepted).hasSize(3).allMatch(flow -> flow.available() == 2);
        assertThat(three).noneMatch(flow -> (flow.status() & Flow.CLOSED) != 0);
    }
}
