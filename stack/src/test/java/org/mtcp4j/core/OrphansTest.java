/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Closed connections whose peers take nothing: their number has a bound (Linux's tcp_max_orphans). Two whole contexts in virtual time. */
class OrphansTest {
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(100_000);
    private ContextPair pair;
    private Context server;
    private Context client;

    @BeforeEach
    void open() throws Exception {
        pair = new ContextPair(4_096, "nic=memory,max-connections=400", "nic=memory", 1);
        server = pair.server;
        client = pair.client;
        pair.listen(200, new SocketDefaults(65_536, 65_536));
    }

    private void turns(int n) {
        for (int i = 0; i < n; i++) {
            pair.turn();
        }
    }

    private Flow accepted() {
        return pair.connect(new SocketDefaults(4096, 4096))[1];
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
            pair.nowNs += 10 * ContextPair.MS;
            // The peer is dead.
            server.round(pair.nowNs);
        }
        assertThat(server.orphans.count()).isZero();
        assertThat(server.flows.size()).isZero();
    }
}
