/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent.boot;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketImpl;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** The static methods that replace bodies of the JDK's. */
public final class Bridge {
    private static volatile Hooks hooks;

    private Bridge() {}

    /** Before the first class is woven. */
    public static void install(Hooks installed) {
        hooks = installed;
    }

    /** The body of {@code java.net.SocketImpl.createPlatformSocketImpl}. */
    public static SocketImpl newSocketImpl(boolean server) {
        return hooks.newSocketImpl(server);
    }

    /** Whether what follows is called instead of the JDK's body. */
    public static boolean isOurs(Object channel) {
        return hooks.isOurs(channel);
    }

    /** Instead of {@code FileChannelImpl.transferTo}. */
    public static long transferTo(FileChannel file, long position, long count, WritableByteChannel target)
            throws IOException {
        return hooks.transferTo(file, position, count, target);
    }

    /** Instead of {@code FileChannelImpl.transferFrom}. */
    public static long transferFrom(FileChannel file, ReadableByteChannel source, long position, long count)
            throws IOException {
        return hooks.transferFrom(file, source, position, count);
    }

    /** Instead of {@code sun.nio.ch.Streams.of}. */
    public static InputStream input(ReadableByteChannel channel) {
        return hooks.input(channel);
    }

    /** Instead of {@code sun.nio.ch.Streams.of}. */
    public static OutputStream output(WritableByteChannel channel) {
        return hooks.output(channel);
    }
}
