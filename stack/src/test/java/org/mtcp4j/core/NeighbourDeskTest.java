/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.Neighbours;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.nic.KernelShare;
import org.mtcp4j.nic.MemoryLink;
import org.mtcp4j.nic.Nic;
import org.mtcp4j.nic.NicDecorator;
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

    private static MemoryLink linkTo(List<Engine> engine, String subnet) throws Exception {
        NicSettings settings = TestEngines.nicSettings();
        MemoryLink link = MemoryLink.create(settings, settings);
        engine.add(TestEngines.engine(List.of(TestEngines.memory(), link.a()), subnet, List.of(), "nic=memory"));
        return link;
    }

    private static AddressConflict answered(Engine engine, Nic peer, int senderOffset) {
        Context context = engine.context(0);
        NicQueue queue = peer.queue(0);
        ByteBuffer bytes = peer.memory().bytes();
        FrameBatch batch = new FrameBatch(4);
        context.links[1].neighbours.announce();
        context.round(System.nanoTime());
        assertThat(queue.receive(batch)).isEqualTo(2);
        int probe = batch.offset[0] + 14;
        assertThat(Arp.operation(bytes, probe)).isEqualTo(Arp.REQUEST);
        assertThat(Arp.senderIp(bytes, probe)).isZero();
        assertThat(Arp.targetIp(bytes, probe)).isEqualTo(TestEngines.OURS.toIpv4());
        assertThat(Arp.senderIp(bytes, batch.offset[1] + 14)).isEqualTo(TestEngines.OURS.toIpv4());
        long asker = Arp.senderMac(bytes, probe);
        int reply = queue.allocate();
        Ethernet.write(bytes, reply, asker, peer.macAddress(), Ethernet.TYPE_ARP);
        Arp.write(bytes, reply + 14, Arp.REPLY, peer.macAddress(), TestEngines.OURS.toIpv4() + senderOffset, asker, 0);
        batch.count = 0;
        batch.add(reply, 14 + Arp.PACKET_BYTES, 0);
        assertThat(queue.transmit(batch)).isEqualTo(1);
        context.round(System.nanoTime());
        return context.links[1].neighbours.conflict();
    }

    @Test
    void rfc5227_2_1_anAddressIsTriedBeforeItIsAnnouncedAndWhoHasItIsToldOfOnce() throws Exception {
        List<Engine> engines = new ArrayList<>();
        Nic peer = linkTo(engines, TestEngines.OURS + "/24").b();
        Context context = engines.get(0).context(0);
        assertThat(context.ownership.tryAcquire()).isTrue();
        assertThat(answered(engines.get(0), peer, 0))
                .isEqualTo(new AddressConflict(context.links[1].nic.name(), TestEngines.OURS, peer.macAddress()));
        assertThat(context.counters.get(Counter.ADDRESS_CONFLICTS)).isEqualTo(1);
        List<String> told = new ArrayList<>();
        RoundWatch watch = new RoundWatch(new Context[] {context}, (where, thread) -> {}, (where, error) -> {})
                .conflicts(told::add);
        watch.look(1);
        watch.look(2);
        assertThat(told).hasSize(1);
        assertThat(told.get(0))
                .contains("uses 198.18.0.2 too")
                .containsPattern("address ([0-9a-f]{2}:){5}[0-9a-f]{2},");
    }

    @Test
    void rfc5227_2_1_1_anAddressIsTriedThreeTimesWhileItIsUsed() throws Exception {
        List<Engine> engines = new ArrayList<>();
        NicQueue peer = linkTo(engines, TestEngines.OURS + "/24").b().queue(0);
        Context context = engines.get(0).context(0);
        assertThat(context.ownership.tryAcquire()).isTrue();
        long startNs = System.nanoTime();
        context.round(startNs);
        context.links[1].neighbours.announce();
        List<Integer> received = new ArrayList<>();
        for (int ms : new int[] {0, 999, 1_000, 1_999, 2_000, 3_000, 60_000}) {
            context.round(startNs + ms * 1_000_000L);
            FrameBatch batch = new FrameBatch(4);
            received.add(peer.receive(batch));
        }
        // A probe and an announcement, and two probes.
        assertThat(received).containsExactly(2, 0, 1, 0, 1, 0, 0);
    }

    @Test
    void theAnswerOfANeighbourIsNoConflict() throws Exception {
        List<Engine> engines = new ArrayList<>();
        Nic peer = linkTo(engines, TestEngines.OURS + "/24").b();
        Context context = engines.get(0).context(0);
        assertThat(context.ownership.tryAcquire()).isTrue();
        assertThat(answered(engines.get(0), peer, 7)).isNull();
        assertThat(context.counters.get(Counter.ADDRESS_CONFLICTS)).isZero();
    }

    /** An interface of the kernel's, too, from when it is told so. */
    private static final class SharedNic extends NicDecorator {
        private KernelShare share;

        SharedNic(Nic inner) {
            super(inner);
        }

        @Override
        public NicQueue queue(int index) {
            return inner.queue(index);
        }

        @Override
        public KernelShare kernelShare() {
            return share;
        }
    }

    @Test
    void ofManyStrangersOnASharedInterfaceThoseAreAdmittedThatTheKernelKnows() throws Exception {
        NicSettings settings = TestEngines.nicSettings();
        SharedNic nic = new SharedNic(MemoryLink.create(settings, settings).a());
        Engine engine = TestEngines.engine(
                List.of(TestEngines.memory(), nic), TestEngines.OURS + "/24", List.of(), "nic=memory");
        long known = IpAddress.mapped(0xc6120000 + 200);
        nic.share = (KernelShare) Proxy.newProxyInstance(
                KernelShare.class.getClassLoader(),
                new Class<?>[] {KernelShare.class},
                (proxy, method, arguments) -> method.getName().equals("knowsNeighbour") && arguments[1].equals(known));
        NeighbourDesk desk = engine.context(0).links[1].neighbours;
        int admitted = 0;
        for (int i = 10; i < 110; i++) {
            admitted += desk.admits(0, IpAddress.mapped(0xc6120000 + i), 1) ? 1 : 0;
        }
        assertThat(admitted).isEqualTo(Neighbours.STRANGERS_PER_SECOND);
        assertThat(desk.admits(0, known, 1)).isTrue();
    }

    private static int waiting(Context context) {
        int n = 0;
        for (Command command = context.ownership.commands.takeAll(); command != null; command = command.next) {
            n++;
        }
        return n;
    }
}
