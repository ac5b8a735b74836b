/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;

/** How far a socket on the stack has come, and which halves are shut. Changed with its monitor held, never while waiting; read by any thread. */
final class SideState {
    // In the order in which they are passed.
    static final int UNCONNECTED = 0;
    static final int CONNECTION_PENDING = 1;
    static final int CONNECTED = 2;
    static final int CLOSING = 3;
    static final int CLOSED = 4;

    volatile int now;
    volatile boolean inputClosed;
    volatile boolean outputClosed;

    SideState(int first) {
        now = first;
    }

    void ensureOpenAndConnected() throws ClosedChannelException {
        int present = now;
        if (present < CONNECTED) {
            throw new NotYetConnectedException();
        }
        if (present > CONNECTED) {
            throw new ClosedChannelException();
        }
    }
}
