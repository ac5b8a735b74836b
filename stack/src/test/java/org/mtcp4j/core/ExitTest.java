/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.SocketPair;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.socket.StackListener;
import org.mtcp4j.socket.StackSocket;
import org.mtcp4j.stats.Counter;

/** The end of the JVM waits for no context, and is no end of stream. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ExitTest {
    private static final int FRAMES = 64;

    @ParameterizedTest
    @ValueSource(strings = {"inline", "dedicated"})
    void whoReadsFromAPeerInTheSameJvmHearsNothingAtExit(String driver) throws Exception {
        try (Stack stack = Stack.start(StackConfig.of("nic=memory,driver=" + driver))) {
            StackListener listener = stack.newListener();
            listener.bind(new InetSocketAddress("198.18.0.2", 0), 0);
            SocketPair pair = SocketPair.open(stack, listener);
            StackSocket client = pair.client();
            StackSocket server = pair.server();
            long beganNs = System.nanoTime();
            stack.exit(TimeUnit.SECONDS.toNanos(20));
            assertThat(System.nanoTime() - beganNs).as("ns").isLessThan(TimeUnit.SECONDS.toNanos(10));
            ByteBuffer one = ByteBuffer.allocate(1);
            assertThat(client.read(one)).isEqualTo(StackSocket.UNAVAILABLE);
            assertThat(server.read(one)).isEqualTo(StackSocket.UNAVAILABLE);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"inline", "dedicated"})
    void contextThatIsStuckInARoundHoldsUpNoExit(String driver) throws Exception {
        Stack stack = Stack.start(StackConfig.of("nic=memory,driver=" + driver), sentence -> {});
        Context context = stack.engine().context(0);
        StuckRound round = new StuckRound(context);
        long beganNs = System.nanoTime();
        stack.exit(0);
        assertThat(System.nanoTime() - beganNs).as("ns").isLessThan(TimeUnit.SECONDS.toNanos(10));
        round.end();
    }

    /** A peer that is dead takes nothing out of the ring between us, so that no frame of ours comes back. */
    @Test
    void aFullRingToADeadPeerHoldsTheExitUpForTheLingerAlone() throws Exception {
        ContextPair pair = new ContextPair(FRAMES, "nic=memory", "nic=memory,driver=inline", 4);
        pair.listen(8, new SocketDefaults(65_536, 65_536));
        Flow[] flows = new Flow[8];
        ByteBuffer piece = ByteBuffer.allocateDirect(64 * 1024);
        for (int i = 0; i < flows.length; i++) {
            flows[i] = pair.connect(new SocketDefaults(65_536, 65_536))[0];
        }
        long taken = pair.client.counters.get(Counter.IN_FRAMES);
        for (int i = 0; i < FRAMES; i++) {
            for (Flow flow : flows) {
                if (flow.isWritable()) {
                    flow.write(piece.clear());
                }
            }
            pair.nowNs += ContextPair.MS;
            pair.client.round(pair.nowNs);
        }
        assertThat(pair.client.counters.get(Counter.IN_FRAMES)).isEqualTo(taken);
        pair.client.ownership.release();
        long beganNs = System.nanoTime();
        assertThat(pair.client.engine.exit(TimeUnit.SECONDS.toNanos(1))).isEqualTo(flows.length);
        assertThat(System.nanoTime() - beganNs).as("ns").isLessThan(TimeUnit.SECONDS.toNanos(3));
    }
}
