/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.async;

import java.io.IOException;
import java.net.SocketOption;
import java.nio.channels.NetworkChannel;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** The options of asynchronous channels: those of channels without a few, as the JDK has it. */
final class Options {
    private static final Set<String> MISSING = Set.of("SO_LINGER", "IP_TOS", "SO_OOBINLINE");

    private Options() {}

    static Set<SocketOption<?>> of(NetworkChannel channel) {
        return channel.supportedOptions().stream()
                .filter(option -> !MISSING.contains(option.name()))
                .collect(Collectors.toUnmodifiableSet());
    }

    static <T> void set(NetworkChannel channel, SocketOption<T> name, T value) throws IOException {
        check(channel, name);
        channel.setOption(name, value);
    }

    static <T> T get(NetworkChannel channel, SocketOption<T> name) throws IOException {
        check(channel, name);
        return channel.getOption(name);
    }

    private static void check(NetworkChannel channel, SocketOption<?> name) {
        if (!of(channel).contains(Objects.requireNonNull(name))) {
            throw new UnsupportedOperationException("'" + name + "' not supported");
        }
    }
}
