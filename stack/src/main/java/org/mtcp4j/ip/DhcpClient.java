/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;
import org.mtcp4j.wire.Dhcp;

/**
 * A DHCPv4 client (<a href="https://www.rfc-editor.org/rfc/rfc2131">RFC 2131</a> §4.4): asks for an address, makes sure that nobody has it,
 * keeps it by renewal and rebinding, gives it up when the lease ends or the server says so. One link's; one thread's; time and
 * randomness are handed in.
 *
 * <pre>
 *   SELECTING ──offer──→ REQUESTING ──ack──→ PROBING ──nobody──→ BOUND ──T1──→ RENEWING ──T2──→ REBINDING
 *       ↑ ↑                  │ nak              │ conflict         ↑───────────────┴──ack──────────┘ │ nak, end
 *       │ └──────────────────┘                  ↓ decline                                            │
 *       └──────────────────────────────────── WAITING ←──────────────────────────────────────────────┘
 * </pre>
 */
public final class DhcpClient {
    /** Results of {@link #input}. */
    public static final int TAKEN = 0;

    /** Not for us, or not now: another client's, or an answer that came too late. */
    public static final int IGNORED = 1;
    /** Damaged, or nothing that a server may say. */
    public static final int BAD = 2;

    public static final long SECOND_NS = 1_000_000_000L;
    /** RFC 2131 §4.1: four seconds, then twice as long each time, to 64, each a second more or less. */
    public static final long FIRST_RETRY_NS = 4 * SECOND_NS;

    public static final long LAST_RETRY_NS = 64 * SECOND_NS;
    /** RFC 2131 §3.1 5: at least so long after a decline. */
    public static final long DECLINED_NS = 10 * SECOND_NS;
    /** RFC 2131 §4.4.5: renewals are at least so far apart. */
    public static final long LEAST_RENEWAL_NS = 60 * SECOND_NS;

    public static final int PROBES = 3;
    /**
     * Between probes, and twice that after the last. RFC 5227 §1.1 waits for up to nine seconds in all, for the slowest of links; a program
     * waits for this one.
     */
    public static final long PROBE_NS = 200_000_000L;

    private static final int MOST_REQUESTS = 4;
    private static final int LEAST_MTU_BYTES = 576;
    private static final long NEVER = Long.MAX_VALUE;

    /** What is to be done; called from within the methods, on the caller's thread. */
    public interface Events {
        /**
         * A message is to be sent.
         *
         * @param toServer to the server that gave the lease, else to everybody
         */
        void send(int type, int transactionId, int seconds, Dhcp.Parties parties, boolean toServer);

        /** Ask whether anybody has the address (RFC 5227 §2.1). */
        void probe(int address);
    }

    private enum State {
        WAITING,
        SELECTING,
        REQUESTING,
        PROBING,
        BOUND,
        RENEWING,
        REBINDING
    }

    private final long mac;
    private final SplittableRandom random;
    private final Events events;
    private final Dhcp message = new Dhcp();
    private State state = State.WAITING;
    private int transactionId;
    private long beganNs;
    private long dueNs = NEVER;
    private long retryNs;
    private int tries;
    private int probes;
    private int offeredIp;
    private int serverId;

    // The lease, from its acknowledgement on.
    private int address;
    private int prefixBits;
    private int router;
    private int mtuBytes;
    private long askedNs;
    private long renewNs;
    private long rebindNs;
    private long endNs;

    public DhcpClient(long mac, SplittableRandom random, Events events) {
        this.mac = mac;
        this.random = random;
        this.events = events;
    }

    public void start(long nowNs) {
        discover(nowNs);
    }

    private void discover(long nowNs) {
        state = State.SELECTING;
        transactionId = random.nextInt();
        beganNs = nowNs;
        retryNs = FIRST_RETRY_NS;
        sendDiscover(nowNs);
    }

    private void sendDiscover(long nowNs) {
        events.send(Dhcp.DISCOVER, transactionId, seconds(nowNs), Dhcp.Parties.NONE, false);
        backOff(nowNs);
    }

    private void sendRequest(long nowNs) {
        tries++;
        askedNs = nowNs;
        events.send(Dhcp.REQUEST, transactionId, seconds(nowNs), new Dhcp.Parties(0, offeredIp, serverId), false);
        backOff(nowNs);
    }

    private void backOff(long nowNs) {
        dueNs = nowNs + retryNs + random.nextLong(-SECOND_NS, SECOND_NS);
        retryNs = Math.min(2 * retryNs, LAST_RETRY_NS);
    }

    private int seconds(long nowNs) {
        return (int) Math.min((nowNs - beganNs) / SECOND_NS, Dhcp.MOST_SECONDS);
    }

    /**
     * A datagram for the client's port, whose checksum is right.
     *
     * @return one of the results above
     */
    public int input(ByteBuffer bytes, int at, int lengthBytes, long nowNs) {
        if (!message.read(bytes, at, lengthBytes, mac)) {
            return BAD;
        }
        if (message.transactionId != transactionId) {
            return IGNORED;
        }
        return switch (message.type) {
            case Dhcp.OFFER -> offer(nowNs);
            case Dhcp.ACK -> acknowledged(nowNs);
            default -> refused(nowNs);
        };
    }

    private int offer(long nowNs) {
        if (state != State.SELECTING) {
            return IGNORED;
        }
        if (!isSound()) {
            return BAD;
        }
        offeredIp = message.yourIp;
        serverId = message.serverId;
        state = State.REQUESTING;
        tries = 0;
        retryNs = FIRST_RETRY_NS;
        sendRequest(nowNs);
        return TAKEN;
    }

    /** Whether what the server says can be: an address that a host may have, a mask of ones and then zeros, a time. */
    private boolean isSound() {
        int first = message.yourIp >>> 24;
        int mask = message.subnetMask;
        boolean contiguous =
                mask == 0 || (Integer.numberOfLeadingZeros(~mask) + Integer.numberOfTrailingZeros(mask)) == 32;
        return first != 0
                && first != 127
                && first < 224
                && contiguous
                && message.serverId != 0
                && message.leaseSeconds != 0;
    }

    private int acknowledged(long nowNs) {
        boolean asked = state == State.REQUESTING || state == State.RENEWING || state == State.REBINDING;
        if (!asked || (state != State.REBINDING && message.serverId != serverId)) {
            return IGNORED;
        }
        if (!isSound() || message.yourIp != (state == State.REQUESTING ? offeredIp : address)) {
            return BAD;
        }
        boolean isNew = state == State.REQUESTING;
        lease();
        if (isNew) {
            state = State.PROBING;
            probes = 0;
            probe(nowNs);
        } else {
            bound();
        }
        return TAKEN;
    }

    private void lease() {
        address = message.yourIp;
        serverId = message.serverId;
        prefixBits = message.subnetMask == 0 ? classBits(address) : Integer.bitCount(message.subnetMask);
        router = message.router;
        mtuBytes = message.mtuBytes >= LEAST_MTU_BYTES ? message.mtuBytes : 0;
        if (message.leaseSeconds == Dhcp.LEASE_FOR_EVER_S) {
            renewNs = NEVER;
            rebindNs = NEVER;
            endNs = NEVER;
            return;
        }
        long lease = message.leaseSeconds & 0xffff_ffffL;
        long rebind = message.rebindingSeconds & 0xffff_ffffL;
        rebind = rebind == 0 || rebind >= lease ? lease * 7 / 8 : rebind;
        long renew = message.renewalSeconds & 0xffff_ffffL;
        renew = renew == 0 || renew >= rebind ? Math.min(lease / 2, rebind) : renew;
        // RFC 2131 §4.4.5: counted from the request, which is before the server began to count.
        renewNs = askedNs + renew * SECOND_NS;
        rebindNs = askedNs + rebind * SECOND_NS;
        endNs = askedNs + lease * SECOND_NS;
    }

    private static int classBits(int address) {
        return address >= 0 ? 8 : address >>> 30 == 2 ? 16 : 24;
    }

    private void probe(long nowNs) {
        probes++;
        events.probe(address);
        dueNs = nowNs + (probes < PROBES ? PROBE_NS : 2 * PROBE_NS);
    }

    private void bound() {
        state = State.BOUND;
        dueNs = renewNs;
    }

    private int refused(long nowNs) {
        boolean asked = state == State.REQUESTING || state == State.RENEWING || state == State.REBINDING;
        if (!asked || (state != State.REBINDING && message.serverId != serverId)) {
            return IGNORED;
        }
        rest(nowNs, SECOND_NS);
        return TAKEN;
    }

    /** Without an address from now on; then anew. */
    private void rest(long nowNs, long restNs) {
        state = State.WAITING;
        dueNs = nowNs + restNs;
    }

    /** Whether the address is one that is being tried, or held: an ARP packet of somebody else's names it as its own. */
    public boolean isConcerned(int ip) {
        return ip == address && (state == State.PROBING || hasAddress());
    }

    /** Somebody else has the address that we try; true if it was declined. */
    public boolean conflict(int ip, long nowNs) {
        if (state != State.PROBING || ip != address) {
            return false;
        }
        events.send(Dhcp.DECLINE, transactionId, 0, new Dhcp.Parties(0, address, serverId), false);
        rest(nowNs, DECLINED_NS);
        return true;
    }

    /** Does what is due. Calling early does no harm. */
    public void onTimer(long nowNs) {
        if (nowNs < dueNs) {
            return;
        }
        switch (state) {
            case WAITING -> discover(nowNs);
            case SELECTING -> sendDiscover(nowNs);
            case REQUESTING -> {
                if (tries < MOST_REQUESTS) {
                    sendRequest(nowNs);
                } else {
                    discover(nowNs);
                }
            }
            case PROBING -> {
                if (probes < PROBES) {
                    probe(nowNs);
                } else {
                    bound();
                }
            }
            default -> renew(nowNs);
        }
    }

    /** RFC 2131 §4.4.5: half of what is left is waited for an answer, but not less than a minute. */
    private void renew(long nowNs) {
        if (nowNs >= endNs) {
            rest(nowNs, 0);
            discover(nowNs);
            return;
        }
        if (state == State.BOUND) {
            transactionId = random.nextInt();
            beganNs = nowNs;
        }
        state = nowNs >= rebindNs ? State.REBINDING : State.RENEWING;
        long untilNs = state == State.REBINDING ? endNs : rebindNs;
        askedNs = nowNs;
        events.send(
                Dhcp.REQUEST, transactionId, seconds(nowNs), new Dhcp.Parties(address, 0, 0), state == State.RENEWING);
        dueNs = Math.min(untilNs, nowNs + Math.max((untilNs - nowNs) / 2, LEAST_RENEWAL_NS));
    }

    /** When {@link #onTimer} is to be called next. */
    public long nextDeadlineNs() {
        return dueNs;
    }

    public boolean hasAddress() {
        return state == State.BOUND || state == State.RENEWING || state == State.REBINDING;
    }

    /** Of the server that gave the lease, for messages to it alone. */
    public int serverId() {
        return serverId;
    }

    /** What there is now. */
    public LinkAddresses addresses() {
        if (!hasAddress()) {
            return LinkAddresses.of(List.of());
        }
        Subnet own = new Subnet(IpAddress.ofIpv4(address), prefixBits);
        IpAddress gateway = IpAddress.ofIpv4(router);
        boolean routed = router != 0 && router != address;
        // A router outside of the network, as some clouds have it, is on the link all the same.
        boolean isOutside = routed && !own.contains(gateway);
        return new LinkAddresses(
                List.of(own),
                List.of(),
                List.of(),
                isOutside ? List.of(new Subnet(gateway, 32)) : List.of(),
                routed ? List.of(gateway) : List.of(),
                mtuBytes,
                0);
    }
}
