/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.SplittableRandom;
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

    private static final int LINK_SHIFT = 48;
    private static final long MAC_MASK = (1L << LINK_SHIFT) - 1;

    /** What differs between IPv4 and IPv6. */
    private record Family(
            Fragments fragments, Counter received, Counter whole, Counter failed, Counter timedOut, Counter sent) {}

    private final Context context;
    private final Family ipv4;
    private final Family ipv6;
    private final PacketIds ids = new PacketIds(new SplittableRandom(new SecureRandom().nextLong()));
    /** As of the end of the last call: each round asks twice. */
    private long nextDeadlineNs = Long.MAX_VALUE;

    /** @param timedOut told of packets whose rest did not come: for IPv4, then for IPv6 */
    FragmentDesk(Context context, TimedOut timedOut) {
        this.context = context;
        ipv4 = new Family(
                new Fragments(Fragments.IPV4_LIFE_NS, (first, from) -> tell(timedOut, first, from)),
                Counter.IN_FRAGMENTS,
                Counter.IN_FRAGMENT_OKS,
                Counter.IN_FRAGMENT_FAILS,
                Counter.IN_FRAGMENT_TIMEOUTS,
                Counter.OUT_FRAGMENTS);
        ipv6 = new Family(
                new Fragments(Fragments.IPV6_LIFE_NS, (first, from) -> tell(timedOut, first, from)),
                Counter.IN6_FRAGMENTS,
                Counter.IN6_FRAGMENT_OKS,
                Counter.IN6_FRAGMENT_FAILS,
                Counter.IN6_FRAGMENT_TIMEOUTS,
                Counter.OUT6_FRAGMENTS);
    }

    /** Who sends the ICMP errors. */
    interface TimedOut {
        /** @param first the first fragment, from its IP header on, as much as is quoted */
        void tell(Link link, long senderMac, byte[] first);
    }

    private void tell(TimedOut timedOut, byte[] first, long from) {
        timedOut.tell(context.links[(int) (from >>> LINK_SHIFT)], from & MAC_MASK, first);
    }

    private Family of(ByteBuffer bytes, int ip) {
        return Ipv6Input.isIpv6(bytes, ip) ? ipv6 : ipv4;
    }

    /** When {@link #expire} is wanted. */
    long nextDeadlineNs() {
        return nextDeadlineNs;
    }

    private void noteDeadline() {
        nextDeadlineNs = Math.min(ipv4.fragments.nextDeadlineNs(), ipv6.fragments.nextDeadlineNs());
    }

    /** Gives up packets whose rest did not come; returns whether there was anything to do. */
    int expire(long nowNs) {
        if (nowNs < nextDeadlineNs) {
            return 0;
        }
        for (Family family : new Family[] {ipv4, ipv6}) {
            family.fragments.expire(nowNs);
            context.counters.add(family.timedOut, family.fragments.takeTimedOut());
        }
        noteDeadline();
        return 1;
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
        gather(link, frame, ip, fragmentHeader, nowNs);
        noteDeadline();
        return false;
    }

    private void gather(Link link, int frame, int ip, int fragmentHeader, long nowNs) {
        Family family = of(link.bytes, ip);
        context.counters.increment(family.received);
        long from = (long) link.index << LINK_SHIFT | Ethernet.source(link.bytes, frame);
        int total = family.fragments.add(link.bytes, ip, fragmentHeader, from, nowNs);
        context.counters.add(family.failed, family.fragments.takeEvicted());
        context.counters.add(family.timedOut, family.fragments.takeTimedOut());
        if (total == Fragments.WAITING) {
            return;
        }
        int ethernetBytes = Ethernet.headerBytes(link.bytes, frame);
        int whole = total == Fragments.DROPPED ? -1 : allocate(link, ethernetBytes + total);
        if (whole < 0) {
            context.counters.increment(family.failed);
            return;
        }
        context.counters.increment(family.whole);
        link.bytes.put(whole, link.bytes, frame, ethernetBytes);
        family.fragments.write(link.bytes, whole + ethernetBytes);
        context.input.reassembled(link, whole, ethernetBytes + total, nowNs);
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
        boolean isIpv6 = Ipv6Input.isIpv6(link.bytes, packet);
        if (frame + lengthBytes - packet <= link.mtuBytes) {
            if (!isIpv6) {
                // An answer is made of what asked, whose number is the asker's.
                boolean atomic = Ipv4.dontFragment(link.bytes, packet);
                Ipv4.id(link.bytes, packet, atomic ? 0 : ids.next(link.bytes, packet) & 0xffff);
            }
            context.output.send(link, frame, lengthBytes);
            return;
        }
        int headerBytes = isIpv6 ? Ipv6.HEADER_BYTES : Ipv4.headerBytes(link.bytes, packet);
        int data = packet + headerBytes;
        int dataBytes = frame + lengthBytes - data;
        int pieceHeaderBytes = headerBytes + (isIpv6 ? Ipv6.FRAGMENT_HEADER_BYTES : 0);
        int most = (link.mtuBytes - pieceHeaderBytes) & UNIT_MASK;
        int id = ids.next(link.bytes, packet);
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
            context.counters.increment(of(link.bytes, packet).sent);
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
