/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.agent.boot;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketImpl;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** The agent's side of the bridge. */
public interface Hooks {
    /** @return what {@code SocketImpl.createPlatformSocketImpl(server)} returns from now on */
    SocketImpl newSocketImpl(boolean server);

    /** Whether a channel is one of ours: what {@code FileChannelImpl} and {@code sun.nio.ch.Streams} ask first. */
    boolean isOurs(Object channel);

    /** For {@code FileChannelImpl.transferTo} where the target is ours. */
    long transferTo(FileChannel file, long position, long count, WritableByteChannel target) throws IOException;

    /** For {@code FileChannelImpl.transferFrom} where the source is ours. */
    long transferFrom(FileChannel file, ReadableByteChannel source, long position, long count) throws IOException;

    /** For {@code Channels.newInputStream} where the channel is ours. */
    InputStream input(ReadableByteChannel channel);

    /** For {@code Channels.newOutputStream} where the channel is ours. */
    OutputStream output(WritableByteChannel channel);
}
