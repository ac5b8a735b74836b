/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import org.mtcp4j.ip.Fragments;
import org.mtcp4j.ip.Ipv6Input;
import org.mtcp4j.stats.Counter;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;

/**
 * Packets in pieces. Those that arrive are brought to context 0, whatever queue received them, since only the first piece has ports; what they
 * make is taken in as a frame of its own. Those that leave are answers to echo requests that were as long: TCP sends nothing that is. The
 * owner's.
 */
final class FragmentDesk {
    private static final int UNIT_MASK = ~7;

    private final Context context;
    private final Fragments ipv4 = new Fragments(Fragments.IPV4_LIFE_NS);
    private final Fragments ipv6 = new Fragments(Fragments.IPV6_LIFE_NS);
    private int nextId = new SecureRandom().nextInt();

    FragmentDesk(Context context) {
        this.context = context;
    }

    /**
     * A fragment has come.
     *
     * @param fragmentHeader where IPv6's fragment header begins
     * @return true when the frame was passed on and is no longer the caller's to free
     */
    boolean arrived(Link link, int frame, int ip, int fragmentHeader, int lengthBytes, long nowNs) {
        if (context.index != 0) {
            return context.handoffs.offer(0, link, frame, lengthBytes, 0);
        }
        boolean isIpv6 = Ipv6Input.isIpv6(link.bytes, ip);
        context.counters.increment(isIpv6 ? Counter.IN6_FRAGMENTS : Counter.IN_FRAGMENTS);
        Fragments of = isIpv6 ? ipv6 : ipv4;
        int total = of.add(link.bytes, ip, fragmentHeader, nowNs);
        context.counters.add(isIpv6 ? Counter.IN6_FRAGMENT_FAILS : Counter.IN_FRAGMENT_FAILS, of.takeEvicted());
        context.counters.add(isIpv6 ? Counter.IN6_FRAGMENT_TIMEOUTS : Counter.IN_FRAGMENT_TIMEOUTS, of.takeTimedOut());
        if (total == Fragments.WAITING) {
            return false;
        }
        int ethernetBytes = Ethernet.headerBytes(link.bytes, frame);
        int whole = total == Fragments.DROPPED ? -1 : allocate(link, ethernetBytes + total);
        if (whole < 0) {
            context.counters.increment(isIpv6 ? Counter.IN6_FRAGMENT_FAILS : Counter.IN_FRAGMENT_FAILS);
            return false;
        }
        context.counters.increment(isIpv6 ? Counter.IN6_FRAGMENT_OKS : Counter.IN_FRAGMENT_OKS);
        link.bytes.put(whole, link.bytes, frame, ethernetBytes);
        of.write(link.bytes, whole + ethernetBytes);
        context.input.reassembled(link, whole, ethernetBytes + total, nowNs);
        return false;
    }

    private static int allocate(Link link, int frameBytes) {
        if (frameBytes <= link.frameBytes) {
            return link.queue.allocate();
        }
        return frameBytes <= link.nic.largeFrameBytes() ? link.queue.allocateLarge() : -1;
    }

    /** Sends a packet without extension headers, in pieces if it is longer than the link takes. */
    void send(Link link, int frame, int lengthBytes) {
        int packet = frame + Ethernet.headerBytes(link.bytes, frame);
        if (frame + lengthBytes - packet <= link.mtuBytes) {
            context.output.send(link, frame, lengthBytes);
            return;
        }
        boolean isIpv6 = Ipv6Input.isIpv6(link.bytes, packet);
        int headerBytes = isIpv6 ? Ipv6.HEADER_BYTES : Ipv4.headerBytes(link.bytes, packet);
        int data = packet + headerBytes;
        int dataBytes = frame + lengthBytes - data;
        int pieceHeaderBytes = headerBytes + (isIpv6 ? Ipv6.FRAGMENT_HEADER_BYTES : 0);
        int most = (link.mtuBytes - pieceHeaderBytes) & UNIT_MASK;
        int id = nextId++;
        for (int at = 0; at < dataBytes; at += most) {
            int bytes = Math.min(most, dataBytes - at);
            int total = packet - frame + pieceHeaderBytes + bytes;
            int piece = context.output.allocate(link, total);
            if (piece < 0) {
                break;
            }
            link.bytes.put(piece, link.bytes, frame, data - frame);
            link.bytes.put(piece + total - bytes, link.bytes, data + at, bytes);
            int more = at + bytes < dataBytes ? 1 : 0;
            int ip = piece + packet - frame;
            if (isIpv6) {
                ipv6Header(link.bytes, ip, bytes, at | more, id);
            } else {
                ipv4Header(link.bytes, ip, headerBytes, bytes, (at >>> 3) | (more * Ipv4.MORE_FRAGMENTS), id);
            }
            context.output.send(link, piece, total);
            context.counters.increment(isIpv6 ? Counter.OUT6_FRAGMENTS : Counter.OUT_FRAGMENTS);
        }
        link.queue.free(frame);
    }

    private static void ipv4Header(
            ByteBuffer bytes, int ip, int headerBytes, int dataBytes, int flagsAndOffset, int id) {
        bytes.putShort(ip + Ipv4.TOTAL_LENGTH_OFFSET, (short) (headerBytes + dataBytes));
        bytes.putShort(ip + Ipv4.ID_OFFSET, (short) id);
        bytes.putShort(ip + Ipv4.FRAGMENT_OFFSET, (short) flagsAndOffset);
        Ipv4.makeChecksum(bytes, ip);
    }

    private static void ipv6Header(ByteBuffer bytes, int ip, int dataBytes, int offsetAndMore, int id) {
        int fragment = ip + Ipv6.HEADER_BYTES;
        bytes.put(fragment, bytes.get(ip + Ipv6.NEXT_HEADER_OFFSET));
        bytes.put(fragment + 1, (byte) 0);
        bytes.putShort(fragment + 2, (short) offsetAndMore);
        bytes.putInt(fragment + 4, id);
        bytes.put(ip + Ipv6.NEXT_HEADER_OFFSET, (byte) Ipv6.FRAGMENT);
        bytes.putShort(ip + Ipv6.PAYLOAD_LENGTH_OFFSET, (short) (Ipv6.FRAGMENT_HEADER_BYTES + dataBytes));
    }
}
