/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.mtcp4j.wire.Ipv6;
import org.mtcp4j.wire.RouterAdvert;

/**
 * What a host learns of its routers: stateless addresses (RFC 4862) with identifiers of RFC 7217, networks on the link, default routers
 * with their preference (RFC 4191) and MTU (RFC 4861 §6.3). Every address is tried for duplicates before it is used. One link's; one
 * thread's; time and randomness are handed in.
 *
 * <p>Bounded: {@link #MOST_PREFIXES}, {@link #MOST_ROUTERS}; what comes on top is passed over.
 */
public final class RouterDiscovery {
    public static final int MOST_PREFIXES = 16;
    public static final int MOST_ROUTERS = 8;

    /** Results of {@link #advertised}. */
    public static final int TAKEN = 0;

    /** Not valid. */
    public static final int BAD = 1;
    /** Some of it was passed over: enough is known already. */
    public static final int TOO_MUCH = 2;

    /** RFC 4862 §5.5.3 e: an advertisement that nobody has signed makes no lifetime shorter than this. */
    public static final long TWO_HOURS_NS = 7_200_000_000_000L;

    /** RFC 4861 §10, RFC 7559 §2. */
    public static final long MOST_DELAY_NS = 1_000_000_000L;

    public static final long FIRST_SOLICIT_NS = 4_000_000_000L;
    public static final long LAST_SOLICIT_NS = 3_600_000_000_000L;

    private static final int PREFIX_BITS = 64;
    private static final int LEAST_MTU_BYTES = 1_280;
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long NEVER = Long.MAX_VALUE;

    /** What is to be done; called from within the methods, on the caller's thread. */
    public interface Events {
        /** Ask all routers (RFC 4861 §6.3.7). */
        void solicit(IpAddress source);

        /** Ask whether the address is free (RFC 4862 §5.4.2). */
        void probe(IpAddress target);
    }

    private static final class Router {
        final IpAddress address;
        int preference;
        long untilNs;

        Router(IpAddress address) {
            this.address = address;
        }
    }

    private static final class Prefix {
        final Subnet network;
        /** Until then it is on the link. */
        long onLinkUntilNs = Long.MIN_VALUE;
        /** Null where none is formed. */
        AddressTrial address;

        long preferredUntilNs;
        long validUntilNs;

        Prefix(Subnet network) {
            this.network = network;
        }
    }

    private final InterfaceIds ids;
    private final int zone;
    private final SplittableRandom random;
    private final Events events;
    private final AddressTrial linkLocal;
    private final List<Prefix> prefixes = new ArrayList<>();
    private final List<Router> routers = new ArrayList<>();
    private int mtuBytes;
    private long nextSolicitNs = NEVER;
    private long solicitIntervalNs;

    /**
     * @param zone of the link's addresses, see {@link IpAddress}
     * @param linkLocal the configured one, or null to make one
     */
    public RouterDiscovery(InterfaceIds ids, int zone, IpAddress linkLocal, SplittableRandom random, Events events) {
        this.ids = ids;
        this.zone = zone;
        this.random = random;
        this.events = events;
        this.linkLocal = linkLocal == null
                ? new AddressTrial(ids, IpAddress.inZone(IpAddress.LINK_LOCAL_HI, zone))
                : AddressTrial.passed(ids, linkLocal);
    }

    /** Begins after a moment of its own (RFC 4862 §5.4.2), so that not all hosts of a link that came up speak at once. */
    public void start(long nowNs) {
        long atNs = nowNs + random.nextLong(MOST_DELAY_NS);
        if (linkLocal.isUsable()) {
            nextSolicitNs = atNs;
        } else {
            linkLocal.begin(atNs);
        }
    }

    /**
     * A router's advertisement has come, whose checksum is right.
     *
     * @return one of the results above
     */
    public int advertised(ByteBuffer bytes, int ip, int icmp, int lengthBytes, long nowNs) {
        if (!RouterAdvert.isValid(bytes, ip, icmp, lengthBytes) || IpAddress.hasZone(Ipv6.sourceHi(bytes, ip))) {
            return BAD;
        }
        IpAddress router = IpAddress.of(IpAddress.inZone(Ipv6.sourceHi(bytes, ip), zone), Ipv6.sourceLo(bytes, ip));
        int lifetime = RouterAdvert.lifetimeSeconds(bytes, icmp);
        boolean taken = router(router, lifetime, RouterAdvert.preference(bytes, icmp), nowNs);
        for (int at = icmp + RouterAdvert.OPTIONS_OFFSET; at < icmp + lengthBytes; ) {
            int optionBytes = RouterAdvert.optionBytes(bytes, at);
            int type = RouterAdvert.optionType(bytes, at);
            if (type == RouterAdvert.PREFIX_OPTION && optionBytes == RouterAdvert.PREFIX_OPTION_BYTES) {
                taken &= prefix(bytes, at, nowNs);
            } else if (type == RouterAdvert.MTU_OPTION && optionBytes == RouterAdvert.MTU_OPTION_BYTES) {
                long mtu = RouterAdvert.mtuBytes(bytes, at);
                mtuBytes = mtu >= LEAST_MTU_BYTES && mtu <= 0xffff ? (int) mtu : mtuBytes;
            }
            at += optionBytes;
        }
        if (lifetime > 0) {
            // RFC 7559 §2.1: there is a router, nobody needs to be asked any more.
            nextSolicitNs = NEVER;
        }
        return taken ? TAKEN : TOO_MUCH;
    }

    private boolean router(IpAddress address, int lifetimeSeconds, int preference, long nowNs) {
        Router known = null;
        for (Router router : routers) {
            known = router.address.equals(address) ? router : known;
        }
        if (lifetimeSeconds == 0) {
            routers.remove(known);
            return true;
        }
        if (known == null) {
            if (routers.size() == MOST_ROUTERS) {
                return false;
            }
            known = new Router(address);
            routers.add(known);
        }
        known.preference = preference;
        known.untilNs = nowNs + lifetimeSeconds * SECOND_NS;
        routers.sort(
                Comparator.comparingInt((Router router) -> router.preference).reversed());
        return true;
    }

    /** Whether that was one of the routers; it is no longer (RFC 4861 §7.2.5). */
    public boolean isNoRouter(long hi, long lo) {
        return routers.removeIf(router -> router.address.lo() == lo && router.address.hi() == hi);
    }

    /** RFC 4861 §6.3.4 and RFC 4862 §5.5.3; false where there are too many. */
    private boolean prefix(ByteBuffer bytes, int option, long nowNs) {
        long hi = RouterAdvert.prefixHi(bytes, option);
        int bits = RouterAdvert.prefixBits(bytes, option);
        long valid = RouterAdvert.validSeconds(bytes, option);
        long preferred = RouterAdvert.preferredSeconds(bytes, option);
        boolean onLink = RouterAdvert.prefixHas(bytes, option, RouterAdvert.ON_LINK);
        boolean autonomous = RouterAdvert.prefixHas(bytes, option, RouterAdvert.AUTONOMOUS)
                && bits == PREFIX_BITS
                && preferred <= valid;
        // Nobody's network: ::/8 with the IPv4 addresses in disguise, link-local ones, groups.
        boolean reserved = hi >>> 56 == 0 || hi >>> 56 == 0xff || IpAddress.isLinkLocal(hi);
        if (bits == 0 || bits > 128 || reserved || (!onLink && !autonomous)) {
            return true;
        }
        Subnet network = Subnet.networkOf(IpAddress.of(hi, RouterAdvert.prefixLo(bytes, option)), bits);
        Prefix known = null;
        for (Prefix prefix : prefixes) {
            known = prefix.network.equals(network) ? prefix : known;
        }
        if (known == null) {
            if (valid == 0) {
                return true;
            }
            if (prefixes.size() == MOST_PREFIXES) {
                return false;
            }
            known = new Prefix(network);
            prefixes.add(known);
        }
        if (onLink) {
            known.onLinkUntilNs = until(valid, nowNs);
        }
        if (autonomous) {
            lifetimes(known, valid, preferred, nowNs);
        }
        expire(nowNs);
        return true;
    }

    private void lifetimes(Prefix prefix, long valid, long preferred, long nowNs) {
        long untilNs = until(valid, nowNs);
        if (prefix.address == null) {
            if (valid == 0) {
                return;
            }
            prefix.address = new AddressTrial(ids, prefix.network.address().hi());
            prefix.address.begin(nowNs);
            prefix.validUntilNs = untilNs;
        } else if (untilNs > prefix.validUntilNs || untilNs - nowNs > TWO_HOURS_NS) {
            prefix.validUntilNs = untilNs;
        } else if (prefix.validUntilNs - nowNs > TWO_HOURS_NS) {
            prefix.validUntilNs = nowNs + TWO_HOURS_NS;
        }
        prefix.preferredUntilNs = until(preferred, nowNs);
    }

    private static long until(long seconds, long nowNs) {
        return seconds == RouterAdvert.FOR_EVER_S ? NEVER : nowNs + seconds * SECOND_NS;
    }

    /**
     * Another node has, or tries, that address: true if it is one that we were trying. Then another takes its place, three times.
     */
    public boolean duplicate(long hi, long lo, long nowNs) {
        if (linkLocal.isDuplicate(hi, lo, nowNs)) {
            return true;
        }
        for (Prefix prefix : prefixes) {
            if (prefix.address != null && prefix.address.isDuplicate(hi, lo, nowNs)) {
                return true;
            }
        }
        return false;
    }

    /** Does what is due. Calling early does no harm. */
    public void onTimer(long nowNs) {
        boolean had = linkLocal.isUsable();
        linkLocal.onTimer(nowNs, events);
        if (!had && linkLocal.isUsable()) {
            nextSolicitNs = nowNs;
        }
        for (Prefix prefix : prefixes) {
            if (prefix.address != null) {
                prefix.address.onTimer(nowNs, events);
            }
        }
        expire(nowNs);
        if (nowNs >= nextSolicitNs) {
            events.solicit(linkLocal.address());
            solicitIntervalNs =
                    solicitIntervalNs == 0 ? FIRST_SOLICIT_NS : Math.min(2 * solicitIntervalNs, LAST_SOLICIT_NS);
            // RFC 7559 §2: a tenth more or less.
            long tenth = solicitIntervalNs / 10;
            nextSolicitNs = nowNs + solicitIntervalNs + random.nextLong(-tenth, tenth);
        }
    }

    private void expire(long nowNs) {
        routers.removeIf(router -> nowNs >= router.untilNs);
        for (Prefix prefix : prefixes) {
            if (prefix.address != null && nowNs >= prefix.validUntilNs) {
                prefix.address = null;
            }
        }
        prefixes.removeIf(prefix -> prefix.address == null && nowNs >= prefix.onLinkUntilNs);
    }

    /** When {@link #onTimer} is to be called next; {@code Long.MAX_VALUE} for never. */
    public long nextDeadlineNs(long nowNs) {
        long next = Math.min(nextSolicitNs, linkLocal.nextDeadlineNs());
        for (Router router : routers) {
            next = Math.min(next, router.untilNs);
        }
        for (Prefix prefix : prefixes) {
            next = prefix.onLinkUntilNs > nowNs ? Math.min(next, prefix.onLinkUntilNs) : next;
            if (prefix.address != null) {
                next = Math.min(next, Math.min(prefix.validUntilNs, prefix.address.nextDeadlineNs()));
                next = prefix.preferredUntilNs > nowNs ? Math.min(next, prefix.preferredUntilNs) : next;
            }
        }
        return next;
    }

    /** Whether there is an address of more than the link. */
    public boolean hasAddress() {
        return prefixes.stream().anyMatch(prefix -> prefix.address != null && prefix.address.isUsable());
    }

    /** What there is now. */
    public LinkAddresses addresses(long nowNs) {
        List<Subnet> own = new ArrayList<>();
        List<IpAddress> deprecated = new ArrayList<>();
        List<IpAddress> tentative = new ArrayList<>();
        List<Subnet> onLink = new ArrayList<>();
        linkLocal.addTo(own, tentative, PREFIX_BITS);
        for (Prefix prefix : prefixes) {
            boolean connected = nowNs < prefix.onLinkUntilNs;
            if (connected) {
                onLink.add(prefix.network);
            }
            if (prefix.address != null) {
                // Without the flag its neighbours are reached through a router.
                prefix.address.addTo(own, tentative, connected ? PREFIX_BITS : 128);
                if (nowNs >= prefix.preferredUntilNs) {
                    deprecated.add(prefix.address.address());
                }
            }
        }
        List<IpAddress> gateways =
                routers.stream().map(router -> router.address).toList();
        return new LinkAddresses(own, deprecated, tentative, onLink, gateways, 0, mtuBytes);
    }
}
