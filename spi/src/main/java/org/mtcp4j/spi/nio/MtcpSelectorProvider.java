/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.mtcp4j.config.Key;
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Stack;

/**
 * The provider that {@code -Djava.nio.channels.spi.SelectorProvider} names. TCP channels and selectors are ours, everything else is the
 * JDK's. Where the stack does not run, all are the JDK's.
 */
public final class MtcpSelectorProvider extends SelectorProvider {
    private final AtomicBoolean saidStackOnly = new AtomicBoolean();

    /** Null: the JVM's one stack, started at first use. */
    private final Stack ownStack;

    private final StackConfig ownConfig;

    /** For the JDK, which finds the class by its name. */
    public MtcpSelectorProvider() {
        this(null, null);
    }

    private MtcpSelectorProvider(Stack stack, StackConfig config) {
        ownStack = stack;
        ownConfig = config;
    }

    /** A provider over a stack of the caller's: for tests and embedding. */
    public static MtcpSelectorProvider of(Stack stack, StackConfig config) {
        return new MtcpSelectorProvider(Objects.requireNonNull(stack), Objects.requireNonNull(config));
    }

    /** Null where the program runs on the kernel. */
    Stack stack() {
        return ownStack != null ? ownStack : MtcpRuntime.get().stack();
    }

    private StackConfig config() {
        return ownConfig != null ? ownConfig : MtcpRuntime.get().config();
    }

    /** Whether a socket bound to this address is the stack's. */
    boolean owns(InetSocketAddress local) {
        Stack stack = stack();
        return stack.owns(StackAddresses.toStack(local, stack).getAddress());
    }

    /** Whether a connection to this address goes through the stack. */
    boolean routes(InetSocketAddress remote) {
        Stack stack = stack();
        return stack.routes(StackAddresses.toStack(remote, stack));
    }

    /**
     * Whether a server binds on the stack. To the any-address it should listen on both sides (design section 6); for the present it
     * listens on the stack, and says so once where somebody could miss the kernel's side.
     */
    boolean listensOnStack(InetSocketAddress local) {
        if (!local.getAddress().isAnyLocalAddress()) {
            return owns(local);
        }
        StackConfig config = config();
        if (config.is(Key.WILDCARD, "kernel")) {
            return false;
        }
        if (config.is(Key.WILDCARD, "both")
                && !config.is(Key.LOOPBACK, "stack")
                && saidStackOnly.compareAndSet(false, true)) {
            System.err.println(
                    "[mtcp] WARN a bind to the any-address listens on the stack only; clients of the kernel's"
                            + " addresses do not reach it (mtcp.wildcard=stack accepts that, kernel listens there instead)");
        }
        return true;
    }

    private static ProtocolFamily defaultFamily() {
        return KernelProvider.isIpv6Available() ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET;
    }

    /** Whether the family is for us; what the JDK refuses, or has of its own, is left to it. */
    private boolean isOurs(ProtocolFamily family) {
        Objects.requireNonNull(family, "'family' is null");
        boolean ip = family == StandardProtocolFamily.INET
                || (family == StandardProtocolFamily.INET6 && KernelProvider.isIpv6Available());
        return ip && stack() != null;
    }

    @Override
    public SocketChannel openSocketChannel() throws IOException {
        return stack() == null
                ? KernelProvider.get().openSocketChannel()
                : new MtcpSocketChannel(this, defaultFamily());
    }

    @Override
    public SocketChannel openSocketChannel(ProtocolFamily family) throws IOException {
        return isOurs(family)
                ? new MtcpSocketChannel(this, family)
                : KernelProvider.get().openSocketChannel(family);
    }

    @Override
    public ServerSocketChannel openServerSocketChannel() throws IOException {
        return stack() == null
                ? KernelProvider.get().openServerSocketChannel()
                : new MtcpServerSocketChannel(this, defaultFamily());
    }

    @Override
    public ServerSocketChannel openServerSocketChannel(ProtocolFamily family) throws IOException {
        return isOurs(family)
                ? new MtcpServerSocketChannel(this, family)
                : KernelProvider.get().openServerSocketChannel(family);
    }

    @Override
    public AbstractSelector openSelector() throws IOException {
        Stack stack = stack();
        return stack == null ? KernelProvider.get().openSelector() : new MtcpSelector(this, stack);
    }

    @Override
    public DatagramChannel openDatagramChannel() throws IOException {
        return KernelProvider.get().openDatagramChannel();
    }

    @Override
    public DatagramChannel openDatagramChannel(ProtocolFamily family) throws IOException {
        return KernelProvider.get().openDatagramChannel(family);
    }

    @Override
    public Pipe openPipe() throws IOException {
        return KernelProvider.get().openPipe();
    }

    @Override
    public Channel inheritedChannel() throws IOException {
        return KernelProvider.get().inheritedChannel();
    }
}
