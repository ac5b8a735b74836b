/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.nio.ByteBuffer;
import org.mtcp4j.ip.IpAddress;
import org.mtcp4j.ip.Ipv6Input;
import org.mtcp4j.ip.Neighbours;
import org.mtcp4j.nic.FrameBatch;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.stats.Counters;
import org.mtcp4j.tcp.Connection;
import org.mtcp4j.tcp.SegmentOut;
import org.mtcp4j.tcp.SegmentSink;
import org.mtcp4j.tcp.SegmentWriter;
import org.mtcp4j.wire.Checksum;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;

/** Builds frames: Ethernet, IP, TCP, payload, checksum, and puts them into the link's transmit batch. The owner's. */
final class FrameOutput implements SegmentSink {
    private static final int TCP_CHECKSUM_OFFSET = 16;

    private final Counters counters;
    private final FlowKey key = new FlowKey();
    /** Time to live, hop limit. */
    private final int hops;

    FrameOutput(Counters counters, int hops) {
        this.counters = counters;
        this.hops = hops;
    }

    @Override
    public boolean emit(Connection connection, SegmentOut segment) {
        Flow flow = (Flow) connection;
        Link link = flow.link;
        long mac = link.loopback ? link.mac : link.neighbours.macFor(flow);
        if (mac == Neighbours.FAILED) {
            // As a wire would: TCP sends it again after a while, and gives up after so many times.
            counters.increment(Counter.NEIGHBOUR_DROPS);
            return true;
        }
        if (mac < 0) {
            return false;
        }
        int tcpHeader = SegmentWriter.headerBytes(segment);
        key.set(flow.localHi, flow.localLo, flow.remoteHi, flow.remoteLo);
        key.hash = flow.hash;
        int tcpAt = Ethernet.HEADER_BYTES + ipHeaderBytes(key);
        int total = tcpAt + tcpHeader + segment.payloadBytes;
        int frame = allocate(link, total);
        if (frame < 0) {
            return false;
        }
        ByteBuffer bytes = link.bytes;
        int tcp = frame + tcpAt;
        if (segment.payloadBytes > 0) {
            flow.send.copyTo(segment.payloadPosition, bytes, tcp + tcpHeader, segment.payloadBytes);
        }
        Ethernet.write(bytes, frame, mac, link.mac, typeOf(key));
        SegmentWriter.write(bytes, tcp, flow.localPort(), flow.remotePort(), segment);
        finish(link, frame, total, key, segment);
        int tos = (flow.tos() & ~Ipv4.ECN) | (segment.ecnCapable ? Ipv4.ECN_CAPABLE : 0);
        if (tos != 0) {
            tos(bytes, frame + Ethernet.HEADER_BYTES, tos);
        }
        return true;
    }

    /** A segment without a connection, in answer to one that came over this link. */
    boolean reply(Link link, long mac, FlowKey to, SegmentOut segment) {
        int tcpAt = Ethernet.HEADER_BYTES + ipHeaderBytes(to);
        int total = tcpAt + SegmentWriter.headerBytes(segment);
        int frame = allocate(link, total);
        if (frame < 0) {
            return false;
        }
        Ethernet.write(link.bytes, frame, mac, link.mac, typeOf(to));
        SegmentWriter.write(link.bytes, frame + tcpAt, to.localPort(), to.remotePort(), segment);
        finish(link, frame, total, to, segment);
        return true;
    }

    /** Room in the batch and a frame for it, or -1. */
    int allocate(Link link, int totalBytes) {
        if (link.tx.free() == 0 && !link.flush()) {
            counters.increment(Counter.NIC_BUSY);
            return -1;
        }
        int frame = totalBytes <= link.frameBytes ? link.queue.allocate() : link.queue.allocateLarge();
        if (frame < 0) {
            counters.increment(Counter.NO_FRAME);
        }
        return frame;
    }

    private static boolean isIpv6(FlowKey of) {
        return !IpAddress.isIpv4(of.localHi, of.localLo);
    }

    private static int ipHeaderBytes(FlowKey of) {
        return isIpv6(of) ? Ipv6.HEADER_BYTES : Ipv4.HEADER_BYTES;
    }

    private static int typeOf(FlowKey of) {
        return isIpv6(of) ? Ethernet.TYPE_IPV6 : Ethernet.TYPE_IPV4;
    }

    private static void tos(ByteBuffer bytes, int ip, int tos) {
        if (Ipv6Input.isIpv6(bytes, ip)) {
            Ipv6.trafficClass(bytes, ip, tos);
        } else {
            Ipv4.tos(bytes, ip, tos);
        }
    }

    /** IP header and checksum; then the frame is in the batch. */
    private void finish(Link link, int frame, int total, FlowKey of, SegmentOut segment) {
        ByteBuffer bytes = link.bytes;
        int ip = frame + Ethernet.HEADER_BYTES;
        int headerBytes = ipHeaderBytes(of);
        int tcp = ip + headerBytes;
        int tcpBytes = frame + total - tcp;
        boolean cut = segment.payloadBytes > segment.segmentBytes && segment.segmentBytes > 0;
        int pseudo;
        if (isIpv6(of)) {
            Ipv6.write(bytes, ip, tcpBytes, Ipv4.PROTOCOL_TCP, hops);
            long localHi = link.zone == 0 ? of.localHi : IpAddress.onWire(of.localHi);
            long remoteHi = link.zone == 0 ? of.remoteHi : IpAddress.onWire(of.remoteHi);
            Ipv6.addresses(bytes, ip, localHi, of.localLo, remoteHi, of.remoteLo);
            pseudo = Checksum.pseudoIpv6(localHi, of.localLo, remoteHi, of.remoteLo, Ipv4.PROTOCOL_TCP, tcpBytes);
        } else {
            int source = (int) of.localLo;
            int destination = (int) of.remoteLo;
            Ipv4.write(bytes, ip, headerBytes + tcpBytes, /* id= */ 0, Ipv4.PROTOCOL_TCP, source, destination);
            if (hops != Ipv4.DEFAULT_TTL) {
                Ipv4.ttl(bytes, ip, hops);
            }
            pseudo = Checksum.pseudoIpv4(source, destination, Ipv4.PROTOCOL_TCP, tcpBytes);
        }
        int flags = FrameBatch.TX_HASH;
        int checksum;
        if (link.transmitsChecksum) {
            flags |= FrameBatch.TX_L4_CHECKSUM;
            checksum = Checksum.fold(pseudo);
        } else {
            bytes.putShort(tcp + TCP_CHECKSUM_OFFSET, (short) 0);
            checksum = Checksum.finish(pseudo + Checksum.partial(link.nativeOrder, tcp, tcpBytes));
        }
        bytes.putShort(tcp + TCP_CHECKSUM_OFFSET, (short) checksum);
        FrameBatch tx = link.tx;
        tx.add(frame, total, cut ? flags | FrameBatch.TX_TSO : flags);
        tx.hash[tx.count - 1] = of.hash;
        if (cut) {
            tx.tsoSize[tx.count - 1] = segment.segmentBytes;
        }
        counters.increment(Counter.OUT_FRAMES);
    }

    /** Sends a frame that is complete already (ARP, ICMP). */
    void send(Link link, int frame, int lengthBytes) {
        link.tx.add(frame, lengthBytes, 0);
        counters.increment(Counter.OUT_FRAMES);
    }
}
