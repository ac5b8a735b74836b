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
import org.mtcp4j.config.StackConfig;
import org.mtcp4j.socket.Stack;

/**
 * The provider that {@code -Djava.nio.channels.spi.SelectorProvider} names. TCP channels and selectors are ours, everything else is the
 * JDK's. Where the stack does not run, all are the JDK's.
 */
public final class MtcpSelectorProvider extends SelectorProvider {
    /** Null: the JVM's one stack, started at first use. */
    private final Stack ownStack;

    private final StackConfig ownConfig;
    private volatile SideRules rules;

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

    /** False where the program runs on the kernel. */
    public boolean hasStack() {
        return stack() != null;
    }

    /** Which side a socket goes to. */
    SideRules rules() {
        SideRules known = rules;
        if (known == null) {
            known = ownStack != null
                    ? new SideRules(ownStack, ownConfig)
                    : MtcpRuntime.get().rules();
            rules = known;
        }
        return known;
    }

    boolean owns(InetSocketAddress local) {
        return rules().owns(local);
    }

    boolean routes(InetSocketAddress remote) {
        return rules().routes(remote);
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
