/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.socket.EventKey;
import org.mtcp4j.socket.EventQueue;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.socket.StackListener;
import org.mtcp4j.socket.StackOption;
import org.mtcp4j.socket.StackSocket;
import org.mtcp4j.tcp.TcpSettings;
import org.mtcp4j.wire.Checksum;
import org.mtcp4j.wire.FlowHash;
import org.mtcp4j.wire.TcpHeader;
import org.mtcp4j.wire.TcpSegment;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What the parts of a packet's way cost; {@code bin/bench micro} runs them, and prints the garbage of each. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CostBenchmarks {

    /** A frame's bytes. */
    @State(Scope.Thread)
    public static class Bytes {
        @Param({"64", "1460"})
        int lengthBytes;

        final ByteBuffer nativeOrder = ByteBuffer.allocateDirect(2_048).order(ByteOrder.nativeOrder());
    }

    @Benchmark
    public int checksum(Bytes bytes) {
        return Checksum.partial(bytes.nativeOrder, 0, bytes.lengthBytes);
    }

    /** A header with timestamps, as nearly every segment has it. */
    @State(Scope.Thread)
    public static class Header {
        final ByteBuffer bytes = ByteBuffer.allocateDirect(64);
        final TcpSegment segment = new TcpSegment();
        int headerBytes;

        @Setup
        public void write() {
            TcpSegment fields = new TcpSegment();
            fields.clearOptions();
            fields.flags = TcpSegment.ACK;
            fields.timestamps = true;
            headerBytes = TcpHeader.write(bytes, 0, 80, 40_000, fields);
        }
    }

    @Benchmark
    public int parseHeader(Header header) {
        return TcpHeader.parse(header.bytes, 0, header.headerBytes, header.segment);
    }

    /** A table and a walk through it that the caches do not know. */
    @State(Scope.Thread)
    public static class Table {
        @Param({"1000", "100000"})
        int flows;

        private static final long LOCAL = IpAddress.mapped(0xc612_0002);

        final FlowTable table = new FlowTable(new LocalPorts(null), new TupleHash(1, 2));
        Context context;
        private long[] remote;
        private int[] ports;
        private final FlowKey key = new FlowKey();
        private int at;

        @Setup
        public void fill() {
            context = TestEngines.engine(List.of(TestEngines.memory())).context(0);
            remote = new long[flows];
            ports = new int[flows];
            for (int i = 0; i < flows; i++) {
                remote[i] = IpAddress.mapped(0xc613_0000 + (i >>> 15));
                key.set(0, LOCAL, 0, remote[i]);
                key.ports(80, 1_024 + (i & 0x7fff));
                ports[i] = key.ports;
                table.add(new Flow(
                        context, context.links[0], key, new TcpSettings(), new SocketDefaults(65_536, 65_536)));
            }
        }

        Flow next() {
            at = (at + 40_503) % flows;
            // As it is filled for a segment: the hash for steering is part of it.
            key.set(0, LOCAL, 0, remote[at]);
            key.ports(ports[at] >>> 16, ports[at] & 0xffff);
            return table.find(key);
        }
    }

    @Benchmark
    public Flow findFlow(Table table) {
        return table.next();
    }

    @Benchmark
    public int hashTuple(Header header) {
        return FlowHash.ofIpv4(0xc612_0002, 0xc612_0001, 80, header.headerBytes);
    }

    /** Timers as a busy context moves them: nearly always later. */
    @State(Scope.Thread)
    public static class Timers {
        private static final int FLOWS = 10_000;

        final List<Flow> flows = new ArrayList<>();
        Context context;
        TimerWheel wheel;
        long nowNs = 1;
        int at;

        @Setup
        public void fill() {
            context = TestEngines.engine(List.of(TestEngines.memory())).context(0);
            wheel = new TimerWheel(nowNs);
            for (int i = 0; i < FLOWS; i++) {
                flows.add(TestEngines.flow(context, 1_024 + i));
            }
        }
    }

    @Benchmark
    public void moveTimer(Timers timers) {
        timers.nowNs += 1_000;
        timers.at = timers.at + 1 == Timers.FLOWS ? 0 : timers.at + 1;
        timers.wheel.schedule(timers.flows.get(timers.at), timers.nowNs + 200_000_000L);
    }

    /** Keys whose news is queued and taken, a batch at a time. */
    @State(Scope.Thread)
    public static class Ready {
        static final int KEYS = 64;

        final ReadyQueue queue = new ReadyQueue();
        final ReadyNode[] nodes = new ReadyNode[KEYS];

        @Setup
        public void make() {
            for (int i = 0; i < KEYS; i++) {
                nodes[i] = new ReadyNode(queue) {};
            }
        }
    }

    @Benchmark
    @OperationsPerInvocation(Ready.KEYS)
    public int queueEvents(Ready ready) {
        for (ReadyNode node : ready.nodes) {
            node.link();
        }
        int taken = 0;
        while (ready.queue.poll() != null) {
            taken++;
        }
        return taken;
    }

    /** Connected pairs of sockets on the memory NIC; their frames go through whole contexts. */
    @State(Scope.Thread)
    public static class Pairs {
        @Param({"1", "64"})
        int pairs;

        private final List<StackSocket> clients = new ArrayList<>();
        private final List<StackSocket> servers = new ArrayList<>();
        private final ByteBuffer message = ByteBuffer.allocateDirect(64);
        private Stack stack;
        private EventQueue queue;

        @Setup(Level.Trial)
        public void connect() throws Exception {
            stack = Stack.start(StackConfig.of("nic=memory"));
            queue = stack.newEventQueue();
            StackListener listener = stack.newListener();
            listener.bind(new InetSocketAddress("198.18.0.2", 0), pairs);
            for (int i = 0; i < pairs; i++) {
                StackSocket client = stack.newSocket();
                client.option(StackOption.NODELAY, 1);
                client.startConnect(listener.localAddress());
                StackSocket server = listener.accept();
                while (server == null) {
                    queue.await(1_000_000);
                    server = listener.accept();
                }
                queue.register(client, client);
                queue.register(server, server);
                clients.add(client);
                servers.add(server);
            }
        }

        @TearDown
        public void stop() {
            stack.close();
        }

        void exchange() throws Exception {
            pass(clients, servers);
            pass(servers, clients);
        }

        private void pass(List<StackSocket> from, List<StackSocket> to) throws Exception {
            for (int i = 0; i < pairs; i++) {
                from.get(i).write(message.clear());
            }
            for (int i = 0; i < pairs; i++) {
                message.clear();
                while (message.hasRemaining()) {
                    if (to.get(i).read(message) <= 0) {
                        queue.await(1_000_000);
                        for (EventKey key = queue.poll(); key != null; key = queue.poll()) {
                            // Which of them it is does not matter: all are looked at.
                        }
                    }
                }
            }
        }
    }

    /** A request and its answer of 64 bytes on each pair: divide by the pairs. */
    @Benchmark
    public void exchange(Pairs pairs) throws Exception {
        pairs.exchange();
    }
}
