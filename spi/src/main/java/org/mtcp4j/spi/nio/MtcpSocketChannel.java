/* SPDX-License-Identifier: Apache-2.0 */
package org.mtcp4j.spi.nio;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.mtcp4j.socket.Pollable;
import org.mtcp4j.socket.Stack;
import org.mtcp4j.socket.StackSocket;

/**
 * A TCP channel. It starts on the stack, as a socket that nobody sees; the first bind or connect to an address that is not the stack's
 * moves it to the kernel, with the options set so far and its keys.
 */
final class MtcpSocketChannel extends SocketChannel implements MtcpChannel {
    /** Ports of the kernel's choosing that the stack may have in use before the bind is given up. */
    private static final int MOST_BIND_TRIES = 64;

    private static final boolean TELLS_CLOSED_APART = Runtime.version().feature() > 17;

    static {
        SocketEvents.prepare();
        Buffers.load();
    }

    private final MtcpSelectorProvider provider;
    private final ProtocolFamily family;
    private final Registrations registrations;

    private volatile SocketSide side;

    /** Guards the fields below and the change of side. */
    private final Object sideLock = new Object();

    /** Null once the side is decided; before, the options set so far, in their order. */
    private Map<SocketOption<?>, Object> undecided = Map.of();
    /** Bound to the any-address before the side is decided, there and on the stack: the connect decides, and keeps the port. */
    private volatile SocketChannel reserved;

    private Socket socket;

    /** A new socket. */
    MtcpSocketChannel(MtcpSelectorProvider provider, ProtocolFamily family) {
        super(provider);
        this.provider = provider;
        this.family = family;
        StackSocket stackSocket = provider.stack().newSocket();
        side = new StackSocketSide(this, stackSocket, family, false);
        registrations = Registrations.onStack(stackSocket);
    }

    private MtcpSocketChannel(MtcpSelectorProvider provider, ProtocolFamily family, StackSocket accepted) {
        super(provider);
        this.provider = provider;
        this.family = family;
        side = new StackSocketSide(this, accepted, family, true);
        undecided = null;
        registrations = Registrations.onStack(accepted);
    }

    private MtcpSocketChannel(MtcpSelectorProvider provider, ProtocolFamily family, SocketChannel accepted) {
        super(provider);
        this.provider = provider;
        this.family = family;
        side = new KernelSocketSide(this, accepted);
        undecided = null;
        registrations = Registrations.onKernel(accepted);
    }

    static MtcpSocketChannel accepted(MtcpSelectorProvider provider, ProtocolFamily family, StackSocket socket) {
        return new MtcpSocketChannel(provider, family, socket);
    }

    /** Closes the kernel's channel where there is no memory for ours: nobody else has it. */
    static MtcpSocketChannel accepted(MtcpSelectorProvider provider, ProtocolFamily family, SocketChannel channel)
            throws IOException {
        try {
            return new MtcpSocketChannel(provider, family, channel);
        } catch (RuntimeException | Error e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public Stack stack() {
        return provider.stack();
    }

    @Override
    public Registrations registrations() {
        return registrations;
    }

    SocketSide side() {
        return side;
    }

    void ensureOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public Socket socket() {
        synchronized (sideLock) {
            if (socket == null) {
                socket = SocketAdaptor.of(this);
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
    public SocketAddress getRemoteAddress() throws IOException {
        ensureOpen();
        return side.remoteAddress();
    }

    @Override
    public <T> SocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        SocketOptionTable.client().check(name, value);
        synchronized (sideLock) {
            ensureOpen();
            side.setOption(name, value);
            if (undecided != null) {
                Map<SocketOption<?>, Object> options = new LinkedHashMap<>(undecided);
                options.put(name, value);
                undecided = options;
            }
        }
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        SocketOptionTable.client().checkName(name);
        ensureOpen();
        return side.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return SocketOptionTable.client().supported();
    }

    // Bind and connect: the decision.

    @Override
    public SocketChannel bind(SocketAddress local) throws IOException {
        synchronized (sideLock) {
            ensureOpen();
            side.ensureBindable();
            InetSocketAddress address =
                    local == null ? StackAddresses.any(family) : StackAddresses.check(local, family);
            Permissions.checkListen(address);
            if (undecided == null) {
                side.bind(address);
            } else if (address.getAddress().isAnyLocalAddress()) {
                reserve(address);
            } else if (provider.owns(address)) {
                bindOwn(address);
            } else {
                moveToKernel(address);
            }
        }
        return this;
    }

    /** Takes the port on both sides. With the side lock held. */
    private void reserve(InetSocketAddress any) throws IOException {
        for (int tries = 1; ; tries++) {
            SocketChannel kernel = KernelProvider.get().openSocketChannel(family);
            try {
                replayOptions(kernel);
                new PortOfStack(any.getAddress()).bind(any, new SocketOfKernel(kernel));
                reserved = kernel;
                if (!isOpen()) {
                    kernel.close();
                }
                return;
            } catch (BindException e) {
                kernel.close();
                if (any.getPort() != 0 || tries == MOST_BIND_TRIES) {
                    throw e;
                }
            } catch (IOException | RuntimeException | Error e) {
                kernel.close();
                throw e;
            }
        }
    }

    /** With the side lock held. */
    private void bindOwn(InetSocketAddress address) throws IOException {
        if (provider.stack().reservesInKernel() && provider.stack().shares(address.getAddress())) {
            // Where it connects to decides: to the kernel's servers at the same address, for one.
            reserve(address);
            return;
        }
        side.bind(address);
        undecided = null;
    }

    private final class PortOfStack extends StackPort {
        private final InetAddress address;

        PortOfStack(InetAddress address) {
            super(provider.stack());
            this.address = address;
        }

        @Override
        protected int take(int port) throws IOException {
            side.bind(new InetSocketAddress(address, port));
            return side.localAddress().getPort();
        }

        @Override
        protected void giveBack() {
            ((StackSocketSide) side).unbind();
        }
    }

    private final class SocketOfKernel implements StackPort.KernelSocket {
        private final SocketChannel kernel;

        SocketOfKernel(SocketChannel kernel) {
            this.kernel = kernel;
        }

        @Override
        public void bind(InetSocketAddress address, boolean shared) throws IOException {
            if (!shared) {
                kernel.bind(address);
                return;
            }
            kernel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            kernel.bind(address);
            Object asked = undecided.get(StandardSocketOptions.SO_REUSEADDR);
            kernel.setOption(StandardSocketOptions.SO_REUSEADDR, Boolean.TRUE.equals(asked));
        }

        @Override
        public int port() {
            return kernel.socket().getLocalPort();
        }
    }

    private void giveUpReserved() throws IOException {
        SocketChannel kernel = reserved;
        reserved = null;
        if (kernel != null) {
            kernel.close();
        }
    }

    private InetSocketAddress checkRemote(SocketAddress remote) {
        InetSocketAddress address = StackAddresses.check(remote, family);
        Permissions.checkConnect(address);
        return StackAddresses.anyToLoopback(address);
    }

    private void decideForConnect(InetSocketAddress remote) throws IOException {
        synchronized (sideLock) {
            if (undecided == null || !isOpen()) {
                return;
            }
            if (provider.routes(remote)) {
                undecided = null;
                giveUpReserved();
            } else {
                moveToKernel(null);
            }
        }
    }

    /** With the side lock held. */
    private void moveToKernel(InetSocketAddress local) throws IOException {
        SocketChannel kernel =
                reserved != null ? reserved : KernelProvider.get().openSocketChannel(family);
        reserved = null;
        try {
            replayOptions(kernel);
            if (local != null) {
                kernel.bind(local);
            }
            // The mode must not change between reading it and the change of side.
            synchronized (blockingLock()) {
                kernel.configureBlocking(isBlocking());
                SocketSide from = side;
                side = new KernelSocketSide(this, kernel);
                undecided = null;
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

    private void replayOptions(SocketChannel kernel) throws IOException {
        for (Map.Entry<SocketOption<?>, Object> option : undecided.entrySet()) {
            setUnchecked(kernel, option.getKey(), option.getValue());
        }
    }

    @SuppressWarnings("unchecked")
    private static <T> void setUnchecked(SocketChannel kernel, SocketOption<T> name, Object value) throws IOException {
        kernel.setOption(name, (T) value);
    }

    @Override
    public boolean connect(SocketAddress remote) throws IOException {
        InetSocketAddress address = checkRemote(remote);
        ensureOpenFirst();
        decideForConnect(address);
        return side.connect(address);
    }

    /** Later releases tell a channel that was closed before from one that is closed meanwhile; JDK 17 calls both asynchronous. */
    private void ensureOpenFirst() throws ClosedChannelException {
        if (TELLS_CLOSED_APART) {
            ensureOpen();
        }
    }

    /** For the adaptor: see {@link SocketSide#timedConnect}. */
    void timedConnect(SocketAddress remote, long timeoutNs) throws IOException {
        InetSocketAddress address = checkRemote(remote);
        decideForConnect(address);
        side.timedConnect(address, timeoutNs);
    }

    @Override
    public boolean finishConnect() throws IOException {
        ensureOpenFirst();
        return side.finishConnect();
    }

    @Override
    public boolean isConnected() {
        return side.isConnected();
    }

    @Override
    public boolean isConnectionPending() {
        return side.isConnectionPending();
    }

    // Data.

    @Override
    public int read(ByteBuffer dst) throws IOException {
        Objects.requireNonNull(dst);
        return SocketEvents.readsAreRecorded() ? SocketEvents.read(side, dst) : side.read(dst);
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, dsts.length);
        return SocketEvents.readsAreRecorded()
                ? SocketEvents.read(side, dsts, offset, length)
                : side.read(dsts, offset, length);
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        Objects.requireNonNull(src);
        return SocketEvents.writesAreRecorded() ? SocketEvents.write(side, src) : side.write(src);
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, srcs.length);
        return SocketEvents.writesAreRecorded()
                ? SocketEvents.write(side, srcs, offset, length)
                : side.write(srcs, offset, length);
    }

    @Override
    public SocketChannel shutdownInput() throws IOException {
        side.shutdownInput();
        return this;
    }

    @Override
    public SocketChannel shutdownOutput() throws IOException {
        side.shutdownOutput();
        return this;
    }

    // For the sides.

    /** {@link #begin()} for the sides. */
    void beginBlocking() {
        begin();
    }

    /** {@link #end(boolean)} for the sides. */
    void endBlocking(boolean blocking, boolean completed) throws AsynchronousCloseException {
        if (blocking) {
            end(completed);
        }
    }

    // Selection and closing.

    @Override
    public int translateReadyOps(int pollableOps, int interestOps) {
        if ((pollableOps & Pollable.ERROR) != 0) {
            return interestOps;
        }
        int ready = 0;
        if (side.isConnected()) {
            ready = pollableOps & (SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        } else if (side.isConnectionPending()) {
            ready = pollableOps & SelectionKey.OP_CONNECT;
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
        giveUpReserved();
    }

    @Override
    public void finishClose() throws IOException {
        side.finishClose();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(SocketChannel.class.getName()).append('[');
        SocketSide now = side;
        if (!isOpen()) {
            return text.append("closed]").toString();
        }
        if (now.isConnected()) {
            text.append("connected");
            text.append(now.isInputOpen() ? "" : " ishut").append(now.isOutputOpen() ? "" : " oshut");
        } else {
            text.append(now.isConnectionPending() ? "connection-pending" : "unconnected");
        }
        if (now.localAddress() != null) {
            text.append(" local=").append(now.localAddress());
        }
        if (now.remoteAddress() != null) {
            text.append(" remote=").append(now.remoteAddress());
        }
        return text.append(']').toString();
    }
}
