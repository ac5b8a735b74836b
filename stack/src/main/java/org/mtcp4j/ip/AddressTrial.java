/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.ip;

import java.util.List;

/** An address of our making, from the first question whether it is free to its use (RFC 4862 §5.4, RFC 7217 §6). */
final class AddressTrial {
    /** RetransTimer of RFC 4861 §10; one question (DupAddrDetectTransmits of RFC 4862 §5.1). */
    static final long WAIT_NS = 1_000_000_000L;

    /** IDGEN_RETRIES of RFC 7217 §7. */
    static final int MOST_DUPLICATES = 3;

    private static final long NEVER = Long.MAX_VALUE;

    private final InterfaceIds ids;
    private final long prefixHi;
    private IpAddress address;
    private int duplicates;
    private boolean asked;
    private boolean usable;
    private long dueNs = NEVER;

    AddressTrial(InterfaceIds ids, long prefixHi) {
        this.ids = ids;
        this.prefixHi = prefixHi;
        address = IpAddress.of(prefixHi, ids.of(prefixHi, 0));
    }

    /** One that is in use already. */
    static AddressTrial passed(InterfaceIds ids, IpAddress address) {
        AddressTrial trial = new AddressTrial(ids, address.hi());
        trial.address = address;
        trial.usable = true;
        return trial;
    }

    void begin(long atNs) {
        asked = false;
        dueNs = atNs;
    }

    boolean isUsable() {
        return usable;
    }

    IpAddress address() {
        return address;
    }

    long nextDeadlineNs() {
        return dueNs;
    }

    void onTimer(long nowNs, RouterDiscovery.Events events) {
        if (nowNs < dueNs) {
            return;
        }
        if (asked) {
            usable = true;
            dueNs = NEVER;
        } else {
            asked = true;
            dueNs = nowNs + WAIT_NS;
            events.probe(address);
        }
    }

    /** True if it was this one, and not in use yet. */
    boolean isDuplicate(long hi, long lo, long nowNs) {
        if (usable || duplicates > MOST_DUPLICATES || address.hi() != hi || address.lo() != lo) {
            return false;
        }
        duplicates++;
        dueNs = NEVER;
        if (duplicates <= MOST_DUPLICATES) {
            address = IpAddress.of(prefixHi, ids.of(prefixHi, duplicates));
            begin(nowNs);
        }
        return true;
    }

    void addTo(List<Subnet> own, List<IpAddress> tentative, int prefixBits) {
        if (usable) {
            own.add(new Subnet(address, prefixBits));
        } else if (duplicates <= MOST_DUPLICATES) {
            tentative.add(address);
        }
    }
}
