/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * How many connections of a context, TIME-WAIT included, have each local port. The owner counts; any thread may ask, and gets an answer
 * that was right a moment ago.
 */
final class LocalPorts {
    private final AtomicIntegerArray connections = new AtomicIntegerArray(65_536);
    /** Null where no interface is shared with the kernel. */
    private final PortGate gate;

    LocalPorts(PortGate gate) {
        this.gate = gate;
    }

    void add(long hi, long lo, int port) {
        connections.setRelease(port, connections.getPlain(port) + 1);
        if (gate != null) {
            gate.add(hi, lo, port);
        }
    }

    void remove(long hi, long lo, int port) {
        connections.setRelease(port, connections.getPlain(port) - 1);
        if (gate != null) {
            gate.remove(hi, lo, port);
        }
    }

    boolean isUsed(int port) {
        return connections.getAcquire(port) != 0;
    }
}
