/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mtcp4j.wire.Icmp4;
import org.mtcp4j.wire.Icmp6;
import org.mtcp4j.wire.Ipv4;
import org.mtcp4j.wire.Ipv6;

/**
 * Puts the fragments of packets together: RFC 791 §3.2, RFC 8200 §4.5; one object for each of the two. One thread's.
 *
 * <p>Bounded: {@link #MOST_PACKETS} begun packets, {@link #MOST_BYTES} kept for all of them, {@link #MOST_PIECES} fragments of one; where
 * that is too little the oldest packet goes. A packet of which two fragments overlap is dropped whole, with those that are still to come
 * (RFC 5722, which Linux follows for IPv4, too); an exact repetition is no overlap. A packet without extension headers comes out: those
 * before the fragment header ask nothing of a host.
 */
public final class Fragments {
    /** Linux: 30 s for IPv4. */
    public static final long IPV4_LIFE_NS = 30_000_000_000L;
    /** RFC 8200 §4.5. */
    public static final long IPV6_LIFE_NS = 60_000_000_000L;

    public static final int MOST_PACKETS = 64;
    public static final int MOST_PIECES = 64;
    public static final int MOST_BYTES = 1 << 20;

    /** Results of {@link #add} that are no length: more is to come; the fragment, or all of its packet, is dropped. */
    public static final int WAITING = 0;

    public static final int DROPPED = -1;

    private static final int MOST_PAYLOAD_BYTES = 65_535;
    private static final int LEAST_ROOM_BYTES = 2_048;
    private static final int UNIT_BYTES = 8;
    private static final int IPV6_OFFSET_MASK = 0xfff8;

    /** What a packet that was given up left: called from within {@link #add} and {@link #expire}, on the caller's thread. */
    public interface Events {
        /**
         * The rest did not come in time, but the first fragment did.
         *
         * @param first that fragment from its IP header on, as much as is quoted to its sender
         * @param from as {@link #add} was given it
         */
        void timedOut(byte[] first, long from);
    }

    private final long lifeNs;
    private final Events events;
    /** Oldest first. */
    private final List<Packet> packets = new ArrayList<>();

    private int keptBytes;
    private long timedOut;
    private long evicted;
    /** What {@link #write} writes. */
    private Packet whole;

    public Fragments(long lifeNs) {
        this(lifeNs, (first, from) -> {});
    }

    public Fragments(long lifeNs, Events events) {
        this.lifeNs = lifeNs;
        this.events = events;
    }

    private static final class Packet {
        long sourceHi;
        long sourceLo;
        long destinationHi;
        long destinationLo;
        long id;
        long deadlineNs;
        /** Of the first fragment, as far as a packet without extension headers needs it; null until it comes. */
        byte[] header;
        /** For the sender, if the rest does not come; null until the first fragment does. */
        byte[] quote;

        long from;
        byte[] payload = new byte[0];
        final int[] starts = new int[MOST_PIECES];
        final int[] ends = new int[MOST_PIECES];
        int pieces;
        int gotBytes;
        /** Of the payload, once the last fragment has come; else -1. */
        int totalBytes = -1;

        /** Bits by ECN field. */
        int ecnSeen;

        boolean dead;

        boolean isOf(long sHi, long sLo, long dHi, long dLo, long number) {
            return id == number && sourceLo == sLo && destinationLo == dLo && sourceHi == sHi && destinationHi == dHi;
        }
    }

    /** Packets begun and not complete. */
    public int packets() {
        return packets.size();
    }

    public int keptBytes() {
        return keptBytes;
    }

    /** How many were given up since the last call because the rest did not come in time. */
    public long takeTimedOut() {
        long n = timedOut;
        timedOut = 0;
        return n;
    }

    /** How many were given up since the last call to make room. */
    public long takeEvicted() {
        long n = evicted;
        evicted = 0;
        return n;
    }

    /**
     * A fragment arrives; its packet has passed {@link Ipv4Input#check} or {@link Ipv6Input#check}.
     *
     * @param ip where the packet begins
     * @param fragmentHeader where IPv6's fragment header begins; of no meaning for IPv4
     * @param from whatever the caller wants to know of where it came from, see {@link Events}
     * @return bytes of the packet that is complete now, headers included; {@link #WAITING}; {@link #DROPPED}
     */
    public int add(ByteBuffer bytes, int ip, int fragmentHeader, long from, long nowNs) {
        expire(nowNs);
        return Ipv6Input.isIpv6(bytes, ip)
                ? ipv6(bytes, ip, fragmentHeader, from, nowNs)
                : ipv4(bytes, ip, from, nowNs);
    }

    private int ipv4(ByteBuffer bytes, int ip, long from, long nowNs) {
        int headerBytes = Ipv4.headerBytes(bytes, ip);
        int length = Ipv4.totalBytes(bytes, ip) - headerBytes;
        int start = Ipv4.fragmentOffsetBytes(bytes, ip);
        boolean more = (bytes.getShort(ip + Ipv4.FRAGMENT_OFFSET) & Ipv4.MORE_FRAGMENTS) != 0;
        if (isBad(start, length, more, MOST_PAYLOAD_BYTES - headerBytes)) {
            return DROPPED;
        }
        long id = (long) Ipv4.protocol(bytes, ip) << 32 | Ipv4.id(bytes, ip);
        Packet packet = packet(0, Ipv4.source(bytes, ip), 0, Ipv4.destination(bytes, ip), id, nowNs);
        packet.ecnSeen |= 1 << (Ipv4.tos(bytes, ip) & Ipv4.ECN);
        if (start == 0) {
            packet.header = new byte[headerBytes];
            bytes.get(ip, packet.header);
            quote(packet, bytes, ip, Math.min(headerBytes + length, headerBytes + Icmp4.QUOTED_L4_BYTES), from);
        }
        return piece(packet, bytes, ip + headerBytes, start, length, more);
    }

    private static void quote(Packet packet, ByteBuffer bytes, int ip, int lengthBytes, long from) {
        packet.quote = new byte[lengthBytes];
        bytes.get(ip, packet.quote);
        packet.from = from;
    }

    private int ipv6(ByteBuffer bytes, int ip, int fragmentHeader, long from, long nowNs) {
        int data = fragmentHeader + Ipv6.FRAGMENT_HEADER_BYTES;
        int length = ip + Ipv6.HEADER_BYTES + Ipv6.payloadBytes(bytes, ip) - data;
        if (length < 0) {
            return DROPPED;
        }
        int word = bytes.getShort(fragmentHeader + 2);
        int start = word & IPV6_OFFSET_MASK;
        boolean more = (word & 1) != 0;
        if (isBad(start, length, more, MOST_PAYLOAD_BYTES)) {
            return DROPPED;
        }
        boolean isAtomic = start == 0 && !more;
        Packet packet = isAtomic
                ? new Packet()
                : packet(
                        Ipv6.sourceHi(bytes, ip),
                        Ipv6.sourceLo(bytes, ip),
                        Ipv6.destinationHi(bytes, ip),
                        Ipv6.destinationLo(bytes, ip),
                        bytes.getInt(fragmentHeader + 4) & 0xffff_ffffL,
                        nowNs);
        if (isAtomic) {
            // RFC 6946: whole by itself, whatever else has its number; it is not kept, and not charged.
            packet.payload = new byte[length];
        }
        packet.ecnSeen |= 1 << (Ipv6.trafficClass(bytes, ip) & Ipv4.ECN);
        if (start == 0) {
            packet.header = new byte[Ipv6.HEADER_BYTES];
            bytes.get(ip, packet.header);
            packet.header[Ipv6.NEXT_HEADER_OFFSET] = bytes.get(fragmentHeader);
            if (!isAtomic) {
                quote(packet, bytes, ip, Math.min(data + length - ip, Icmp6.MOST_QUOTED_BYTES), from);
            }
        }
        return piece(packet, bytes, data, start, length, more);
    }

    private static boolean isBad(int start, int length, boolean more, int mostBytes) {
        return length == 0 || start + length > mostBytes || (more && length % UNIT_BYTES != 0);
    }

    private Packet packet(long sHi, long sLo, long dHi, long dLo, long id, long nowNs) {
        for (Packet packet : packets) {
            if (packet.isOf(sHi, sLo, dHi, dLo, id)) {
                return packet;
            }
        }
        if (packets.size() == MOST_PACKETS) {
            evict(packets.get(0));
        }
        Packet packet = new Packet();
        packet.sourceHi = sHi;
        packet.sourceLo = sLo;
        packet.destinationHi = dHi;
        packet.destinationLo = dLo;
        packet.id = id;
        packet.deadlineNs = nowNs + lifeNs;
        packets.add(packet);
        return packet;
    }

    private int piece(Packet packet, ByteBuffer bytes, int from, int start, int length, boolean more) {
        if (packet.dead) {
            return DROPPED;
        }
        int end = start + length;
        int at = packet.pieces;
        while (at > 0 && packet.starts[at - 1] >= end) {
            at--;
        }
        int before = at - 1;
        if (before >= 0 && packet.starts[before] == start && packet.ends[before] == end) {
            return WAITING;
        }
        boolean overlaps = before >= 0 && packet.ends[before] > start;
        boolean isTooLong = packet.totalBytes >= 0 && (!more || end > packet.totalBytes);
        boolean isTooShort = !more && packet.pieces > 0 && packet.ends[packet.pieces - 1] > end;
        if (overlaps || isTooLong || isTooShort || packet.pieces == MOST_PIECES || !makeRoom(packet, end)) {
            kill(packet);
            return DROPPED;
        }
        System.arraycopy(packet.starts, at, packet.starts, at + 1, packet.pieces - at);
        System.arraycopy(packet.ends, at, packet.ends, at + 1, packet.pieces - at);
        packet.starts[at] = start;
        packet.ends[at] = end;
        packet.pieces++;
        packet.gotBytes += length;
        bytes.get(from, packet.payload, start, length);
        if (!more) {
            packet.totalBytes = end;
        }
        return packet.gotBytes == packet.totalBytes ? complete(packet) : WAITING;
    }

    private boolean makeRoom(Packet packet, int toBytes) {
        if (toBytes <= packet.payload.length) {
            return true;
        }
        int room =
                Math.min(Math.max(toBytes, Math.max(2 * packet.payload.length, LEAST_ROOM_BYTES)), MOST_PAYLOAD_BYTES);
        int more = room - packet.payload.length;
        while (keptBytes + more > MOST_BYTES) {
            Packet oldest = packets.get(0);
            if (oldest == packet) {
                return false;
            }
            evict(oldest);
        }
        keptBytes += more;
        packet.payload = Arrays.copyOf(packet.payload, room);
        return true;
    }

    /** RFC 3168 §5.3: congestion that one fragment met is the packet's; together with a fragment that could not tell it is an error. */
    private int complete(Packet packet) {
        remove(packet);
        boolean congested = (packet.ecnSeen & (1 << Ipv4.ECN_CE)) != 0;
        if (congested && (packet.ecnSeen & 1) != 0) {
            return DROPPED;
        }
        whole = packet;
        return packet.header.length + packet.totalBytes;
    }

    /** Writes the packet that {@link #add} has just told of. */
    public void write(ByteBuffer to, int ip) {
        Packet packet = whole;
        whole = null;
        boolean congested = (packet.ecnSeen & (1 << Ipv4.ECN_CE)) != 0;
        int headerBytes = packet.header.length;
        to.put(ip, packet.header);
        to.put(ip + headerBytes, packet.payload, 0, packet.totalBytes);
        if (Ipv6Input.isIpv6(to, ip)) {
            to.putShort(ip + Ipv6.PAYLOAD_LENGTH_OFFSET, (short) packet.totalBytes);
            if (congested) {
                Ipv6.trafficClass(to, ip, Ipv6.trafficClass(to, ip) | Ipv4.ECN_CE);
            }
            return;
        }
        to.putShort(ip + Ipv4.TOTAL_LENGTH_OFFSET, (short) (headerBytes + packet.totalBytes));
        to.putShort(ip + Ipv4.FRAGMENT_OFFSET, (short) 0);
        if (congested) {
            to.put(ip + Ipv4.TOS_OFFSET, (byte) (Ipv4.tos(to, ip) | Ipv4.ECN_CE));
        }
        Ipv4.makeChecksum(to, ip);
    }

    /** Gives up what has waited too long. */
    public void expire(long nowNs) {
        while (!packets.isEmpty() && nowNs - packets.get(0).deadlineNs >= 0) {
            Packet packet = packets.get(0);
            remove(packet);
            if (!packet.dead) {
                timedOut++;
                if (packet.quote != null) {
                    events.timedOut(packet.quote, packet.from);
                }
            }
        }
    }

    /** When {@link #expire} is to be called next; {@code Long.MAX_VALUE} for never. */
    public long nextDeadlineNs() {
        return packets.isEmpty() ? Long.MAX_VALUE : packets.get(0).deadlineNs;
    }

    /** Stays, without its data, so that nothing begins anew with the fragments that are still to come. */
    private void kill(Packet packet) {
        keptBytes -= packet.payload.length;
        packet.payload = new byte[0];
        packet.dead = true;
    }

    private void evict(Packet packet) {
        evicted++;
        remove(packet);
    }

    private void remove(Packet packet) {
        if (packets.remove(packet)) {
            keptBytes -= packet.payload.length;
        }
    }
}
