/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.concurrent.ThreadLocalRandom;

/** Chooses the local port of an active open so that its flow belongs to the context. The owner's. */
final class PortChoice {
    /** The design's range for ports of active opens. */
    private static final int FIRST_PORT = 1024;

    private static final int PORTS = 65_536 - FIRST_PORT;
    /** Ports looked at for a free one once one in TIME-WAIT was seen: where all wait, each look costs a cache miss or two. */
    private static final int LOOK_AHEAD = 4;

    private static final int CURSOR_BITS = 6;

    /** Of the active open that is under way. */
    final FlowKey opening = new FlowKey();

    private final Context context;
    /** Whether the key was claimed from a connection in TIME-WAIT, and with what number the new one begins then. */
    private boolean reopens;

    private int reopeningIss;

    // Of the tuple looked up last.
    private Flow present;
    private int row;

    /** RFC 6056 §3.3.4: one for each group of destinations. */
    private final int[] cursors =
            ThreadLocalRandom.current().ints(1 << CURSOR_BITS, 0, PORTS).toArray();

    PortChoice(Context context) {
        this.context = context;
    }

    /** Of the active open whose key has just been claimed. */
    int iss(FlowKey key, long nowNs) {
        return reopens ? reopeningIss : context.iss(key, nowNs);
    }

    /**
     * Sets the key's local port: each destination's ports in turn, from a random start (RFC 6056 §3.3.4). A port in TIME-WAIT, which
     * RFC 6191 makes safe to use again, is taken when its successors are in use as well: the turn has come to the oldest. False when
     * none is free.
     */
    boolean choose(FlowKey key, long nowNs) {
        PortGate.Place place =
                context.engine.gate == null ? null : context.engine.gate.placeOf(key.localHi, key.localLo);
        return place == null ? chooseFree(key) : new LeasedChoice(context, place, nowNs).choose(key);
    }

    /** Whether the key, with its port, is of this context, and free. */
    boolean isFreeHere(FlowKey key) {
        if (context.contextOf(key.hash) != context.index) {
            return false;
        }
        lookUp(key);
        reopens = false;
        return isFree();
    }

    /** Whether the key is of this context, and in a TIME-WAIT that may be given up. */
    boolean isReopenableHere(FlowKey key) {
        if (context.contextOf(key.hash) != context.index) {
            return false;
        }
        lookUp(key);
        return mayReopen();
    }

    /** The connection on the chosen port is counted itself by now, or came to nothing. */
    void opened(FlowKey key) {
        if (context.engine.gate != null) {
            context.engine.gate.remove(key.localHi, key.localLo, key.localPort());
        }
    }

    private boolean chooseFree(FlowKey key) {
        int remotePort = key.remotePort();
        int second = -1;
        int tries = PORTS;
        for (int i = 0; i < tries; i++) {
            int port = FIRST_PORT + next(key.remoteLo, remotePort);
            key.ports(port, remotePort);
            if (context.contextOf(key.hash) != context.index || context.engine.ports.isBound(port)) {
                continue;
            }
            lookUp(key);
            if (isFree()) {
                reopens = false;
                return true;
            }
            if (second < 0 && mayReopen()) {
                second = port;
                tries = Math.min(tries, i + LOOK_AHEAD);
            }
        }
        if (second < 0) {
            return false;
        }
        key.ports(second, remotePort);
        return claim(key, true);
    }

    private int next(long remoteLo, int remotePort) {
        int cursor = (int) (((remoteLo * 31 + remotePort) * 0x9E37_79B9_7F4A_7C15L) >>> (64 - CURSOR_BITS));
        int next = cursors[cursor] + 1;
        cursors[cursor] = next == PORTS ? 0 : next;
        return cursors[cursor];
    }

    /** Whether a tuple may be used for an active open; a TIME-WAIT that stands in the way is given up if allowed. */
    boolean claim(FlowKey key, boolean reuseTimeWait) {
        lookUp(key);
        reopens = !isFree();
        if (!reopens) {
            return true;
        }
        if (!reuseTimeWait || !mayReopen()) {
            return false;
        }
        Flow flow = present;
        present = null;
        if (flow == null) {
            reopeningIss = context.timeWaits.record(row).reopeningIss();
            context.timeWaits.remove(row);
        } else {
            reopeningIss = flow.reopeningIss();
            context.remove(flow);
        }
        return true;
    }

    /** Who holds the tuple: a flow, a row of those in TIME-WAIT, or nobody. */
    private void lookUp(FlowKey key) {
        present = context.flows.find(key);
        row = present == null ? context.timeWaits.find(key) : -1;
    }

    private boolean isFree() {
        return present == null && row < 0;
    }

    /** Whether who holds the tuple is in TIME-WAIT and may be given up (RFC 6191 §2: one with timestamps). */
    private boolean mayReopen() {
        return present != null ? present.mayReopen() : row >= 0 && context.timeWaits.record(row).timestamps;
    }
}
