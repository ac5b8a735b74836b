/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.mtcp4j.ip.ArpFrames;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.Neighbours;
import org.mtcp4j.ip.Routes;
import org.mtcp4j.ip.Subnet;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.wire.Arp;
import org.mtcp4j.wire.Ethernet;

/**
 * A link's neighbour table and the flows that wait for an answer. Each context has its own table; what one queue hears of ARP it
 * tells the others. The owner's.
 */
final class NeighbourDesk implements Neighbours.Events {
    private final Context context;
    private final Neighbours table;
    private final Routes routes;
    private final Link link;
    private final List<Flow> waiting = new ArrayList<>();
    private long nowNs;

    /** @param routes the link's own */
    NeighbourDesk(Context context, Link link, Routes routes, long nowNs) {
        this.context = context;
        this.routes = routes;
        this.nowNs = nowNs;
        this.link = link;
        table = new Neighbours(link.mac, routes, this);
    }

    /** The flow's next hop, or -1: then the flow is left out of output until there is an answer. */
    long macFor(Flow flow) {
        long mac = table.lookup(flow.hopHi, flow.hopLo, nowNs);
        if (mac == Neighbours.UNRESOLVED && !flow.waitsForNeighbour) {
            flow.waitsForNeighbour = true;
            waiting.add(flow);
        }
        return mac;
    }

    int advance(long now) {
        nowNs = now;
        if (now < table.nextDeadlineNs()) {
            return 0;
        }
        table.onTimer(now);
        return 1;
    }

    long nextDeadlineNs() {
        return table.nextDeadlineNs();
    }

    /** An ARP packet from the network. */
    void arp(Link from, int frame, int arp, int lengthBytes, long now) {
        nowNs = now;
        switch (table.input(from.bytes, arp, lengthBytes, now)) {
            case Neighbours.REPLY -> reply(from, frame);
            case Neighbours.BAD, Neighbours.CONFLICT -> context.counters.increment(Counter.IN_BAD_ARP);
            default -> {
                // Learned or of no interest: nothing to send.
            }
        }
        if (context.engine.contextCount > 1 && lengthBytes >= Arp.PACKET_BYTES) {
            tellOthers(from, arp);
        }
    }

    private void reply(Link from, int frame) {
        int copy = context.output.allocate(from, ArpFrames.FRAME_BYTES);
        if (copy >= 0) {
            from.bytes.put(copy, from.bytes, frame, ArpFrames.FRAME_BYTES);
            ArpFrames.turnIntoReply(from.bytes, copy, from.mac);
            context.output.send(from, copy, ArpFrames.FRAME_BYTES);
        }
    }

    private void tellOthers(Link from, int arp) {
        ByteBuffer packet = ByteBuffer.allocate(Arp.PACKET_BYTES);
        packet.put(0, from.bytes, arp, Arp.PACKET_BYTES);
        for (int i = 0; i < context.engine.contextCount; i++) {
            if (i != context.index) {
                Context other = context.engine.context(i);
                other.ownership.commands.push(new Heard(from.index, packet));
                other.driver.doorbell();
            }
        }
    }

    /** An ARP packet that another context's queue received. */
    private static final class Heard extends Command {
        private final int linkIndex;
        private final ByteBuffer packet;

        Heard(int linkIndex, ByteBuffer packet) {
            this.linkIndex = linkIndex;
            this.packet = packet;
        }

        @Override
        void run(Context context, long now) {
            NeighbourDesk desk = context.links[linkIndex].neighbours;
            desk.nowNs = now;
            desk.table.input(packet, 0, Arp.PACKET_BYTES, now);
        }
    }

    /** Tells the network our addresses. */
    void announce() {
        for (Subnet own : routes.own()) {
            if (own.address().isIpv4()) {
                sendRequest(
                        own.address().toIpv4(),
                        Ethernet.BROADCAST,
                        own.address().toIpv4());
            }
        }
    }

    @Override
    public void request(long hi, long lo, long toMac) {
        IpAddress source = routes.sourceFor(IpAddress.of(hi, lo));
        if (source != null) {
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
        release(hi, lo, false);
    }

    private void release(long hi, long lo, boolean reachable) {
        for (int i = waiting.size() - 1; i >= 0; i--) {
            Flow flow = waiting.get(i);
            if (flow.hopLo == lo && flow.hopHi == hi) {
                waiting.remove(i);
                context.neighbourKnown(flow, reachable, nowNs);
            }
        }
    }
}
