/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketOption;
import java.nio.channels.NetworkChannel;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.mtcp4j.socket.StackOption;

/**
 * The options of one kind of channel. The set is what the JDK's own channel has on this machine and release, so that both agree;
 * options are matched by name, since some are not public constants.
 */
public final class SocketOptionTable {
    private static final Map<String, StackOption> BY_NAME = Map.ofEntries(
            Map.entry("SO_SNDBUF", StackOption.SNDBUF),
            Map.entry("SO_RCVBUF", StackOption.RCVBUF),
            Map.entry("SO_KEEPALIVE", StackOption.KEEPALIVE),
            Map.entry("SO_REUSEADDR", StackOption.REUSEADDR),
            Map.entry("SO_REUSEPORT", StackOption.REUSEPORT),
            Map.entry("SO_LINGER", StackOption.LINGER),
            Map.entry("TCP_NODELAY", StackOption.NODELAY),
            Map.entry("IP_TOS", StackOption.TOS),
            Map.entry("SO_OOBINLINE", StackOption.OOBINLINE),
            Map.entry("TCP_KEEPIDLE", StackOption.KEEPIDLE),
            Map.entry("TCP_KEEPINTERVAL", StackOption.KEEPINTERVAL),
            Map.entry("TCP_KEEPCOUNT", StackOption.KEEPCOUNT),
            Map.entry("TCP_QUICKACK", StackOption.QUICKACK),
            Map.entry("SO_INCOMING_NAPI_ID", StackOption.INCOMING_NAPI_ID));

    private static final int MAX_LINGER_SECONDS = 65_535;
    private static final int MAX_KEEPALIVE_SECONDS = 32_767;
    private static final int MAX_KEEPALIVE_COUNT = 127;
    /** Linux leaves the two ECN bits of a stream socket's type of service to TCP. */
    private static final int TOS_MASK = 0xfc;

    private final Map<SocketOption<?>, StackOption> options;
    private final Set<SocketOption<?>> supported;

    private SocketOptionTable(Set<SocketOption<?>> jdk) {
        options = new HashMap<>();
        Set<SocketOption<?>> known = new LinkedHashSet<>();
        for (SocketOption<?> option : jdk) {
            StackOption ours = BY_NAME.get(option.name());
            if (ours != null) {
                options.put(option, ours);
                known.add(option);
            }
        }
        supported = Collections.unmodifiableSet(known);
    }

    public static SocketOptionTable client() {
        return Client.TABLE;
    }

    public static SocketOptionTable server() {
        return Server.TABLE;
    }

    Set<SocketOption<?>> supported() {
        return supported;
    }

    void checkName(SocketOption<?> name) {
        if (!options.containsKey(java.util.Objects.requireNonNull(name))) {
            throw new UnsupportedOperationException("'" + name + "' not supported");
        }
    }

    void check(SocketOption<?> name, Object value) {
        checkName(name);
        if (!name.type().isInstance(value)) {
            throw new IllegalArgumentException("Invalid value '" + value + "'");
        }
    }

    /** Null where there is none. */
    public StackOption stackOption(SocketOption<?> name) {
        return options.get(name);
    }

    /** The stack's option of that name, whichever channel has it; null where there is none. */
    public static StackOption stackOptionNamed(String name) {
        return BY_NAME.get(name);
    }

    /** The stack's int for a value that {@link #check} has passed; the errors of range are the JDK's on Linux. */
    public static int toStack(StackOption option, Object value) throws SocketException {
        if (option == StackOption.INCOMING_NAPI_ID) {
            throw new SocketException("Attempt to set read only option SO_INCOMING_NAPI_ID");
        }
        if (value instanceof Boolean on) {
            return on ? 1 : 0;
        }
        int number = (Integer) value;
        return switch (option) {
            case SNDBUF, RCVBUF -> {
                if (number < 0) {
                    throw new IllegalArgumentException("Invalid send/receive buffer size");
                }
                yield number;
            }
            case LINGER -> number < 0 ? -1 : Math.min(number, MAX_LINGER_SECONDS);
            case TOS -> {
                if (number < 0 || number > 255) {
                    throw new IllegalArgumentException("Invalid IP_TOS value");
                }
                yield number & TOS_MASK;
            }
            case KEEPIDLE, KEEPINTERVAL -> inRange(number, MAX_KEEPALIVE_SECONDS);
            case KEEPCOUNT -> inRange(number, MAX_KEEPALIVE_COUNT);
            default -> number;
        };
    }

    private static int inRange(int number, int max) throws SocketException {
        if (number < 1 || number > max) {
            throw new SocketException("Invalid argument");
        }
        return number;
    }

    public static <T> T fromStack(SocketOption<T> name, int value) {
        return name.type().cast(name.type() == Boolean.class ? (Object) (value != 0) : (Object) value);
    }

    private static SocketOptionTable of(NetworkChannel kernelChannel) throws IOException {
        try (NetworkChannel channel = kernelChannel) {
            return new SocketOptionTable(channel.supportedOptions());
        }
    }

    private static final class Client {
        static final SocketOptionTable TABLE = open();

        private static SocketOptionTable open() {
            try {
                return of(KernelProvider.get().openSocketChannel());
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    private static final class Server {
        static final SocketOptionTable TABLE = open();

        private static SocketOptionTable open() {
            try {
                return of(KernelProvider.get().openServerSocketChannel());
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}
