/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.socket;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.ProtocolException;
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
            case PROTOCOL_UNREACHABLE -> new SocketException("Protocol not available");
            case PROTOCOL_ERROR -> new ProtocolException("Protocol error");
            case PROHIBITED -> new BindException("Permission denied");
            // Nobody has answered: the stack itself has stopped, and with it its network (Linux: ENETDOWN).
            case ABORTED -> new SocketException("Network is down");
            default -> new ConnectException("Connection refused");
        };
    }

    /** What an established connection died of after a while of silence, by what ICMP said of it; null for other reasons. */
    private static String silenceText(CloseReason reason) {
        return switch (reason) {
            case TIMED_OUT -> "Connection timed out";
            case HOST_UNREACHABLE -> "No route to host";
            case NETWORK_UNREACHABLE -> "Network is unreachable";
            case PROTOCOL_UNREACHABLE -> "Protocol not available";
            case PROTOCOL_ERROR -> "Protocol error";
            case PROHIBITED -> "Permission denied";
            default -> null;
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
        CloseReason reason = flow.reason();
        if (reason == CloseReason.RESET || reason == CloseReason.REFUSED) {
            return new SocketException("Connection reset");
        }
        String silence = silenceText(reason);
        return silence == null ? null : new IOException(silence);
    }

    /**
     * A write to a connection that has ended. Linux reports the pending error once, to a read or a write, and a broken pipe from then
     * on; after the peer's FIN it is a broken pipe at once.
     */
    static IOException write(Flow flow, boolean pending) {
        if (pending && (flow.status() & Flow.FIN_RECEIVED) == 0) {
            CloseReason reason = flow.reason();
            if (reason == CloseReason.RESET || reason == CloseReason.REFUSED) {
                return new IOException("Connection reset by peer");
            }
            String silence = silenceText(reason);
            if (silence != null) {
                return new IOException(silence);
            }
        }
        return new IOException("Broken pipe");
    }
}
