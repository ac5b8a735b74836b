/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.nic.MemoryLink;
import org.mtcp4j.nic.NicSettings;

/** Closed connections whose peers take nothing: their number has a bound (Linux's tcp_max_orphans). Two whole contexts in virtual time. */
class OrphansTest {
    private static final IpAddress CLIENT = IpAddress.parse("198.18.0.1");
    private static final long MS = 1_000_000L;

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(100_000);
    private long nowNs = System.nanoTime();
    private Context server;
    private Context client;
    private Listener listener;

    @BeforeEach
    void open() throws Exception {
        NicSettings settings = new NicSettings(1, 1500, 0, 4_096, null, () -> nowNs);
        MemoryLink link = MemoryLink.create(settings, settings);
        server = TestEngines.engine(
                        List.of(TestEngines.memory(), link.a()),
                        TestEngines.OURS + "/24",
                        List.of(),
                        "nic=memory,max-connections=400")
                .context(0);
        client = TestEngines.engine(List.of(TestEngines.memory(), link.b()), CLIENT + "/24", List.of(), "nic=memory")
                .context(0);
        assertThat(server.ownership.tryAcquire()).isTrue();
        assertThat(client.ownership.tryAcquire()).isTrue();
        PortTable.Binding binding = server.engine.ports.bind(TestEngines.OURS, 80, true, false, port -> false);
        listener = server.engine.listen(binding, 200, new SocketDefaults(65_536, 65_536), new Endpoint() {});
    }

    private void turns(int n) {
        for (int i = 0; i < n; i++) {
            nowNs += MS;
            client.round(nowNs);
            server.round(nowNs);
        }
    }

    private Flow accepted() {
        SocketDefaults defaults = new SocketDefaults(4096, 4096);
        ConnectCall call = new ConnectCall(1, CLIENT, TestEngines.OURS, 80, defaults, new Endpoint() {});
        call.execute(client, nowNs);
        for (int i = 0; i < 10; i++) {
            turns(1);
            Flow flow = listener.accept();
            if (flow != null) {
                flow.attach(new Endpoint() {}, flow.options().copy());
                return flow;
            }
        }
        throw new AssertionError("not accepted");
    }

    @Test
    void oneOrphanTooManyIsReset() {
        assertThat(server.orphans.most()).isEqualTo(100);
        List<Flow> flows = new ArrayList<>();
        for (int i = 0; i < 103; i++) {
            Flow flow = accepted();
            // More than the peer's window takes, which nobody reads.
            flow.write(buffer.clear().limit(50_000));
            flows.add(flow);
        }
        turns(20);
        flows.forEach(flow -> flow.ask(Flow.CLOSE));
        turns(20);
        assertThat(server.orphans.count()).isEqualTo(100);
        assertThat(server.tcpCounters().abortOnMemory).isEqualTo(3);
        assertThat(flows.stream().filter(flow -> (flow.status() & Flow.CLOSED) != 0))
                .hasSize(3);
        assertThat(client.flows.size()).as("three were told").isEqualTo(100);
    }

    @Test
    void whatHasDeliveredEverythingIsNoOrphanAnyMore() {
        for (int i = 0; i < 120; i++) {
            Flow flow = accepted();
            flow.write(buffer.clear().limit(1_000));
            flow.ask(Flow.CLOSE);
            turns(10);
            assertThat(server.orphans.count()).isZero();
        }
        assertThat(server.tcpCounters().abortOnMemory).isZero();
        assertThat(server.flows.size()).as("in FIN-WAIT-2").isEqualTo(120);
    }

    @Test
    void orphansThatAreGivenUpMakeRoom() {
        Flow flow = accepted();
        flow.write(buffer.clear().limit(50_000));
        turns(20);
        flow.ask(Flow.CLOSE);
        turns(2);
        assertThat(server.orphans.count()).isEqualTo(1);
        for (int i = 0; i < 110_000 && server.orphans.count() > 0; i++) {
            nowNs += 10 * MS;
            // The peer is dead.
            server.round(nowNs);
        }
        assertThat(server.orphans.count()).isZero();
        assertThat(server.flows.size()).isZero();
    }
}
