/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two whole contexts in virtual time, Nagle on both: small writes that wait for acknowledgements, and applications that read. */
class ReadAcknowledgementTest {
    private static final int HALF = 100;

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    private ContextPair pair;
    private Context server;
    private Context client;
    private Flow asks;
    private Flow answers;

    @BeforeEach
    void connect() throws Exception {
        pair = new ContextPair(512, "nic=memory", "nic=memory", 3);
        server = pair.server;
        client = pair.client;
        pair.listen(10, new SocketDefaults(65_536, 65_536));
        Flow[] ends = pair.connect(new SocketDefaults(65_536, 65_536));
        asks = ends[0];
        answers = ends[1];
        // The peer's slow start is over: nothing is acknowledged at once for its sake.
        for (int i = 0; i < 40; i++) {
            write(asks, HALF);
            pair.turn();
            assertThat(read(answers)).isEqualTo(HALF);
        }
        exchange();
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
        client.round(pair.nowNs);
        write(asks, HALF);
        int got = 0;
        for (int ms = 1; ms < 500; ms++) {
            pair.turn();
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
                pair.turn();
            }
            within10Ms += exchange() <= 10 ? 1 : 0;
        }
        assertThat(within10Ms).isEqualTo(50);
    }

    @Test
    void smallMessagesOneWayDoNotWaitForTheTimer() {
        for (int ms = 0; ms < 50; ms++) {
            pair.turn();
        }
        int got = 0;
        int ms = 0;
        for (int i = 0; i < 100; i++) {
            write(asks, HALF);
            client.round(pair.nowNs);
        }
        while (got < 100 * HALF) {
            pair.turn();
            got += read(answers);
            assertThat(++ms).as("milliseconds for %d bytes", got).isLessThan(40);
        }
    }

    /** Nobody else would run a round: the reader sees to it that the acknowledgement leaves. */
    @Test
    void readerThatDrainsWhatThePeerWaitsForRunsTheRound() {
        for (int ms = 0; ms < 50; ms++) {
            pair.turn();
        }
        write(asks, HALF);
        client.round(pair.nowNs);
        server.round(pair.nowNs);
        server.ownership.releaseOrReacquire();
        long acknowledgements = server.tcpCounters().outSegs;
        assertThat(read(answers)).isEqualTo(HALF);
        assertThat(server.tcpCounters().outSegs).isEqualTo(acknowledgements + 1);
    }
}
