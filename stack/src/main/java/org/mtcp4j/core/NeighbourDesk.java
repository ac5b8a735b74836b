/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.mtcp4j.ip.ArpFrames;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.NdpFrames;
import org.mtcp4j.ip.Neighbours;
import org.mtcp4j.ip.Routes;
import org.mtcp4j.ip.Subnet;
import org.mtcp4j.nic.KernelShare;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.tcp.TcpState;
import org.mtcp4j.wire.Arp;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Icmp6;
import org.mtcp4j.wire.Ipv6;
import org.mtcp4j.wire.Ndp;

/**
 * A link's neighbour table and the flows that wait for an answer. Each context has its own table; what one queue hears of ARP it
 * tells the others. The owner's.
 */
final class NeighbourDesk implements Neighbours.Events {
    private static final int IS_ARP = -1;
    /** So many packets of other contexts' queues wait here at most: a flood of them must not fill the memory of who is slow. */
    static final int MAX_TOLD = 256;
    /** RFC 5227 §1.1: PROBE_NUM, and PROBE_MIN between them. */
    private static final int PROBES = 3;

    private static final long PROBE_INTERVAL_NS = 1_000_000_000L;

    private final Context context;
    private final Neighbours table;
    private final Link link;
    private Routes routes;
    private final List<Flow> waiting = new ArrayList<>();
    private final AtomicInteger told = new AtomicInteger();
    /** Hosts that were known do not answer any more. */
    private boolean someGone;

    private long nowNs;
    /** Of our IPv4 addresses; the first goes out at the start. */
    private int probesLeft;

    private long probeAtNs = Long.MAX_VALUE;
    /** Of the first only, since others may send as many as they like. */
    private volatile AddressConflict conflict;

    /** @param routes the link's own */
    NeighbourDesk(Context context, Link link, Routes routes, long nowNs) {
        this.context = context;
        this.routes = routes;
        this.nowNs = nowNs;
        this.link = link;
        table = new Neighbours(link.mac, routes, link.zone, new SecureRandom().nextLong(), this);
    }

    /** The link has other addresses from now on; context 0 tells the network of new ones. */
    void readdressed(Routes now) {
        Routes before = routes;
        routes = now;
        table.routes(now);
        for (Subnet own : now.own()) {
            IpAddress address = own.address();
            if (context.index == 0 && address.isIpv4() && !before.isLocal(address.hi(), address.lo())) {
                sendRequest(address.toIpv4(), Ethernet.BROADCAST, address.toIpv4());
            }
        }
    }

    /**
     * The flow's next hop. {@link Neighbours#UNRESOLVED}: the flow is left out of output until there is an answer. {@link
     * Neighbours#FAILED}: what it sends is lost, and its own clock decides what comes of that.
     */
    long macFor(Flow flow) {
        long mac = table.lookup(flow.hopHi, flow.hopLo, flow.state() == TcpState.SYN_SENT, nowNs);
        if (mac == Neighbours.UNRESOLVED && !flow.waitsForNeighbour) {
            flow.waitsForNeighbour = true;
            waiting.add(flow);
        }
        return mac;
    }

    /** Whether a SYN from behind that neighbour is worth an answer. */
    boolean admits(long hopHi, long hopLo, long now) {
        if (table.admits(hopHi, hopLo, now)) {
            return true;
        }
        KernelShare share = link.nic.kernelShare();
        if (share == null || table.isDead(hopHi, hopLo)) {
            return false;
        }
        // An honest one has asked the kernel for us, and by that the kernel knows it, though we don't.
        boolean hasZone = IpAddress.isLinkLocal(hopHi);
        return share.knowsNeighbour(
                hasZone ? IpAddress.of(hopHi, hopLo).withoutZone().hi() : hopHi, hopLo);
    }

    boolean isDead(IpAddress neighbour) {
        return isDead(neighbour.hi(), neighbour.lo());
    }

    boolean isDead(long hi, long lo) {
        return table.isDead(hi, lo);
    }

    /** The flow's peer has answered, so its next hop is there (RFC 4861 §7.3.1). */
    void confirmed(Flow flow) {
        if (table.isUnsure()) {
            table.confirmed(flow.hopHi, flow.hopLo, nowNs);
        }
    }

    /** The flow's peer does not answer, time after time: perhaps it is the next hop that has gone (RFC 1122 §4.2.3.5). */
    void suspected(Flow flow, long now) {
        table.suspected(flow.hopHi, flow.hopLo, now);
    }

    int advance(long now) {
        nowNs = now;
        if (now >= probeAtNs) {
            probeAgain();
        }
        if (now < table.nextDeadlineNs()) {
            return 0;
        }
        table.onTimer(now);
        if (someGone) {
            someGone = false;
            context.routing.hopsGone(link, now);
        }
        return 1;
    }

    long nextDeadlineNs() {
        return Math.min(table.nextDeadlineNs(), probeAtNs);
    }

    private void probeAgain() {
        probeAtNs = --probesLeft > 0 ? nowNs + PROBE_INTERVAL_NS : Long.MAX_VALUE;
        for (Subnet own : routes.own()) {
            if (own.address().isIpv4()) {
                probe(own.address().toIpv4());
            }
        }
    }

    /** A neighbour solicitation or advertisement from the network, whose checksum is right. */
    void discovery(Link from, int frame, int ip, int icmp, int lengthBytes, long now) {
        nowNs = now;
        switch (hear(from.bytes, ip, icmp, lengthBytes)) {
            case Neighbours.REPLY -> {
                int reply = context.output.allocate(from, NdpFrames.FRAME_BYTES);
                if (reply >= 0) {
                    NdpFrames.writeReply(from.bytes, reply, frame, from.mac);
                    context.output.send(from, reply, NdpFrames.FRAME_BYTES);
                }
            }
            case Neighbours.BAD -> context.counters.increment(Counter.IN_BAD_NDP);
            case Neighbours.CONFLICT -> {
                boolean isQuestion = Icmp6.type(from.bytes, icmp) == Icmp6.NEIGHBOUR_SOLICITATION;
                long hi = isQuestion ? Ipv6.sourceHi(from.bytes, ip) : Ndp.targetHi(from.bytes, icmp);
                long lo = isQuestion ? Ipv6.sourceLo(from.bytes, ip) : Ndp.targetLo(from.bytes, icmp);
                conflict(hi, lo, Ethernet.source(from.bytes, frame));
            }
            default -> {
                // Learned or of no interest: nothing to send.
            }
        }
        if (context.engine.contextCount > 1) {
            tellOthers(from, ip, icmp - ip, icmp - ip + lengthBytes);
        }
    }

    /** An ARP packet from the network. */
    void arp(Link from, int arp, int lengthBytes, long now) {
        nowNs = now;
        switch (hearArp(from.bytes, arp, lengthBytes)) {
            case Neighbours.REPLY -> reply(from, arp);
            case Neighbours.BAD -> context.counters.increment(Counter.IN_BAD_ARP);
            case Neighbours.CONFLICT ->
                conflict(0, IpAddress.mapped(Arp.senderIp(from.bytes, arp)), Arp.senderMac(from.bytes, arp));
            default -> {
                // Learned or of no interest: nothing to send.
            }
        }
        if (context.engine.contextCount > 1 && lengthBytes >= Arp.PACKET_BYTES) {
            tellOthers(from, arp, IS_ARP, Arp.PACKET_BYTES);
        }
    }

    private void conflict(long hi, long lo, long mac) {
        context.counters.increment(Counter.ADDRESS_CONFLICTS);
        if (conflict == null) {
            conflict = new AddressConflict(link.nic.name(), IpAddress.of(hi, lo), mac);
        }
    }

    /** For any thread: the first that this context heard of, or null. */
    AddressConflict conflict() {
        return conflict;
    }

    private int hear(ByteBuffer bytes, int ip, int icmp, int lengthBytes) {
        if (link.addresses != null
                && Ndp.isValid(bytes, ip, icmp, lengthBytes)
                && routes.isTentative(
                        IpAddress.inZone(Ndp.targetHi(bytes, icmp), link.zone), Ndp.targetLo(bytes, icmp))) {
            link.addresses.neighbourHeard(bytes, ip, icmp, lengthBytes, nowNs);
            return Neighbours.IGNORED;
        }
        return table.neighbourInput(bytes, ip, icmp, lengthBytes, nowNs);
    }

    private int hearArp(ByteBuffer bytes, int arp, int lengthBytes) {
        if (link.addresses != null) {
            link.addresses.arpHeard(bytes, arp, lengthBytes, nowNs);
        }
        return table.input(bytes, arp, lengthBytes, nowNs);
    }

    private void reply(Link from, int asked) {
        int frame = context.output.allocate(from, ArpFrames.FRAME_BYTES);
        if (frame >= 0) {
            ArpFrames.writeReply(from.bytes, frame, asked, from.mac);
            context.output.send(from, frame, ArpFrames.FRAME_BYTES);
        }
    }

    private void tellOthers(Link from, int offset, int icmpAt, int lengthBytes) {
        ByteBuffer packet = null;
        for (int i = 0; i < context.engine.contextCount; i++) {
            Context other = context.engine.context(i);
            AtomicInteger waiting = other.links[from.index].neighbours.told;
            if (i != context.index && waiting.get() >= MAX_TOLD) {
                context.counters.increment(Counter.HANDOFF_FULL);
            } else if (i != context.index) {
                if (packet == null) {
                    packet = ByteBuffer.allocate(lengthBytes);
                    packet.put(0, from.bytes, offset, lengthBytes);
                }
                waiting.incrementAndGet();
                other.ownership.commands.push(new Heard(from.index, packet, icmpAt));
                other.driver.doorbell();
            }
        }
    }

    /** A packet of ARP or of neighbour discovery that another context's queue received. */
    private static final class Heard extends Command {
        private final int linkIndex;
        private final ByteBuffer packet;
        private final int icmpAt;

        /** @param icmpAt where in an IPv6 packet the message starts, or {@link #IS_ARP} */
        Heard(int linkIndex, ByteBuffer packet, int icmpAt) {
            this.linkIndex = linkIndex;
            this.packet = packet;
            this.icmpAt = icmpAt;
        }

        @Override
        void run(Context context, long now) {
            NeighbourDesk desk = context.links[linkIndex].neighbours;
            desk.told.decrementAndGet();
            desk.nowNs = now;
            if (icmpAt == IS_ARP) {
                desk.hearArp(packet, 0, Arp.PACKET_BYTES);
            } else {
                desk.hear(packet, 0, icmpAt, packet.capacity() - icmpAt);
            }
        }
    }

    /**
     * Tells the network our addresses. Before that it asks whether they are free, for IPv4 twice more in the two seconds after it, and uses them
     * meanwhile: an objection is counted, and the user told. A start that waits for the silence of RFC 5227 §2.1.1 would last seven seconds.
     */
    void announce() {
        for (Subnet own : routes.own()) {
            if (own.address().isIpv4()) {
                probe(own.address().toIpv4());
                sendRequest(
                        own.address().toIpv4(),
                        Ethernet.BROADCAST,
                        own.address().toIpv4());
            } else {
                announce(own.address());
            }
        }
        probesLeft = PROBES - 1;
        probeAtNs = nowNs + PROBE_INTERVAL_NS;
    }

    /** Asks whether the address is free, and uses it meanwhile (RFC 4429, optimistic): an objection is counted. */
    private void announce(IpAddress address) {
        probe(address);
        int frame = context.output.allocate(link, NdpFrames.FRAME_BYTES);
        if (frame >= 0) {
            NdpFrames.writeAnnouncement(link.bytes, frame, link.mac, address);
            context.output.send(link, frame, NdpFrames.FRAME_BYTES);
        }
    }

    /** Asks whether an IPv6 address is free. */
    void probe(IpAddress address) {
        solicit(IpAddress.ANY_V6, Ethernet.BROADCAST, address);
    }

    /** Asks whether an IPv4 address is free. */
    void probe(int address) {
        int frame = context.output.allocate(link, ArpFrames.FRAME_BYTES);
        if (frame >= 0) {
            ArpFrames.writeProbe(link.bytes, frame, link.mac, address);
            context.output.send(link, frame, ArpFrames.FRAME_BYTES);
        }
    }

    private void solicit(IpAddress source, long toMac, IpAddress target) {
        int frame = context.output.allocate(link, NdpFrames.FRAME_BYTES);
        if (frame >= 0) {
            int bytes = NdpFrames.writeSolicitation(link.bytes, frame, link.mac, source, toMac, target);
            context.output.send(link, frame, bytes);
        }
    }

    @Override
    public void request(long hi, long lo, long toMac) {
        IpAddress target = IpAddress.of(hi, lo);
        IpAddress source = routes.sourceFor(target);
        if (source != null && !target.isIpv4()) {
            solicit(source, toMac, target);
        } else if (source != null) {
            sendRequest(source.toIpv4(), toMac, (int) lo);
        }
    }

    private void sendRequest(int ourIp, long toMac, int targetIp) {
        int frame = context.output.allocate(link, ArpFrames.FRAME_BYTES);
        if (frame >= 0) {
            ArpFrames.writeRequest(link.bytes, frame, link.mac, ourIp, toMac, targetIp);
            context.output.send(link, frame, ArpFrames.FRAME_BYTES);
        }
    }

    @Override
    public void resolved(long hi, long lo, long mac) {
        release(hi, lo, true);
    }

    @Override
    public void unreachable(long hi, long lo) {
        if (isRouter(hi, lo)) {
            context.routing.hopGone(link, hi, lo, nowNs);
        }
        release(hi, lo, false);
    }

    @Override
    public void gone(long hi, long lo) {
        if (isRouter(hi, lo)) {
            context.routing.hopGone(link, hi, lo, nowNs);
        } else {
            // As many as a neighbour chooses to have been: one pass over the flows for all.
            someGone = true;
        }
    }

    @Override
    public boolean isRouter(long hi, long lo) {
        return context.engine.routes().isGateway(hi, lo);
    }

    /** Any context may hear it; who keeps the list of routers is in context 0. */
    @Override
    public void isNoRouter(long hi, long lo) {
        if (!link.learns || !isRouter(hi, lo)) {
            return;
        }
        Context first = context.engine.context(0);
        if (context == first) {
            link.addresses.isNoRouter(hi, lo, nowNs);
            return;
        }
        int linkIndex = link.index;
        AtomicInteger pending = first.links[linkIndex].neighbours.told;
        if (pending.get() >= MAX_TOLD) {
            context.counters.increment(Counter.HANDOFF_FULL);
            return;
        }
        pending.incrementAndGet();
        first.ownership.commands.push(new Command() {
            @Override
            void run(Context owner, long now) {
                Link link = owner.links[linkIndex];
                link.neighbours.told.decrementAndGet();
                link.addresses.isNoRouter(hi, lo, now);
            }
        });
        first.driver.doorbell();
    }

    private void release(long hi, long lo, boolean reachable) {
        for (int i = waiting.size() - 1; i >= 0; i--) {
            Flow flow = waiting.get(i);
            boolean goesAnotherWay = !flow.waitsForNeighbour;
            if (goesAnotherWay || (flow.hopLo == lo && flow.hopHi == hi)) {
                waiting.remove(i);
            }
            if (!goesAnotherWay && flow.hopLo == lo && flow.hopHi == hi) {
                context.routing.neighbourKnown(flow, reachable, nowNs);
            }
        }
    }
}
