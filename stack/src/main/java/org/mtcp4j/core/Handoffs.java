/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import org.mtcp4j.stats.Counter;

/** Frames that one context's queue received for another one's flows, where the NIC does not steer (software RSS). The owner's. */
final class Handoffs {
    /** Of one ring. */
    private static final int MOST_A_ROUND = 64;

    private final Context context;
    /** By sending context, then by link. */
    private final HandoffRing[] incoming;

    private long handedTo;

    Handoffs(Context context, int contexts) {
        this.context = context;
        incoming = new HandoffRing[contexts * context.links.length];
        for (int i = 0; i < incoming.length; i++) {
            incoming[i] = new HandoffRing(i % context.links.length);
        }
    }

    /** Any thread. */
    boolean isEmpty() {
        for (HandoffRing ring : incoming) {
            if (!ring.isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /** Passes a frame to the context that owns its flow; false when the ring is full and the caller frees it. */
    boolean offer(int owner, Link link, int offset, int lengthBytes, int flags) {
        Handoffs theirs = context.engine.context(owner).handoffs;
        HandoffRing ring = theirs.incoming[context.index * context.links.length + link.index];
        if (!ring.offer(offset, lengthBytes, flags)) {
            context.counters.increment(Counter.HANDOFF_FULL);
            return false;
        }
        context.counters.increment(Counter.HANDED_OFF);
        handedTo |= 1L << owner;
        return true;
    }

    /** Takes what others have left here; returns how many. */
    int drain(long nowNs) {
        int done = 0;
        for (HandoffRing ring : incoming) {
            for (int n = 0; n < MOST_A_ROUND; n++) {
                long place = ring.peek();
                if (place < 0) {
                    break;
                }
                int flags = ring.flags();
                ring.drop();
                context.input.handedOver(
                        context.links[ring.linkIndex], (int) (place >>> 32), (int) place, flags, nowNs);
                done++;
            }
        }
        return done;
    }

    /** Tells those who got something, once a round. */
    void ring() {
        for (int owner = 0; handedTo != 0; owner++, handedTo >>>= 1) {
            if ((handedTo & 1) != 0) {
                context.engine.context(owner).driver.doorbell();
            }
        }
    }
}
