/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import org.mtcp4j.core.Flow;
import org.mtcp4j.tcp.CloseReason;

/** How the ends of connections look to the application: the JDK's exception types and Linux's texts, which programs match on. */
final class Failures {
    private Failures() {}

    /** A connect that did not succeed, as the JDK's channels report errno. */
    static IOException connect(CloseReason reason) {
        return switch (reason) {
            case TIMED_OUT -> new ConnectException("Connection timed out");
            case HOST_UNREACHABLE -> new NoRouteToHostException("No route to host");
            case NETWORK_UNREACHABLE -> networkUnreachable();
            default -> new ConnectException("Connection refused");
        };
    }

    static IOException networkUnreachable() {
        return new SocketException("Network is unreachable");
    }

    /** A read from a connection that ended without FIN; null when reading ends with end of stream. */
    static IOException read(Flow flow) {
        if ((flow.status() & Flow.FIN_RECEIVED) != 0) {
            return null;
        }
        return switch (flow.reason()) {
            case RESET, REFUSED -> new SocketException("Connection reset");
            case TIMED_OUT -> new IOException("Connection timed out");
            case HOST_UNREACHABLE -> new IOException("No route to host");
            case NETWORK_UNREACHABLE -> new IOException("Network is unreachable");
            default -> null;
        };
    }

    /**
     * A write to a connection that has ended. Linux reports the pending error once, to a read or a write, and a broken pipe from then
     * on; after the peer's FIN it is a broken pipe at once.
     */
    static IOException write(Flow flow, boolean pending) {
        if (pending && (flow.status() & Flow.FIN_RECEIVED) == 0) {
            switch (flow.reason()) {
                case RESET, REFUSED -> {
                    return new IOException("Connection reset by peer");
                }
                case TIMED_OUT -> {
                    return new IOException("Connection timed out");
                }
                case HOST_UNREACHABLE -> {
                    return new IOException("No route to host");
                }
                default -> {
                    // Broken pipe, below.
                }
            }
        }
        return new IOException("Broken pipe");
    }
}
