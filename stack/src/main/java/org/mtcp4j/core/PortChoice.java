/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.concurrent.ThreadLocalRandom;
import org.mtcp4j.tcp.TcpState;

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
    /** RFC 6056 §3.3.4: one for each group of destinations. */
    private final int[] cursors =
            ThreadLocalRandom.current().ints(1 << CURSOR_BITS, 0, PORTS).toArray();

    PortChoice(Context context) {
        this.context = context;
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

    /** Whether the tuple is taken by a connection in TIME-WAIT. */
    private boolean waits(FlowKey key) {
        Flow present = find(key);
        return present == null ? context.timeWaits.find(key) >= 0 : present.state() == TcpState.TIME_WAIT;
    }

    /** Whether a tuple may be used for an active open; a TIME-WAIT that stands in the way is given up if allowed. */
    boolean claim(FlowKey key, boolean reuseTimeWait) {
        Flow present = find(key);
        if (present == null) {
            int row = context.timeWaits.find(key);
            if (row >= 0 && reuseTimeWait) {
                context.timeWaits.remove(row);
            }
            return row < 0 || reuseTimeWait;
        }
        if (!reuseTimeWait || present.state() != TcpState.TIME_WAIT) {
            return false;
        }
        context.remove(present);
        return true;
    }

    private Flow find(FlowKey key) {
        return context.flows.find(key);
    }
}
