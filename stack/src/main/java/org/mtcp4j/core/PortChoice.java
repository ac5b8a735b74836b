/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.concurrent.ThreadLocalRandom;

/** Chooses the local port of an active open so that its flow belongs to the context. The owner's. */
final class PortChoice {
    /** The design's range for ports of active opens. */
    private static final int FIRST_PORT = 1024;

    private static final int PORTS = 65_536 - FIRST_PORT;
    /** Ports looked at for a free one once one in TIME-WAIT was seen. */
    private static final int LOOK_AHEAD = 16;

    private static final int CURSOR_BITS = 6;

    /** Of the active open that is under way. */
    final FlowKey opening = new FlowKey();

    private final Context context;
    /** Whether the key was claimed from a connection in TIME-WAIT, and with what number the new one begins then. */
    private boolean reopens;

    private int reopeningIss;

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
    boolean choose(FlowKey key) {
        int remotePort = key.remotePort();
        int second = -1;
        int tries = PORTS;
        for (int i = 0; i < tries; i++) {
            int port = FIRST_PORT + next(key.remoteLo, remotePort);
            key.ports(port, remotePort);
            if (context.contextOf(key.hash) != context.index || context.engine.ports.isBound(port)) {
                continue;
            }
            if (claim(key, false)) {
                return true;
            }
            if (second < 0 && waits(key)) {
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

    /** Whether the tuple is taken by a connection in TIME-WAIT that may be given up (RFC 6191 §2: one with timestamps). */
    private boolean waits(FlowKey key) {
        Flow present = find(key);
        if (present != null) {
            return present.mayReopen();
        }
        int row = context.timeWaits.find(key);
        return row >= 0 && context.timeWaits.record(row).timestamps;
    }

    /** Whether a tuple may be used for an active open; a TIME-WAIT that stands in the way is given up if allowed. */
    boolean claim(FlowKey key, boolean reuseTimeWait) {
        Flow present = find(key);
        int row = present == null ? context.timeWaits.find(key) : -1;
        reopens = false;
        if (present == null && row < 0) {
            return true;
        }
        if (!reuseTimeWait || !waits(key)) {
            return false;
        }
        reopens = true;
        if (present == null) {
            reopeningIss = context.timeWaits.record(row).reopeningIss();
            context.timeWaits.remove(row);
        } else {
            reopeningIss = present.reopeningIss();
            context.remove(present);
        }
        return true;
    }

    private Flow find(FlowKey key) {
        return context.flows.find(key);
    }
}
