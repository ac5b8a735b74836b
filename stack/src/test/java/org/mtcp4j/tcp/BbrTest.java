/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** BBR in the laboratory: what its states do to the window. */
class BbrTest {
    private static final long STEP_NS = 2 * Lab.MS;

    private final Lab lab = new Lab(5);

    private Lab.Peer started() {
        lab.bitsPerSecond = 100e6;
        lab.delayNs = 10 * Lab.MS;
        Lab.Peer sender = lab.flow(s -> {
            s.congestion = TcpSettings.Algorithm.BBR;
            s.receiveBufferBytes = 4 << 20;
        });
        sender.sendBufferBytes = 1 << 20;
        lab.run(3 * Lab.SECOND);
        return sender;
    }

    private int leastWindow(Lab.Peer sender, long forNs) {
        int least = Integer.MAX_VALUE;
        for (long passedNs = 0; passedNs < forNs; passedNs += STEP_NS) {
            lab.run(STEP_NS);
            least = Math.min(least, sender.connection.congestion.windowBytes());
        }
        return least;
    }

    @Test
    void roundTripIsProbedForEveryTenSecondsOfSending() {
        Lab.Peer sender = started();
        assertThat(leastWindow(sender, 11 * Lab.SECOND)).isEqualTo(4 * sender.connection.sendMss);
    }

    /** Nothing is in any queue then: the first round trip after it is as good as one that is probed for. */
    @Test
    void roundTripIsNotProbedForAfterIdleTime() {
        Lab.Peer sender = started();
        for (int i = 0; i < 3; i++) {
            sender.bytesToSend = sender.connection.sendLimit;
            lab.run(12 * Lab.SECOND);
            assertThat(sender.connection.sndMax).isEqualTo(sender.connection.sndUna);
            sender.bytesToSend = Long.MAX_VALUE;
            sender.connection.sendLimit(sender.connection.sendLimit + 1, lab.nowNs);
            sender.connection.output(lab.nowNs);
            assertThat(leastWindow(sender, 2 * Lab.SECOND)).isGreaterThan(50 * sender.connection.sendMss);
        }
        assertThat(leastWindow(sender, 11 * Lab.SECOND)).as("but later").isEqualTo(4 * sender.connection.sendMss);
    }
}
