/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.mtcp4j.wire.Arp;
import org.mtcp4j.wire.Ethernet;
import org.mtcp4j.wire.Icmp6;
import org.mtcp4j.wire.Ipv6;
import org.mtcp4j.wire.Ndp;

/**
 * Hardware addresses of the neighbours on one link: ARP (RFC 826) and neighbour discovery (RFC 4861), with the states and timings of
 * neighbour unreachability detection (RFC 4861 §7.3) for both. Single-threaded; holds no packets: who waits for an answer is told through {@link Events}.
 *
 * <pre>
 *   lookup → INCOMPLETE ──reply──→ REACHABLE ──30 s──→ STALE ──lookup──→ DELAY ──5 s──→ PROBE
 *               │ 3 requests          ↑  └──── a reply, or news from TCP ────┴──────────┘ │ 3 requests
 *               └→ FAILED             └ (MAC may change)                                   └→ FAILED
 * </pre>
 *
 * <p>Who has failed is remembered: it is asked again no sooner than after a second, so that those who wait for it, however many, cost
 * three requests in four seconds. A failed router is asked every ten seconds, whoever wants it, so that nobody has to find out.
 */
public final class Neighbours {
    /** Results of {@link #lookup} that are no address. */
    public static final long UNRESOLVED = -1;

    /** It was asked a moment ago and did not answer: what goes there is lost. */
    public static final long FAILED = -2;

    /** Results of {@link #input} and {@link #neighbourInput}. */
    public static final int IGNORED = 0;

    /** The frame asks for one of our addresses: answer with {@link ArpFrames#writeReply} or {@link NdpFrames#writeReply}. */
    public static final int REPLY = 1;
    /** Something was learned. */
    public static final int LEARNED = 2;
    /** Not valid, or from a sender that cannot be. */
    public static final int BAD = 3;
    /** Somebody else uses, or tries to use, one of our addresses (RFC 5227 §2.4, RFC 4862 §5.4). */
    public static final int CONFLICT = 4;

    public static final long RETRANSMIT_NS = 1_000_000_000L;
    public static final int REQUESTS = 3;
    public static final long REACHABLE_NS = 30_000_000_000L;
    public static final long DELAY_NS = 5_000_000_000L;
    /** How long a neighbour that did not answer is not asked again; so often doubled for strangers as it failed. */
    public static final long HOLD_NS = 1_000_000_000L;

    private static final int MAX_HOLD_SHIFT = 3;
    /** A neighbour that failed and that nobody wants any more is forgotten. */
    private static final long FORGET_NS = 60_000_000_000L;

    private static final long REVIVE_NS = 10_000_000_000L;
    /** Neighbours that are asked for only because somebody sends from their addresses. */
    public static final int STRANGERS_PER_SECOND = 16;

    /** More neighbours than this push out those that were unused longest. */
    public static final int MOST = 1024;

    private static final long NEVER = Long.MAX_VALUE;

    /** What the table wants done; called from within its methods, on the caller's thread. */
    public interface Events {
        /**
         * A request is to be sent.
         *
         * @param toMac {@link Ethernet#BROADCAST} (for IPv6 the target's group), or the address to probe
         */
        void request(long hi, long lo, long toMac);

        /** The address is known now, or has changed. */
        void resolved(long hi, long lo, long mac);

        /** Nobody answered: what waits for this neighbour fails, or goes another way. */
        void unreachable(long hi, long lo);

        /** It was known, and answers no more: what has been sent to it is lost; {@link #unreachable} follows. */
        default void gone(long hi, long lo) {}

        /** Whether others are reached through it. */
        default boolean isRouter(long hi, long lo) {
            return false;
        }

        /** It says that it is no router, or no longer (RFC 4861 §7.2.5). */
        default void isNoRouter(long hi, long lo) {}
    }

    private enum State {
        INCOMPLETE,
        REACHABLE,
        STALE,
        DELAY,
        PROBE,
        FAILED
    }

    private static final class Entry {
        final long hi;
        final long lo;
        State state = State.INCOMPLETE;
        long mac = UNRESOLVED;
        int requests;
        /** When INCOMPLETE, DELAY and PROBE go on; when REACHABLE was confirmed last; until when FAILED is not asked. */
        long timeNs;
        /** How often in a row. */
        int failures;
        /** When FAILED is forgotten, or a router asked again. */
        long forgetNs;

        long usedNs;
        Entry next;

        Entry(long hi, long lo) {
            this.hi = hi;
            this.lo = lo;
        }
    }

    private final long ourMac;
    private final int zone;
    private final long factorHi;
    private final long factorLo;
    private final Events events;
    private Routes routes;
    private final Entry[] buckets = new Entry[256];
    private int count;
    /** In DELAY or PROBE: whom news from TCP would spare the probes. */
    private int unsure;

    private long strangersFromNs;
    private int strangers;
    private long nextDeadlineNs = NEVER;

    /** @param ourMac of the link, in the low 48 bits */
    public Neighbours(long ourMac, Routes routes, Events events) {
        this(ourMac, routes, 0, 0, events);
    }

    /**
     * @param zone of link-local addresses, see {@link IpAddress}
     * @param secret what nobody on the link knows, so that nobody can choose addresses that meet in one place
     */
    public Neighbours(long ourMac, Routes routes, int zone, long secret, Events events) {
        SplittableRandom random = new SplittableRandom(secret);
        factorHi = random.nextLong() | 1;
        factorLo = random.nextLong() | 1;
        this.ourMac = ourMac;
        this.routes = routes;
        this.zone = zone;
        this.events = events;
    }

    /** The link has other addresses from now on. */
    public void routes(Routes now) {
        routes = now;
    }

    /**
     * The neighbour's hardware address; asks for it where it is not known, and makes sure of it where it has grown old. Broadcast
     * addresses and our own need no asking.
     *
     * @return the address, or {@link #UNRESOLVED}: then {@link Events#resolved} or {@link Events#unreachable} will follow; or {@link #FAILED}
     */
    public long lookup(long hi, long lo, long nowNs) {
        return lookup(hi, lo, false, nowNs);
    }

    /** @param anew whoever has failed is asked again at once: an application wants to know now */
    public long lookup(long hi, long lo, boolean anew, long nowNs) {
        if (routes.isBroadcast(hi, lo)) {
            return Ethernet.BROADCAST;
        }
        if (routes.isLocal(hi, lo)) {
            return ourMac;
        }
        Entry entry = find(hi, lo);
        if (entry == null) {
            entry = create(hi, lo, nowNs);
            ask(entry, Ethernet.BROADCAST, nowNs);
            return UNRESOLVED;
        }
        entry.usedNs = nowNs;
        if (entry.state == State.REACHABLE && nowNs - entry.timeNs >= REACHABLE_NS) {
            enter(entry, State.STALE);
        }
        if (entry.state == State.STALE) {
            enter(entry, State.DELAY);
            due(entry, nowNs + DELAY_NS);
        }
        if (entry.state == State.FAILED) {
            if (!anew && nowNs < entry.timeNs) {
                return FAILED;
            }
            enter(entry, State.INCOMPLETE);
            entry.requests = 0;
            ask(entry, Ethernet.BROADCAST, nowNs);
        }
        return entry.mac;
    }

    /**
     * Whether it is worth while to answer somebody new who sends from there: not if it has just failed to answer, ever longer, nor if too
     * many are asked for already. An honest neighbour asks for us first, and is known by that.
     */
    public boolean admits(long hi, long lo, long nowNs) {
        Entry entry = find(hi, lo);
        if (routes.isLocal(hi, lo) || (entry != null && entry.state != State.FAILED)) {
            return true;
        }
        if (entry != null) {
            long moreNs = (HOLD_NS << Math.min(entry.failures - 1, MAX_HOLD_SHIFT)) - HOLD_NS;
            if (nowNs < entry.timeNs + moreNs) {
                return false;
            }
        }
        if (nowNs - strangersFromNs >= RETRANSMIT_NS) {
            strangersFromNs = nowNs;
            strangers = 0;
        }
        if (strangers >= STRANGERS_PER_SECOND) {
            return false;
        }
        strangers++;
        return true;
    }

    /** Whether it did not answer when it was asked last. */
    public boolean isDead(long hi, long lo) {
        Entry entry = find(hi, lo);
        return entry != null && entry.failures > 0;
    }

    /** The address as known, without asking; {@link #UNRESOLVED} where it is not. */
    public long peek(long hi, long lo) {
        Entry entry = find(hi, lo);
        return entry == null ? UNRESOLVED : entry.mac;
    }

    /** Whether {@link #confirmed} would change anything. */
    public boolean isUnsure() {
        return unsure > 0;
    }

    /** TCP has seen progress through this neighbour (RFC 4861 §7.3.1): it is there. */
    public void confirmed(long hi, long lo, long nowNs) {
        Entry entry = find(hi, lo);
        if (entry != null && entry.mac != UNRESOLVED) {
            enter(entry, State.REACHABLE);
            entry.timeNs = nowNs;
        }
    }

    /** TCP hears nothing through this neighbour (RFC 1122 §3.3.1.4, §4.2.3.5): it is asked now, unless it has just answered. */
    public void suspected(long hi, long lo, long nowNs) {
        Entry entry = find(hi, lo);
        if (entry == null || entry.mac == UNRESOLVED || entry.state == State.PROBE) {
            return;
        }
        if (entry.state != State.REACHABLE || nowNs - entry.timeNs >= DELAY_NS) {
            enter(entry, State.PROBE);
            entry.requests = 0;
            ask(entry, entry.mac, nowNs);
        }
    }

    private void enter(Entry entry, State next) {
        unsure += isUnsure(next) - isUnsure(entry.state);
        entry.state = next;
    }

    private static int isUnsure(State state) {
        return state == State.DELAY || state == State.PROBE ? 1 : 0;
    }

    /**
     * An ARP packet arrived.
     *
     * @param arp where the packet starts, behind the Ethernet header
     * @return one of the results above
     */
    public int input(ByteBuffer bytes, int arp, int lengthBytes, long nowNs) {
        if (Arp.check(bytes, arp, lengthBytes) != Arp.OK) {
            return BAD;
        }
        long senderMac = Arp.senderMac(bytes, arp);
        if (Ethernet.isGroup(senderMac) || senderMac == 0) {
            return BAD;
        }
        boolean forUs = routes.isLocal(0, IpAddress.mapped(Arp.targetIp(bytes, arp)));
        boolean request = Arp.operation(bytes, arp) == Arp.REQUEST;
        int senderIp = Arp.senderIp(bytes, arp);
        long sender = IpAddress.mapped(senderIp);
        if (senderMac == ourMac) {
            // Our own frame came back, as a NIC that talks to itself delivers it.
            return IGNORED;
        }
        if (routes.isLocal(0, sender)) {
            return CONFLICT;
        }
        boolean learned = false;
        // A sender of 0.0.0.0 only asks whether an address is free (RFC 5227 §2.1.1).
        if (senderIp != 0) {
            if (!routes.isConnected(0, sender) || routes.isBroadcast(0, sender)) {
                return BAD;
            }
            // Nobody has to believe an answer that nobody asked for: it makes no entry, and vouches for none.
            learned = learn(0, sender, senderMac, forUs && request, forUs && !request && isAsked(0, sender), nowNs);
        }
        if (request && forUs) {
            return REPLY;
        }
        return learned ? LEARNED : IGNORED;
    }

    /**
     * A neighbour solicitation or advertisement arrived, whose ICMPv6 checksum is right (RFC 4861 §7.2.3, §7.2.5).
     *
     * @param ip where the IPv6 header starts
     * @param icmp where the message starts
     * @return one of the results above
     */
    public int neighbourInput(ByteBuffer bytes, int ip, int icmp, int lengthBytes, long nowNs) {
        if (!Ndp.isValid(bytes, ip, icmp, lengthBytes)) {
            return BAD;
        }
        return Icmp6.type(bytes, icmp) == Icmp6.NEIGHBOUR_SOLICITATION
                ? solicitation(bytes, ip, icmp, lengthBytes, nowNs)
                : advertisement(bytes, icmp, lengthBytes, nowNs);
    }

    private int solicitation(ByteBuffer bytes, int ip, int icmp, int lengthBytes, long nowNs) {
        if (!routes.isLocal(IpAddress.inZone(Ndp.targetHi(bytes, icmp), zone), Ndp.targetLo(bytes, icmp))) {
            return IGNORED;
        }
        long hi = IpAddress.inZone(Ipv6.sourceHi(bytes, ip), zone);
        long lo = Ipv6.sourceLo(bytes, ip);
        long mac = Ndp.linkAddress(bytes, icmp, lengthBytes, Ndp.SOURCE_LINK_ADDRESS);
        if (mac == ourMac) {
            return IGNORED;
        }
        if ((hi | lo) == 0) {
            // Somebody asks whether our address is free; the answer says that it is not.
            return mac == Ndp.NO_MAC ? REPLY : BAD;
        }
        if (routes.isLocal(hi, lo)) {
            return CONFLICT;
        }
        if (mac != Ndp.NO_MAC) {
            if (Ethernet.isGroup(mac) || (!IpAddress.isLinkLocal(hi) && !routes.isConnected(hi, lo))) {
                return BAD;
            }
            learn(hi, lo, mac, true, false, nowNs);
        }
        return REPLY;
    }

    private int advertisement(ByteBuffer bytes, int icmp, int lengthBytes, long nowNs) {
        long hi = IpAddress.inZone(Ndp.targetHi(bytes, icmp), zone);
        long lo = Ndp.targetLo(bytes, icmp);
        long mac = Ndp.linkAddress(bytes, icmp, lengthBytes, Ndp.TARGET_LINK_ADDRESS);
        int flags = Icmp6.word(bytes, icmp);
        boolean solicited = (flags & Ndp.SOLICITED) != 0;
        if (mac == ourMac) {
            return IGNORED;
        }
        if (routes.isLocal(hi, lo)) {
            return CONFLICT;
        }
        Entry entry = find(hi, lo);
        if (mac != Ndp.NO_MAC && Ethernet.isGroup(mac)) {
            return BAD;
        }
        if (entry == null) {
            return IGNORED;
        }
        boolean known = entry.mac != UNRESOLVED;
        if (mac == Ndp.NO_MAC) {
            mac = entry.mac;
        }
        if (!known && mac == UNRESOLVED) {
            return IGNORED;
        }
        if (known && mac != entry.mac && (flags & Ndp.OVERRIDE) == 0) {
            // Another address without the right to replace the one that is known: make sure of that one.
            if (entry.state == State.REACHABLE) {
                enter(entry, State.STALE);
            }
            return IGNORED;
        }
        learn(hi, lo, mac, false, solicited, nowNs);
        if ((flags & Ndp.ROUTER) == 0) {
            events.isNoRouter(hi, lo);
        }
        return LEARNED;
    }

    /** Does what is due. Calling early does no harm. */
    public void onTimer(long nowNs) {
        if (nowNs < nextDeadlineNs) {
            return;
        }
        nextDeadlineNs = NEVER;
        for (int i = 0; i < buckets.length; i++) {
            Entry next;
            for (Entry entry = buckets[i]; entry != null; entry = next) {
                next = entry.next;
                expire(entry, nowNs);
            }
        }
    }

    /** When {@link #onTimer} is to be called next; {@code Long.MAX_VALUE} for never. */
    public long nextDeadlineNs() {
        return nextDeadlineNs;
    }

    public int size() {
        return count;
    }

    private void expire(Entry entry, long nowNs) {
        if (entry.state == State.REACHABLE || entry.state == State.STALE) {
            return;
        }
        if (entry.state == State.FAILED) {
            expireFailed(entry, nowNs);
            return;
        }
        if (nowNs < entry.timeNs) {
            due(entry, entry.timeNs);
            return;
        }
        if (entry.state == State.DELAY) {
            enter(entry, State.PROBE);
            entry.requests = 0;
        }
        if (entry.requests >= REQUESTS) {
            fail(entry, nowNs);
            return;
        }
        ask(entry, entry.state == State.PROBE ? entry.mac : Ethernet.BROADCAST, nowNs);
    }

    /** Who was known and has gone may have another hardware address: everybody may be asked at once. */
    private void fail(Entry entry, long nowNs) {
        boolean wasKnown = entry.mac != UNRESOLVED;
        enter(entry, State.FAILED);
        entry.mac = UNRESOLVED;
        entry.failures++;
        entry.timeNs = wasKnown ? nowNs : nowNs + HOLD_NS;
        entry.forgetNs = nowNs + (events.isRouter(entry.hi, entry.lo) ? REVIVE_NS : FORGET_NS);
        nextDeadlineNs = Math.min(nextDeadlineNs, entry.forgetNs);
        if (wasKnown) {
            events.gone(entry.hi, entry.lo);
        }
        events.unreachable(entry.hi, entry.lo);
    }

    private void expireFailed(Entry entry, long nowNs) {
        if (nowNs >= entry.forgetNs) {
            if (!events.isRouter(entry.hi, entry.lo)) {
                remove(entry);
                return;
            }
            entry.forgetNs = nowNs + REVIVE_NS;
            events.request(entry.hi, entry.lo, Ethernet.BROADCAST);
        }
        nextDeadlineNs = Math.min(nextDeadlineNs, entry.forgetNs);
    }

    private void ask(Entry entry, long toMac, long nowNs) {
        entry.requests++;
        due(entry, nowNs + RETRANSMIT_NS);
        events.request(entry.hi, entry.lo, toMac);
    }

    private void due(Entry entry, long timeNs) {
        entry.timeNs = timeNs;
        nextDeadlineNs = Math.min(nextDeadlineNs, timeNs);
    }

    private boolean isAsked(long hi, long lo) {
        Entry entry = find(hi, lo);
        return entry != null && (entry.mac == UNRESOLVED || entry.state == State.PROBE);
    }

    /** @param confirmed it has answered us: then our packets reach it; else only its packets reach us, and it is made sure of on use */
    private boolean learn(long hi, long lo, long mac, boolean mayCreate, boolean confirmed, long nowNs) {
        Entry entry = find(hi, lo);
        if (entry == null) {
            if (!mayCreate) {
                return false;
            }
            entry = create(hi, lo, nowNs);
        }
        boolean news = entry.mac != mac;
        entry.mac = mac;
        entry.failures = 0;
        if (confirmed) {
            enter(entry, State.REACHABLE);
            entry.timeNs = nowNs;
        } else if (news) {
            enter(entry, State.STALE);
        }
        if (news) {
            events.resolved(hi, lo, mac);
        }
        return true;
    }

    private Entry create(long hi, long lo, long nowNs) {
        if (count >= MOST) {
            evict();
        }
        Entry entry = new Entry(hi, lo);
        entry.usedNs = nowNs;
        int bucket = bucket(hi, lo);
        entry.next = buckets[bucket];
        buckets[bucket] = entry;
        count++;
        return entry;
    }

    private void evict() {
        Entry oldest = null;
        for (Entry bucket : buckets) {
            for (Entry entry = bucket; entry != null; entry = entry.next) {
                if (oldest == null || entry.usedNs < oldest.usedNs) {
                    oldest = entry;
                }
            }
        }
        if (oldest != null) {
            remove(oldest);
            if (oldest.state == State.INCOMPLETE) {
                events.unreachable(oldest.hi, oldest.lo);
            }
        }
    }

    private void remove(Entry gone) {
        int bucket = bucket(gone.hi, gone.lo);
        Entry before = null;
        for (Entry entry = buckets[bucket]; entry != null; entry = entry.next) {
            if (entry == gone) {
                if (before == null) {
                    buckets[bucket] = entry.next;
                } else {
                    before.next = entry.next;
                }
                count--;
                unsure -= isUnsure(gone.state);
                return;
            }
            before = entry;
        }
    }

    private Entry find(long hi, long lo) {
        Entry entry = buckets[bucket(hi, lo)];
        while (entry != null && (entry.lo != lo || entry.hi != hi)) {
            entry = entry.next;
        }
        return entry;
    }

    /** Multiply-shift with secret factors (Dietzfelbinger): two addresses meet as seldom as by chance. */
    private int bucket(long hi, long lo) {
        return (int) ((hi * factorHi + lo * factorLo) >>> 56);
    }
}
