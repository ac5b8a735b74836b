/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.mtcp4j.socket.Pollable;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.socket.StackListener;

/** A TCP server channel. It starts on the stack; a bind to an address that is not the stack's moves it to the kernel, a bind
 * to the any-address has it listen on both. */
final class MtcpServerSocketChannel extends ServerSocketChannel implements MtcpChannel {
    /** JDK-8329190: before, accept of a closed channel was an AsynchronousCloseException. */
    private static final boolean CLOSED_IS_SEEN_FIRST = Runtime.version().feature() >= 23;

    private static final int DEFAULT_BACKLOG = 50;

    private final MtcpSelectorProvider provider;
    private final ProtocolFamily family;
    private final Registrations registrations;

    private volatile ServerSide side;

    /** Guards the fields below and the change of side. */
    private final Object sideLock = new Object();
    /** The options set before the bind decides the side, in their order. */
    private Map<SocketOption<?>, Object> replay = Map.of();

    private ServerSocket socket;

    MtcpServerSocketChannel(MtcpSelectorProvider provider, ProtocolFamily family) {
        super(provider);
        this.provider = provider;
        this.family = family;
        StackListener listener = provider.stack().newListener();
        side = new StackServerSide(this, provider, listener, family);
        registrations = Registrations.onStack(listener);
    }

    @Override
    public Stack stack() {
        return provider.stack();
    }

    @Override
    public Registrations registrations() {
        return registrations;
    }

    ServerSide side() {
        return side;
    }

    private void ensureOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public ServerSocket socket() {
        synchronized (sideLock) {
            if (socket == null) {
                socket = new ServerSocketAdaptor(this);
            }
            return socket;
        }
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        ensureOpen();
        return Permissions.revealedLocal(side.localAddress());
    }

    @Override
    public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        SocketOptionTable.server().check(name, value);
        synchronized (sideLock) {
            ensureOpen();
            side.setOption(name, value);
            if (side.localAddress() == null) {
                Map<SocketOption<?>, Object> options = new LinkedHashMap<>(replay);
                options.put(name, value);
                replay = options;
            }
        }
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        SocketOptionTable.server().checkName(name);
        ensureOpen();
        return side.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return SocketOptionTable.server().supported();
    }

    @Override
    public ServerSocketChannel bind(SocketAddress local, int backlog) throws IOException {
        synchronized (sideLock) {
            ensureOpen();
            if (side.localAddress() != null) {
                throw new AlreadyBoundException();
            }
            InetSocketAddress address =
                    local == null ? StackAddresses.any(family) : StackAddresses.check(local, family);
            Permissions.checkListen(address);
            int queueLength = backlog < 1 ? DEFAULT_BACKLOG : backlog;
            switch (provider.rules().listens(address)) {
                case STACK -> side.bind(address, queueLength);
                case BOTH -> ((StackServerSide) side).bindBoth(address, queueLength, replay);
                case KERNEL -> bindOnKernel(address, queueLength);
            }
            replay = Map.of();
        }
        return this;
    }

    private void bindOnKernel(InetSocketAddress address, int backlog) throws IOException {
        ServerSocketChannel kernel = KernelProvider.get().openServerSocketChannel(family);
        try {
            for (Map.Entry<SocketOption<?>, Object> option : replay.entrySet()) {
                setUnchecked(kernel, option.getKey(), option.getValue());
            }
            kernel.bind(address, backlog);
            // The mode must not change between reading it and the change of side.
            synchronized (blockingLock()) {
                kernel.configureBlocking(isBlocking());
                ServerSide from = side;
                side = new KernelServerSide(this, provider, kernel, family);
                from.close();
                registrations.moveToKernel(kernel);
            }
        } catch (IOException | RuntimeException | Error e) {
            kernel.close();
            throw e;
        }
        if (!isOpen()) {
            kernel.close();
        }
    }

    @SuppressWarnings("unchecked")
    private static <T> void setUnchecked(ServerSocketChannel kernel, SocketOption<T> name, Object value)
            throws IOException {
        kernel.setOption(name, (T) value);
    }

    @Override
    public SocketChannel accept() throws IOException {
        if (CLOSED_IS_SEEN_FIRST) {
            ensureOpen();
        }
        return side.accept();
    }

    // For the sides.

    /** {@link #begin()} for the sides. */
    void beginBlocking() {
        begin();
    }

    /** {@link #end(boolean)} for the sides. */
    void endBlocking(boolean completed) throws AsynchronousCloseException {
        end(completed);
    }

    // Selection and closing.

    @Override
    public int translateReadyOps(int pollableOps, int interestOps) {
        int ready = (pollableOps & Pollable.ERROR) != 0 ? interestOps : pollableOps & SelectionKey.OP_ACCEPT;
        if (side instanceof StackServerSide both && both.isKernelReady()) {
            ready |= SelectionKey.OP_ACCEPT;
        }
        return ready & interestOps;
    }

    @Override
    protected void implConfigureBlocking(boolean block) throws IOException {
        side.configureBlocking(block);
    }

    @Override
    protected void implCloseSelectableChannel() throws IOException {
        side.close();
    }

    @Override
    public void finishClose() {
        // Nothing waits for the keys: a listener stops at once.
    }

    @Override
    public String toString() {
        InetSocketAddress local = side.localAddress();
        String text = isOpen() ? local == null ? "unbound" : local.toString() : "closed";
        return ServerSocketChannel.class.getName() + '[' + text + ']';
    }
}
