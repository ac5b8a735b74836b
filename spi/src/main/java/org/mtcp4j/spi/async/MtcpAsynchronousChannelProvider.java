/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.async;

import java.io.IOException;
import java.nio.channels.AsynchronousChannelGroup;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.IllegalChannelGroupException;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.nio.channels.spi.SelectorProvider;
import java.security.AccessController;
import java.security.PrivilegedActionException;
import java.security.PrivilegedExceptionAction;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadFactory;
import org.mtcp4j.spi.nio.KernelProvider;
import org.mtcp4j.spi.nio.MtcpSelectorProvider;

/**
 * The provider that {@code -Djava.nio.channels.spi.AsynchronousChannelProvider} names. Where the stack does not run, all is the JDK's.
 */
public final class MtcpAsynchronousChannelProvider extends AsynchronousChannelProvider {
    private final MtcpSelectorProvider channels;
    /** Guarded by this: made at its first use, and never shut down. */
    private ChannelGroup defaultGroup;

    /** For the JDK, which finds the class by its name. */
    public MtcpAsynchronousChannelProvider() {
        this(SelectorProvider.provider() instanceof MtcpSelectorProvider ours ? ours : new MtcpSelectorProvider());
    }

    private MtcpAsynchronousChannelProvider(MtcpSelectorProvider channels) {
        this.channels = channels;
    }

    /** A provider over another's channels: for tests and embedding. */
    public static MtcpAsynchronousChannelProvider of(MtcpSelectorProvider channels) {
        return new MtcpAsynchronousChannelProvider(Objects.requireNonNull(channels));
    }

    @Override
    public AsynchronousChannelGroup openAsynchronousChannelGroup(int threads, ThreadFactory factory)
            throws IOException {
        return channels.hasStack()
                ? new ChannelGroup(this, channels.openSelector(), Pools.fixed(threads, factory))
                : KernelProvider.asynchronous().openAsynchronousChannelGroup(threads, factory);
    }

    @Override
    public AsynchronousChannelGroup openAsynchronousChannelGroup(ExecutorService executor, int initialSize)
            throws IOException {
        Objects.requireNonNull(executor);
        return channels.hasStack()
                ? new ChannelGroup(this, channels.openSelector(), executor)
                : KernelProvider.asynchronous().openAsynchronousChannelGroup(executor, initialSize);
    }

    @Override
    public AsynchronousServerSocketChannel openAsynchronousServerSocketChannel(AsynchronousChannelGroup group)
            throws IOException {
        return channels.hasStack()
                ? new AsyncServer(this, groupOf(group), channels.openServerSocketChannel())
                : KernelProvider.asynchronous().openAsynchronousServerSocketChannel(group);
    }

    @Override
    public AsynchronousSocketChannel openAsynchronousSocketChannel(AsynchronousChannelGroup group) throws IOException {
        return channels.hasStack()
                ? new AsyncSocket(this, groupOf(group), channels.openSocketChannel())
                : KernelProvider.asynchronous().openAsynchronousSocketChannel(group);
    }

    private ChannelGroup groupOf(AsynchronousChannelGroup group) throws IOException {
        if (group == null) {
            return defaultGroup();
        }
        if (group instanceof ChannelGroup ours) {
            return ours;
        }
        throw new IllegalChannelGroupException();
    }

    private synchronized ChannelGroup defaultGroup() throws IOException {
        if (defaultGroup == null) {
            defaultGroup = privileged(() -> new ChannelGroup(this, channels.openSelector(), Pools.standard()));
        }
        return defaultGroup;
    }

    /** Whoever happens to be first makes what everybody uses: with our permissions, not the caller's. */
    @SuppressWarnings("removal")
    private static ChannelGroup privileged(PrivilegedExceptionAction<ChannelGroup> opening) throws IOException {
        try {
            return AccessController.doPrivileged(opening);
        } catch (PrivilegedActionException e) {
            throw (IOException) e.getException();
        }
    }
}
