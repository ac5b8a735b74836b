/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.nic.MemoryLink;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.nic.NicUnavailableException;

/** Two whole contexts, a server's and a client's, over a wire in memory and in virtual time. The test owns both. */
final class ContextPair {
    static final IpAddress CLIENT = IpAddress.parse("198.18.0.1");
    static final long MS = 1_000_000L;
    private static final int PORT = 80;
    private static final int MOST_TURNS = 20;

    final Context server;
    final Context client;
    long nowNs;
    private final int roundsATurn;
    private Listener listener;

    /** @param roundsATurn of each context, in a millisecond */
    ContextPair(int frames, String serversArguments, String clientsArguments, int roundsATurn)
            throws NicUnavailableException {
        this.roundsATurn = roundsATurn;
        NicSettings settings = new NicSettings(1, 1500, 0, frames, null, () -> nowNs);
        MemoryLink link = MemoryLink.create(settings, settings);
        server = TestEngines.engine(
                        List.of(TestEngines.memory(), link.a()), TestEngines.OURS + "/24", List.of(), serversArguments)
                .context(0);
        client = TestEngines.engine(
                        List.of(TestEngines.memory(), link.b()), CLIENT + "/24", List.of(), clientsArguments)
                .context(0);
        // The contexts' timers begin with their making.
        nowNs = System.nanoTime();
        assertThat(server.ownership.tryAcquire()).isTrue();
        assertThat(client.ownership.tryAcquire()).isTrue();
    }

    void listen(int backlog, SocketDefaults defaults) {
        PortTable.Binding binding = server.engine.ports.bind(TestEngines.OURS, PORT, true, false, port -> false);
        listener = server.engine.listen(binding, backlog, defaults, new Endpoint() {});
    }

    void turn() {
        nowNs += MS;
        for (int i = 0; i < roundsATurn; i++) {
            client.round(nowNs);
            server.round(nowNs);
        }
    }

    /** A new connection: the client's end, and the server's. */
    Flow[] connect(SocketDefaults defaults) {
        ConnectCall call = new ConnectCall(1, CLIENT, TestEngines.OURS, PORT, defaults, new Endpoint() {});
        call.execute(client, nowNs);
        for (int i = 0; i < MOST_TURNS; i++) {
            turn();
            Flow accepted = listener.accept();
            if (accepted != null) {
                accepted.attach(new Endpoint() {}, accepted.options().copy());
                return new Flow[] {call.flow(), accepted};
            }
        }
        throw new AssertionError("not accepted");
    }
}
