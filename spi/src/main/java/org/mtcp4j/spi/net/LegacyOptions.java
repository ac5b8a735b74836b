/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.net;

import java.net.SocketException;
import java.net.SocketOptions;
import org.mtcp4j.socket.StackOption;
import org.mtcp4j.spi.nio.SocketOptionTable;

/** The numbered options of {@link SocketOptions} on the stack, with the JDK's checks and words. */
final class LegacyOptions {
    private LegacyOptions() {}

    /** Null for a number that is no option of a connection's. */
    static StackOption stackOption(int option) {
        return switch (option) {
            case SocketOptions.SO_LINGER -> StackOption.LINGER;
            case SocketOptions.IP_TOS -> StackOption.TOS;
            case SocketOptions.TCP_NODELAY -> StackOption.NODELAY;
            case SocketOptions.SO_SNDBUF -> StackOption.SNDBUF;
            case SocketOptions.SO_RCVBUF -> StackOption.RCVBUF;
            case SocketOptions.SO_KEEPALIVE -> StackOption.KEEPALIVE;
            case SocketOptions.SO_OOBINLINE -> StackOption.OOBINLINE;
            case SocketOptions.SO_REUSEADDR -> StackOption.REUSEADDR;
            case SocketOptions.SO_REUSEPORT -> StackOption.REUSEPORT;
            default -> null;
        };
    }

    /** The stack's int for an application's value. */
    static int toStack(int option, StackOption stackOption, Object value) throws SocketException {
        try {
            return SocketOptionTable.toStack(stackOption, checked(option, stackOption, value));
        } catch (IllegalArgumentException e) {
            throw (SocketException) new SocketException(e.getMessage()).initCause(e);
        }
    }

    private static Object checked(int option, StackOption stackOption, Object value) throws SocketException {
        if (option == SocketOptions.SO_LINGER && Boolean.FALSE.equals(value)) {
            return -1;
        }
        if (isNumber(stackOption) ? !(value instanceof Integer) : !(value instanceof Boolean)) {
            throw new SocketException("Bad value for " + name(stackOption));
        }
        if ((stackOption == StackOption.SNDBUF || stackOption == StackOption.RCVBUF) && (Integer) value <= 0) {
            throw new SocketException(name(stackOption) + " <= 0");
        }
        return value;
    }

    private static boolean isNumber(StackOption option) {
        return option == StackOption.LINGER
                || option == StackOption.TOS
                || option == StackOption.SNDBUF
                || option == StackOption.RCVBUF;
    }

    private static String name(StackOption option) {
        return switch (option) {
            case TOS -> "IP_TOS";
            case NODELAY -> "TCP_NODELAY";
            default -> "SO_" + option.name();
        };
    }

    /** What the application sees of the stack's int. */
    static Object fromStack(StackOption option, int value) {
        if (option == StackOption.LINGER && value < 0) {
            return false;
        }
        boolean on = value != 0;
        return isNumber(option) ? (Object) value : (Object) on;
    }
}
