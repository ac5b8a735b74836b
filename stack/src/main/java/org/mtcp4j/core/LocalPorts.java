/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.core;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * How many connections of a context, TIME-WAIT included, have each local port. The owner counts; any thread may ask, and gets an answer
 * that was right a moment ago.
 */
final class LocalPorts {
    private final AtomicIntegerArray connections = new AtomicIntegerArray(65_536);

    void add(int port) {
        connections.setRelease(port, connections.getPlain(port) + 1);
    }

    void remove(int port) {
        connections.setRelease(port, connections.getPlain(port) - 1);
    }

    boolean isUsed(int port) {
        return connections.getAcquire(port) != 0;
    }
}
