/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.nio.ByteBuffer;
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

/** Builds frames: Ethernet, IP, TCP, payload, checksum, and puts them into the link's transmit batch. The owner's. */
final class FrameOutput implements SegmentSink {
    private static final int TCP_CHECKSUM_OFFSET = 16;

    private final Counters counters;
    private int nextId;

    FrameOutput(Counters counters) {
        this.counters = counters;
    }

    @Override
    public boolean emit(Connection connection, SegmentOut segment) {
        Flow flow = (Flow) connection;
        Link link = flow.link;
        long mac = link.loopback ? link.mac : link.neighbours.macFor(flow);
        if (mac < 0) {
            return false;
        }
        int tcpHeader = SegmentWriter.headerBytes(segment);
        int total = Ethernet.HEADER_BYTES + Ipv4.HEADER_BYTES + tcpHeader + segment.payloadBytes;
        int frame = allocate(link, total);
        if (frame < 0) {
            return false;
        }
        ByteBuffer bytes = link.bytes;
        int tcp = frame + Ethernet.HEADER_BYTES + Ipv4.HEADER_BYTES;
        if (segment.payloadBytes > 0) {
            flow.send.copyTo(segment.payloadPosition, bytes, tcp + tcpHeader, segment.payloadBytes);
        }
        Ethernet.write(bytes, frame, mac, link.mac, Ethernet.TYPE_IPV4);
        SegmentWriter.write(bytes, tcp, flow.localPort(), flow.remotePort(), segment);
        finish(link, frame, total, (int) flow.localLo, (int) flow.remoteLo, segment);
        if (flow.tos() != 0) {
            Ipv4.tos(bytes, frame + Ethernet.HEADER_BYTES, flow.tos());
        }
        return true;
    }

    /** A segment without a connection, in answer to one that came over this link. */
    boolean reply(Link link, long mac, FlowKey key, SegmentOut segment) {
        int total = Ethernet.HEADER_BYTES + Ipv4.HEADER_BYTES + SegmentWriter.headerBytes(segment);
        int frame = allocate(link, total);
        if (frame < 0) {
            return false;
        }
        Ethernet.write(link.bytes, frame, mac, link.mac, Ethernet.TYPE_IPV4);
        SegmentWriter.write(
                link.bytes,
                frame + Ethernet.HEADER_BYTES + Ipv4.HEADER_BYTES,
                key.localPort(),
                key.remotePort(),
                segment);
        finish(link, frame, total, (int) key.localLo, (int) key.remoteLo, segment);
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

    private void finish(Link link, int frame, int total, int source, int destination, SegmentOut segment) {
        ByteBuffer bytes = link.bytes;
        int ip = frame + Ethernet.HEADER_BYTES;
        int tcp = ip + Ipv4.HEADER_BYTES;
        int ipBytes = total - Ethernet.HEADER_BYTES;
        int tcpBytes = ipBytes - Ipv4.HEADER_BYTES;
        int pseudo = Checksum.pseudoIpv4(source, destination, Ipv4.PROTOCOL_TCP, tcpBytes);
        int flags = 0;
        int checksum;
        if (link.transmitsChecksum) {
            flags = FrameBatch.TX_L4_CHECKSUM;
            checksum = Checksum.fold(pseudo);
        } else {
            bytes.putShort(tcp + TCP_CHECKSUM_OFFSET, (short) 0);
            checksum = Checksum.finish(pseudo + Checksum.partial(link.nativeOrder, tcp, tcpBytes));
        }
        bytes.putShort(tcp + TCP_CHECKSUM_OFFSET, (short) checksum);
        boolean cut = segment.payloadBytes > segment.segmentBytes && segment.segmentBytes > 0;
        Ipv4.write(bytes, ip, ipBytes, nextId, Ipv4.PROTOCOL_TCP, source, destination);
        nextId += cut ? segment.payloadBytes / segment.segmentBytes + 1 : 1;
        FrameBatch tx = link.tx;
        tx.add(frame, total, cut ? flags | FrameBatch.TX_TSO : flags);
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
