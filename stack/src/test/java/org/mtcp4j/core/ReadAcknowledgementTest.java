/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.nic.MemoryLink;
import org.mtcp4j.nic.NicSettings;

/** Two whole contexts in virtual time, Nagle on both: small writes that wait for acknowledgements, and applications that read. */
class ReadAcknowledgementTest {
    private static final IpAddress CLIENT = IpAddress.parse("198.18.0.1");
    private static final long MS = 1_000_000L;
    private static final int HALF = 100;

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    private long nowNs = System.nanoTime();
    private Context server;
    private Context client;
    private Flow asks;
    private Flow answers;

    @BeforeEach
    void connect() throws Exception {
        NicSettings settings = new NicSettings(1, 1500, 0, 512, null, () -> nowNs);
        MemoryLink link = MemoryLink.create(settings, settings);
        server = TestEngines.engine(
                        List.of(TestEngines.memory(), link.a()), TestEngines.OURS + "/24", List.of(), "nic=memory")
                .context(0);
        client = TestEngines.engine(List.of(TestEngines.memory(), link.b()), CLIENT + "/24", List.of(), "nic=memory")
                .context(0);
        assertThat(server.ownership.tryAcquire()).isTrue();
        assertThat(client.ownership.tryAcquire()).isTrue();
        PortTable.Binding binding = server.engine.ports.bind(TestEngines.OURS, 80, true, false, port -> false);
        Listener listener = server.engine.listen(binding, 10, new SocketDefaults(65_536, 65_536), new Endpoint() {});
        ConnectCall call =
                new ConnectCall(1, CLIENT, TestEngines.OURS, 80, new SocketDefaults(65_536, 65_536), new Endpoint() {});
        call.execute(client, nowNs);
        asks = call.flow();
        for (int i = 0; i < 10 && answers == null; i++) {
            turn();
            answers = listener.accept();
        }
        answers.attach(new Endpoint() {}, answers.options().copy());
        // The peer's slow start is over: nothing is acknowledged at once for its sake.
        for (int i = 0; i < 40; i++) {
            write(asks, HALF);
            turn();
            assertThat(read(answers)).isEqualTo(HALF);
        }
        exchange();
    }

    private void turn() {
        nowNs += MS;
        for (int i = 0; i < 3; i++) {
            client.round(nowNs);
            server.round(nowNs);
        }
    }

    private void write(Flow flow, int bytes) {
        assertThat(flow.write(buffer.clear().limit(bytes))).isEqualTo(bytes);
    }

    private int read(Flow flow) {
        return flow.read(buffer.clear());
    }

    /** A request of two small writes, answered when both have come. Returns the milliseconds until the answer was there. */
    private int exchange() {
        write(asks, HALF);
        client.round(nowNs);
        write(asks, HALF);
        int got = 0;
        for (int ms = 1; ms < 500; ms++) {
            turn();
            int n = read(answers);
            got += n;
            if (n > 0 && got == 2 * HALF) {
                write(answers, HALF);
            }
            if (read(asks) == HALF) {
                return ms;
            }
        }
        throw new AssertionError("no answer");
    }

    @Test
    void requestOfTwoSmallWritesDoesNotWaitForTheTimerAfter50MsOfQuiet() {
        int within10Ms = 0;
        for (int i = 0; i < 50; i++) {
            for (int ms = 0; ms < 50; ms++) {
                turn();
            }
            within10Ms += exchange() <= 10 ? 1 : 0;
        }
        assertThat(within10Ms).isEqualTo(50);
    }

    @Test
    void smallMessagesOneWayDoNotWaitForTheTimer() {
        for (int ms = 0; ms < 50; ms++) {
            turn();
        }
        int got = 0;
        int ms = 0;
        for (int i = 0; i < 100; i++) {
            write(asks, HALF);
            client.round(nowNs);
        }
        while (got < 100 * HALF) {
            turn();
            got += read(answers);
            assertThat(++ms).as("milliseconds for %d bytes", got).isLessThan(40);
        }
    }

    /** Nobody else would run a round: the reader sees to it that the acknowledgement leaves. */
    @Test
    void readerThatDrainsWhatThePeerWaitsForRunsTheRound() {
        for (int ms = 0; ms < 50; ms++) {
            turn();
        }
        write(asks, HALF);
        client.round(nowNs);
        server.round(nowNs);
        server.ownership.releaseOrReacquire();
        long acknowledgements = server.tcpCounters().outSegs;
        assertThat(read(answers)).isEqualTo(HALF);
        assertThat(server.tcpCounters().outSegs).isEqualTo(acknowledgements + 1);
    }
}
