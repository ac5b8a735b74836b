/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.MemoryLink;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicQueue;
import org.mtcp4j.nic.NicSettings;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.wire.Arp;
import org.mtcp4j.wire.Ethernet;

/** What one context's queue hears of neighbours, and the others are told. The test owns the first of two contexts. */
class NeighbourDeskTest {
    private static NicSettings twoQueues() {
        return new NicSettings(2, 1500, 0, 512, null, System::nanoTime);
    }

    @Test
    void aFloodOfArpFillsNoMemoryOfAContextThatIsSlow() throws Exception {
        MemoryLink link = MemoryLink.create(twoQueues(), twoQueues());
        MemoryLink loopback = MemoryLink.create(twoQueues(), twoQueues());
        Engine engine = TestEngines.engine(
                List.of(loopback.a(), link.a()), TestEngines.OURS + "/24", List.of(), "nic=memory,contexts=2");
        Context context = engine.context(0);
        assertThat(context.ownership.tryAcquire()).isTrue();
        Nic peer = link.b();
        NicQueue queue = peer.queue(0);
        ByteBuffer bytes = peer.memory().bytes();
        FrameBatch batch = new FrameBatch(1);
        long nowNs = System.nanoTime();
        for (int i = 0; i < 1_000; i++) {
            int frame = queue.allocate();
            Ethernet.write(bytes, frame, Ethernet.BROADCAST, peer.macAddress(), Ethernet.TYPE_ARP);
            int sender = IpAddress.parse("198.18.0.1").toIpv4();
            Arp.write(bytes, frame + 14, Arp.REQUEST, peer.macAddress(), sender, 0, sender + 7);
            batch.count = 0;
            batch.add(frame, 14 + Arp.PACKET_BYTES, 0);
            assertThat(queue.transmit(batch)).isEqualTo(1);
            context.round(++nowNs);
        }
        assertThat(waiting(engine.context(1))).isEqualTo(NeighbourDesk.MAX_TOLD);
        assertThat(context.counters.get(Counter.HANDOFF_FULL)).isEqualTo(1_000 - NeighbourDesk.MAX_TOLD);
    }

    private static int waiting(Context context) {
        int n = 0;
        for (Command command = context.ownership.commands.takeAll(); command != null; command = command.next) {
            n++;
        }
        return n;
    }
}
