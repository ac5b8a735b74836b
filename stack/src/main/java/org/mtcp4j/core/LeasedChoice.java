/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

/**
 * Chooses the local port of an active open from an address that the kernel has, too: one that the kernel gives, and once given, the same
 * for other destinations as well. Of its own range, so, and never one that another program has. The owner's.
 */
final class LeasedChoice {
    /** Ports given before that are tried before the kernel is asked for another. */
    private static final int FIRST_TRIES = 8;
    /** Ports looked at for a free one once one in TIME-WAIT was seen, as {@link PortChoice} does: where all wait the turn has come to the oldest. */
    static final int LOOK_AHEAD = 4;
    /** Ports that the kernel is asked for, for each context: only one in so many belongs to this one. */
    private static final int NEW_TRIES = 8;

    private final Context context;
    private final PortGate gate;
    private final PortGate.Place place;
    private final long nowNs;

    LeasedChoice(Context context, PortGate.Place place, long nowNs) {
        this.context = context;
        this.gate = context.engine.gate;
        this.place = place;
        this.nowNs = nowNs;
    }

    /** Sets the key's local port, which is in use until {@link PortChoice#opened}; false when none is free. */
    boolean choose(FlowKey key) {
        int leased = gate.leasedPorts(place);
        if (fromLeased(key, Math.min(leased, FIRST_TRIES))) {
            return true;
        }
        // The kernel has no more, so each of those given before may do; one in TIME-WAIT at last (RFC 6191).
        return fromKernel(key, false) || fromAll(key, gate.leasedPorts(place)) || fromKernel(key, true);
    }

    private boolean fromKernel(FlowKey key, boolean insists) {
        int tries = NEW_TRIES * context.engine.contextCount;
        for (int i = 0; i < tries; i++) {
            int port = gate.lease(place, insists, nowNs);
            if (port < 0) {
                return false;
            }
            key.ports(port, key.remotePort());
            if (context.portChoice.isFreeHere(key)) {
                return true;
            }
            gate.remove(key.localHi, key.localLo, port);
        }
        return false;
    }

    private boolean fromLeased(FlowKey key, int tries) {
        for (int i = 0; i < tries; i++) {
            int port = gate.leaseAgain(place);
            if (port < 0) {
                return false;
            }
            key.ports(port, key.remotePort());
            if (context.portChoice.isFreeHere(key)) {
                return true;
            }
            gate.remove(key.localHi, key.localLo, port);
        }
        return false;
    }

    /** The first that is free, or else the first whose TIME-WAIT may be given up, which is kept in use meanwhile. */
    private boolean fromAll(FlowKey key, int tries) {
        int second = -1;
        int left = tries;
        while (left-- > 0) {
            int port = gate.leaseAgain(place);
            if (port < 0) {
                break;
            }
            key.ports(port, key.remotePort());
            if (context.portChoice.isFreeHere(key)) {
                drop(key, second);
                return true;
            }
            if (second < 0 && context.portChoice.isReopenableHere(key)) {
                second = port;
                left = Math.min(left, LOOK_AHEAD);
            } else {
                drop(key, port);
            }
        }
        if (second < 0) {
            return false;
        }
        key.ports(second, key.remotePort());
        if (context.portChoice.claim(key, true)) {
            return true;
        }
        drop(key, second);
        return false;
    }

    private void drop(FlowKey key, int port) {
        if (port >= 0) {
            gate.remove(key.localHi, key.localLo, port);
        }
    }
}
